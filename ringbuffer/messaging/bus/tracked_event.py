"""`TrackedEvent`: an event with something attached, on its way through a bus.

Most events travel as they are. An event travels in a `TrackedEvent` in three cases: a publisher
waits for it, it belongs to a conversation, or it comes back to one handler.
"""

from dataclasses import KW_ONLY, dataclass

from ringbuffer.messaging.bus.results import Completion
from ringbuffer.messaging.delivery import Delivery, Identity


@dataclass(slots=True, eq=False, repr=False)
class TrackedEvent:
    """An event and what is attached to it. It does not change after it is published.

    Attributes:
        message: the event.
        identity: which message it is, if a handler needs that.
        completion: collects the results for a waiting publisher.
        only: the only subscription that receives it, if it comes back for a retry.
        delivery: the delivery that comes back.
    """

    message: object
    identity: Identity | None = None
    _: KW_ONLY
    completion: Completion | None = None
    only: object = None
    delivery: Delivery | None = None
