"""`Views`: one thread's own access to a multi-producer ring, over which its operations are made."""

from typing import NamedTuple

from ringbuffer.memory import CellView, FlagView, Word
from ringbuffer.producer.multi_recovery import MultiProducerRecovery
from ringbuffer.sequencer.capacity import Capacity
from ringbuffer.sequencer.multi_producer import MultiProducerSequencer
from ringbuffer.sequencer.published_flags import PublishedFlags
from ringbuffer.wait import Steps, bind_signal, steps_of


class Views(NamedTuple):
    """One thread's own access to the words of a ring, from which its operations are made."""

    size: int
    cursor: CellView
    flags: FlagView
    limit: Word
    capacity: Capacity
    signal: Steps
    recovery: MultiProducerRecovery


def views_of(sequencer: MultiProducerSequencer) -> Views:
    """The calling thread's own access to a ring's words."""
    state = sequencer.state
    cursor, flags = sequencer.cursor_view(), sequencer.flag_view()
    limit = state.limit.view().word
    capacity = Capacity(state, PublishedFlags(cursor, flags, state.size), limit)
    signal = bind_signal(sequencer.wait_strategy)
    recovery = MultiProducerRecovery(state, cursor, flags, signal)
    return Views(state.size, cursor, flags, limit, capacity, steps_of(signal), recovery)
