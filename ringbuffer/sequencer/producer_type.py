"""`ProducerType`: how many threads publish, and so which sequencer a ring has."""

import enum

from ringbuffer.sequencer.multi_producer import MultiProducerSequencer
from ringbuffer.sequencer.single_producer import SingleProducerSequencer


class ProducerType(enum.Enum):
    """How many threads publish."""

    SINGLE = "single"
    MULTI = "multi"


def sequencer_class(
    producer_type: ProducerType,
) -> type[SingleProducerSequencer] | type[MultiProducerSequencer]:
    """The sequencer for a number of producers.

    Raises:
        TypeError: `producer_type` is not a `ProducerType`.
    """
    if not isinstance(producer_type, ProducerType):
        raise TypeError(
            f"producer_type must be ProducerType.SINGLE or ProducerType.MULTI, not "
            f"{producer_type!r}"
        )
    if producer_type is ProducerType.SINGLE:
        return SingleProducerSequencer
    return MultiProducerSequencer
