"""The mirror of modules/WorkPool.tla."""

from dataclasses import dataclass
from typing import Any

from spec.mirrors.mirror import Mirror, State, Steps, put

PUBLISHER = "publisher"
NOTHING: State = {
    "current": -1,
    "available": -1,
    "claimed": -1,
    "lowest": -1,
    "toRead": frozenset(),
    "before": -1,
    "next": "ready",
}


@dataclass(frozen=True)
class WorkPool(Mirror):
    """modules/WorkPool.tla within bounds."""

    size: int
    events: int
    workers: frozenset[str]
    chunks: frozenset[int]
    deaths: int

    @property
    def idle(self) -> int:
        return self.events + 10

    def initial(self) -> State:
        return {
            "pc": dict.fromkeys(self.workers, "ready"),
            "cursor": -1,
            "work": -1,
            "busy": dict.fromkeys(self.workers, self.idle),
            "done": -1,
            "local": dict.fromkeys(self.workers, NOTHING),
            "handled": dict.fromkeys(range(self.events), 0),
            "deaths": 0,
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return (PUBLISHER, *sorted(self.workers))

    def of_thread(self, state: State, thread: str, /) -> Steps:
        return self._publisher(state) if thread == PUBLISHER else self._worker(state, thread)

    def _publisher(self, state: State) -> Steps:
        after = state["cursor"] + 1
        if after < self.events and after <= state["done"] + self.size:
            yield "Publish", {"cursor": after}

    def _raised(self, state: State, worker: str, **changes: Any) -> State:
        """After a worker has raised `done` it continues, unless it died, or is to halt."""
        mine = state["local"][worker]
        kept = {**mine, "lowest": -1, "before": -1, "next": "ready"}
        return self.then(state, worker, mine["next"], kept, **changes)

    def _halt(self, state: State, w: str) -> Steps:
        others = self.workers - {w}
        if any(
            state["pc"][v] != "halted" and state["local"][v]["next"] != "halted" for v in others
        ):
            if state["busy"][w] == self.idle:
                yield "Halt", self.then(state, w, "halted", NOTHING)
            else:
                yield "Halt", self.then(state, w, "rest", {**NOTHING, "next": "halted"})

    def _worker(self, state: State, w: str) -> Steps:
        mine = state["local"][w]
        match state["pc"][w]:
            case "ready" if mine["available"] > state["work"]:
                yield "LoadWork", self.then(state, w, "check", {**mine, "current": state["work"]})
            case "ready" if state["busy"][w] == self.idle:
                yield "LoadWork", self.then(state, w, "wait", {**NOTHING, "current": state["work"]})
            case "ready":
                yield (
                    "LoadWork",
                    self.then(
                        state, w, "rest", {**NOTHING, "current": state["work"], "next": "wait"}
                    ),
                )
            case "wait":
                if state["cursor"] > mine["current"]:
                    yield (
                        "LoadCursor",
                        self.then(state, w, "announce", {**mine, "available": state["cursor"]}),
                    )
                yield from self._halt(state, w)
            case "check":
                yield "GoOn", self.then(state, w, "announce")
                yield from self._halt(state, w)
            case "announce":
                busy = put(state["busy"], w, mine["current"])
                for n in self.chunks:
                    if mine["current"] + n <= mine["available"]:
                        yield (
                            "Announce",
                            self.then(
                                state,
                                w,
                                "claim",
                                {**mine, "claimed": mine["current"] + n},
                                busy=busy,
                            ),
                        )
            case "claim" if state["work"] == mine["current"]:
                yield "Claim", self.then(state, w, "handle", work=mine["claimed"])
            case "claim":
                yield (
                    "Claim",
                    self.then(state, w, "ready", {**NOTHING, "available": mine["available"]}),
                )
            case "handle" if mine["current"] < mine["claimed"]:
                event = mine["current"] + 1
                handled = put(state["handled"], event, state["handled"][event] + 1)
                yield (
                    "Handle",
                    self.then(state, w, local={**mine, "current": event}, handled=handled),
                )
                if state["deaths"] < self.deaths:
                    busy = put(state["busy"], w, mine["current"])
                    to = "fence" if state["busy"][w] < mine["current"] else "dead"
                    kept = {**mine, "available": -1, "next": "dead"}
                    yield (
                        "Die",
                        self.then(state, w, to, kept, busy=busy, deaths=state["deaths"] + 1),
                    )
            case "handle":
                yield (
                    "Finish",
                    self.then(state, w, "rest", {**NOTHING, "available": mine["available"]}),
                )
            case "dead":
                yield "Restart", self.then(state, w, "handle", {**mine, "next": "ready"})
            case "rest":
                yield "Rest", self.then(state, w, "fence", busy=put(state["busy"], w, self.idle))
            case "fence":
                kept = {**mine, "lowest": state["work"], "toRead": self.workers}
                yield "LoadClaimed", self.then(state, w, "look", kept)
            case "look" if mine["toRead"]:
                for v in mine["toRead"]:
                    lowest = min(mine["lowest"], state["busy"][v])
                    yield (
                        "LookAt",
                        self.then(
                            state,
                            w,
                            local={**mine, "lowest": lowest, "toRead": mine["toRead"] - {v}},
                        ),
                    )
            case "look" if state["done"] < mine["lowest"]:
                yield "LoadDone", self.then(state, w, "raise", {**mine, "before": state["done"]})
            case "look":
                yield "LoadDone", self._raised(state, w)
            case "raise" if state["done"] == mine["before"]:
                yield "Raise", self._raised(state, w, done=mine["lowest"])
            case "raise":
                yield "Raise", self.then(state, w, "look")
