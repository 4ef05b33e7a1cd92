"""How production code goes together with SingleProducer and MultiProducer: which access each action of the models is."""

from dataclasses import dataclass
from typing import Any

from tests.schedules.conform import Access
from tests.schedules.scheduler import Step
from tests.unit.model.graphs import State
from tests.unit.model.multi_producer import MultiProducer
from tests.unit.model.single_producer import PRODUCER, SingleProducer


@dataclass(frozen=True)
class OfSingleProducer:
    """spec/SingleProducer.tla."""

    mirror: SingleProducer

    def slot(self, sequence: int) -> str:
        return f"slot {sequence % self.mirror.size}"

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        match label:
            case "Claim":
                return Access("load", "limit", state["limit"])
            case "Look" | "LoadDependency":
                (read,) = state["toRead"][thread] - changes["toRead"][thread]
                return Access("load", f"sequence {read}", state["sequence"][read])
            case "KeepLimit":
                return Access("store", "limit", changes["limit"])
            case "StartWriting":
                return Access("write", self.slot(state["writing"]))
            case "StopWriting":
                return Access("written", self.slot(state["writing"]))
            case "Publish":
                return Access("store", "cursor", changes["cursor"])
            case "LoadCursor":
                return Access("load", "cursor", state["cursor"])
            case "Decide" if changes["pc"][thread] == "wait":
                return None
            case "Decide" | "StartReading":
                return Access("read", self.slot(state["reading"][thread]))
            case "StopReading":
                return Access("done", self.slot(state["reading"][thread]))
            case "Advance":
                return Access("store", f"sequence {thread}", changes["sequence"][thread])
        raise AssertionError(f"an action without an access: {label}")

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """What the model does not have; and what only its own thread ever stores, loaded by that thread."""
        own = {"cursor"} if thread == PRODUCER else {f"sequence {thread}"}
        return not is_modelled(step.where) or (step.kind == "load" and step.where in own)


@dataclass(frozen=True)
class OfMultiProducer:
    """spec/MultiProducer.tla."""

    mirror: MultiProducer

    def slot(self, sequence: int) -> str:
        return f"slot {sequence % self.mirror.size}"

    def flag(self, sequence: int) -> str:
        return f"flag {sequence % self.mirror.size}"

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        mine: dict[str, Any] = state["local"][thread]
        match label:
            case "LoadCursor" | "LookForGap" | "LookForEvents":
                return Access("load", "cursor", state["cursor"])
            case "LoadLimit":
                return Access("load", "limit", state["limit"])
            case "Look" | "LoadDependency":
                (read,) = mine["toRead"] - changes["local"][thread]["toRead"]
                return Access("load", f"sequence {read}", state["sequence"][read])
            case "Search" if mine["known"] + 1 > mine["last"]:
                return None
            case "Search":
                flag = state["flags"][(mine["known"] + 1) % self.mirror.size]
                return Access("load", self.flag(mine["known"] + 1), flag)
            case "KeepLimit":
                return Access("store", "limit", changes["limit"])
            case "Swap":
                done = state["cursor"] == mine["current"]
                return Access("compare_and_set", "cursor", (mine["current"], mine["high"], done))
            case "StartWriting":
                return Access("write", self.slot(mine["writing"]))
            case "StopWriting":
                return Access("written", self.slot(mine["writing"]))
            case "Publish":
                return Access("store", self.flag(mine["writing"]), self.mirror.parity(mine["writing"]))
            case "Depend" | "GiveUp":
                return None
            case "Decide" if changes["pc"][thread] == "wait":
                return None
            case "Decide" | "StartReading":
                return Access("read", self.slot(state["reading"][thread]))
            case "StopReading":
                return Access("done", self.slot(state["reading"][thread]))
            case "Advance":
                return Access("store", f"sequence {thread}", changes["sequence"][thread])
        raise AssertionError(f"an action without an access: {label}")

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """What the model does not have; a consumer's own sequence; and the look before a publication whether it is due."""
        if not is_modelled(step.where):
            return True
        if thread in self.mirror.producers:
            return step.kind == "load" and state["pc"][thread] == "publish"
        return step.kind == "load" and step.where == f"sequence {thread}"


def is_modelled(where: str) -> bool:
    """Whether both models have this."""
    return where in ("cursor", "limit") or where.split(" ")[0] in ("sequence", "slot", "flag")
