"""Consume in your own thread, between other things: no processor, no waiting.

Prints:
    idle
    gating
    processing: ['a', 'b']
    taken: ['c', 'd']
"""

from typing import Any

from ringbuffer import RingBuffer

ring: RingBuffer[Any] = RingBuffer.of_values(8)
first = ring.poller()
second = ring.poller(first.sequence)  # gets an event when `first` has finished it
seen: list[str] = []


def keep(value: str, sequence: int, end_of_batch: bool) -> bool:
    """Return False to get no more in this poll."""
    seen.append(value)
    return len(seen) < 2


print(first.poll(keep).value)
ring.publish_values("abcd")
print(second.poll(keep).value)
print(f"{first.poll(keep).value}: {seen}")
print("taken:", list(first.take(10)))
