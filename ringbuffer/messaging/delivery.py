"""`Delivery`: one message on its way to one handler; it is what the stages of a pipeline get to see."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ringbuffer.messaging.envelope import TransportEnvelope

#: Brings a delivery back to its handler, after so many seconds: `comes_back(delivery, delay)`.
type ComesBack = Callable[["Delivery", float], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which message it is, and what it belongs to: what an envelope says of that, for messages without one. Immutable.

    Attributes:
        message_id: its name, which no other message has.
        correlation_id: what it belongs to, such as a request; None if that is not known.
        causation_id: the `message_id` of the message that caused it; None if none did.
        conversation_id: common to all messages that one first message has led to.
    """

    message_id: str
    correlation_id: str | None
    causation_id: str | None
    conversation_id: str

    @classmethod
    def of(cls, message: object, cause: "Identity | None" = None) -> "Identity":
        """That of an envelope; or else a new one, caused by `cause` if there is one."""
        if isinstance(message, TransportEnvelope):
            return cls(message.message_id, message.correlation_id, message.causation_id, message.conversation_id)
        name = uuid.uuid4().hex
        if cause is None:
            return cls(name, None, None, name)
        return cls(name, cause.belongs_to, cause.message_id, cause.conversation_id)

    @property
    def belongs_to(self) -> str:
        """What the messages that this one causes are correlated with."""
        return self.message_id if self.correlation_id is None else self.correlation_id


class Delivery:
    """One message on its way to one handler. Of the thread, or the task, that handles it.

    Args:
        message: what the handler gets.
        identity: which message it is, if that is known.
        handler: the handler's name.
        comes_back: brings the delivery back to the handler later; None where nothing can.
        settle: to be told the end, once: `settle(result, error)`, one of which is None.

    Attributes:
        attempt: 1 at first, one more at each retry.
        error: what the attempt before this one failed with; None at the first.
        is_dead: whether the last attempt ended in a dead-letter queue.
    """

    __slots__ = ("attempt", "comes_back", "error", "handler", "identity", "is_dead", "message", "settle")

    def __init__(
        self,
        message: object,
        identity: Identity | None,
        handler: str,
        comes_back: ComesBack | None = None,
        settle: Callable[[object, BaseException | None], None] | None = None,
    ) -> None:
        self.message: Final = message
        self.identity: Final = identity
        self.handler: Final = handler
        self.comes_back: Final = comes_back
        self.settle = settle
        self.attempt = 1
        self.error: BaseException | None = None
        self.is_dead = False

    @property
    def envelope(self) -> TransportEnvelope | None:
        """The message, if it is an envelope."""
        return self.message if isinstance(self.message, TransportEnvelope) else None

    def end(self, result: object, error: BaseException | None) -> None:
        """It has ended: tell whoever waits, once."""
        settle, self.settle = self.settle, None
        if settle is not None:
            settle(result, error)

    def begin_again(self) -> "Delivery":
        """The same delivery, as if it had never been tried. Nobody waits for it any more."""
        return Delivery(self.message, self.identity, self.handler, self.comes_back)

    def __repr__(self) -> str:
        return f"Delivery({self.message!r} to {self.handler!r}, attempt {self.attempt})"


class RetryLater(BaseException):
    """Raised by the retry stage through the stages before it: the delivery is to come back after `delay` seconds.

    It is no `Exception`, so that a stage which catches those lets it pass: nothing has failed for good yet. The error that
    the handler raised is the `__cause__`.

    Attributes:
        delay: seconds.
    """

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay: Final = delay
