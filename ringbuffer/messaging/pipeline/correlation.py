"""The stage `Correlation`, and functions for handlers that send messages.

While a handler runs, `current_delivery()` returns the delivery that it handles. The delivery is
kept in a context variable: tasks that the handler starts inherit it, and two coroutines of one loop
each have their own. A bus reads it when a message is published. So a message that a handler
publishes is caused by the message that it handles, and belongs to the same conversation.
"""

from collections.abc import Generator
from contextvars import ContextVar
from dataclasses import replace
from typing import Final

from ringbuffer.messaging.delivery import Delivery, Identity
from ringbuffer.messaging.envelope import TransportEnvelope

_current: Final[ContextVar[Delivery | None]] = ContextVar(
    "ringbuffer.messaging.current_delivery", default=None
)


#: As `current_delivery`, for callers that need it at every event: it saves a call.
get_current: Final = _current.get


def current_delivery() -> Delivery | None:
    """The delivery that the calling handler handles.

    Returns None outside of handlers with a `Correlation` stage.
    """
    return _current.get()


def identity_for(message: object) -> Identity:
    """The identity of a message that is sent now.

    It is an envelope's own identity. Any other message gets a new identity, caused by the message
    that the caller handles.
    """
    current = _current.get()
    return Identity.of(message, None if current is None else current.identity)


def caused_by_current(envelope: TransportEnvelope) -> TransportEnvelope:
    """`envelope`, as caused by the message that the caller handles.

    It is unchanged if the caller handles no message, or if the envelope already names its cause. A
    bus does this itself. Call it for envelopes that a handler puts into a queue.
    """
    current = _current.get()
    if current is None or current.identity is None:
        return envelope
    if envelope.causation_id is not None or envelope.correlation_id is not None:
        return envelope
    cause = current.identity
    return replace(
        envelope,
        causation_id=cause.message_id,
        correlation_id=cause.belongs_to,
        conversation_id=cause.conversation_id,
    )


class Correlation:
    """Makes a delivery the current one while it is handled."""

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        token = _current.set(delivery)
        try:
            return (yield)
        finally:
            _current.reset(token)
