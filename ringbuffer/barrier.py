"""`SequenceBarrier`: the limit up to which one consumer may read.

A barrier knows the cursor (what is published) and the sequences that its consumer depends on. It
lets the consumer go as far as all of them have gone, and no further:

    publisher --> [ ring ] --> journal ---.
                     |                     >--> indexer
                     '-------> counter ---'

    the barrier of indexer: dependents = journal, counter
    the barrier of journal: no dependents, only the cursor

Chains and diamonds of any depth consist only of barriers.
"""

from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.errors import AlertError, ForkedProcessError
from ringbuffer.forks import Noted, forked, made_here
from ringbuffer.memory import PROCESS_MEMORY, Memory, Word
from ringbuffer.one_process import OneProcess
from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.wait import ReadableView, WaitStrategy, bind_wait


class PublishedView(ReadableView, Protocol):
    """One thread's view of what is published. Owning thread only.

    `get` starts its search at what this view already knows.
    """


class Publication(Protocol):
    """Where events are published: a sequencer, as a barrier sees it. Any thread."""

    def published_view(self) -> PublishedView:
        """The calling thread's own view of what is published.

        For a caller that gates the producers, or that follows a consumer that gates them.
        """
        ...

    def published(self) -> int:
        """The highest sequence published without a gap at some moment of the call. Any thread."""
        ...


class SequenceBarrier(OneProcess, Noted):
    """What a consumer waits at before it reads a slot. Any thread.

    Each processor has its own barrier, so that alerting one never stops its siblings. (LMAX
    Disruptor, `ProcessingSequenceBarrier`.)

    Args:
        publication: the sequencer whose events are waited for.
        wait_strategy: how to wait.
        dependents: sequences that must have passed an event before this barrier lets it through.
            Without any, it is enough that the event is published. A caller that advances one by
            hand must call `signal` on a ring with a blocking strategy; processors do so.
        memory: what provides the alert's cell.
    """

    __slots__ = ("_alerted", "_dependents", "_publication", "_wait_strategy")

    def __init__(
        self,
        publication: Publication,
        wait_strategy: WaitStrategy,
        *dependents: Sequence | SequenceGroup,
        memory: Memory = PROCESS_MEMORY,
    ) -> None:
        self._publication: Final = publication
        self._wait_strategy: Final = wait_strategy
        self._dependents: Final = dependents
        self._alerted: Final = memory.cell(0)
        made_here(self)

    def _after_fork(self, made_in: int) -> None:
        """In a child: each view of the barrier raises instead of waiting."""
        self._alerted.store(1)

    def _error(self) -> AlertError | ForkedProcessError:
        """The error that ends a wait while the barrier is alerted. In a child the alert stays."""
        return (
            AlertError()
            if self._left_behind_by is None
            else forked("this barrier", self._left_behind_by)
        )

    @property
    def publication(self) -> Publication:
        """Where the events that this barrier waits for are published."""
        return self._publication

    @property
    def dependents(self) -> tuple[Sequence | SequenceGroup, ...]:
        """The sequences that this barrier waits for besides the cursor."""
        return self._dependents

    @property
    def is_alerted(self) -> bool:
        """Whether `alert` was called after the last `clear_alert`."""
        return self._alerted.load() != 0

    def alert(self) -> None:
        """Make the current wait, or else the next, raise `AlertError`. Any thread.

        The alert stays until `clear_alert`. It is stored before the signal: the signal wakes a
        waiting thread that missed the alert, and the thread checks again.
        """
        self._alerted.exchange(1)
        self._wait_strategy.signal_all_when_blocking()

    def clear_alert(self) -> None:
        """Remove an alert.

        An exchange, not a plain store. The processor that clears an old alert reads its own state
        next. A store could become visible only after that read, and could then erase the alert of a
        `halt` that came in between.
        """
        self._alerted.exchange(0)

    def check_alert(self) -> None:
        """Raise `AlertError` if the barrier is alerted."""
        if self._alerted.load():
            raise AlertError

    def get(self) -> int:
        """The highest sequence that this barrier lets through now.

        It is published, and every dependency has passed it. Unlike a view's `available`, it is also
        correct for callers that do not gate the producers.
        """
        lowest = self._publication.published()
        for dependent in self._dependents:
            lowest = min(
                lowest,
                dependent.get(lowest) if isinstance(dependent, SequenceGroup) else dependent.get(),
            )
        return lowest

    def wait_for(self, sequence: int) -> int:
        """As `BarrierView.wait_for`, from any thread; a loop should use a view."""
        return self.view().wait_for(sequence)

    def view(self) -> "BarrierView":
        """The calling thread's own access to this barrier."""
        published = self._publication.published_view()
        available = Available(published, self._dependents) if self._dependents else published
        return BarrierView(
            self._wait_strategy,
            published,
            available,
            AlertView(self._alerted.view().word, self._error),
        )


