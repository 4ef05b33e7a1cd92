"""Conformance: every step of the production code is a step of the model, and every step of the model is taken.

The mirror of a model (tests/unit/model) runs in lock-step with production code: after each access the model must have a step of
that thread which is that access, with the same value, from the state that it is in. Accesses to what the model does not have,
such as the flag that says that a ring is closed, are passed over. Steps of the model that are no access, decisions, are taken
when the next access shows that they were.

`Guide` chooses the schedule, by the shortest way in the model's graph to a step that was not taken yet.
"""

import random
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Protocol

from tests.schedules.scheduler import Failure, Pruned, Scheduler, Step
from tests.schedules.task import Task
from tests.unit.model.graphs import Edge, Mirror, Node, Numbers, State

#: How often anybody goes on instead: what looks near in the model may be out of reach of this run.
STRAY: Final = 0.05


class Access(NamedTuple):
    """What a step of the model does to what is shared.

    Attributes:
        kind: as in `Step`.
        where: as in `Step`.
        value: what is loaded or stored; None is anything.
    """

    kind: str
    where: str
    value: Any = None


class Projection(Protocol):
    """How production code and one model go together."""

    @property
    def mirror(self) -> Mirror: ...

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        """What a step does; None if it is a decision."""
        ...

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """Whether the model has no step for this access."""
        ...


