"""`producer_ops`: the calling thread's operations on a sequencer, of either kind."""

from ringbuffer.producer.biased import BiasedProducerOps, biased_producer_ops
from ringbuffer.producer.multi import multi_producer_ops
from ringbuffer.producer.multi_views import views_of
from ringbuffer.producer.ops import ProducerOps
from ringbuffer.producer.single import single_producer_ops
from ringbuffer.producer.single_recovery import SingleProducerOps
from ringbuffer.sequencer import MultiProducerSequencer, Sequencer, SingleProducerSequencer
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer


def producer_ops(sequencer: Sequencer) -> ProducerOps:
    """The calling thread's own operations to claim and publish.

    With a single producer, the thread owns the ring's production from now on.

    Raises:
        ProducerThreadError: another thread owns the production of the ring and is alive.
        TypeError: `sequencer` is neither of the library's two sequencers.
    """
    if isinstance(sequencer, SingleProducerSequencer):
        owner = sequencer.own(single_producer_ops)
        assert isinstance(owner, SingleProducerOps), "made by the line above, or by an earlier call"
        return owner.ops
    if isinstance(sequencer, BiasedProducerSequencer):
        alone = sequencer.own(biased_producer_ops)
        if alone is not None:
            assert isinstance(alone, BiasedProducerOps), "made by the line above, now or earlier"
            return alone.ops
    if isinstance(sequencer, MultiProducerSequencer):
        return multi_producer_ops(views_of(sequencer))
    raise TypeError(
        f"{sequencer!r} is not a SingleProducerSequencer or a MultiProducerSequencer: there are no "
        f"operations for it"
    )
