"""Revoke: the first producer claims alone until another one comes, or the ring is closed.

Every step of the model is one access. The last claim of the owner is a variable of a closure, so
each line that names it is a step (`variables`). The owner is looked up in a dictionary, which the
scenario replaces by one whose look-ups are steps.

* A claim is published in the same turn. The flags are not shared, so what a producer looks up
  there, to find gaps, is a part of its load of the cursor. It is passed over.
* After a translator, the publication looks whether the translator has published the event: that
  decides how it is published, not whether. So these loads are passed over (`PublishesAtOnce`).
* A thread that waits for a claim looks for the owner again each time. An owner stays, so that is
  passed over.
* The consumer is a sequence, which a task of the scenario advances. So `Consume` is its store, and
  `Drain` a note of the scenario, as soon as the sequence has come to the last claim.
* A producer that is not the one that the model calls the owner waits before it would become the
  owner.
"""

import contextlib
import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ringbuffer import ProducerType, RingBufferClosedError, Sequence
from ringbuffer.errors import InsufficientCapacityError
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.producer import ProducerOps, producer_ops
from ringbuffer.producer.ops import NONE_GIVEN
from ringbuffer.sequencer.biased_producer import REVOKED
from ringbuffer.sequencer.multi_producer import NEVER
from ringbuffer.sequencer.ring_state import CLOSED_LIMIT
from ringbuffer.sequencer.seal import SEAL
from ringbuffer.testing.outcomes import Step
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.testing.task import Location, ScheduledTask
from spec.mirrors.mirror import State
from spec.mirrors.revoke import CLOSER, CONSUMER, NONE, Revoke
from tests.schedules.conform.graph import Access
from tests.schedules.conform.run import Pick
from tests.schedules.variables import each_access
from tests.schedules.world import World

#: Where the owner keeps its last claim, and how the variable is called.
MODULE: Final = "ringbuffer.producer.biased"
CLAIMED: Final = "claimed"
SEQUENCE: Final = f"sequence {CONSUMER}"
OWNER: Final = "owner"
DRAINED: Final = "drained"


@dataclass(frozen=True)
class OfRevoke:
    """spec/modules/Revoke.tla."""

    mirror: Revoke

    @property
    def beginnings(self) -> list[None]:
        return [None]

    def cursor_of(self, state: State) -> int:
        """What the cursor's word says."""
        cursor: int = state["cursor"]
        return cursor + SEAL if state["sealed"] else cursor

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        match label:
            case "Come" | "Compare" | "LoadGrant":
                return Access("load", "grant", word(state["grant"]))
            case "Find" | "FindOwner":
                return Access("find", OWNER, state["owned"])
            case "Take":
                return Access("take", OWNER, self.mirror.owner)
            case "Announce" | "Withdraw" | "KeepLast":
                return Access("store", CLAIMED, changes["announced"])
            case "LookAtClaim":
                return Access("load", CLAIMED, state["announced"])
            case "StoreCursor":
                return Access("store", "cursor", changes["cursor"])
            case "Begin" | "LoadLast" | "LoadCursor" | "LookAtCursor" | "LoadToSeal":
                return Access("load", "cursor", self.cursor_of(state))
            case "LookAtLimit" | "LoadRoom" | "LoadLimit":
                return Access("load", "limit", word(state["limit"]))
            case "RaiseGrant":
                granted, room = state["granted"], state["room"][thread]
                done = state["grant"] == granted
                return Access("compare_and_set", "grant", (granted, word(room), done))
            case "Revoke":
                return Access("exchange", "grant", (word(state["grant"]), REVOKED))
            case "Swap" | "Seal":
                current = state["current"][thread]
                done = self.cursor_of(state) == current
                desired = current + (1 if label == "Swap" else SEAL)
                return Access("compare_and_set", "cursor", (current, desired, done))
            case "Measure":
                return Access("load", SEQUENCE, state["consumed"])
            case "KeepLimit" | "LowerAgain":
                return Access("store", "limit", word(changes["limit"]))
            case "CheckClosed":
                return Access("load", "closed", int(state["closed"]))
            case "Consume":
                return Access("store", SEQUENCE, changes["consumed"])
            case "Close":
                return Access("store", "closed", 1)
            case "Lower":
                return Access("exchange", "limit", (word(state["limit"]), CLOSED_LIMIT))
            case "Drain":
                return Access(DRAINED, "")
        raise AssertionError(f"an action without an access: {label}")

    def concerns(self, kind: str, where: str) -> bool:
        return kind == DRAINED or where in (
            "grant",
            OWNER,
            CLAIMED,
            "cursor",
            "limit",
            "closed",
            SEQUENCE,
        )

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """A look for gaps; and for an owner that was found."""
        pc = state["pc"].get(thread)
        match step.kind, step.where:
            case "load", "cursor":
                return pc in ("keep", "keep several")
            case "find", _:
                return bool(pc == "look")
        return False

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        following = state["cursor"] + 1
        if thread == CONSUMER:
            return bool(state["consumed"] + 1 == following)
        match state["pc"][thread]:
            case "take":
                return thread != self.mirror.owner and not state["owned"]
            case "alone":
                return bool(state["announced"] + 1 == self.mirror.events)
            case "load grant" | "claim":
                return bool(following == self.mirror.events)
            case "drain":
                return bool(state["consumed"] + 1 < following)
        return False

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        return hidden


