"""A handler releases slots during a long batch, so producers need not wait for its end.

Prints:
    written: 4 events in 1 batch
    room for producers during the batch: [1, 2, 3]
"""

from typing import Any

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer

SIZE = 4
written: list[str] = []
room: list[int] = []


class Writer:
    """Writes each event out; what is written needs its slot no more."""

    def set_sequence_callback(self, release: Any) -> None:
        """Called once, before the first event, with the function for early release."""
        self.release = release

    def on_event(self, line: str, sequence: int, end_of_batch: bool) -> None:
        """Release every event as soon as it is written; the batch's end releases the last one."""
        written.append(line)
        if not end_of_batch:
            self.release(sequence)
            room.append(ring.remaining_capacity())


ring = RingBuffer.of_values(SIZE, ProducerType.SINGLE)
processor = BatchEventProcessor(ring, ring.new_barrier(), Writer())
with ring.claim(SIZE) as batch:
    batch[:] = ["one", "two", "three", "four"]
with processor:
    ring.new_barrier(processor.sequence).wait_for(SIZE - 1)
print(f"written: {len(written)} events in 1 batch")
print("room for producers during the batch:", room)
