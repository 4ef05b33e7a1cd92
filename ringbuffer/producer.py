"""`Producer`: a thread's own handle for publishing.

On a free-threaded interpreter two threads that call methods of one object fight over its reference count. A producer
is made by the thread that uses it, with that thread's own views of every shared word and its own copy of the list of
events; what it shares with other threads is the shared memory alone.

    producer = ring.producer()
    sequence = producer.next()
    producer[sequence].price = 101.5
    producer.publish(sequence)
"""

from types import TracebackType
from typing import Final, Self

from ringbuffer.sequencer import ProducerBarrier, Sequencer, SingleProducerSequencer


class Producer[E]:
    """A thread's own way to claim, fill and publish slots. Owning thread only.

    As a context manager it releases the production of a single-producer ring at the end.

    Attributes:
        next: `next(n=1, timeout=None) -> int`, see `ringbuffer.sequencer.producer_barrier.Next`.
        try_next: `try_next(n=1) -> int`, see `TryNext`.
        publish: `publish(low, high=None)`, see `Publish`.
        get: `get(sequence)`, the event in the slot of a claimed sequence, to be filled in place; `producer[sequence]` is
            the same, a little slower.
        released: whether the production of a single-producer ring was released; the handle is of no more use then.
    """

    __slots__ = ("_sequencer", "get", "next", "publish", "released", "try_next")

    def __init__(self, sequencer: Sequencer, barrier: ProducerBarrier, slots: list[E]) -> None:
        self._sequencer: Final = sequencer
        mask = sequencer.buffer_size - 1

        def get(sequence: int) -> E:
            return slots[sequence & mask]

        self.get: Final = get
        self.released = False
        self.next: Final = barrier.next
        self.try_next: Final = barrier.try_next
        self.publish: Final = barrier.publish

    def __getitem__(self, sequence: int) -> E:
        """The event in the slot of a claimed `sequence`, to be filled in place."""
        return self.get(sequence)

    def release(self) -> None:
        """Let another thread produce into a single-producer ring; nothing to do where there may be many.

        Raises:
            ProducerThreadError: the caller is not the thread that owns the production.
        """
        if isinstance(self._sequencer, SingleProducerSequencer):
            self._sequencer.release_producer()
            self.released = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()