class Graph:
    """The states and steps of a model, and which of the steps were taken.

    Attributes:
        taken: the steps that production code has taken.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection: Final = projection
        self.numbers: Final = Numbers()
        self.names: Final = sorted(projection.mirror.initial())
        self.taken: Final[set[Edge]] = set()
        self._steps: Final[dict[Node, list[tuple[str, str, Node, Access | None]]]] = {}
        self._turns: Final[dict[Node, list[tuple[str, tuple[Edge, ...], Node]]]] = {}
        self._states: Final[dict[Node, State]] = {}
        self.start: Final = self._node(projection.mirror.initial())

    def _node(self, state: State) -> Node:
        node = tuple(self.numbers.of(state[name]) for name in self.names)
        self._states.setdefault(node, state)
        return node

    def state(self, node: Node) -> State:
        return self._states[node]

    def steps(self, node: Node) -> list[tuple[str, str, Node, Access | None]]:
        """(thread, label, next, access) of every step from a state, but those that change nothing."""
        known = self._steps.get(node)
        if known is None:
            state, mirror = self._states[node], self.projection.mirror
            known = []
            for thread in mirror.threads:
                for label, changes in mirror.of_thread(state, thread):
                    after = self._node({**state, **changes})
                    if after != node:
                        known.append((thread, label, after, self.projection.access(state, thread, label, changes)))
            self._steps[node] = known
        return known

    def edges(self) -> set[Edge]:
        """Every step that can be taken turn by turn.

        A decision touches nothing that is shared, so it makes no difference how long before the thread's next access it is
        taken; here it is taken with that access, and the steps of others in between come before it.
        """
        found, waiting, seen = set[Edge](), deque([self.start]), {self.start}
        while waiting:
            for _, steps, after in self.turns(waiting.popleft()):
                found.update(steps)
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return found

    def turns(self, node: Node) -> list[tuple[str, tuple[Edge, ...], Node]]:
        """(thread, steps, next) of every turn from a state: the decisions of a thread, and the access that shows them."""
        known = self._turns.get(node)
        if known is None:
            known = self._turns[node] = []
            waiting: list[tuple[Node, str | None, tuple[Edge, ...]]] = [(node, None, ())]
            while waiting:
                here, whose, taken = waiting.pop()
                for thread, label, after, access in self.steps(here):
                    if whose in (None, thread):
                        steps = (*taken, (here, label, after))
                        if access is None:
                            waiting.append((after, thread, steps))
                        else:
                            known.append((thread, steps, after))
        return known

    def way_to_new(self, node: Node) -> list[tuple[str, Node]]:
        """The shortest way to a step that was not taken: whose turn it is, and the state after it; empty if there is none."""
        came: dict[Node, tuple[Node, str] | None] = {node: None}
        waiting = deque([node])
        while waiting:
            here = waiting.popleft()
            for thread, steps, after in self.turns(here):
                if not self.taken.issuperset(steps):
                    way = [(thread, after)]
                    while (before := came[here]) is not None:
                        way.append((before[1], here))
                        here = before[0]
                    return way[::-1]
                if after not in came:
                    came[after] = (here, thread)
                    waiting.append(after)
        return []


type Way = tuple[Edge, "Way"] | None


class LockStep:
    """Observes one run, and takes the model along. More than one state is possible until the code shows which it is."""

    def __init__(self, graph: Graph) -> None:
        self._graph: Final = graph
        self.possible: dict[Node, Way] = {graph.start: None}
        self.steps = 0

    def observe(self, step: Step) -> None:
        graph = self._graph
        after = dict(self._matches(step))
        if after:
            self.possible = after
            self.steps += 1
            if len(after) == 1:
                self._note()
        else:
            here = [graph.state(node) for node in self.possible]
            if not all(graph.projection.passes_over(state, step.task, step) for state in here):
                raise Failure(f"{step} is no step of the model, in {here[0]}")

    def _matches(self, step: Step) -> Iterator[tuple[Node, Way]]:
        """The states that the step may have led to, after any decisions of the same thread."""
        waiting = list(self.possible.items())
        seen = set(self.possible)
        while waiting:
            node, way = waiting.pop()
            for thread, label, after, access in self._graph.steps(node):
                if thread != step.task:
                    continue
                further: Way = ((node, label, after), way)
                if access is not None and access[:2] == step[1:3] and access.value in (None, step.value):
                    yield after, further
                elif access is None and after not in seen:
                    seen.add(after)
                    waiting.append((after, further))

    def _note(self) -> None:
        """The code has shown which state it is in: so these steps were taken."""
        ((node, way),) = self.possible.items()
        while way is not None:
            edge, way = way
            self._graph.taken.add(edge)
        self.possible[node] = None


class Guide:
    """Gives the turns to those on the shortest way to a step of the model that was not taken; where there is none, to anybody.

    What is near in the model may be out of reach of this run. So one turn in a few goes to anybody, and then the way is sought
    again. Who would leave the bounds of the model gets no more turns; when nobody else is left the run is over.
    """

    def __init__(self, graph: Graph, lock_step: LockStep, seed: int) -> None:
        self._graph: Final = graph
        self._lock_step: Final = lock_step
        self._random: Final = random.Random(seed)
        self._way: list[tuple[str, Node]] = []
        self._expected: Node | None = None
        self._from: Node | None = None

    def choose(self, scheduler: Scheduler, enabled: list[Task], current: Task | None) -> Task:
        for each in enabled:
            if each.access[0] == "start":
                return each
        possible = self._lock_step.possible
        node = next(iter(possible))
        enabled = [each for each in enabled if not self._is_beyond(node, each)]
        if not enabled:
            raise Pruned
        # An access that the model does not have leaves it where it was: the same turn again.
        if self._expected is None or (node != self._expected and node != self._from):
            self._way = self._graph.way_to_new(node)
        elif node == self._expected:
            self._way = self._way[1:]
        if not self._way:
            self._way = self._graph.way_to_new(node)
        wanted, self._expected = self._way[0] if self._way else ("", None)
        self._from = node
        chosen = next((each for each in enabled if each.name == wanted), None)
        if chosen is None or self._random.random() < STRAY:
            self._expected = None
            return self._random.choice(enabled)
        return chosen

    def _is_beyond(self, node: Node, task: Task) -> bool:
        """Whether it is about to claim an event that is not within the bounds of the model."""
        return task.access == ("load", "cursor") and all(thread != task.name for thread, *_ in self._graph.steps(node))
