"""`WorkShare`: what the workers of one pool share.

    ring --> barrier --> work, by compare-and-swap --> worker 1, worker 2, ... --> done
                                                                                     |
                                                               producers, later stages

Shared words:

    work    the last sequence that a worker has claimed; only a compare-and-swap moves it, and never
            past what is available
    busy    one for each worker: up to here it has finished its claim; `IDLE` without a claim
    done    up to here every event is handled: the minimum of `work` and of every `busy`; producers
            and later stages depend on it

Why `done` is never too high. A worker stores in `busy` the value of `work` that it is about to
replace, and only then replaces it. A worker that computes the minimum loads `work` first. If that
load comes before the claim, the minimum is below the claim. If it comes after, the claimant's
`busy` is visible, and keeps the minimum below the events that are not finished.

Why `done` does not stay behind. A worker that has finished its claim, or released a part of it
early, stores its `busy`. Then it loads `work` by adding 0 to it, which is a full fence, and only
then loads the others' `busy`. Of two workers that do so at the same time, the second to add sees
what both have stored.
"""

from collections.abc import Callable
from typing import Final

from ringbuffer.memory import Memory
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Readable, Sequence
from ringbuffer.sequence_group import SequenceGroup

#: The value of `busy` without a claim: higher than every sequence.
IDLE: Final = 1 << 62


class Done(Sequence):
    """The last sequence up to which the workers of a pool have handled every event.

    Args:
        busy: the workers' sequences.
        memory: provides the cell.
    """

    __slots__ = ("_busy",)

    def __init__(self, busy: SequenceGroup, memory: Memory) -> None:
        super().__init__(memory=memory)
        self._busy: Final = busy

    @property
    def has_stopped(self) -> bool:
        """Whether `done` no longer moves.

        Either every worker ran and has stopped, or one has stopped with a claim that holds back
        `done`.
        A worker sets its `has_stopped` after it has moved `done` for the last time.
        """
        members = self._busy.members
        stopped = [each for each in members if each.has_stopped]
        return len(stopped) == len(members) > 0 or any(each.get() <= self.get() for each in stopped)

    @has_stopped.setter
    def has_stopped(self, value: bool) -> None:
        raise AttributeError("has_stopped of a pool follows from its workers")


class WorkShare[E]:
    """The shared words of one pool. Any thread.

    Args:
        ring: the ring to consume.
        dependents: sequences that must have passed an event before a worker gets it.
        max_chunk: the most events that a worker claims at once.
    """

    __slots__ = ("busy", "dependents", "done", "max_chunk", "ring", "work")

    def __init__(
        self, ring: RingBuffer[E], dependents: tuple[Sequence | SequenceGroup, ...], max_chunk: int
    ) -> None:
        self.ring: Final = ring
        self.dependents: Final = dependents
        self.max_chunk: Final = max_chunk
        self.work: Final = Sequence(memory=ring.memory)
        self.busy: Final = SequenceGroup(memory=ring.memory, host=ring.host)
        self.done: Final = Done(self.busy, ring.memory)

    def gate(self, start: Readable, name: str) -> None:
        """Make producers wait for the pool of that name, which starts after `start`."""
        self.ring.add_gating_sequences(self.done, start=start)
        self.done.driver, self.done.is_driven = f"worker pool {name!r}", True
        self.work.set(self.done.get())

    def chunk(self, available: int) -> int:
        """How many of `available` events to claim, so that the other workers get some too."""
        return max(1, min(self.max_chunk, available // max(1, len(self.busy))))

    def done_raiser(self) -> Callable[[], None]:
        """Make the calling thread's own function that advances `done` as far as possible."""
        fence: Final = self.work.view().fetch_add
        minimum: Final = self.busy.view().minimum
        done_view = self.done.view()
        done: Final = done_view.word
        compare_and_set: Final = done_view.compare_and_set
        advanced: Final = self.ring.on_advance()

        # HOT: called once a claim.
        def raise_done() -> None:
            claimed = fence(0)  # loads `work`: after the own `busy`, before the others'; see above
            lowest = min(claimed, minimum(claimed))
            # Terminates because each iteration but the last means that another worker has advanced
            # `done`.
            while (current := done[0]) < lowest:
                if compare_and_set(current, lowest):
                    if advanced is not None:
                        advanced()
                    return

        return raise_done
