"""Rare operations of the producer of a single-producer ring: skip, give up, finish, refuse.

Only the owning thread uses them. If an interrupt ends a call, the call may be repeated: it then
does what the first one left undone.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

from ringbuffer.errors import DeadlockError
from ringbuffer.host import Thread
from ringbuffer.producer.ops import ProducerOps, Publish
from ringbuffer.producer.refusals import note_published
from ringbuffer.sequencer.ownership import Tenure

#: Stored instead of the last sequence published: the next publication reads the cursor.
ASK_THE_CURSOR: Final = -(1 << 62)


class SingleProducerOps(NamedTuple):
    """The operations of the one producer, and what the sequencer asks of it: see `Owner`."""

    thread: Thread
    ops: ProducerOps
    claimed: Callable[[], int]
    is_lent: Callable[[], bool]
    retire: Callable[[], None]


class Variables(NamedTuple):
    """How cold code accesses the variables of the hot operations, which belong to a closure.

    Attributes:
        claimed: the last sequence claimed.
        is_owned: whether the operations have an owner: False once they are retired or lent.
        ask_the_cursor: makes the next publication look for early skips.
        refuse: raises the error for a caller that does not own the operations.
    """

    claimed: Callable[[], int]
    is_owned: Callable[[], bool]
    ask_the_cursor: Callable[[], None]
    refuse: Callable[[], NoReturn]


class SingleProducerRecovery:
    """Skips claims, and finishes publications after an interrupt. Owning thread only.

    Args:
        tenure: what the thread has taken over from the sequencer.
        variables: those of the hot operations.
        publish: the hot operation.
        signal: wakes the consumers; None if no consumer can sleep.
    """

    __slots__ = (
        "_cursor",
        "_early_skips",
        "_given_up",
        "_publish",
        "_signal",
        "_skipped",
        "_variables",
    )

    def __init__(
        self,
        tenure: Tenure,
        variables: Variables,
        publish: Publish,
        signal: Callable[[], None] | None,
    ) -> None:
        self._cursor: Final = tenure.cursor.word
        self._early_skips: Final = tenure.early_skips
        self._skipped: Final = tenure.state.skipped
        self._variables: Final = variables
        self._publish: Final = publish
        self._signal: Final = signal
        #: The range that an earlier, interrupted `give_up` began to skip.
        self._given_up: tuple[int, int] | None = None

    def skip(self, low: int, high: int | None = None) -> None:
        """See `Skip`."""
        if not self._variables.is_owned():
            self._variables.refuse()
        if high is None:
            high = low
        last, claimed = self._cursor[0], self._variables.claimed()
        if not last < low <= high <= claimed or overlaps(self._early_skips, low, high):
            raise out_of_turn(low, high, last, claimed)
        try:
            self._pass_over(low, high)
        except BaseException:
            self._pass_over(low, high, again=True)
            raise

    def give_up(self, low: int, high: int, error: BaseException) -> bool:
        """See `GiveUp`."""
        if not self._variables.is_owned():
            return False  # it was released: the claim belongs to the next owner
        again = self._given_up == (low, high)
        if not again and low <= self._cursor[0]:
            self.finish(high)
            note_published(low, high, error)
            return True
        self._given_up = low, high  # a repeated call then finds the range skipped, not published
        self._pass_over(low, high, again)
        return False

    def finish(self, high: int) -> None:
        """Finish a publication that had begun when an interrupt ended it."""
        if self._cursor[0] < high:
            self._cursor[0] = high
        if self._signal is not None:
            self._signal()

    def _pass_over(self, low: int, high: int, again: bool = False) -> None:
        """Skip claimed sequences."""
        self._skipped.add(low, high, again)
        last = self._cursor[0]
        if low == last + 1:
            self._publish(low, high)
        elif low > last:
            # The earlier claims are published first, and this range together with them.
            self._early_skips[low] = high
            self._variables.ask_the_cursor()
        else:
            self.finish(high)


def overlaps(skipped: dict[int, int], low: int, high: int) -> bool:
    """Whether one of the sequences from `low` to `high` was skipped."""
    return any(start <= high and low <= stop for start, stop in skipped.items())


def end_of_publication(
    early_skips: dict[int, int], low: int, high: int, last: int, claimed: int
) -> int:
    """Up to where a publication of `low` to `high` goes: it includes early skips right after it.

    Args:
        early_skips: sequences (lowest: highest) that were skipped before their turn.
        low: the lowest sequence to publish.
        high: the highest one.
        last: the last sequence published.
        claimed: the last sequence claimed.

    Raises:
        ValueError: `low` to `high` is not the next range to publish.
    """
    if low != last + 1 or not low <= high <= claimed or overlaps(early_skips, low, high):
        raise out_of_turn(low, high, last, claimed)
        # The early skips that earlier publications included are removed only now: an interrupt
        # could have come before those publications were complete.
    for start in [start for start in early_skips if start <= last]:
        del early_skips[start]
    # Terminates because there are finitely many early skips, and `high` rises.
    while high + 1 in early_skips:
        high = early_skips[high + 1]
    return high


def out_of_turn(low: int, high: int, published: int, claimed: int) -> ValueError:
    """The error for a publication that does not follow the last published sequence."""
    if published == claimed:
        due = "nothing is claimed that is not published"
    else:
        due = f"publish from {published + 1} on, up to {claimed}"
    return ValueError(f"cannot publish {low} to {high}: {due}. Nothing was published")


def check_own_backlog(sequence: int, n: int, published: int, size: int) -> None:
    """Check that a claim of `n` slots does not wait for sequences its own thread must publish.

    Raises:
        DeadlockError: it does: those sequences and the claim together exceed the ring.
    """
    if sequence - published > size:
        raise DeadlockError(
            f"cannot claim up to sequence {sequence}: this thread has claimed up to {sequence - n} "
            f"and published up to {published} of a ring of {size} slots, and waits for itself; "
            f"publish first"
        )
