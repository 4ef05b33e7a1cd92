"""A batch whose transaction fails is asked for again, as a whole.

Prints:
    attempts: 3
    committed: [0, 1, 2, 3]
"""

from typing import Any

from ringbuffer import BatchEventProcessor, RewindAfterPause, RewindBatch, RingBuffer

committed: list[int] = []
attempts = 0


class Database:
    """Fails twice."""

    def on_batch(self, values: list[Any], first_sequence: int) -> None:
        """All of a batch, or nothing."""
        global attempts
        attempts += 1
        if attempts < 3:
            raise RewindBatch("the database is not there yet")
        committed.extend(values)


ring = RingBuffer.of_values(8)
processor = BatchEventProcessor(
    ring, ring.new_barrier(), Database(), rewind=RewindAfterPause(0.001)
)
with ring.claim(4) as batch:
    batch[:] = range(4)
with processor:
    ring.new_barrier(processor.sequence).wait_for(3)
print("attempts:", attempts)
print("committed:", committed)
