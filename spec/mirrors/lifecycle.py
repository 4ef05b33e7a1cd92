"""The mirror of modules/Lifecycle.tla."""

from dataclasses import dataclass

from spec.mirrors.mirror import Mirror, State, Steps

HALTED = {"RUNNING": "HALTING", "IDLE": "HALT_PENDING"}
NONE = -1
#: The places of the ender that has drained the ring. No start may follow.
ENDED = ("halt", "alert", "join", "done")
#: Where a run goes on that found nothing.
MISSED = {
    "look": "look again",
    "search": "look again",
    "look again": "check",
    "search again": "check",
}


@dataclass(frozen=True)
class Lifecycle(Mirror):
    """modules/Lifecycle.tla within bounds."""

    size: int
    events: int
    starts: int
    may_halt: bool
    may_die: bool
    ends: str

    def initial(self) -> State:
        return {
            "pc": {
                "run": "none",
                "starter": "start",
                "halter": "halt",
                "producer": "claim",
                "ender": "end",
            },
            "state": "IDLE",
            "alert": False,
            "closed": False,
            "limit": self.size - 1,
            "cursor": -1,
            "sealed": False,
            "published": -1,
            "sequence": -1,
            "room": NONE,
            "target": NONE,
            "starts": 0,
            "died": False,
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return ("starter", "halter", "run", "producer", "ender")

    def of_thread(self, state: State, thread: str, /) -> Steps:
        actions = {
            "starter": self._starter,
            "halter": self._halter,
            "run": self._run,
            "producer": self._producer,
            "ender": self._ender,
        }
        return actions[thread](state)

    def _starter(self, state: State) -> Steps:
        if state["starts"] == self.starts or state["pc"]["ender"] in ENDED:
            return
        starts = state["starts"] + 1
        match state["state"]:
            case "IDLE" | "HALTED":
                yield "Start", self.then(state, "run", "begin", starts=starts, state="RUNNING")
            case "HALT_PENDING":
                yield "Start", {"starts": starts, "state": "HALTED"}

    def _halter(self, state: State) -> Steps:
        match state["pc"]["halter"]:
            case "halt" if self.may_halt:
                yield "Halt", self._halt(state, "halter", "done")
            case "alert":
                yield "Alert", self.then(state, "halter", "done", alert=True)

    def _halt(self, state: State, thread: str, otherwise: str) -> State:
        before = state["state"]
        return self.then(
            state,
            thread,
            "alert" if before == "RUNNING" else otherwise,
            state=HALTED.get(before, before),
        )

    def _run(self, state: State) -> Steps:
        match state["pc"]["run"]:
            case "begin":
                yield (
                    "Begin",
                    self.then(state, "run", "enter" if state["state"] == "RUNNING" else "end"),
                )
            case "enter" | "check" as pc:
                onwards = "look" if pc == "enter" else "look again"
                yield "CheckAlert", self.then(state, "run", "clear" if state["alert"] else onwards)
            case "look" | "look again" as pc:
                onwards = "search" if pc == "look" else "search again"
                yield (
                    "Look",
                    self.then(
                        state,
                        "run",
                        MISSED[pc] if state["cursor"] == state["sequence"] else onwards,
                    ),
                )
            case "search" | "search again" as pc:
                yield (
                    "Search",
                    self.then(
                        state,
                        "run",
                        "handle" if state["published"] > state["sequence"] else MISSED[pc],
                    ),
                )
            case "clear":
                yield "ClearAlert", self.then(state, "run", "begin", alert=False)
            case "handle":
                yield "Handle", self.then(state, "run", "enter", sequence=state["sequence"] + 1)
                if self.may_die and not state["died"]:
                    yield "Die", self.then(state, "run", "close", died=True)
            case "close":
                yield "Close", self.then(state, "run", "lower", closed=True)
            case "lower":
                yield "Lower", self.then(state, "run", "seal", limit=NONE)
            case "seal":
                yield "Seal", self.then(state, "run", "end", sealed=True)
            case "end":
                yield "End", self.then(state, "run", "none", state="HALTED")

    def _producer(self, state: State) -> Steps:
        following, room = state["cursor"] + 1, state["room"]
        match state["pc"]["producer"]:
            case "claim" if following < self.events:
                yield (
                    "Claim",
                    self.then(
                        state, "producer", "swap" if following <= state["limit"] else "measure"
                    ),
                )
            case "measure":
                yield (
                    "Measure",
                    self.then(state, "producer", "keep", room=state["sequence"] + self.size),
                )
            case "keep":
                yield "KeepLimit", self.then(state, "producer", "check", limit=room)
            case "check":
                to = "withdraw" if state["closed"] else "swap" if following <= room else "claim"
                yield "CheckClosed", self.then(state, "producer", to, room=NONE)
            case "withdraw":
                yield "Withdraw", self.then(state, "producer", "refused", limit=NONE)
            case "swap" if state["sealed"]:
                yield "Swap", self.then(state, "producer", "claim")
            case "swap":
                yield "Swap", self.then(state, "producer", "publish", cursor=following)
            case "publish":
                yield "Publish", self.then(state, "producer", "claim", published=state["cursor"])

    def _ender(self, state: State) -> Steps:
        goes_on = state["state"] in ("RUNNING", "IDLE")
        match state["pc"]["ender"]:
            case "end" | "close" as pc if self.ends != "nothing" and state["starts"] > 0:
                yield (
                    "EndCloses",
                    self.then(
                        state, "ender", "lower" if pc == "end" else "lower again", closed=True
                    ),
                )
            case "lower":
                yield "EndLowers", self.then(state, "ender", "seal", limit=NONE)
            case "lower again":
                yield "EndLowers", self.then(state, "ender", "seal again", limit=NONE)
            case "seal":
                yield (
                    "EndSeals",
                    self.then(
                        state, "ender", "aim" if self.ends == "shutdown" else "halt", sealed=True
                    ),
                )
            case "seal again":
                yield "EndSeals", self.then(state, "ender", "halt", sealed=True)
            case "aim":
                yield "Aim", self.then(state, "ender", "drain", target=state["cursor"])
            case "drain" if goes_on:
                yield "Drain", self.then(state, "ender", "compare")
            case "drain":
                yield "Drain", self.then(state, "ender", "close", target=NONE)
            case "compare":
                to = "aim" if state["sequence"] < state["target"] else "close"
                yield "Compare", self.then(state, "ender", to, target=NONE)
            case "halt":
                yield "EndHalts", self._halt(state, "ender", "join")
            case "alert":
                yield "EndAlerts", self.then(state, "ender", "join", alert=True)
            case "join" if state["state"] in ("HALTED", "HALT_PENDING"):
                yield "Join", self.then(state, "ender", "done")
