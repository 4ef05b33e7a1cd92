"""`Acknowledgement`: how a consumer confirms messages. `LockedDelivery`: what its handler gets."""

from dataclasses import dataclass
from typing import Final, Protocol

from ringbuffer.checks import Duration, check_at_least_one, check_duration
from ringbuffer.errors import RingBufferError
from ringbuffer.messaging.dead_letters import DeadLetters
from ringbuffer.messaging.delivery import Delivery, Identity, ScheduleRedelivery
from ringbuffer.messaging.envelope import TransportEnvelope


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """How a consumer of a queue confirms its messages; otherwise a message that was taken is done.

    queue.add_consumer(handle, acknowledgement=Acknowledgement(lock_timeout=30))

    Attributes:
        lock_timeout: how long a message may stay without an answer, in seconds. Then it goes back
            to the head of the queue. None sets no limit.
        max_deliveries: how often a message is delivered at most. After that it becomes a dead
            letter. None sets no limit.
        prefetch: how many messages without an answer a consumer may have before it takes another.
        dead_letters: keeps what was rejected or delivered too often; None logs it as an error.

    Raises:
        TypeError, ValueError: a value is not of its kind, or not positive.
    """

    lock_timeout: Duration | None = 30.0
    max_deliveries: int | None = 5
    prefetch: int = 1
    dead_letters: DeadLetters | None = None

    def __post_init__(self) -> None:
        if self.lock_timeout is not None:
            check_duration("lock_timeout", self.lock_timeout)
        check_at_least_one("max_deliveries", self.max_deliveries)
        if check_at_least_one("prefetch", self.prefetch) is None:
            raise TypeError("prefetch must be a number of messages, not None")
        if self.dead_letters is not None and not isinstance(self.dead_letters, DeadLetters):
            raise TypeError(f"dead_letters must be DeadLetters, not {self.dead_letters!r}")


class Locks(Protocol):
    """Where the messages without an answer are. Any thread."""

    def acknowledge(self, delivery: "LockedDelivery") -> bool:
        """See `LockedDelivery.ack`."""
        ...

    def reject(
        self, delivery: "LockedDelivery", requeue: bool, error: BaseException | None
    ) -> bool:
        """See `LockedDelivery.reject`."""
        ...


class RejectedError(RingBufferError):
    """A handler has rejected a message without an error."""


class LockTimeoutError(RingBufferError):
    """A message had no answer within the lock time-out."""


class UnacknowledgedError(RingBufferError):
    """The consumer of a message has ended without an answer."""


class LockedDelivery(Delivery):
    """A message that waits for an answer: `ack`, or `reject`. Any thread may give it, once.

    It is a `Delivery`, so dead letters can keep it.
    """

    __slots__ = ("_envelope", "_locks")

    def __init__(
        self,
        envelope: TransportEnvelope,
        consumer: str,
        locks: Locks,
        schedule_redelivery: ScheduleRedelivery,
    ) -> None:
        super().__init__(envelope, Identity.of(envelope), consumer, schedule_redelivery)
        self._locks: Final = locks
        self._envelope: Final = envelope
        self.attempt = envelope.delivery_count + 1

    @property
    def envelope(self) -> TransportEnvelope:
        """The message. Its `delivery_count` says how often it was delivered before."""
        return self._envelope

    @property
    def delivery_count(self) -> int:
        """How often the message was delivered before: 0 at first."""
        return self.attempt - 1

    def ack(self) -> bool:
        """Confirm the message: it is done.

        Returns:
            False if it is too late: the message was answered before, or has gone back because of
            the lock time-out or the end of its consumer. Then it is delivered again.
        """
        return self._locks.acknowledge(self)

    def reject(self, requeue: bool = True, error: BaseException | None = None) -> bool:
        """Refuse the message.

        Args:
            requeue: whether it goes back to the head of the queue, unless it was delivered too
                often. Otherwise it becomes a dead letter.
            error: why, for the dead letter.

        Returns:
            False if it is too late, as `ack` does.
        """
        return self._locks.reject(self, requeue, error)

    def __repr__(self) -> str:
        return f"LockedDelivery({self.message!r} to {self.handler!r}, attempt {self.attempt})"
