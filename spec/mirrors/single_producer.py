"""The mirror of modules/SingleProducer.tla."""

from dataclasses import dataclass

from spec.mirrors.mirror import RingMirror, State, Steps, put

PRODUCER = "producer"


@dataclass(frozen=True)
class SingleProducer(RingMirror):
    """modules/SingleProducer.tla within bounds."""

    dependencies: dict[str, frozenset[str]]

    @property
    def consumers(self) -> frozenset[str]:
        return frozenset(self.dependencies)

    def initial(self) -> State:
        return {
            "slots": self.empty_slots(),
            "pc": {**dict.fromkeys(self.consumers, "wait"), PRODUCER: "claim"},
            "cursor": -1,
            "limit": self.size - 1,
            "sequence": dict.fromkeys(self.consumers, -1),
            "claimed": -1,
            "high": -1,
            "writing": 0,
            "lowest": -1,
            "toRead": dict.fromkeys([*self.consumers, PRODUCER], frozenset()),
            "available": dict.fromkeys(self.consumers, -1),
            "reading": dict.fromkeys(self.consumers, 0),
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return (PRODUCER, *sorted(self.consumers))

    def of_thread(self, state: State, thread: str, /) -> Steps:
        return self._producer(state) if thread == PRODUCER else self._consumer(state, thread)

    def _producer(self, state: State) -> Steps:
        event, high, to_read = state["writing"], state["high"], state["toRead"]
        look_again = {"lowest": state["cursor"], "toRead": put(to_read, PRODUCER, self.consumers)}
        match state["pc"][PRODUCER]:
            case "claim":
                for n in self.batches:
                    high = state["claimed"] + n
                    if high >= self.events:
                        continue
                    claim = {"high": high, "writing": state["claimed"] + 1}
                    if high > state["limit"]:
                        yield "Claim", self.then(state, PRODUCER, "look", **claim, **look_again)
                    else:
                        yield "Claim", self.then(state, PRODUCER, "write", **claim)
            case "look" if to_read[PRODUCER]:
                for consumer in to_read[PRODUCER]:
                    left = put(to_read, PRODUCER, to_read[PRODUCER] - {consumer})
                    lowest = min(state["lowest"], state["sequence"][consumer])
                    yield "Look", {"lowest": lowest, "toRead": left}
            case "look":
                limit = state["lowest"] + self.size
                if high <= limit:
                    yield "KeepLimit", self.then(state, PRODUCER, "write", limit=limit)
                else:
                    yield "KeepLimit", {"limit": limit, **look_again}
            case "write" if event <= high:
                slots = self.begins(state, PRODUCER, event, "writers")
                yield "StartWriting", self.then(state, PRODUCER, "writing", slots=slots)
            case "writing":
                slots = self.ends(state, PRODUCER, event, "writers")
                after = self.then(state, PRODUCER, "write", slots=slots, writing=event + 1)
                yield "StopWriting", after
            case "write":
                yield "Publish", self.then(state, PRODUCER, "claim", cursor=high, claimed=high)

    def _consumer(self, state: State, c: str) -> Steps:
        event, available = state["reading"][c], state["available"]
        to_read = state["toRead"]
        match state["pc"][c]:
            case "wait" if event < self.events:
                known = put(available, c, state["cursor"])
                left = put(to_read, c, self.dependencies[c])
                yield "LoadCursor", self.then(state, c, "depend", available=known, toRead=left)
            case "depend" if to_read[c]:
                for d in to_read[c]:
                    known = put(available, c, min(available[c], state["sequence"][d]))
                    yield (
                        "LoadDependency",
                        {"available": known, "toRead": put(to_read, c, to_read[c] - {d})},
                    )
            case "depend" if available[c] >= event:
                slots = self.begins(state, c, event, "readers")
                yield "Decide", self.then(state, c, "reading", slots=slots)
            case "depend":
                yield "Decide", self.then(state, c, "wait")
            case "reading":
                slots = self.ends(state, c, event, "readers")
                reading = put(state["reading"], c, event + 1)
                yield "StopReading", self.then(state, c, "read", slots=slots, reading=reading)
            case "read" if event <= available[c]:
                slots = self.begins(state, c, event, "readers")
                yield "StartReading", self.then(state, c, "reading", slots=slots)
            case "read":
                sequence = put(state["sequence"], c, available[c])
                yield "Advance", self.then(state, c, "wait", sequence=sequence)
