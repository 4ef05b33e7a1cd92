"""Every kind of sequencer, for tests of what they share."""

import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.sequencer import Sequencer
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer

#: A `BiasedProducerSequencer` is a `MultiProducerSequencer` too.
Kind = type[SingleProducerSequencer] | type[MultiProducerSequencer]

each_kind = pytest.mark.parametrize(
    "kind",
    [SingleProducerSequencer, MultiProducerSequencer, BiasedProducerSequencer],
    ids=["single", "multi", "auto"],
)


def gated(kind: Kind, size: int) -> tuple[Sequencer, Sequence]:
    """A sequencer with one consumer that has not consumed anything."""
    sequencer = kind(size, BusySpinWaitStrategy())
    consumer = Sequence()
    sequencer.add_gating_sequences(consumer)
    return sequencer, consumer
