"""`Views`: one thread's own access to a multi-producer ring, over which its operations are made."""

from collections.abc import Callable
from typing import NamedTuple

from ringbuffer.memory import CellView, FlagView, Word
from ringbuffer.producer.multi_recovery import MultiProducerRecovery
from ringbuffer.sequencer.capacity import Capacity


class Views(NamedTuple):
    """One thread's own access to the words of a ring, from which its operations are made."""

    size: int
    cursor: CellView
    flags: FlagView
    limit: Word
    capacity: Capacity
    signal: Callable[[], None] | None
    recovery: MultiProducerRecovery
