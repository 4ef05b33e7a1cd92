"""The mirror of spec/Lifecycle.tla: the same actions, in Python. What it is worth, test_mirrors.py shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.unit.model.graphs import State
from tests.unit.model.single_producer import put

HALTED = {"RUNNING": "HALTING", "IDLE": "HALT_PENDING"}


@dataclass(frozen=True)
class Lifecycle:
    """The protocol within bounds."""

    size: int
    events: int
    starts: int
    may_halt: bool
    may_die: bool
    ends: str

    def initial(self) -> State:
        return {
            "pc": {"run": "none", "starter": "start", "halter": "halt", "producer": "claim", "ender": "end"},
            "state": "IDLE",
            "alert": False,
            "closed": False,
            "cursor": -1,
            "sequence": -1,
            "starts": 0,
            "died": False,
            "left": -1,
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return ("starter", "halter", "run", "producer", "ender")

    def of_thread(self, state: State, thread: str) -> Iterator[tuple[str, State]]:
        actions = {
            "starter": self.starter,
            "halter": self.halter,
            "run": self.run,
            "producer": self.producer,
            "ender": self.ender,
        }
        return actions[thread](state)

    def then(self, state: State, thread: str, to: str, /, **changes: Any) -> State:
        """The changes of a step: where the thread is afterwards, and the rest."""
        return {"pc": put(state["pc"], thread, to), **changes}

    def starter(self, state: State) -> Iterator[tuple[str, State]]:
        pc = state["pc"]
        if state["starts"] == self.starts or pc["run"] != "none" or pc["ender"] not in ("end", "drain"):
            return
        starts = state["starts"] + 1
        match state["state"]:
            case "IDLE" | "HALTED":
                yield "Start", self.then(state, "run", "begin", starts=starts, state="RUNNING")
            case "HALT_PENDING":
                yield "Start", {"starts": starts, "state": "HALTED"}
            case _:
                yield "Start", {"starts": starts}

    def halter(self, state: State) -> Iterator[tuple[str, State]]:
        match state["pc"]["halter"]:
            case "halt" if self.may_halt:
                yield "Halt", self.halt(state, "halter", "done")
            case "alert":
                yield "Alert", self.then(state, "halter", "done", alert=True)

    def halt(self, state: State, thread: str, otherwise: str) -> State:
        before = state["state"]
        return self.then(state, thread, "alert" if before == "RUNNING" else otherwise, state=HALTED.get(before, before))

    def run(self, state: State) -> Iterator[tuple[str, State]]:
        match state["pc"]["run"]:
            case "begin":
                yield "Begin", self.then(state, "run", "wait" if state["state"] == "RUNNING" else "end")
            case "wait" if state["alert"] or state["cursor"] > state["sequence"]:
                yield "Wait", self.then(state, "run", "clear" if state["alert"] else "handle")
            case "clear":
                yield "ClearAlert", self.then(state, "run", "begin", alert=False)
            case "handle":
                yield "Handle", self.then(state, "run", "wait", sequence=state["sequence"] + 1)
                if self.may_die and not state["died"]:
                    yield "Handle", self.then(state, "run", "close", died=True)
            case "close":
                yield "Close", self.then(state, "run", "end", closed=True)
            case "end":
                yield "End", self.then(state, "run", "none", state="HALTED")

    def producer(self, state: State) -> Iterator[tuple[str, State]]:
        after = state["cursor"] + 1
        if state["pc"]["producer"] == "claim" and after < self.events:
            if state["closed"]:
                yield "Claim", self.then(state, "producer", "refused")
            elif after <= state["sequence"] + self.size:
                yield "Claim", {"cursor": after}

    def ender(self, state: State) -> Iterator[tuple[str, State]]:
        match state["pc"]["ender"]:
            case "end" if self.ends != "nothing" and state["starts"] > 0:
                yield "EndCloses", self.then(state, "ender", "drain" if self.ends == "shutdown" else "halt", closed=True)
            case "drain" if state["sequence"] == state["cursor"] or state["state"] not in ("RUNNING", "IDLE"):
                yield "Drain", self.then(state, "ender", "halt", left=state["cursor"] - state["sequence"])
            case "halt":
                yield "EndHalts", self.halt(state, "ender", "join")
            case "alert":
                yield "EndAlerts", self.then(state, "ender", "join", alert=True)
            case "join" if state["state"] in ("HALTED", "HALT_PENDING"):
                yield "Join", self.then(state, "ender", "done")
