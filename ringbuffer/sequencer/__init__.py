"""Sequencers: they number the slots of a ring and know what is claimed and published."""

from ringbuffer.sequencer.multi_producer import MultiProducerSequencer
from ringbuffer.sequencer.producer_type import ProducerType
from ringbuffer.sequencer.sequencer import Sequencer
from ringbuffer.sequencer.single_producer import SingleProducerSequencer

__all__ = [
    "MultiProducerSequencer",
    "ProducerType",
    "Sequencer",
    "SingleProducerSequencer",
]
