"""`Delivery`: one message on its way to one handler; the stages of a pipeline receive it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.one_process import OneProcess

#: Returns a delivery to its handler after `delay` seconds: `schedule_redelivery(delivery, delay)`.
type ScheduleRedelivery = Callable[["Delivery", float], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which message it is, and what it belongs to. Immutable.

    It has the same values as an envelope; messages without an envelope need them too.

    Attributes:
        message_id: its identifier, which no other message has.
        correlation_id: what it belongs to, such as a request; None if that is unknown.
        causation_id: the `message_id` of the message that caused it; None without a cause.
        conversation_id: common to all messages that one first message has led to.
    """

    message_id: str
    correlation_id: str | None
    causation_id: str | None
    conversation_id: str

    @classmethod
    def of(cls, message: object, cause: "Identity | None" = None) -> "Identity":
        """The identity of an envelope; or a new one, caused by `cause` if that is given."""
        if isinstance(message, TransportEnvelope):
            return cls(
                message.message_id,
                message.correlation_id,
                message.causation_id,
                message.conversation_id,
            )
        name = uuid.uuid4().hex
        if cause is None:
            return cls(name, None, None, name)
        return cls(name, cause.belongs_to, cause.message_id, cause.conversation_id)

    @property
    def belongs_to(self) -> str:
        """The correlation of the messages that this one causes."""
        return self.message_id if self.correlation_id is None else self.correlation_id


class Delivery(OneProcess):
    """One message on its way to one handler. Only the thread or task that handles it may use it.

    Args:
        message: the message for the handler.
        identity: which message it is, if that is known.
        handler: the handler's name.
        schedule_redelivery: returns the delivery to the handler later; None if that is impossible.
        settle: called once, at the end: `settle(result, None)` or `settle(None, error)`.

    Attributes:
        message: the message. An envelope counts how often it was delivered before.
        attempt: 1 at first, and one more at each retry.
        error: the error of the previous attempt; None at the first.
        is_dead: whether the last attempt ended in a dead-letter queue.
    """

    __slots__ = (
        "attempt",
        "error",
        "handler",
        "identity",
        "is_dead",
        "message",
        "schedule_redelivery",
        "settle",
    )

    def __init__(
        self,
        message: object,
        identity: Identity | None,
        handler: str,
        schedule_redelivery: ScheduleRedelivery | None = None,
        settle: Callable[[object, BaseException | None], None] | None = None,
    ) -> None:
        self.message = message
        self.identity: Final = identity
        self.handler: Final = handler
        self.schedule_redelivery: Final = schedule_redelivery
        self.settle = settle
        self.attempt = 1
        self.error: BaseException | None = None
        self.is_dead = False

    @property
    def envelope(self) -> TransportEnvelope | None:
        """The message, if it is an envelope."""
        return self.message if isinstance(self.message, TransportEnvelope) else None

    def begin_attempt(self) -> None:
        """Count another attempt if the one before has failed. An envelope counts it, too."""
        if self.error is not None:
            self.next_attempt()

    def next_attempt(self) -> None:
        """Count another attempt. An envelope counts it, too."""
        self.attempt += 1
        self.message = _delivered_once_more(self.message)

    def end(self, result: object, error: BaseException | None) -> None:
        """Report the end to the waiting caller, once."""
        settle, self.settle = self.settle, None
        if settle is not None:
            settle(result, error)

    def begin_again(self) -> "Delivery":
        """The same delivery, as if it had never been tried. No caller waits for the new one.

        An envelope still counts the attempts.
        """
        message = _delivered_once_more(self.message)
        return Delivery(message, self.identity, self.handler, self.schedule_redelivery)

    def __repr__(self) -> str:
        return f"Delivery({self.message!r} to {self.handler!r}, attempt {self.attempt})"


def _delivered_once_more(message: object) -> object:
    """An envelope that counts one more delivery; any other message as it is."""
    if not isinstance(message, TransportEnvelope):
        return message
    return replace(message, delivery_count=message.delivery_count + 1)


class RetryLater(BaseException):
    """Raised by the retry stage, through the outer stages: retry the delivery after a delay.

    It is not an `Exception`, so a stage that catches exceptions lets it pass: the delivery has not
    failed for the last time. The error that the handler raised is the `__cause__`.

    Attributes:
        delay: the delay in seconds.
    """

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay: Final = delay
