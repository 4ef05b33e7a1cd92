"""`ClaimingMirror`: what the models of a ring with several producers have in common."""

from dataclasses import dataclass
from typing import ClassVar

from spec.mirrors.mirror import RingMirror, State, Steps, put

NOTHING: State = {
    "current": -1,
    "high": -1,
    "writing": -1,
    "lowest": -1,
    "toRead": frozenset(),
    "last": -1,
    "known": -1,
}


@dataclass(frozen=True)
class ClaimingMirror(RingMirror):
    """Threads that search for the end of what is published, and producers that claim by a swap.

    Attributes:
        nothing: what a thread knows at first.
    """

    producers: frozenset[str]

    nothing: ClassVar[State] = NOTHING

    def forget(self, local: State) -> State:
        """Returns what a thread remembers: how far everything is published."""
        return {**self.nothing, "known": local["known"]}

    def start_search(self, state: State, thread: str, after: int) -> State:
        """Returns the step that loads the cursor; what lies before `after` is published."""
        mine = state["local"][thread]
        known = max(after, state["cursor"] - self.size)
        return self.then(state, thread, "search", {**mine, "last": state["cursor"], "known": known})

    def search(self, state: State, thread: str) -> State:
        """Returns the step that loads the next flag."""
        mine = state["local"][thread]
        sequence = mine["known"] + 1
        if sequence <= mine["last"] and state["flags"][sequence % self.size] == self.parity(
            sequence
        ):
            return self.then(state, thread, local={**mine, "known": sequence})
        return self.then(state, thread, "found")

    def _claims(self, state: State, p: str) -> Steps:
        """What a producer does, but for how it looks for free capacity."""
        mine, cursor = state["local"][p], state["cursor"]
        match state["pc"][p]:
            case "claim":
                for n in self.batches:
                    if cursor + n < self.events:
                        yield (
                            "LoadCursor",
                            self.then(
                                state, p, "limit", {**mine, "current": cursor, "high": cursor + n}
                            ),
                        )
            case "look" if mine["toRead"]:
                for c in mine["toRead"]:
                    lowest = min(mine["lowest"], state["sequence"][c])
                    yield (
                        "Look",
                        self.then(
                            state,
                            p,
                            local={**mine, "lowest": lowest, "toRead": mine["toRead"] - {c}},
                        ),
                    )
            case "search":
                yield "Search", self.search(state, p)
            case "found":
                room = min(mine["lowest"], mine["known"]) + self.size
                if mine["high"] <= room:
                    kept = {**mine, "lowest": -1, "last": -1}
                    yield "KeepLimit", self.then(state, p, "swap", kept, limit=room)
                else:
                    yield "KeepLimit", self.then(state, p, "claim", self.forget(mine), limit=room)
            case "swap" if cursor == mine["current"]:
                kept = {**mine, "writing": mine["current"] + 1}
                yield "Swap", self.then(state, p, "write", kept, cursor=mine["high"])
            case "swap":
                yield "Swap", self.then(state, p, "claim", self.forget(mine))
            case "write":
                slots = self.begins(state, p, mine["writing"], "writers")
                yield "StartWriting", self.then(state, p, "writing", slots=slots)
            case "writing":
                event = mine["writing"]
                slots = self.ends(state, p, event, "writers")
                to, then = (
                    ("write", event + 1)
                    if event < mine["high"]
                    else ("publish", mine["current"] + 1)
                )
                yield "StopWriting", self.then(state, p, to, {**mine, "writing": then}, slots=slots)
            case "publish":
                event = mine["writing"]
                flags = put(state["flags"], event % self.size, self.parity(event))
                if event < mine["high"]:
                    yield (
                        "Publish",
                        self.then(state, p, local={**mine, "writing": event + 1}, flags=flags),
                    )
                else:
                    yield "Publish", self.then(state, p, "claim", self.forget(mine), flags=flags)
