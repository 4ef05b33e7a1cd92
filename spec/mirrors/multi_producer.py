"""The mirror of modules/MultiProducer.tla."""

from dataclasses import dataclass

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


def forget(local: State) -> State:
    """Returns what a thread remembers: how far everything is published."""
    return {**NOTHING, "known": local["known"]}


@dataclass(frozen=True)
class MultiProducer(RingMirror):
    """modules/MultiProducer.tla within bounds."""

    producers: frozenset[str]
    dependencies: dict[str, frozenset[str]]
    may_give_up: bool

    @property
    def consumers(self) -> frozenset[str]:
        return frozenset(self.dependencies)

    def initial(self) -> State:
        return {
            "slots": self.empty_slots(),
            "pc": {
                **dict.fromkeys(self.consumers, "wait"),
                **dict.fromkeys(self.producers, "claim"),
            },
            "cursor": -1,
            "flags": dict.fromkeys(range(self.size), 1),
            "limit": self.size - 1,
            "sequence": dict.fromkeys(self.consumers, -1),
            "local": dict.fromkeys([*self.consumers, *self.producers], NOTHING),
            "reading": dict.fromkeys(self.consumers, 0),
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return (*sorted(self.producers), *sorted(self.consumers))

    def of_thread(self, state: State, thread: str, /) -> Steps:
        return (
            self._producer(state, thread)
            if thread in self.producers
            else self._consumer(state, thread)
        )

    def start_search(self, state: State, thread: str, after: int) -> State:
        mine = state["local"][thread]
        known = max(after, mine["known"], state["cursor"] - self.size)
        return self.then(state, thread, "search", {**mine, "last": state["cursor"], "known": known})

    def search(self, state: State, thread: str) -> State:
        mine = state["local"][thread]
        sequence = mine["known"] + 1
        if sequence <= mine["last"] and state["flags"][sequence % self.size] == self.parity(
            sequence
        ):
            return self.then(state, thread, local={**mine, "known": sequence})
        return self.then(state, thread, "found")

    def _producer(self, state: State, p: str) -> Steps:
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
                if self.may_give_up:
                    yield "GiveUp", self.then(state, p, "gone")
            case "limit" if mine["high"] <= state["limit"]:
                yield "LoadLimit", self.then(state, p, "swap")
            case "limit":
                yield (
                    "LoadLimit",
                    self.then(
                        state, p, "look", {**mine, "lowest": self.events, "toRead": self.consumers}
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
            case "look":
                yield "LookForGap", self.start_search(state, p, -1)
            case "search":
                yield "Search", self.search(state, p)
            case "found":
                room = min(mine["lowest"], mine["known"]) + self.size
                if mine["high"] <= room:
                    kept = {**mine, "lowest": -1, "last": -1}
                    yield "KeepLimit", self.then(state, p, "swap", kept, limit=room)
                else:
                    yield "KeepLimit", self.then(state, p, "claim", forget(mine), limit=room)
            case "swap" if cursor == mine["current"]:
                kept = {**mine, "writing": mine["current"] + 1}
                yield "Swap", self.then(state, p, "write", kept, cursor=mine["high"])
            case "swap":
                yield "Swap", self.then(state, p, "claim", forget(mine))
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
                    yield "Publish", self.then(state, p, "claim", forget(mine), flags=flags)

    def _consumer(self, state: State, c: str) -> Steps:
        mine, event = state["local"][c], state["reading"][c]
        match state["pc"][c]:
            case "wait" if event < self.events:
                yield "LookForEvents", self.start_search(state, c, event - 1)
            case "search":
                yield "Search", self.search(state, c)
            case "found" if mine["known"] < event:
                yield "Depend", self.then(state, c, "wait", forget(mine))
            case "found":
                kept = {**forget(mine), "lowest": mine["known"], "toRead": self.dependencies[c]}
                yield "Depend", self.then(state, c, "depend", kept)
            case "depend" if mine["toRead"]:
                for d in mine["toRead"]:
                    lowest = min(mine["lowest"], state["sequence"][d])
                    kept = {**mine, "lowest": lowest, "toRead": mine["toRead"] - {d}}
                    yield "LoadDependency", self.then(state, c, local=kept)
            case "depend" if mine["lowest"] >= event:
                yield (
                    "Decide",
                    self.then(state, c, "reading", slots=self.begins(state, c, event, "readers")),
                )
            case "depend":
                yield "Decide", self.then(state, c, "wait", forget(mine))
            case "reading":
                slots = self.ends(state, c, event, "readers")
                yield (
                    "StopReading",
                    self.then(
                        state, c, "read", slots=slots, reading=put(state["reading"], c, event + 1)
                    ),
                )
            case "read" if event <= mine["lowest"]:
                yield (
                    "StartReading",
                    self.then(state, c, "reading", slots=self.begins(state, c, event, "readers")),
                )
            case "read":
                sequence = put(state["sequence"], c, mine["lowest"])
                yield "Advance", self.then(state, c, "wait", forget(mine), sequence=sequence)
