"""`Source`: where the messages of a queue are. `Dequeuer`: one consumer's access to them."""

from collections.abc import Callable
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
