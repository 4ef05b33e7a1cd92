"""`ProducerBarrier`: the producers' side of a sequencer, for one thread.

It is functions rather than an object with methods. Each is a closure made by the thread that calls it, over that
thread's own views: a claim then touches no attribute of anything, and nothing whose reference count other threads change.
(On CPython 3.13t an attribute costs about as much as the shared access that a claim is for.)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ringbuffer.memory import SlotView

#: Instead of a sequence: there was no room.
NO_ROOM: Final = -1


class Next(Protocol):
    """`next(n=1, timeout=None)`: claim slots, waiting while there is no room."""

    def __call__(self, n: int = 1, timeout: float | None = None) -> int:
        """Claim `n` slots.

        Args:
            n: slots to claim, 1 to the size of the ring.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            The highest sequence claimed; the lowest is `n - 1` less. Every one of them must be published.

        Raises:
            ValueError: `n` is out of range.
            ClaimTimeoutError: there was no room in time. Nothing was claimed.
            RingBufferClosedError: the ring is closed. Nothing was claimed.
            DeadlockError: the caller is a consumer that stands in its own way. Nothing was claimed.
            ProducerThreadError: the ring has a single producer, and it is not the caller.
        """
        ...


class TryNext(Protocol):
    """`try_next(n=1)`: claim slots if there is room."""

    def __call__(self, n: int = 1) -> int:
        """As `Next`, but never wait.

        Raises:
            InsufficientCapacityError: there is no room. Nothing was claimed.
        """
        ...


class Publish(Protocol):
    """`publish(low, high=None)`: make claimed slots visible to consumers."""

    def __call__(self, low: int, high: int | None = None) -> None:
        """Publish the claimed sequences from `low` to `high` (default: `low` alone).

        Raises:
            ValueError: a sequence was not claimed, is published already, or (single producer) is not the next one due.
                Nothing was published.
        """
        ...


class PublishClaimed(Protocol):
    """`publish_claimed(low, high)`: make visible what this barrier has just claimed."""

    def __call__(self, low: int, high: int) -> None:
        """As `Publish`, by a caller who knows that exactly these sequences are claimed and not published.

        With several producers nothing is checked: this is for the library's own code, between whose claim and publication no
        other code runs.
        """
        ...


class TryPut(Protocol):
    """`try_put(value)`: claim, store and publish one value, if there is room."""

    def __call__(self, value: object, /) -> int:
        """The three in one call, which costs less than three; the sequence, or `NO_ROOM`, and then nothing was claimed.

        Raises:
            RingBufferClosedError: the ring is closed. Nothing was claimed.
            ProducerThreadError: the ring has a single producer, and it is not the caller.
            ValueError: (single producer) something is claimed and not published yet. The value is skipped.
        """
        ...


class TryPutInto(Protocol):
    """`try_put_into(slots)`: a `TryPut` for these slots."""

    def __call__(self, slots: SlotView[Any], /) -> TryPut:
        """Made once by a thread, over its own view of the ring's slots."""
        ...


class PublishEach(Protocol):
    """`publish_each(slots, items, timeout=None)`: claim, hand out and publish one slot for each item."""

    def __call__[E, T](self, slots: SlotView[E], items: Iterable[T], timeout: float | None = None) -> Iterator[tuple[E, T]]:
        """Pairs of an event to fill and an item. An event is published when the next pair is asked for.

        An item is taken first, then a slot is claimed; so a source that is slow keeps no slot from anybody, and what was filled
        is visible while the next item is waited for. An event whose turn of the loop is left by `break` or an exception is
        skipped.

        Args:
            slots: the ring's.
            items: any iterable, however long.
            timeout: the longest wait for room for one event, in seconds; None waits without a limit.

        Raises:
            ValueError: (single producer) something is claimed and not published yet.
            RuntimeError: (single producer) the body claims or publishes in another way: the event of the loop comes first.
            RingBufferError: the errors of `Next`; `unpublished` of it holds the item that was taken and not published.
        """
        ...


class Skip(Protocol):
    """`skip(low, high=None)`: publish claimed slots that hold nothing to handle."""

    def __call__(self, low: int, high: int | None = None) -> None:
        """Let every consumer pass over the claimed sequences from `low` to `high` (default: `low` alone).

        Where there is a single producer, what lies before may be claimed and not yet published: the skipped sequences
        follow as soon as that is published.

        Raises:
            ValueError: a sequence was not claimed, or is published already. Nothing was skipped.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProducerBarrier:
    """A thread's own way to claim and publish (the first Disruptor's `ProducerBarrier`). Owning thread only."""

    next: Next
    try_next: TryNext
    publish: Publish
    publish_claimed: PublishClaimed
    skip: Skip
    try_put_into: TryPutInto
    publish_each: PublishEach
