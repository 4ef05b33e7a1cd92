"""`TransportEnvelope`: a message in transit, with its type, its identity and its headers."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from ringbuffer.checks import check_integer
from ringbuffer.messaging.frozen import frozen

#: The default content type of a body.
DEFAULT_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class TransportEnvelope:
    """A message in transit: a body of bytes, with its origin, destination and identity.

    Envelopes are immutable; any thread may use them. Each method that changes a value returns a new
    envelope, which shares the body with the old one. Two envelopes are equal if all their values
    are equal.

    Attributes:
        message_type: the kind of message, as sender and receiver have agreed.
        body: the message.
        content_type: how to read the body.
        message_id: its identifier; the default is a unique one.
        correlation_id: what it belongs to, such as a request; None if that is unknown.
        causation_id: the `message_id` of the message that caused it; None without a cause.
        conversation_id: common to all messages that one first message has led to; the default is
            its own `message_id`.
        headers: anything else, by name; kept as a copy that cannot be changed.
        timestamp: when it was made, in wall-clock time, with a time zone.
        expires_at: when it expires, with a time zone; None means never. Queues transport this value
            but do not act on it; the stage `Expiry` of a pipeline does.
        priority: a higher value is more urgent. Queues are first in, first out: they transport this
            value but do not act on it.
        source: the sender's address.
        destination: the receiver's address.
        reply_to: the address for answers.
        fault_address: the address for reports of failures.
        delivery_count: how often it was delivered before; counted by a pipeline's retries.

    Raises:
        TypeError: a value has another type, for example the body is not `bytes`.
        ValueError: `message_type` is empty, a time has no time zone, or `delivery_count` is
            negative.
    """

    message_type: str
    body: bytes = b""
    content_type: str = DEFAULT_CONTENT_TYPE
    message_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    correlation_id: str | None = None
    causation_id: str | None = None
    conversation_id: str = ""
    headers: Mapping[str, object] = field(default_factory=dict)
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))
    expires_at: datetime | None = None
    priority: int = 0
    source: str | None = None
    destination: str | None = None
    reply_to: str | None = None
    fault_address: str | None = None
    delivery_count: int = 0

    def __post_init__(self) -> None:
        _check(self)
        object.__setattr__(self, "headers", frozen(self.headers))
        if not self.conversation_id:
            object.__setattr__(self, "conversation_id", self.message_id)

    def with_header(self, name: str, value: object) -> Self:
        """The same message with one header set."""
        return replace(self, headers={**self.headers, name: value})

    def with_ttl(self, ttl: timedelta | float) -> Self:
        """The same message, which expires when `ttl` has passed since its `timestamp`.

        Args:
            ttl: a time difference, or a number of seconds; 0 expires at once.

        Raises:
            ValueError: it is negative, not a number, or too long for a `datetime`.
        """
        try:
            span = ttl if isinstance(ttl, timedelta) else timedelta(seconds=ttl)
            expires_at = self.timestamp + span
        except (OverflowError, ValueError) as error:
            raise ValueError(f"ttl must be a time that a datetime can hold, not {ttl!r}") from error
        if span < timedelta(0):
            raise ValueError(f"ttl must not be negative, but it is {ttl!r}")
        return replace(self, expires_at=expires_at)

    def with_priority(self, priority: int) -> Self:
        """The same message with another priority."""
        return replace(self, priority=priority)

    def caused_by(self, cause: "TransportEnvelope") -> Self:
        """The same message, as caused by another one.

        It joins the conversation of `cause`. Its correlation is that of `cause`, or else the
        `message_id` of `cause`.
        """
        belongs_to = cause.message_id if cause.correlation_id is None else cause.correlation_id
        return replace(
            self,
            causation_id=cause.message_id,
            conversation_id=cause.conversation_id,
            correlation_id=belongs_to,
        )

    def is_expired(self, now: datetime | None = None) -> bool:
        """Whether the message has expired at `now`; the default is the wall-clock time."""
        if self.expires_at is None:
            return False
        return (datetime.now(UTC) if now is None else now) >= self.expires_at

    def __hash__(self) -> int:
        """The hash of the `message_id`: equal envelopes have equal identifiers."""
        return hash(self.message_id)


def check_envelope(envelope: object) -> None:
    """Raise `TypeError` unless `envelope` is one."""
    if not isinstance(envelope, TransportEnvelope):
        raise TypeError(
            f"{envelope!r} is not a TransportEnvelope: put the message into one, "
            f"TransportEnvelope(message_type, body). Nothing was enqueued"
        )


_TEXTS = ("message_type", "content_type", "message_id", "conversation_id")
_TEXTS_OR_NONE = (
    "correlation_id",
    "causation_id",
    "source",
    "destination",
    "reply_to",
    "fault_address",
)


def _check(envelope: TransportEnvelope) -> None:
    """Raise if an attribute cannot have its value; integers of other kinds become `int`."""
    for name in _TEXTS:
        if not isinstance(value := getattr(envelope, name), str):
            raise TypeError(f"{name} must be a string, not {value!r}")
    for name in _TEXTS_OR_NONE:
        if not isinstance(value := getattr(envelope, name), str | None):
            raise TypeError(f"{name} must be a string, or None, not {value!r}")
    if not envelope.message_type:
        raise ValueError("message_type must not be empty: say what kind of message it is")
    if not envelope.message_id:
        raise ValueError("message_id must not be empty: leave it out to get a unique one")
    if not isinstance(envelope.body, bytes):
        raise TypeError(
            f"body must be bytes, which are immutable, not {envelope.body!r}: pass bytes(body)"
        )
    if not isinstance(envelope.headers, Mapping) or not all(
        isinstance(name, str) for name in envelope.headers
    ):
        raise TypeError(
            f"headers must be a mapping whose names are strings, not {envelope.headers!r}"
        )
    for name in ("timestamp", "expires_at"):
        value = getattr(envelope, name)
        if value is None and name == "expires_at":
            continue
        if not isinstance(value, datetime):
            raise TypeError(f"{name} must be a datetime with a time zone, not {value!r}")
        if value.utcoffset() is None:
            raise ValueError(
                f"{name} must have a time zone, such as datetime.UTC, but {value!r} lacks one"
            )
    for name in ("priority", "delivery_count"):
        object.__setattr__(envelope, name, check_integer(name, getattr(envelope, name)))
    if envelope.delivery_count < 0:
        raise ValueError(
            f"delivery_count must not be negative, but it is {envelope.delivery_count}"
        )
