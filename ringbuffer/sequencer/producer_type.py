"""`ProducerType`: how many threads publish, and so which sequencer a ring has."""

import enum

from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer
from ringbuffer.sequencer.multi_producer import MultiProducerSequencer
from ringbuffer.sequencer.single_producer import SingleProducerSequencer


class ProducerType(enum.Enum):
    """How many threads publish."""

    #: One, as the user promises. Another thread gets an error.
    SINGLE = "single"
    #: Any number, as the user promises: from the beginning, claims are made for several.
    MULTI = "multi"
    #: Any number. Claims cost less while one thread makes them all; the second thread ends that.
    AUTO = "auto"


def sequencer_class(
    producer_type: ProducerType,
) -> type[SingleProducerSequencer] | type[MultiProducerSequencer]:
    """The sequencer for a number of producers.

    Raises:
        TypeError: `producer_type` is not a `ProducerType`.
    """
    if not isinstance(producer_type, ProducerType):
        raise TypeError(
            f"producer_type must be ProducerType.SINGLE, .MULTI or .AUTO, not {producer_type!r}"
        )
    if producer_type is ProducerType.SINGLE:
        return SingleProducerSequencer
    if producer_type is ProducerType.AUTO:
        return BiasedProducerSequencer
    return MultiProducerSequencer
