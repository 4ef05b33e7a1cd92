"""Slots for any object: publish an iterable, handle whole batches. The ring keeps no value alive.

Prints:
    10000 values, in batches: True
    in the ring afterwards: {None}
"""

from typing import Any

from ringbuffer import Disruptor

seen: list[int] = []
batches = 0


class Collect:
    """Takes whatever is available at once: one call and one list for each batch."""

    def on_batch(self, values: list[Any], first_sequence: int) -> None:
        """Called in this consumer's own thread."""
        global batches
        batches += 1
        seen.extend(values)


disruptor = Disruptor.of_values(1024)
disruptor.handle_events_with(Collect())
with disruptor:
    # In chunks: a claim, a slice and a publication for many values
    disruptor.publish_values(range(10_000))
print(f"{len(seen)} values, in batches: {seen == list(range(10_000)) and batches < 10_000}")
print("in the ring afterwards:", set(disruptor.ring.slots.view()))
