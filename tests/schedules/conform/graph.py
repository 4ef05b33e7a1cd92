"""`Graph`: the states and steps of a model, as production code can show them."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from tests.schedules.scheduler import Step
from tests.unit.model.graphs import Mirror, State

#: Why a step is out of reach that is none of those which the code cannot take.
BEYOND: Final = "comes only after one of those"

#: The numbers of a state and of a step.
type Node = int
type Edge = int


class Access(NamedTuple):
    """What a step of the model is in production code.

    Attributes:
        kind: as in `Step`.
        where: as in `Step`.
        value: what is loaded or stored; None is anything.
        choice: what the thread has chosen before, where the model leaves that open; None if nothing.
    """

    kind: str
    where: str
    value: Any = None
    choice: Any = None


class Projection(Protocol):
    """How production code and one model go together."""

    @property
    def mirror(self) -> Mirror: ...

    @property
    def variants(self) -> Sequence[Any]:
        """The ways in which the scenario can be set up, such as orders of consumers; each run is one of them."""
        ...

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        """What a step is; None if it is a decision, which touches nothing that is shared."""
        ...

    def concerns(self, kind: str, where: str) -> bool:
        """Whether such an access is a step of the model in some state."""
        ...

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """Whether the model has no step for this access, though there are some for others of its kind."""
        ...

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        """Whether the thread has come to the bounds of the model, or would leave them with what it has chosen last."""
        ...

    def excused(self, state: State, thread: str, label: str, changes: State, variant: Any) -> str | None:
        """Why the code cannot take this step; None if it can. A step that is excused and taken is an error."""
        ...


class Move(NamedTuple):
    """One step from one state."""

    edge: Edge
    thread: str
    label: str
    after: Node
    access: Access | None
    excuses: tuple[str | None, ...]


class Turn(NamedTuple):
    """An access of one thread, from a state in which it may have decisions to take before.

    Attributes:
        edges: the steps that are taken thereby, see `Graph.turns`.
        variants: the numbers of those in which it is possible.
    """

    thread: str
    access: Access
    edges: tuple[Edge, ...]
    after: Node
    variants: frozenset[int]


class Graph:
    """The states and steps of a model, and which of the steps were taken.

    A decision touches nothing that is shared, and so does not show. It has been taken at some time between the thread's access
    before it and the next one, and it makes no difference when: what the others do in between is the same. So the code has
    shown all of these orders at once. A state is therefore noted with no decision taken that the thread's next access has not
    shown; `around` are all those that it may as well be in.

    Attributes:
        taken: the steps that production code has taken.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection: Final = projection
        self.threads: Final = projection.mirror.threads
        self.variants: Final = range(len(projection.variants))
        self.names: Final = sorted(projection.mirror.initial())
        self.taken: Final[set[Edge]] = set()
        self.labels: Final[list[tuple[Node, str, Node]]] = []
        self._states: Final[list[State]] = []
        self._nodes: Final[dict[tuple[Any, ...], Node]] = {}
        self._values: Final[dict[Any, int]] = {}
        self._moves: Final[dict[Node, dict[str, list[Move]]]] = {}
        self._turns: Final[dict[Node, list[Turn]]] = {}
        self.start: Final = self._node(projection.mirror.initial())

    def _node(self, state: State) -> Node:
        key = tuple(self._values.setdefault(_frozen(state[name]), len(self._values)) for name in self.names)
        node = self._nodes.setdefault(key, len(self._states))
        if node == len(self._states):
            self._states.append(state)
        return node

    def state(self, node: Node) -> State:
        return self._states[node]

    def moves(self, node: Node) -> dict[str, list[Move]]:
        """The steps of each thread from a state, but those that change nothing."""
        known = self._moves.get(node)
        if known is None:
            state, projection = self._states[node], self.projection
            known = self._moves[node] = {}
            for thread in self.threads:
                moves = known[thread] = []
                for label, changes in projection.mirror.of_thread(state, thread):
                    after = self._node({**state, **changes})
                    if after != node:
                        access = projection.access(state, thread, label, changes)
                        excuses = tuple(
                            projection.excused(state, thread, label, changes, each) for each in projection.variants
                        )
                        moves.append(Move(len(self.labels), thread, label, after, access, excuses))
                        self.labels.append((node, label, after))
                assert len(moves) == 1 or all(move.access is not None for move in moves), "a decision is what is decided already"
                assert len({move.access for move in moves}) == len(moves), f"two steps that look the same: {moves}"
        return known

    def around(self, node: Node) -> list[Node]:
        """The state, and those after decisions of any threads."""
        found, seen = [node], {node}
        for here in found:
            for moves in self.moves(here).values():
                for move in moves:
                    if move.access is None and move.after not in seen:
                        seen.add(move.after)
                        found.append(move.after)
        return found

    def turns(self, node: Node) -> list[Turn]:
        """Every access that may come next, in a state with no decision taken that need not be."""
        known = self._turns.get(node)
        if known is None:
            known = self._turns[node] = []
            around = self.around(node)
            decisions = [
                move.edge for here in around for moves in self.moves(here).values() for move in moves if move.access is None
            ]
            for thread in self.threads:
                # The thread's own decisions have to be taken before its access, those of the others may have been.
                for move in self.moves(self.decided(node, thread))[thread]:
                    assert move.access is not None, "every decision was taken"
                    variants = frozenset(number for number in self.variants if move.excuses[number] is None)
                    same = [each.edge for at in around for each in self.moves(at)[thread] if each.access == move.access]
                    known.append(Turn(thread, move.access, (*decisions, *same), move.after, variants))
        return known

    def decided(self, node: Node, thread: str) -> Node:
        """The state after all decisions that a thread has to take before its next access."""
        while (moves := self.moves(node)[thread]) and moves[0].access is None:
            node = moves[0].after
        return node

    # -- what there is ------------------------------------------------------------------------------------------

    def edges(self) -> set[Edge]:
        """Every step of the model."""
        waiting, seen, found = deque([self.start]), {self.start}, set[Edge]()
        while waiting:
            for moves in self.moves(waiting.popleft()).values():
                for move in moves:
                    found.add(move.edge)
                    if move.after not in seen:
                        seen.add(move.after)
                        waiting.append(move.after)
        return found

    def possible(self) -> set[Edge]:
        """Every step that the code can take, as far as nothing excuses it."""
        found = set[Edge]()
        for variant in self.variants:
            waiting, seen = deque([self.start]), {self.start}
            while waiting:
                for turn in self.turns(waiting.popleft()):
                    if variant in turn.variants:
                        found.update(turn.edges)
                        if turn.after not in seen:
                            seen.add(turn.after)
                            waiting.append(turn.after)
        return found

    def excuses(self, edges: Iterable[Edge]) -> Counter[str]:
        """How many of these steps, none of which is possible, are excused by what."""
        reasons: Counter[str] = Counter()
        for edge in edges:
            node, _, _ = self.labels[edge]
            (move,) = (each for moves in self.moves(node).values() for each in moves if each.edge == edge)
            reasons[(all(move.excuses) and move.excuses[0]) or BEYOND] += 1
        return reasons

    def way_to_new(
        self, node: Node, variant: int, avoided: set[tuple[Node, int]], held: dict[str, Any]
    ) -> list[tuple[Node, Turn]]:
        """The shortest way to a step that was not taken: each state on it, and whose turn it is there; empty if there is none.

        Args:
            node: where it begins.
            variant: the number of the one that this run is.
            avoided: turns, by a state and their number there, that have turned out not to lead where they should.
            held: what threads have chosen already, though the model leaves it open yet.
        """
        taken = self.taken
        came: dict[Node, tuple[Node, Turn] | None] = {node: None}
        waiting = deque([node])
        while waiting:
            here = waiting.popleft()
            for number, turn in enumerate(self.turns(here)):
                if variant not in turn.variants or (avoided and (here, number) in avoided):
                    continue
                if turn.thread in held and turn.access.choice not in (None, held[turn.thread]):
                    continue
                if not taken.issuperset(turn.edges):
                    way = [(here, turn)]
                    while (before := came[here]) is not None:
                        way.append(before)
                        here = before[0]
                    return way[::-1]
                if turn.after not in came:
                    came[turn.after] = (here, turn)
                    waiting.append(turn.after)
        return []


def _frozen(value: Any) -> Any:
    """A value that can be a key."""
    if isinstance(value, dict):
        return tuple((key, _frozen(value[key])) for key in value)
    return value