def word(value: int) -> int:
    """What the word of a limit or of a grant says."""
    return CLOSED_LIMIT if value == NONE else value


class Owners:
    """The owner of a ring, as the dictionary of its sequencer; each look is a step."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler: Final = scheduler
        self._owner: Final = Location(OWNER, None)
        scheduler.locations.append(self._owner)

    def get(self, key: None) -> Any:
        self._scheduler.reach("find", self._owner)
        owner = self._owner.value
        self._scheduler.did("find", self._owner, owner is not None)
        return owner

    def setdefault(self, key: None, default: Any) -> Any:
        self._scheduler.reach("take", self._owner, writes=True)
        is_new = self._owner.value is None
        if is_new:
            self._owner.value = default
        owner = self._owner.value
        self._scheduler.did("take", self._owner, owner.thread.name, wrote=is_new)
        return owner


class Claim(StrEnum):
    """How all producers of a run claim. Each of these is written out for the owner."""

    NEXT = "next"
    TRY_NEXT = "try_next"
    TRY_PUT = "try_put"
    TRY_FILL = "try_fill"


class PublishesAtOnce:
    """A publication after a translator takes one turn, and its accesses do not reach the model.

    Args:
        scheduler: whose strategy and only observer this one stands before.

    Attributes:
        publishing: the names of the tasks that publish now.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._strategy: Final = scheduler.strategy
        (self._observer,) = scheduler.observers
        self.publishing: Final[set[str]] = set()
        scheduler.strategy = self
        scheduler.observers[:] = [self]

    def choose(
        self, scheduler: Scheduler, enabled: list[ScheduledTask], current: ScheduledTask | None
    ) -> ScheduledTask:
        if current is not None and current.name in self.publishing:
            return current
        return self._strategy.choose(scheduler, enabled, current)

    def observe(self, step: Step) -> None:
        if step.task not in self.publishing:
            self._observer.observe(step)


def claims(
    ops: ProducerOps, how: Claim, size: int, publishing: set[str], name: str
) -> Callable[[], object]:
    """Claims one sequence and publishes it; or finds no free capacity.

    While it publishes what a translator has filled, the task's name is in `publishing`.
    """
    slots: list[Any] = [None] * size

    def translate(event: object, sequence: int) -> None:
        publishing.add(name)

    def fill() -> None:
        try_fill(translate, NONE_GIVEN, ())
        publishing.discard(name)

    match how:
        case Claim.NEXT:
            return lambda: published(ops, ops.next())
        case Claim.TRY_NEXT:
            return lambda: published(ops, ops.try_next())
        case Claim.TRY_PUT:
            try_put = ops.try_put_into(slots)
            return lambda: try_put(None)
        case Claim.TRY_FILL:
            try_fill = ops.try_fill_into(slots)
            return fill


def published(ops: ProducerOps, sequence: int) -> None:
    ops.publish_claimed(sequence, sequence)


def revoke(how: Claim, world: World, projection: Any, hidden: Any, pick: Pick) -> None:
    """Producers without an end, a consumer, and a closer, if the ring is closed."""
    mirror: Revoke = projection.mirror
    assert mirror.waits == (how is Claim.NEXT)
    scheduler = world.scheduler
    publishing = PublishesAtOnce(scheduler).publishing
    ring = world.ring(mirror.size, ProducerType.AUTO)
    sequencer: Any = ring.sequencer
    world.name_cell(sequencer._grant, "grant")
    sequencer._owners = Owners(scheduler)
    sequencer._flags = PROCESS_MEMORY.flags(mirror.size, NEVER)
    consumed = Sequence(memory=world.memory)
    world.name(consumed, SEQUENCE)
    ring.add_gating_sequences(consumed)

    def produce(name: str) -> None:
        with each_access(world, MODULE, CLAIMED), contextlib.suppress(RingBufferClosedError):
            ops = producer_ops(ring.sequencer)
            claim = claims(ops, how, mirror.size, publishing, name)
            while True:
                with contextlib.suppress(InsufficientCapacityError):
                    claim()

    def consume() -> None:
        for sequence in itertools.count():
            consumed.set(sequence)

    def close() -> None:
        with each_access(world, MODULE, CLAIMED):
            ring.close()
        scheduler.reach(DRAINED, None)
        scheduler.did(DRAINED, None, None)

    for name in mirror.producers:
        world.task(name, functools.partial(produce, name))
    world.task(CONSUMER, consume)
    if mirror.may_close:
        world.task(CLOSER, close)
