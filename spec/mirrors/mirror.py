"""`Mirror`: a model as a Python object."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

type State = dict[str, Any]
type Steps = Iterator[tuple[str, State]]


class Mirror(ABC):
    """A TLA+ module within bounds, as a Python object.

    Its attributes are the constants of the module. `initial` is `Init`. The methods of threads have
    one `yield` for each action of the module; what guards the `yield` is what enables the action. A
    mirror never changes a state: a step returns the variables that it replaces.
    """

    @property
    @abstractmethod
    def threads(self) -> tuple[str, ...]:
        """The names of the threads."""

    @abstractmethod
    def initial(self) -> State:
        """Returns the initial state: the value of each variable."""

    @abstractmethod
    def of_thread(self, state: State, thread: str, /) -> Steps:
        """Yields the steps that a thread can take: action, and the variables that it replaces."""

    def then(
        self,
        state: State,
        thread: str,
        to: str | None = None,
        /,
        local: State | None = None,
        **changes: Any,
    ) -> State:
        """Returns the variables that a step replaces.

        Args:
            state: the state before the step.
            thread: the thread that takes the step.
            to: where the thread is afterwards, if it moves.
            local: what only the thread knows afterwards, if that changes.
            changes: the other variables that the step replaces.
        """
        if to is not None:
            changes["pc"] = put(state["pc"], thread, to)
        if local is not None:
            changes["local"] = put(state["local"], thread, local)
        return changes


@dataclass(frozen=True)
class RingMirror(Mirror):
    """A mirror of a module that extends RingSlots: a slot knows the threads that use it."""

    size: int
    events: int
    batches: frozenset[int]

    def empty_slots(self) -> dict[int, State]:
        """Returns slots that no thread has written."""
        empty = {"event": -1, "writers": frozenset(), "readers": frozenset()}
        return dict.fromkeys(range(self.size), empty)

    def parity(self, sequence: int) -> int:
        """Returns the parity of a sequence's lap, which is the value of its flag."""
        return sequence // self.size % 2

    def begins(self, state: State, thread: str, sequence: int, kind: str) -> dict[int, State]:
        """Returns the slots after a thread began to write or to read one.

        `kind`: "writers" or "readers".
        """
        slot = state["slots"][sequence % self.size]
        return put(state["slots"], sequence % self.size, {**slot, kind: slot[kind] | {thread}})

    def ends(self, state: State, thread: str, sequence: int, kind: str) -> dict[int, State]:
        """Returns the slots after a thread wrote or read one."""
        slot = state["slots"][sequence % self.size]
        after = {**slot, kind: slot[kind] - {thread}}
        if kind == "writers":
            after["event"] = sequence
        return put(state["slots"], sequence % self.size, after)


def put(mapping: dict[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    """Returns a copy of a mapping with another value at a key."""
    return {**mapping, key: value}
