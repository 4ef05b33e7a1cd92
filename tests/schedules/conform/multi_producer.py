"""MultiProducer: producers and processors on a ring with several producers.

Every step of the model is one access.
"""

import itertools
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import ProducerType
from ringbuffer.producer import producer_ops
from ringbuffer.testing.outcomes import Step
from spec.mirrors.claiming import ClaimingMirror
from spec.mirrors.mirror import State
from spec.mirrors.multi_producer import MultiProducer
from tests.schedules.conform.graph import Access, Excuse
from tests.schedules.conform.run import Pick
from tests.schedules.conform.single_producer import OUT_OF_TURN, consumers, out_of_turn, publish
from tests.schedules.world import World

#: The order in which consumers are read; and the threads that have lost a claim, with its length.
type Hidden = tuple[tuple[str, ...], tuple[tuple[str, int], ...]]

AGAIN: Final = Excuse("a claim that was lost is tried again as it was")
#: What a producer picks that gives up.
GONE: Final = "gone"


def of_claim(
    mirror: ClaimingMirror, state: State, thread: str, label: str, changes: State
) -> Access | None:
    """The access of a producer that claims, or of any thread that searches for what is published.

    Raises:
        AssertionError: it is not known.
    """
    mine: dict[str, Any] = state["local"][thread]
    writing, sought = mine["writing"], mine["known"] + 1
    match label:
        case "LoadCursor":
            n = changes["local"][thread]["high"] - state["cursor"]
            return Access("load", "cursor", state["cursor"], n)
        case "LookForGap":
            return Access("load", "cursor", state["cursor"])
        case "LoadLimit":
            return Access("load", "limit", state["limit"])
        case "Look":
            (read,) = mine["toRead"] - changes["local"][thread]["toRead"]
            return Access("load", f"sequence {read}", state["sequence"][read])
        case "Search" if sought > mine["last"]:
            return None
        case "Search":
            index = sought % mirror.size
            return Access("load", f"flag {index}", state["flags"][index])
        case "KeepLimit":
            return Access("store", "limit", changes["limit"])
        case "Swap":
            done = state["cursor"] == mine["current"]
            return Access("compare_and_set", "cursor", (mine["current"], mine["high"], done))
        case "StartWriting":
            return Access("write", f"slot {writing % mirror.size}")
        case "StopWriting":
            return Access("written", f"slot {writing % mirror.size}")
        case "Publish":
            return Access("store", f"flag {writing % mirror.size}", mirror.parity(writing))
    raise AssertionError(f"an action without an access: {label}")


@dataclass(frozen=True)
class OfMultiProducer:
    """spec/modules/MultiProducer.tla."""

    mirror: MultiProducer

    @property
    def beginnings(self) -> list[Hidden]:
        return [(order, ()) for order in itertools.permutations(sorted(self.mirror.consumers))]

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        mine: dict[str, Any] = state["local"][thread]
        match label:
            case "LookForEvents":
                return Access("load", "cursor", state["cursor"])
            case "LoadDependency":
                (read,) = mine["toRead"] - changes["local"][thread]["toRead"]
                return Access("load", f"sequence {read}", state["sequence"][read])
            case "GiveUp":
                return Access("gone", "", None, GONE)
            case "Depend":
                return None
            case "Decide" if changes["pc"][thread] == "wait":
                return None
            case "Decide" | "StartReading":
                return Access("read", f"slot {state['reading'][thread] % self.mirror.size}")
            case "StopReading":
                return Access("done", f"slot {state['reading'][thread] % self.mirror.size}")
            case "Advance":
                return Access("store", f"sequence {thread}", changes["sequence"][thread])
        return of_claim(self.mirror, state, thread, label, changes)

    def concerns(self, kind: str, where: str) -> bool:
        return (
            kind == GONE
            or where in ("cursor", "limit")
            or where.split(" ")[0] in ("sequence", "slot", "flag")
        )

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """A consumer's own sequence; and the look before a publication whether it is due."""
        if thread in self.mirror.producers:
            return step.kind == "load" and state["pc"][thread] == "publish"
        return step.kind == "load" and step.where == f"sequence {thread}"

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        mirror, pc = self.mirror, state["pc"][thread]
        if thread in mirror.producers:
            if chosen == GONE or (chosen is None and mirror.may_give_up):
                return False
            return bool(
                pc == "claim" and state["cursor"] + (chosen or min(mirror.batches)) >= mirror.events
            )
        return bool(pc == "wait" and state["reading"][thread] == mirror.events)

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        order, lost = hidden
        mine = state["local"][thread]
        match label:
            case "Look" | "LoadDependency":
                return (
                    OUT_OF_TURN
                    if out_of_turn(mine["toRead"], changes["local"][thread]["toRead"], order)
                    else hidden
                )
            case "Swap" if "cursor" not in changes:
                return order, tuple(
                    sorted({**dict(lost), thread: mine["high"] - mine["current"]}.items())
                )
            case "LoadCursor" | "GiveUp" if thread in dict(lost):
                tried = dict(lost)[thread]
                if label == "GiveUp" or changes["local"][thread]["high"] - state["cursor"] != tried:
                    return AGAIN
                return order, tuple(each for each in lost if each[0] != thread)
        return hidden


def multi_producer(world: World, projection: Any, hidden: Hidden, pick: Pick) -> None:
    """Producers that find no room claim again, as many or others, or give up, if they may."""
    mirror: MultiProducer = projection.mirror
    ring = world.ring(mirror.size, ProducerType.MULTI)
    consumers(world, ring, mirror.dependencies, hidden[0])
    options: list[Any] = sorted(mirror.batches)
    if mirror.may_give_up:
        options.append(GONE)

    def produce() -> None:
        ops = producer_ops(ring.sequencer)
        while (n := pick(options)) != GONE:
            publish(ring, ops, n)
        world.scheduler.reach(GONE, None)
        world.scheduler.did(GONE, None, None)

    for name in sorted(mirror.producers):
        world.task(name, produce)
