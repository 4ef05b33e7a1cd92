"""The mirror of spec/SingleProducer.tla: the same actions, in Python. What it is worth, test_mirrors.py shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.unit.model.graphs import State

PRODUCER = "producer"


def put(mapping: dict[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    """`mapping` with another value at `key`."""
    return {**mapping, key: value}


@dataclass(frozen=True)
class SingleProducer:
    """The protocol within bounds."""

    size: int
    events: int
    batches: frozenset[int]
    dependencies: dict[str, frozenset[str]]

    @property
    def consumers(self) -> frozenset[str]:
        return frozenset(self.dependencies)

    def initial(self) -> State:
        empty = {"event": -1, "writers": frozenset(), "readers": frozenset()}
        return {
            "slots": dict.fromkeys(range(self.size), empty),
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

    def slots(self, state: State, sequence: int, **changes: Any) -> dict[int, Any]:
        index = sequence % self.size
        return put(state["slots"], index, {**state["slots"][index], **changes})

    def at_slot(self, state: State, sequence: int, who: str) -> frozenset[str]:
        return frozenset(state["slots"][sequence % self.size][who])

    @property
    def threads(self) -> tuple[str, ...]:
        return (PRODUCER, *sorted(self.consumers))

    def of_thread(self, state: State, thread: str) -> Iterator[tuple[str, State]]:
        return self.producer(state) if thread == PRODUCER else self.consumer(state, thread)

    def producer(self, state: State) -> Iterator[tuple[str, State]]:
        def go(to: str) -> dict[str, str]:
            return put(state["pc"], PRODUCER, to)

        look_again = {"lowest": state["cursor"], "toRead": put(state["toRead"], PRODUCER, self.consumers)}
        match state["pc"][PRODUCER]:
            case "claim":
                for n in self.batches:
                    high = state["claimed"] + n
                    if high < self.events:
                        claim = {"high": high, "writing": state["claimed"] + 1}
                        if high > state["limit"]:
                            yield "Claim", {**claim, "pc": go("look"), **look_again}
                        else:
                            yield "Claim", {**claim, "pc": go("write")}
            case "look" if state["toRead"][PRODUCER]:
                for consumer in state["toRead"][PRODUCER]:
                    left = state["toRead"][PRODUCER] - {consumer}
                    lowest = min(state["lowest"], state["sequence"][consumer])
                    yield "Look", {"lowest": lowest, "toRead": put(state["toRead"], PRODUCER, left)}
            case "look":
                limit = state["lowest"] + self.size
                if state["high"] <= limit:
                    yield "KeepLimit", {"limit": limit, "pc": go("write")}
                else:
                    yield "KeepLimit", {"limit": limit, **look_again}
            case "write" if state["writing"] <= state["high"]:
                writers = self.at_slot(state, state["writing"], "writers") | {PRODUCER}
                yield "StartWriting", {"slots": self.slots(state, state["writing"], writers=writers), "pc": go("writing")}
            case "writing":
                event = state["writing"]
                writers = self.at_slot(state, event, "writers") - {PRODUCER}
                slots = self.slots(state, event, writers=writers, event=event)
                yield "StopWriting", {"slots": slots, "writing": event + 1, "pc": go("write")}
            case "write":
                yield "Publish", {"cursor": state["high"], "claimed": state["high"], "pc": go("claim")}

    def consumer(self, state: State, c: str) -> Iterator[tuple[str, State]]:
        def go(to: str) -> dict[str, str]:
            return put(state["pc"], c, to)

        event = state["reading"][c]
        match state["pc"][c]:
            case "wait" if event < self.events:
                yield (
                    "LoadCursor",
                    {
                        "available": put(state["available"], c, state["cursor"]),
                        "toRead": put(state["toRead"], c, self.dependencies[c]),
                        "pc": go("depend"),
                    },
                )
            case "depend" if state["toRead"][c]:
                for d in state["toRead"][c]:
                    available = min(state["available"][c], state["sequence"][d])
                    left = state["toRead"][c] - {d}
                    yield (
                        "LoadDependency",
                        {"available": put(state["available"], c, available), "toRead": put(state["toRead"], c, left)},
                    )
            case "depend" if state["available"][c] >= event:
                readers = self.at_slot(state, event, "readers") | {c}
                yield "Decide", {"slots": self.slots(state, event, readers=readers), "pc": go("reading")}
            case "depend":
                yield "Decide", {"pc": go("wait")}
            case "reading":
                readers = self.at_slot(state, event, "readers") - {c}
                slots = self.slots(state, event, readers=readers)
                yield "StopReading", {"slots": slots, "reading": put(state["reading"], c, event + 1), "pc": go("read")}
            case "read" if event <= state["available"][c]:
                readers = self.at_slot(state, event, "readers") | {c}
                yield "StartReading", {"slots": self.slots(state, event, readers=readers), "pc": go("reading")}
            case "read":
                yield "Advance", {"sequence": put(state["sequence"], c, state["available"][c]), "pc": go("wait")}
