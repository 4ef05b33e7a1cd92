"""`Source`: where the messages of a queue are. `Dequeuer`: one consumer's access to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ringbuffer.messaging.envelope import TransportEnvelope


@dataclass(frozen=True, slots=True)
class Dequeuer:
    """One consumer's functions to take messages. One thread at a time.

    Attributes:
        take: `take(beyond)` removes and returns the first message if more than `beyond` messages
            wait; otherwise it returns None. The caller holds the dequeue lock.
        wait: returns when there is a message or `Source.interrupt` was called; it may also return
            without a reason. Only the leader calls it.
        taken: how many messages were taken from the source when this consumer took its last one; 0
            before the first. Any thread.
    """

    take: Callable[[int], TransportEnvelope | None]
    wait: Callable[[], None]
    taken: Callable[[], int]


class Source(Protocol):
    """Where the messages of a queue are. Any thread."""

    def dequeuer(self) -> Dequeuer:
        """A consumer's own functions to take messages; the consumer's thread calls this."""
        ...

    def interrupt(self) -> None:
        """End the leader's wait; if the leader does not wait, end its next wait."""
        ...
