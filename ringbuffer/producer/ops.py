"""`ProducerOps`: what a producing thread can do to a ring.

These are functions, not an object with methods. Each is a closure made by the thread that calls it,
over that thread's own views. So a claim reads no attribute, and uses no object whose reference
count other threads change.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ringbuffer.checks import Duration
from ringbuffer.memory import SlotView

#: Returned instead of a sequence: there was no free capacity.
NO_CAPACITY: Final = -1

#: Returned instead of a sequence, where a ring asks for that: its one producer is not the caller.
NOT_OWNED: Final = -2


def not_owned(*arguments: object) -> int:
    """Returns `NOT_OWNED`."""
    return NOT_OWNED


#: Stands for an argument that was not given. CPython counts no references to a literal, so threads
#: that publish at the same time do not wait for each other to count those to this object.
NONE_GIVEN: Final[object] = "<the argument of a translator that was not given>"


class Next(Protocol):
    """`next(n=1, timeout=None)`: claim slots, waiting while there is no free capacity."""

    def __call__(self, n: int = 1, timeout: Duration | None = None) -> int:
        """Claim `n` slots.

        Args:
            n: slots to claim, 1 to the size of the ring.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            The highest sequence claimed; the lowest is `n - 1` less. Every one of them must be
            published.

        Raises:
            ValueError: `n` is out of range.
            ClaimTimeoutError: there was no free capacity in time. Nothing was claimed.
            RingBufferClosedError: the ring is closed. Nothing was claimed.
            DeadlockError: the caller waits for events that it has to consume or publish itself.
                Nothing was claimed.
            ProducerThreadError: the ring has a single producer, and it is not the caller.
        """
        ...


class TryNext(Protocol):
    """`try_next(n=1)`: claim slots if there is free capacity."""

    def __call__(self, n: int = 1) -> int:
        """As `Next`, but never wait.

        Raises:
            InsufficientCapacityError: there is no free capacity. Nothing was claimed.
        """
        ...


class Publish(Protocol):
    """`publish(low, high=None)`: make claimed slots visible to consumers."""

    def __call__(self, low: int, high: int | None = None) -> None:
        """Publish the claimed sequences from `low` to `high` (default: `low` alone).

        Raises:
            ValueError: a sequence was not claimed, is published already, or (single producer) does
                not follow the last published one. Nothing was published.
        """
        ...


class PublishClaimed(Protocol):
    """`publish_claimed(low, high)`: make visible what this thread has just claimed."""

    def __call__(self, low: int, high: int) -> None:
        """As `Publish`, for a caller that has just claimed exactly these sequences.

        With several producers it checks nothing. It is for the library's own code, where no other
        code runs between claim and publication.
        """
        ...


class TryPut(Protocol):
    """`try_put(value)`: claim, store and publish one value, if there is free capacity."""

    def __call__(self, value: object, /) -> int:
        """All three in one call, which costs less than three calls.

        Returns:
            The sequence; or `NO_CAPACITY`, and then nothing was claimed.

        Raises:
            RingBufferClosedError: the ring is closed. Nothing was claimed.
            ProducerThreadError: the ring has a single producer, and it is not the caller.
            ValueError: (single producer) a sequence is claimed and not published yet. The value is
                skipped.
        """
        ...


class TryPutInto(Protocol):
    """`try_put_into(slots)`: a `TryPut` for these slots."""

    def __call__(
        self, slots: SlotView[Any], otherwise: Callable[[], int] | None = None, /
    ) -> TryPut:
        """Made once by a thread, over its own view of the ring's slots.

        Args:
            slots: that view.
            otherwise: called, if the ring has a single producer, when it is not the caller. None
                raises then.
        """
        ...


class TryFill(Protocol):
    """`try_fill(translator, argument, more)`: claim a slot, fill its event, and publish it."""

    def __call__(self, translator: object, argument: object, more: tuple[object, ...], /) -> int:
        """All three in one call, if there is free capacity.

        Args:
            translator: as for `EventSink.publish_event`.
            argument: its first argument, or `NONE_GIVEN`.
            more: its other arguments.

        Returns:
            The sequence; or `NO_CAPACITY`, and then nothing was claimed or called.

        Raises:
            RingBufferClosedError: the ring is closed. Nothing was claimed.
            ProducerThreadError: the ring has a single producer, and it is not the caller.
            TypeError: `translator` is not a translator. Nothing was claimed.
            Exception: what the translator raised. The slot is skipped.
            ValueError: the sequence is published already, or (single producer) one before it is
                claimed and not published yet. The slot is skipped.
        """
        ...


class TryFillInto(Protocol):
    """`try_fill_into(slots)`: a `TryFill` for these slots."""

    def __call__(
        self, slots: SlotView[Any], otherwise: Callable[[], int] | None = None, /
    ) -> TryFill:
        """Made once by a thread, over its own copy of the ring's events.

        Args:
            slots: that view.
            otherwise: called, if the ring has a single producer, when it is not the caller. None
                raises then.
        """
        ...


class PublishEach(Protocol):
    """`publish_each(slots, items, timeout=None)`: claim, yield and publish a slot for each item."""

    def __call__[E, T](
        self, slots: SlotView[E], items: Iterable[T], timeout: Duration | None = None
    ) -> Generator[tuple[E, T]]:
        """Pairs of an event to fill and an item. Asking for the next pair publishes the event.

        An item is taken first, then a slot is claimed. So a slow source holds no slot, and a filled
        event is visible while the loop waits for the next item. If a `break` or an exception ends
        the loop, the event of that iteration is skipped.

        Args:
            slots: the ring's slots.
            items: any iterable, however long.
            timeout: the longest wait for one event, in seconds; None waits without a limit.

        Raises:
            ValueError: (single producer) a sequence is claimed and not published yet.
            RuntimeError: (single producer) the body claims or publishes in another way; the event
                of the loop must be published first.
            RingBufferError: the errors of `Next`; its `unpublished` holds the item that was taken
                and not published.
        """
        ...


class Skip(Protocol):
    """`skip(low, high=None)`: publish claimed slots that have no event for a handler."""

    def __call__(self, low: int, high: int | None = None) -> None:
        """Let consumers pass over the claimed sequences `low` to `high` (default: `low` alone).

        With a single producer, earlier sequences may be claimed and not yet published. The skipped
        ones are then published right after those.

        Raises:
            ValueError: a sequence was not claimed, or is published already. Nothing was skipped.
        """
        ...


class GiveUp(Protocol):
    """`give_up(low, high, error)`: finish claimed sequences whose publication has raised."""

    def __call__(self, low: int, high: int, error: BaseException) -> bool:
        """Skip the claimed sequences from `low` to `high`, so that no gap remains.

        They may have been published before `error` was raised, for example by a signal handler
        while consumers were signalled. Then it wakes the consumers again, sets `error.published` to
        the number of sequences, and adds a note that says so.

        It may be called again for the same sequences after an interrupt. For the library's own
        code.

        Returns:
            Whether they were published before.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProducerOps:
    """A thread's own operations to claim and publish. Owning thread only.

    (The first version of the LMAX Disruptor had an object for this, the "producer barrier".)
    """

    next: Next
    try_next: TryNext
    publish: Publish
    publish_claimed: PublishClaimed
    skip: Skip
    give_up: GiveUp
    try_put_into: TryPutInto
    try_fill_into: TryFillInto
    publish_each: PublishEach