class Available:
    """The minimum of what is published and of the dependencies. Owning thread only.

    Attributes:
        get: `get()`, the highest sequence that is published and that every dependency has passed.
        highest_from: `highest_from(sequence)`, as `get`, for a caller that knows that every
            sequence before `sequence` is published.
        word: None, because there are several words to load.
    """

    __slots__ = ("get", "highest_from", "word")

    def __init__(
        self, published: PublishedView, dependents: tuple[Sequence | SequenceGroup, ...]
    ) -> None:
        words: Final = tuple(each.view().word for each in dependents if isinstance(each, Sequence))
        groups: Final = tuple(each.view() for each in dependents if isinstance(each, SequenceGroup))
        published_get: Final = published.get
        published_from: Final = published.highest_from

        def lowest_of(lowest: int) -> int:
            for word in words:
                value = word[0]
                if value < lowest:
                    lowest = value
            for group in groups:
                lowest = min(lowest, group.minimum(lowest))
            return lowest

        def get() -> int:
            return lowest_of(published_get())

        def highest_from(sequence: int) -> int:
            return lowest_of(published_from(sequence))

        self.get: Final[Callable[[], int]] = get
        self.highest_from: Final[Callable[[int], int]] = highest_from
        self.word: Final = None


class WaitFor(Protocol):
    """`wait_for(sequence)`: wait until a sequence is available."""

    def __call__(self, sequence: int) -> int:
        """Wait until `sequence` is published and every dependency has passed it.

        Args:
            sequence: the lowest sequence wanted. The caller must know that every sequence before it
                is published. A consumer knows that if it has seen them or started after them.

        Returns:
            The highest available sequence, ≥ `sequence`; or less than `sequence` when the wait
            strategy timed out.

        Raises:
            AlertError: the barrier was alerted, before or during the wait.
        """
        ...


class BarrierView:
    """One thread's access to a barrier. Owning thread only.

    Attributes:
        wait_for: `wait_for(sequence)`, see `WaitFor`.
        available: `available()`, the highest sequence available now, without waiting.
        check_alert: `check_alert()`, raises `AlertError` if the barrier is alerted.
    """

    __slots__ = ("available", "check_alert", "wait_for")

    def __init__(
        self,
        wait_strategy: WaitStrategy,
        published: PublishedView,
        available: PublishedView,
        alert: "AlertView",
    ) -> None:
        self.available: Final = available.get
        self.check_alert: Final = alert.check_alert
        self.wait_for: Final = _wait_for(wait_strategy, published, available, alert)


class AlertView:
    """One thread's access to the alert, also for the wait strategy. Owning thread only."""

    __slots__ = ("error", "word")

    def __init__(self, alerted: Word, error: Callable[[], AlertError | ForkedProcessError]) -> None:
        self.word: Final = alerted
        self.error: Final = error

    def check_alert(self) -> None:
        """Raise `AlertError` if the barrier is alerted."""
        if self.word[0]:
            raise self.error()


def _wait_for(
    strategy: WaitStrategy, published: PublishedView, available: PublishedView, alert: AlertView
) -> WaitFor:
    """The function for one thread. It checks the alert, then what is available, then waits.

    A consumer that keeps up calls it for each event. So where one word is enough, it is loaded
    without a further call.
    """
    alerted: Final = alert.word
    word: Final = available.word
    highest_from: Final = available.highest_from
    wait: Final = bind_wait(strategy, published, available, alert)

    def wait_for(sequence: int) -> int:
        if alerted[0]:
            raise alert.error()
        highest = highest_from(sequence)
        if highest >= sequence:
            return highest
        return wait(sequence)

    if word is None:
        return wait_for

    def wait_for_word(sequence: int) -> int:
        if alerted[0]:
            raise alert.error()
        highest = word[0]
        if highest >= sequence:
            return highest
        return wait(sequence)

    return wait_for_word
