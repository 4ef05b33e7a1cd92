"""`ReadableRing`: a ring, as its readers see it."""

from collections.abc import Callable
from typing import Protocol

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.host import Host
from ringbuffer.memory import Memory
from ringbuffer.readers.slot_reader import SlotReader
from ringbuffer.sequence import Readable, Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer import Sequencer


class ReadableRing[E](Protocol):
    """What `RingBuffer` offers to readers. Any thread."""

    @property
    def sequencer(self) -> Sequencer:
        """The sequencer, which knows what is published."""
        ...

    @property
    def memory(self) -> Memory:
        """What provides the cells."""
        ...

    @property
    def host(self) -> Host:
        """What provides locks, threads and time."""
        ...

    def new_barrier(self, *dependents: Sequence | SequenceGroup) -> SequenceBarrier:
        """See `RingBuffer.new_barrier`."""
        ...

    def add_gating_sequences(self, *sequences: Sequence, start: Readable | None = None) -> None:
        """See `RingBuffer.add_gating_sequences`."""
        ...

    def remove_gating_sequence(self, sequence: Sequence) -> bool:
        """See `RingBuffer.remove_gating_sequence`."""
        ...

    def reader(self) -> SlotReader[E]:
        """See `RingBuffer.reader`."""
        ...

    def on_advance(self) -> Callable[[], None] | None:
        """See `RingBuffer.on_advance`."""
        ...
