"""`DeadLetter`: one message that a handler could not handle, with what is known about it."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from ringbuffer.messaging.delivery import Delivery, Identity
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.one_process import OneProcess


@dataclass(frozen=True, slots=True)
class UnreadableMessage:
    """Stands for a message that a codec could not write or read. Its letter cannot be replayed.

    Attributes:
        reason: what the message was, if that is known, and what the codec raised.
    """

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class DeadLetter(OneProcess):
    """A message that a handler could not handle.

    Attributes:
        number: its number among the dead letters: 1 for the first one ever, and so on.
        message: the message that the handler received.
        message_type: the `message_type` of an envelope; of another message, the name of its class.
        identity: which message it is and what it belongs to, if that is known; an envelope has
            these values too.
        handler: the name of the handler that failed.
        error: the exception, for programs; it keeps the frames of its traceback alive. None if the
            letter was read from a file.
        error_type: the name of the exception's class.
        error_message: the text of the exception.
        traceback: the traceback as text, for people.
        attempts: the number of attempts.
        time: when it was added, in wall-clock time, with a time zone.
        delivery: the delivery that failed, as the pipeline saw it.
    """

    number: int
    message: object
    message_type: str
    identity: Identity | None
    handler: str
    error: BaseException | None
    error_type: str
    error_message: str
    traceback: str
    attempts: int
    time: datetime
    delivery: Delivery

    @classmethod
    def of(cls, delivery: Delivery, error: BaseException) -> Self:
        """The letter of a delivery that has failed for the last time, without its number."""
        try:
            text = str(error)
        except Exception:
            text = "(the error's own text failed)"
        message = delivery.message
        return cls(
            number=0,
            message=message,
            message_type=message.message_type
            if isinstance(message, TransportEnvelope)
            else type(message).__qualname__,
            identity=delivery.identity,
            handler=delivery.handler,
            error=error,
            error_type=type(error).__qualname__,
            error_message=text,
            traceback="".join(traceback.format_exception(error)),
            attempts=delivery.attempt,
            time=datetime.now(UTC),
            delivery=delivery,
        )


@dataclass(frozen=True, slots=True)
class DeadLetterStatistics:
    """How many dead letters there are, of which kinds, and what became of the others.

    Each letter that was ever added counts once: in `kept`, `dropped`, `replayed` or `discarded`.

    Attributes:
        kept: letters that are there.
        dropped: letters that were dropped for newer ones.
        replayed: letters that were replayed.
        discarded: letters that were discarded.
        by_error: the kept letters, by the name of the exception's class.
        by_handler: the kept letters, by the name of the handler.
        by_message_type: the kept letters, by type of message.
    """

    kept: int
    dropped: int
    replayed: int
    discarded: int
    by_error: Mapping[str, int]
    by_handler: Mapping[str, int]
    by_message_type: Mapping[str, int]
