"""The mirror of modules/Joining.tla."""

from dataclasses import dataclass

from spec.mirrors.mirror import RingMirror, State, Steps, put

CONSUMERS = ("a", "b")
NOTHING: State = {
    "high": -1,
    "writing": -1,
    "lowest": -1,
    "toRead": frozenset(),
    "seen": -1,
    "last": -1,
    "known": -1,
    "first": True,
}


@dataclass(frozen=True)
class Joining(RingMirror):
    """modules/Joining.tla within bounds."""

    @property
    def nowhere(self) -> int:
        return self.events

    def initial(self) -> State:
        return {
            "slots": self.empty_slots(),
            "pc": {"p": "claim", "a": "wait", "b": "away"},
            "cursor": -1,
            "flags": dict.fromkeys(range(self.size), 1),
            "limit": self.size - 1,
            "sequence": dict.fromkeys(CONSUMERS, -1),
            "members": frozenset({"a"}),
            "version": 0,
            "local": dict.fromkeys(("p", *CONSUMERS), NOTHING),
            "reading": dict.fromkeys(CONSUMERS, 0),
            "start": self.nowhere,
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return ("p", *CONSUMERS)

    def of_thread(self, state: State, thread: str, /) -> Steps:
        if thread == "p":
            yield from self._producer(state)
        else:
            yield from self._consumer(state, thread)
        if thread == "b":
            yield from self._joiner(state)

    def load_cursor(self, state: State, thread: str, after: int) -> State:
        known = max(after, state["cursor"] - self.size)
        return self.then(
            state,
            thread,
            "search",
            {**state["local"][thread], "last": state["cursor"], "known": known},
        )

    def _producer(self, state: State) -> Steps:
        mine, cursor = state["local"]["p"], state["cursor"]
        match state["pc"]["p"]:
            case "claim":
                for n in self.batches:
                    if cursor + n < self.events:
                        to = "swap" if cursor + n <= state["limit"] else "version"
                        yield (
                            "Claim",
                            self.then(
                                state, "p", to, {**mine, "high": cursor + n, "writing": cursor + 1}
                            ),
                        )
            case "version":
                kept = {
                    **mine,
                    "seen": state["version"],
                    "lowest": self.events,
                    "toRead": state["members"],
                }
                yield "LoadMembers", self.then(state, "p", "look", kept)
            case "look" if mine["toRead"]:
                for c in mine["toRead"]:
                    lowest = min(mine["lowest"], state["sequence"][c])
                    yield (
                        "Look",
                        self.then(
                            state,
                            "p",
                            local={**mine, "lowest": lowest, "toRead": mine["toRead"] - {c}},
                        ),
                    )
            case "look":
                yield (
                    "CheckVersion",
                    self.then(
                        state, "p", "keep" if state["version"] == mine["seen"] else "version"
                    ),
                )
            case "keep":
                room = min(mine["lowest"], cursor) + self.size
                if mine["high"] <= room:
                    yield (
                        "KeepLimit",
                        self.then(
                            state, "p", "swap", {**mine, "seen": -1, "lowest": -1}, limit=room
                        ),
                    )
                else:
                    yield "KeepLimit", self.then(state, "p", "claim", NOTHING, limit=room)
            case "swap":
                yield "Swap", self.then(state, "p", "write", cursor=mine["high"])
            case "write":
                slots = self.begins(state, "p", mine["writing"], "writers")
                yield "StartWriting", self.then(state, "p", "writing", slots=slots)
            case "writing":
                slots = self.ends(state, "p", mine["writing"], "writers")
                yield "StopWriting", self.then(state, "p", "publish", slots=slots)
            case "publish":
                event = mine["writing"]
                flags = put(state["flags"], event % self.size, self.parity(event))
                if event < mine["high"]:
                    yield (
                        "Publish",
                        self.then(state, "p", "write", {**mine, "writing": event + 1}, flags=flags),
                    )
                else:
                    yield "Publish", self.then(state, "p", "claim", NOTHING, flags=flags)

    def _joiner(self, state: State) -> Steps:
        mine = state["local"]["b"]
        match state["pc"]["b"]:
            case "away" if state["cursor"] >= 0:
                yield "Look1", self.load_cursor(state, "b", -1)
            case "again":
                yield "LoadCursor", self.load_cursor(state, "b", -1)
            case "found" if state["start"] == self.nowhere:
                again = "away" if mine["first"] else "again"
                yield (
                    "CheckLap",
                    self.then(
                        state, "b", "set" if state["cursor"] <= mine["known"] + self.size else again
                    ),
                )
            case "set":
                sequence = put(state["sequence"], "b", mine["known"])
                if mine["first"]:
                    yield "SetSequence", self.then(state, "b", "add", sequence=sequence)
                else:
                    starts = {
                        "start": mine["known"],
                        "reading": put(state["reading"], "b", mine["known"] + 1),
                    }
                    yield (
                        "SetSequence",
                        self.then(state, "b", "wait", NOTHING, sequence=sequence, **starts),
                    )
            case "add":
                yield (
                    "ReplaceMembers",
                    self.then(state, "b", "raise", members=state["members"] | {"b"}),
                )
            case "raise":
                kept = {**mine, "first": False}
                yield (
                    "RaiseVersion",
                    self.then(state, "b", "again", kept, version=state["version"] + 1),
                )
            case "wait":
                leaves = {"members": state["members"] - {"b"}, "version": state["version"] + 1}
                yield "Leave", self.then(state, "b", "left", **leaves)

    def _consumer(self, state: State, c: str) -> Steps:
        mine, event = state["local"][c], state["reading"][c]
        match state["pc"][c]:
            case "wait" if event < self.events:
                yield "LookForEvents", self.load_cursor(state, c, event - 1)
            case "search":
                after = mine["known"] + 1
                if after <= mine["last"] and state["flags"][after % self.size] == self.parity(
                    after
                ):
                    yield "LoadFlag", self.then(state, c, local={**mine, "known": after})
                else:
                    yield "LoadFlag", self.then(state, c, "found")
            case "found" if c == "b" and state["start"] == self.nowhere:
                return
            case "found" if mine["known"] >= event:
                yield (
                    "Decide",
                    self.then(state, c, "reading", slots=self.begins(state, c, event, "readers")),
                )
            case "found":
                yield "Decide", self.then(state, c, "wait", NOTHING)
            case "reading":
                slots = self.ends(state, c, event, "readers")
                yield (
                    "StopReading",
                    self.then(
                        state, c, "read", slots=slots, reading=put(state["reading"], c, event + 1)
                    ),
                )
            case "read" if event <= mine["known"]:
                yield (
                    "StartReading",
                    self.then(state, c, "reading", slots=self.begins(state, c, event, "readers")),
                )
            case "read":
                sequence = put(state["sequence"], c, mine["known"])
                yield "Advance", self.then(state, c, "wait", NOTHING, sequence=sequence)
