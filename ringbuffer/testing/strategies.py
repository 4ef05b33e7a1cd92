"""Strategies: at random, by random priorities, as written down, and all of them in turn."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ringbuffer.testing.buffers import DrainTurn, LateTurn, StoreTurn
from ringbuffer.testing.outcomes import Pruned, RunFailure
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.task import ScheduledTask

#: Less than any two priorities differ by.
TINY: Final = 1e-12


class First:
    """The current task goes on; else the first. The schedule with the fewest switches."""

    def choose(
        self, scheduler: Scheduler, enabled: list[ScheduledTask], current: ScheduledTask | None
    ) -> ScheduledTask:
        return enabled[0] if current is None else current


class RandomWalk:
    """Any task, each time; `stay` is the probability that the current one goes on."""

    def __init__(self, seed: int, stay: float = 0.0) -> None:
        self._random: Final = random.Random(seed)
        self._stay: Final = stay

    def choose(
        self, scheduler: Scheduler, enabled: list[ScheduledTask], current: ScheduledTask | None
    ) -> ScheduledTask:
        if current is not None and self._stay and self._random.random() < self._stay:
            return current
        return self._random.choice(enabled)


class Priorities:
    """Random priorities, lowered at `depth` random steps (Burckhardt et al., PCT, 2010).

    A fault that needs `depth` switches at certain steps is found with a known probability, however
    many threads there are. The stores in a buffer have priorities as if they were threads; a store
    that may be delayed is so every other time.
    """

    def __init__(self, seed: int, depth: int, length: int) -> None:
        self._random: Final = random.Random(seed)
        self._priorities: Final[dict[int, float]] = {}
        self._changes: Final = {
            self._random.randrange(length): -number for number in range(1, depth + 1)
        }
        self._taken = 0

    def choose(
        self, scheduler: Scheduler, enabled: list[ScheduledTask], current: ScheduledTask | None
    ) -> ScheduledTask:
        for each in enabled:
            if isinstance(each, LateTurn):
                more = self._random.choice((-TINY, TINY))
                self._priorities[each.index] = self._priorities[each.owner.index] + more
            else:
                self._priorities.setdefault(each.index, 1 + self._random.random())
        lowered = self._changes.get(self._taken)
        if lowered is not None and current is not None:
            self._priorities[current.index] = lowered
        self._taken += 1
        return max(enabled, key=lambda each: self._priorities[each.index])


class ReplayedChoices:
    """The choices of an earlier run, by the numbers of the tasks; `First` without a choice."""

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices: Final = choices
        self._taken = 0

    def choose(
        self, scheduler: Scheduler, enabled: list[ScheduledTask], current: ScheduledTask | None
    ) -> ScheduledTask:
        wanted = self._choices[self._taken] if self._taken < len(self._choices) else -1
        self._taken += 1
        for each in enabled:
            if each.index == wanted:
                return each
        return enabled[0] if current is None else current


@dataclass
class _Node:
    state: int
    chosen: tuple[int, int]
    others: list[tuple[int, int]]


@dataclass
class Exhaustive:
    """Every schedule with a bound of preemptions, run by run (Musuvathi and Qadeer: CHESS, 2008).

    A preemption takes the turn from a task that could go on; a store that goes to memory takes it
    from no task. Two runs that differ only in the order of steps that have nothing to do with each
    other come to the same state, in which every task has learned the same and everything shared has
    the same value; only the first of them is followed further. That is the reduction by
    happens-before of CHESS.

    Call `next_run` before each run until it returns False.

    Attributes:
        preemptions: the most in one run; None sets no limit.
        ends_early: whether a run ends where it comes to a state from which another run has gone on.
            If not, it goes on without a further choice. So what follows each choice is seen once
            at least, also if it depends on more than the states show.
        visited: the states in which there was a choice, and how many preemptions and delays were
        left.
        edges: what was chosen, and in which state.
    """

    preemptions: int | None = None
    ends_early: bool = True
    visited: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    edges: set[tuple[int, int]] = field(default_factory=set)
    _path: list[_Node] = field(default_factory=list)
    _taken: int = 0
    _left: int = 0
    _started: bool = False
    _chooses: bool = True

    def next_run(self) -> bool:
        """Prepare the next run. Returns False after the last one."""
        if self._started:
            while self._path and not self._path[-1].others:
                self._path.pop()
            if not self._path:
                return False
            last = self._path[-1]
            last.chosen = last.others.pop()
            self.edges.add((last.state, last.chosen[0]))
        self._started = self._chooses = True
        self._taken = 0
        self._left = 1 << 30 if self.preemptions is None else self.preemptions
        return True

    def choose(
        self, scheduler: Scheduler, enabled: list[ScheduledTask], current: ScheduledTask | None
    ) -> ScheduledTask:
        first = enabled[0] if current is None else current
        if not self._chooses:
            return first
        if self._taken < len(self._path):
            index, cost = self._path[self._taken].chosen
        else:
            # The tasks that can go on, and those for which that is not a preemption, are a part of
            # the state: a task that spins cannot, for a while.
            numbers = tuple(each.index for each in enabled)
            state = hash(
                (scheduler.fingerprint(), numbers, None if current is None else current.index)
            )
            before, left = self.visited.setdefault(state, []), (self._left, scheduler.delays)
            if any(preemptions >= left[0] and delays >= left[1] for preemptions, delays in before):
                if self.ends_early:
                    raise Pruned
                self._chooses = False
                return first
            before.append(left)
            costs = [(each.index, cost_of(each, current)) for each in enabled if each is not first]
            index, cost = first.index, 0
            self.edges.add((state, index))
            self._path.append(
                _Node(
                    state,
                    (index, cost),
                    [each for each in reversed(costs) if each[1] <= self._left],
                )
            )
        self._taken += 1
        self._left -= cost
        for each in enabled:
            if each.index == index:
                return each
        raise RunFailure(
            f"this scenario does not do the same twice: task {index} should go on, "
            f"and only {enabled} can"
        )


def cost_of(chosen: ScheduledTask, current: ScheduledTask | None) -> int:
    """How many preemptions it is to choose this one."""
    owner = chosen.owner if isinstance(chosen, StoreTurn) else chosen
    return 0 if current is None or owner is current or isinstance(chosen, DrainTurn) else 1
