"""Sequencers: they hand out the slots of a ring and tell what is published."""

from ringbuffer.sequencer.multi_producer import MultiProducerSequencer
from ringbuffer.sequencer.producer_barrier import ProducerBarrier
from ringbuffer.sequencer.sequencer import Sequencer
from ringbuffer.sequencer.single_producer import SingleProducerSequencer

__all__ = ["MultiProducerSequencer", "ProducerBarrier", "Sequencer", "SingleProducerSequencer"]
