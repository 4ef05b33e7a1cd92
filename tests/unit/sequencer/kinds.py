"""Both kinds of sequencer, for tests of what they share."""

import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.sequencer import Sequencer

Kind = type[SingleProducerSequencer] | type[MultiProducerSequencer]

each_kind = pytest.mark.parametrize(
    "kind", [SingleProducerSequencer, MultiProducerSequencer], ids=["single", "multi"]
)


def gated(kind: Kind, size: int) -> tuple[Sequencer, Sequence]:
    """A sequencer with one consumer that has not consumed anything."""
    sequencer = kind(size, BusySpinWaitStrategy())
    consumer = Sequence()
    sequencer.add_gating_sequences(consumer)
    return sequencer, consumer
