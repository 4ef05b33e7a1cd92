"""`Carried`: an event with something attached, on its way through a bus.

Most events travel as they are. One that is waited for, that belongs to a conversation, or that comes back to one handler,
travels in one of these.
"""

from typing import Final

from ringbuffer.messaging.bus.results import Completion
from ringbuffer.messaging.delivery import Delivery, Identity


class Carried:
    """An event and what is attached to it; written before it is published, and never after.

    Args:
        message: the event.
        identity: which message it is, if anybody wants to know.
        completion: who waits for it.
        only: the one subscription that it comes back to.
        delivery: what comes back.
    """

    __slots__ = ("completion", "delivery", "identity", "message", "only")

    def __init__(
        self,
        message: object,
        identity: Identity | None = None,
        *,
        completion: Completion | None = None,
        only: object = None,
        delivery: Delivery | None = None,
    ) -> None:
        self.message: Final = message
        self.identity: Final = identity
        self.completion: Final = completion
        self.only: Final = only
        self.delivery: Final = delivery
