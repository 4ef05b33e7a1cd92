"""`SequenceBarrier`: what one consumer waits at.

A barrier knows the cursor (what is published) and the sequences its consumer depends on. It lets the consumer go as far as
all of them have gone, and no further:

    publisher --> [ ring ] --> journal ---.
                     |                     >--> indexer        indexer's barrier: dependents = journal, counter
                     '-------> counter ---'                    journal's barrier: no dependents, only the cursor

Chains and diamonds of any depth are made of barriers alone.
"""

from typing import Final, Protocol

from ringbuffer.errors import AlertError
from ringbuffer.memory import PROCESS_MEMORY, Memory, Word
from ringbuffer.sequence import Sequence, SequenceGroup
from ringbuffer.wait import WaitStrategy


class PublishedView(Protocol):
    """One thread's knowledge of what is published. Owning thread only."""

    def get(self) -> int:
        """The highest sequence published without a gap after what this view already knew to be published."""
        ...

    def highest_from(self, sequence: int) -> int:
        """As `get`, by a caller who knows that everything before `sequence` is published. At least `sequence - 1`."""
        ...


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
            raise AlertError("the barrier was alerted")

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
    """The minimum of what is published and of the dependents. Owning thread only."""

    __slots__ = ("_groups", "_published", "_words")

    def __init__(self, published: PublishedView, dependents: tuple[Sequence | SequenceGroup, ...]) -> None:
        self._published: Final = published
        self._words: Final = tuple(each.view().word for each in dependents if isinstance(each, Sequence))
        self._groups: Final = tuple(each.view() for each in dependents if isinstance(each, SequenceGroup))

    def get(self) -> int:
        """The highest sequence that everybody has passed."""
        return self._lowest(self._published.get())

    def highest_from(self, sequence: int) -> int:
        """As `get`, by a caller who knows that everything before `sequence` is published."""
        return self._lowest(self._published.highest_from(sequence))

    def _lowest(self, lowest: int) -> int:
        for word in self._words:
            value = word[0]
            if value < lowest:
                lowest = value
        for group in self._groups:
            lowest = min(lowest, group.minimum(lowest))
        return lowest


class BarrierView:
    """One thread's access to a barrier. Owning thread only."""

    __slots__ = ("_alerted", "_available", "_published", "_wait_strategy")

    def __init__(self, wait_strategy: WaitStrategy, published: PublishedView, available: PublishedView, alerted: Word) -> None:
        self._wait_strategy: Final = wait_strategy
        self._published: Final = published
        self._available: Final = available
        self._alerted: Final = alerted

    def wait_for(self, sequence: int) -> int:
        """Wait until `sequence` is published and every dependent has passed it.

        Args:
            sequence: the lowest sequence wanted; everything before it must be known to be published, as it is to a
                consumer that has seen it, or that started after it.

        Returns:
            The highest available sequence, ≥ `sequence`; or less than `sequence` when the wait strategy timed out.

        Raises:
            AlertError: the barrier was alerted, before or during the wait.
        """
        if self._alerted[0]:
            raise AlertError("the barrier was alerted")
        available = self._available.highest_from(sequence)
        if available >= sequence:
            return available
        return self._wait_strategy.wait_for(sequence, self._published, self._available, self)

    def available(self) -> int:
        """The highest sequence available now, without waiting."""
        return self._available.get()

    def check_alert(self) -> None:
        """Raise `AlertError` if the barrier is alerted."""
        if self._alerted[0]:
            raise AlertError("the barrier was alerted")
