"""`Source`: where the messages of a queue are; and how a consumer takes and receives them."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Protocol

from ringbuffer.messaging.envelope import TransportEnvelope


def share(waiting: int, others: int, most: int) -> int:
    """How many of the waiting messages a consumer may take at once, while `others` rest.

    All of them get equal shares, rounded up. If more messages wait than `others`, at least one is
    left for each of these.
    """
    return min(most, -(-waiting // (others + 1)))


@dataclass(frozen=True, slots=True)
class Dequeuer:
    """One consumer's functions to take messages. One thread at a time.

    Attributes:
        take: `take(beyond)` removes and returns the first message if more than `beyond` messages
            wait; otherwise it returns None. The caller holds the dequeue lock.
        take_many: `take_many(beyond, others, most)` does the same with several of the first
            messages, in a list: at most `most`, and at most the caller's `share`, if so many
            `others` rest.
        wait: returns when there is a message or `Source.interrupt` was called; it may also return
            without a reason. Only the leader calls it.
        taken: how many messages were taken from the source when this consumer took its last one; 0
            before the first. Any thread.
    """

    take: Callable[[int], TransportEnvelope | None]
    take_many: Callable[[int, int, int], list[TransportEnvelope] | None]
    wait: Callable[[], None]
    taken: Callable[[], int]


#: Makes a `take` from a dequeuer: of single messages, or of batches.
type BindTake[M] = Callable[[Dequeuer], Callable[[int], M | None]]


def one_at_a_time(dequeuer: Dequeuer) -> Callable[[int], TransportEnvelope | None]:
    """The `BindTake` of a consumer that takes one message at a time."""
    return dequeuer.take


class Source(Protocol):
    """Where the messages of a queue are. Any thread."""

    def dequeuer(self) -> Dequeuer:
        """A consumer's own functions to take messages; the consumer's thread calls this."""
        ...

    def interrupt(self) -> None:
        """End the leader's wait; if the leader does not wait, end its next wait."""
        ...


#: `check(result)` raises if a handler must not return such a result.
type Check = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class MessageReceiver[M]:
    """A follower's functions to receive messages, or batches of them. One thread at a time.

    Attributes:
        receive_now: returns the next message if the follower may take one immediately. If it
            returns None, call `receive`.
        receive: waits for the next message; returns None if the follower is to stop.
        run: `run(handle, check, fail, context, pristine)` receives messages, or batches, and calls
            `handle` with each, and `check` with its result, unless that is None. It calls `fail`
            with a message on which one of them raised. It continues until the follower is to stop,
            or until `context`, that of the caller, no longer equals `pristine`, a copy of it from
            before the first message. It returns whether it ended because of that: then there may
            be more messages. While it waits for the next one, it does not keep the last one alive.
        taken: how many messages all followers had taken when this one took its last; 0 before the
            first. Any thread.
    """

    receive_now: Callable[[], M | None]
    receive: Callable[[], M | None]
    run: Callable[[Callable[[M], object], Check, Callable[[M], None], Context, Context], bool]
    taken: Callable[[], int]
