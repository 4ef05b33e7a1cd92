"""Stores that are delayed, as on machines whose memory is weaker than sequential consistency.

Each task has a buffer. A store may go there first, and into memory, *drain*, at any later time; the
task itself sees what it has stored, the others do not yet. A read-modify-write, a lock, an event,
the start of a thread wait until the buffer is empty. The three orders say which of the stores in a
buffer may be the next to drain:

    tso        the oldest: x86-64. An event in a slot goes to memory at once: vector clocks check
               what orders it
    weak       what the library asks for, and no more: a store to a word is a release and drains
               after all older ones; the content of a slot is written by plain stores, which
               overtake each other
    relaxed    as if the library asked for nothing: a store drains after stores to its own place
               only

With `weak` the protocol must hold: to ask for a release is sufficient. With `relaxed` it must not:
it is needed. The same three are in spec/modules/StoreBuffers.tla, for the hand-overs alone.

Not simulated: loads that are done early (the library asks for load-acquire, and then the machine
does none before it), and stores that some threads see before others do (POWER does that, x86-64 and
ARMv8 do not).
"""

import enum
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ringbuffer.testing.task import Location, ScheduledTask

#: TaskTurns that do not belong to a task have numbers too: each kind begins so much higher.
KINDS_APART: Final = 64


class StoreOrder(enum.StrEnum):
    """Which stores may overtake others."""

    SC = "sc"
    TSO = "tso"
    WEAK = "weak"
    RELAXED = "relaxed"

    @property
    def delays_slots(self) -> bool:
        """Whether what a slot holds is delayed too."""
        return self in (StoreOrder.WEAK, StoreOrder.RELAXED)


@dataclass(frozen=True)
class Machine:
    """What the memory of a run is like.

    Attributes:
        order: which stores may overtake others.
        delays: how many stores of one run may be delayed; those that have to stay behind one of
        them are not counted.
    """

    order: StoreOrder = StoreOrder.SC
    delays: int = 0

    def __str__(self) -> str:
        return self.order.value if self.order is StoreOrder.SC else f"{self.order} {self.delays}"


#: Nothing is delayed.
STRONG: Final = Machine()


class Store(NamedTuple):
    """A store that is not in memory yet."""

    location: Location
    value: Any
    is_release: bool
    #: What has happened before it.
    clock: dict[int, int]


class StoreTurn(ScheduledTask):
    """What can be chosen besides a task that goes on; it belongs to a task, its owner."""

    def __init__(self, owner: ScheduledTask, kind: int, name: str) -> None:
        super().__init__(f"{name} {owner.name}", owner.index + KINDS_APART * kind)
        self.owner: Final = owner


class LateTurn(StoreTurn):
    """Its owner goes on, and the store that it does is delayed."""

    def __init__(self, owner: ScheduledTask) -> None:
        super().__init__(owner, 1, "late")


class DrainTurn(StoreTurn):
    """The store at this place of its owner's buffer goes to memory. It ends no task's turn."""

    def __init__(self, owner: ScheduledTask, position: int) -> None:
        super().__init__(owner, 2 + position, "drain")
        self.position: Final = position


class Buffer:
    """The stores of one task that are not in memory yet, the oldest first."""

    def __init__(self, owner: ScheduledTask, order: StoreOrder) -> None:
        self.stores: Final[list[Store]] = []
        self.late: Final = LateTurn(owner)
        self.owner: Final = owner
        self._order: Final = order
        self._drains: Final[list[DrainTurn]] = []

    def __bool__(self) -> bool:
        return bool(self.stores)

    def holds_back(self, location: Location, is_release: bool) -> bool:
        """Whether a store cannot go to memory before what is here."""
        if self._order is StoreOrder.TSO or (is_release and self._order is StoreOrder.WEAK):
            return bool(self.stores)
        return self.has(location)

    def has(self, location: Location) -> bool:
        """Whether a store to this place is here."""
        return any(store.location is location for store in self.stores)

    def is_awaited(self, tasks: list[ScheduledTask]) -> bool:
        """Whether a store here could matter to another task: one that is about to use its place.

        A task that looks at such a place in a loop counts too. A store that no task is about to
        use can as well go to memory later. So no more orders than these need to be explored.
        """
        here = {store.location.point for store in self.stores}
        others = (task for task in tasks if task is not self.owner and not task.done)
        return any(
            task.access[1] in here or (task.spins and not here.isdisjoint(task.loads))
            for task in others
        )

    def drains(self) -> list[DrainTurn]:
        """The stores that may be the next to go to memory."""
        while len(self._drains) < len(self.stores):
            self._drains.append(DrainTurn(self.owner, len(self._drains)))
        return [
            self._drains[position]
            for position in range(len(self.stores))
            if self._is_next(position)
        ]

    def _is_next(self, position: int) -> bool:
        store = self.stores[position]
        if position == 0:
            return True
        if self._order is StoreOrder.TSO or (store.is_release and self._order is StoreOrder.WEAK):
            return False
        return all(older.location is not store.location for older in self.stores[:position])

    def state(self) -> tuple[tuple[str, Any], ...]:
        """What two runs must have in common here to be in the same state."""
        return tuple((store.location.name, store.value) for store in self.stores)
