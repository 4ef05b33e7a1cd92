"""The stage `Correlation`, and what it tells whoever sends on from inside a handler.

While a handler runs, `current_delivery()` is the delivery that it handles. It is a context variable: tasks that the handler
starts inherit it, and two coroutines of one loop each have their own. Buses look at it when something is published, so what a
handler publishes is caused by what it handles, and belongs to the same conversation.
"""

from collections.abc import Generator
from contextvars import ContextVar
from dataclasses import replace
from typing import Final

from ringbuffer.messaging.delivery import Delivery, Identity
from ringbuffer.messaging.envelope import TransportEnvelope

_current: Final[ContextVar[Delivery | None]] = ContextVar("ringbuffer.messaging.current_delivery", default=None)


#: As `current_delivery`, for who asks at every event: it saves a call.
get_current: Final = _current.get


def current_delivery() -> Delivery | None:
    """What the calling handler handles; None outside of handlers with a `Correlation` stage."""
    return _current.get()


def identity_for(message: object) -> Identity:
    """The identity of a message that is sent now: an envelope's own; or else caused by what the caller handles."""
    current = _current.get()
    return Identity.of(message, None if current is None else current.identity)


def caused_by_current(envelope: TransportEnvelope) -> TransportEnvelope:
    """`envelope`, as caused by what the caller handles; unchanged if that is nothing, or the envelope says what caused it.

    A bus does this by itself. Call it for envelopes that a handler puts into a queue.
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
