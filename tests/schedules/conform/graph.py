"""`Graph`: the states and steps of a model, as production code can show them."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from ringbuffer.testing.outcomes import Step
from spec.mirrors.mirror import Mirror, State

#: Why a step is out of reach that is none of those which the code cannot take.
BEYOND: Final = "comes only after one of those"

#: The numbers of a state of the model, of a state with what is hidden in the code, and of a step.
type Place = int
type Node = int
type Edge = int


class Excuse(NamedTuple):
    """Why the code does not take a step of the model."""

    reason: str


class Access(NamedTuple):
    """What a step of the model is in production code.

    Attributes:
        kind: as in `Step`.
        where: as in `Step`.
        value: what is loaded or stored; None is anything.
        choice: what the thread has chosen before, where the model leaves that open; None if
        nothing.
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
    def beginnings(self) -> Sequence[Any]:
        """What the code has and the model lacks, at the beginning; each run begins with one."""
        ...

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        """The same after a step; an `Excuse` if the code does not take it. Decisions keep it."""
        ...

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        """What a step is; None if it is a decision, which touches nothing that is shared."""
        ...

    def concerns(self, kind: str, where: str) -> bool:
        """Whether such an access is a step of the model in some state."""
        ...

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """Whether the model has no step for this access, though it has some for its kind."""
        ...

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        """Whether the thread is at the bounds of the model, or would leave them with its choice."""
        ...


class Move(NamedTuple):
    """One step from one state of the model."""

    edge: Edge
    label: str
    changes: State
    after: Place
    access: Access | None


class Turn(NamedTuple):
    """An access of one thread, from a state in which it may have decisions to take before.

    Attributes:
        edges: the steps that are taken thereby, see `Graph`.
    """

    thread: str
    access: Access
    edges: tuple[Edge, ...]
    after: Node


