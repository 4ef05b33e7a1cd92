"""`SequenceBarrier`: what one consumer waits at.

A barrier knows the cursor (what is published) and the sequences its consumer depends on. It lets the consumer go as far as
all of them have gone, and no further:

    publisher --> [ ring ] --> journal ---.
                     |                     >--> indexer        indexer's barrier: dependents = journal, counter
                     '-------> counter ---'                    journal's barrier: no dependents, only the cursor

Chains and diamonds of any depth are made of barriers alone.
"""

from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.errors import AlertError
from ringbuffer.memory import PROCESS_MEMORY, Memory, Word
from ringbuffer.sequence import Sequence, SequenceGroup
from ringbuffer.wait import ReadableView, WaitStrategy, waiter_of


class PublishedView(ReadableView, Protocol):
    """One thread's knowledge of what is published: `get` begins at what this view already knew. Owning thread only."""


class Publication(Protocol):
    """Where events are published: a sequencer, as far as a barrier needs one. Any thread."""

    def published_view(self) -> PublishedView:
        """The calling thread's own knowledge of what is published, for one that gates it or is held back by one that does."""
        ...

    def published(self) -> int:
        """The highest sequence published without a gap, for anybody, at some moment of the call."""
        ...


class SequenceBarrier:
    """What a consumer waits at before it reads a slot (LMAX Disruptor, `ProcessingSequenceBarrier`). Any thread.

    Each processor has a barrier of its own, so that alerting one never stops its siblings.

    Args:
        publication: the sequencer whose events are waited for.
        wait_strategy: how to wait.
        dependents: sequences that must have passed an event before this barrier lets it through; none means
            that being published is enough. Whoever advances one of them by hand must call `signal` on a ring with a
            blocking strategy; processors do.
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

    @property
    def publication(self) -> Publication:
        """Where the events are published that this barrier waits for."""
        return self._publication

    @property
    def dependents(self) -> tuple[Sequence | SequenceGroup, ...]:
        """The sequences this barrier waits for besides the cursor."""
        return self._dependents

    @property
    def is_alerted(self) -> bool:
        """Whether `alert` was called after the last `clear_alert`."""
        return self._alerted.load() != 0

    def alert(self) -> None:
        """Make the current wait, or else the next, raise `AlertError`; stays until `clear_alert`. Any thread.

        The alert is stored before the signal: a waiter that misses it is woken by the signal and looks again.
        """
        self._alerted.exchange(1)
        self._wait_strategy.signal_all_when_blocking()

    def clear_alert(self) -> None:
        """Forget an alert.

        An exchange, not a plain store: the processor that clears an old alert reads its own state next, and a
        store that lingered behind that read could wipe out the alert of a `halt` in between.
        """
        self._alerted.exchange(0)

    def check_alert(self) -> None:
        """Raise `AlertError` if the barrier is alerted."""
        if self._alerted.load():
            raise AlertError

    def get(self) -> int:
        """The highest sequence that this barrier lets through now: published, and passed by every dependent.

        Unlike a view's `available` it is right also for who does not gate the producers.
        """
        lowest = self._publication.published()
        for dependent in self._dependents:
            lowest = min(lowest, dependent.get(lowest) if isinstance(dependent, SequenceGroup) else dependent.get())
        return lowest

    def wait_for(self, sequence: int) -> int:
        """As `BarrierView.wait_for`, from any thread; a loop should use a view."""
        return self.view().wait_for(sequence)

    def view(self) -> "BarrierView":
        """The calling thread's own access to this barrier."""
        published = self._publication.published_view()
        available = Available(published, self._dependents) if self._dependents else published
        return BarrierView(self._wait_strategy, published, available, self._alerted.view().word)


class Available:
    """The minimum of what is published and of the dependents. Owning thread only.

    Attributes:
        get: `get()`, the highest sequence that everybody has passed.
        highest_from: `highest_from(sequence)`, as `get`, by a caller who knows that everything before `sequence` is published.
        word: None, since there is more than one to look at.
    """

    __slots__ = ("get", "highest_from", "word")

    def __init__(self, published: PublishedView, dependents: tuple[Sequence | SequenceGroup, ...]) -> None:
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
        """Wait until `sequence` is published and every dependent has passed it.

        Args:
            sequence: the lowest sequence wanted; everything before it must be known to be published, as it is to a
                consumer that has seen it, or that started after it.

        Returns:
            The highest available sequence, ≥ `sequence`; or less than `sequence` when the wait strategy timed out.

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

    def __init__(self, wait_strategy: WaitStrategy, published: PublishedView, available: PublishedView, alerted: Word) -> None:
        alert: Final = AlertView(alerted)
        self.available: Final = available.get
        self.check_alert: Final = alert.check_alert
        self.wait_for: Final = _wait_for(wait_strategy, published, available, alert)


class AlertView:
    """One thread's look at the alert, for it and for the wait strategy. Owning thread only."""

    __slots__ = ("word",)

    def __init__(self, alerted: Word) -> None:
        self.word: Final = alerted

    def check_alert(self) -> None:
        """Raise `AlertError` if the barrier is alerted."""
        if self.word[0]:
            raise AlertError


def _wait_for(strategy: WaitStrategy, published: PublishedView, available: PublishedView, alert: AlertView) -> WaitFor:
    """The function for one thread: first the alert, then what is available, and only then the strategy.

    A consumer that keeps up calls it for each event, so a single word is loaded without another call.
    """
    alerted: Final = alert.word
    word: Final = available.word
    highest_from: Final = available.highest_from
    wait: Final = waiter_of(strategy, published, available, alert)

    def wait_for(sequence: int) -> int:
        if alerted[0]:
            raise AlertError
        highest = highest_from(sequence)
        if highest >= sequence:
            return highest
        return wait(sequence)

    if word is None:
        return wait_for

    def wait_for_word(sequence: int) -> int:
        if alerted[0]:
            raise AlertError
        highest = word[0]
        if highest >= sequence:
            return highest
        return wait(sequence)

    return wait_for_word