class Graph:
    """The states and steps of a model, and which of the steps were taken.

    A decision touches nothing that is shared, and so does not show. It has been taken at some time
    between the thread's access before it and the next one, and it makes no difference when: what
    the others do in between is the same. So the code has shown all of these orders at once. A node
    therefore stands for a state with no decision taken that the thread's next access has not shown;
    `around` it are all those that the model may as well be in. And it stands for what is hidden in
    the code.

    Attributes:
        taken: the steps that production code has taken.
        labels: of each step, the state before, the action, and the state after.
        starts: the nodes in which runs begin.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection: Final = projection
        self.threads: Final = projection.mirror.threads
        self.names: Final = sorted(projection.mirror.initial())
        self.taken: Final[set[Edge]] = set()
        self.labels: Final[list[tuple[Place, str, Place]]] = []
        self._edges: Final[dict[tuple[Place, str, Place], Edge]] = {}
        self._states: Final[list[State]] = []
        self._places: Final[dict[tuple[Any, ...], Place]] = {}
        self._values: Final[dict[Any, int]] = {}
        self._moves: Final[dict[Place, dict[str, list[Move]]]] = {}
        self._around: Final[dict[Place, list[Place]]] = {}
        self._nodes: Final[dict[tuple[Place, Any], Node]] = {}
        self._of_node: Final[list[tuple[Place, Any]]] = []
        self._turns: Final[dict[Node, list[Turn]]] = {}
        self._excuses: Final[dict[Edge, str]] = {}
        #: Nodes from which nothing new can be reached; and where the turns lead of those that have
        #: nothing new of their own.
        self._barren: Final[set[Node]] = set()
        self._spent: Final[dict[Node, dict[Node, Turn]]] = {}
        self._first: Final = self._place(projection.mirror.initial())
        self.starts: Final = [self._node(self._first, hidden) for hidden in projection.beginnings]

    def _place(self, state: State) -> Place:
        key = tuple(
            self._values.setdefault(_frozen(state[name]), len(self._values)) for name in self.names
        )
        place = self._places.setdefault(key, len(self._states))
        if place == len(self._states):
            self._states.append(state)
        return place

    def _node(self, place: Place, hidden: Any) -> Node:
        node = self._nodes.setdefault((place, hidden), len(self._of_node))
        if node == len(self._of_node):
            self._of_node.append((place, hidden))
        return node

    def state(self, place: Place) -> State:
        return self._states[place]

    def before(self, node: Node, thread: str) -> State:
        """The state in which the thread takes its next access."""
        return self._states[self._decided(self._of_node[node][0], thread)]

    def moves(self, place: Place) -> dict[str, list[Move]]:
        """The steps of each thread from a state, but those that change nothing."""
        known = self._moves.get(place)
        if known is None:
            state, projection = self._states[place], self.projection
            known = self._moves[place] = {}
            for thread in self.threads:
                moves = known[thread] = []
                for label, changes in projection.mirror.of_thread(state, thread):
                    after = self._place({**state, **changes})
                    if after != place:
                        access = projection.access(state, thread, label, changes)
                        edge = self._edges.setdefault((place, label, after), len(self.labels))
                        if edge == len(self.labels):
                            self.labels.append((place, label, after))
                        moves.append(Move(edge, label, changes, after, access))
                assert len(moves) == 1 or all(move.access is not None for move in moves), (
                    "a decision is what is decided already"
                )
                assert len({move.access for move in moves}) == len(moves), (
                    f"two steps that look the same: {moves}"
                )
        return known

    def around(self, place: Place) -> list[Place]:
        """The state, and those after decisions of any threads."""
        found = self._around.get(place)
        if found is None:
            found, seen = [place], {place}
            for here in found:
                for moves in self.moves(here).values():
                    for move in moves:
                        if move.access is None and move.after not in seen:
                            seen.add(move.after)
                            found.append(move.after)
            self._around[place] = found
        return found

    def _decided(self, place: Place, thread: str) -> Place:
        """The state after all decisions that a thread has to take before its next access."""
        while (moves := self.moves(place)[thread]) and moves[0].access is None:
            place = moves[0].after
        return place

    def turns(self, node: Node) -> list[Turn]:
        """Every access that may come next."""
        known = self._turns.get(node)
        if known is None:
            known = self._turns[node] = []
            place, hidden = self._of_node[node]
            around = self.around(place)
            moved = [move for at in around for moves in self.moves(at).values() for move in moves]
            decisions = tuple(move.edge for move in moved if move.access is None)
            for thread in self.threads:
                # The thread's own decisions have to be taken before its access, those of the others
                # may have been.
                here = self._decided(place, thread)
                for move in self.moves(here)[thread]:
                    assert move.access is not None, "every decision was taken"
                    same = tuple(
                        each.edge
                        for at in around
                        for each in self.moves(at)[thread]
                        if each.access == move.access
                    )
                    after = self.projection.follow(
                        hidden, self._states[here], thread, move.label, move.changes
                    )
                    if isinstance(after, Excuse):
                        self._excuses.update(dict.fromkeys(same, after.reason))
                    else:
                        known.append(
                            Turn(
                                thread, move.access, decisions + same, self._node(move.after, after)
                            )
                        )
        return known

    # -- what there is ----------------------------------------------------------------------------

    def edges(self) -> set[Edge]:
        """Every step of the model."""
        waiting, seen, found = deque([self._first]), {self._first}, set[Edge]()
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
        waiting, seen, found = deque(self.starts), set(self.starts), set[Edge]()
        while waiting:
            for turn in self.turns(waiting.popleft()):
                found.update(turn.edges)
                if turn.after not in seen:
                    seen.add(turn.after)
                    waiting.append(turn.after)
        return found

    def excuses(self, edges: Iterable[Edge]) -> Counter[str]:
        """How many of these steps, none of which is possible, are excused by what."""
        return Counter(self._excuses.get(edge, BEYOND) for edge in edges)

    def way_to_new(self, node: Node) -> list[tuple[Node, Turn]]:
        """The shortest way to a step that was not taken: each node on it, and its thread; or empty.

        What was taken stays taken. So a node from which nothing new can be reached is never looked
        at again, and of one whose own turns are all taken it is enough to know where they lead.
        """
        taken, barren, spent = self.taken, self._barren, self._spent
        came: dict[Node, tuple[Node, Turn] | None] = {node: None}
        waiting = deque([node])
        while waiting:
            here = waiting.popleft()
            if here in barren:
                continue
            turns = spent.get(here)
            if turns is None:
                turns = {}
                for turn in self.turns(here):
                    if not taken.issuperset(turn.edges):
                        way = [(here, turn)]
                        while (before := came[here]) is not None:
                            way.append(before)
                            here = before[0]
                        return way[::-1]
                    turns.setdefault(turn.after, turn)
                spent[here] = turns
            for after, turn in turns.items():
                if after not in came:
                    came[after] = (here, turn)
                    waiting.append(after)
        barren.update(came)
        return []


def _frozen(value: Any) -> Any:
    """A value that can be a key."""
    if isinstance(value, dict):
        return tuple((key, _frozen(value[key])) for key in value)
    return value
