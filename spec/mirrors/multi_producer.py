"""The mirror of modules/MultiProducer.tla."""

from dataclasses import dataclass

from spec.mirrors.claiming import ClaimingMirror
from spec.mirrors.mirror import State, Steps, put


@dataclass(frozen=True)
class MultiProducer(ClaimingMirror):
    """modules/MultiProducer.tla within bounds."""

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
            "local": dict.fromkeys(self.threads, self.nothing),
            "reading": dict.fromkeys(self.consumers, 0),
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return (*sorted(self.producers), *sorted(self.consumers))

    def of_thread(self, state: State, thread: str, /) -> Steps:
        if thread in self.producers:
            yield from self._looks(state, thread)
            yield from self._claims(state, thread)
        else:
            yield from self._consumer(state, thread)

    def _looks(self, state: State, p: str) -> Steps:
        """How a producer looks for free capacity, or gives up."""
        mine = state["local"][p]
        match state["pc"][p]:
            case "claim" if self.may_give_up:
                yield "GiveUp", self.then(state, p, "gone")
            case "limit" if mine["high"] <= state["limit"]:
                yield "LoadLimit", self.then(state, p, "swap")
            case "limit":
                kept = {**mine, "lowest": self.events, "toRead": self.consumers}
                yield "LoadLimit", self.then(state, p, "look", kept)
            case "look" if not mine["toRead"]:
                yield "LookForGap", self.start_search(state, p, mine["known"])

    def _consumer(self, state: State, c: str) -> Steps:
        mine, event = state["local"][c], state["reading"][c]
        match state["pc"][c]:
            case "wait" if event < self.events:
                yield "LookForEvents", self.start_search(state, c, max(event - 1, mine["known"]))
            case "search":
                yield "Search", self.search(state, c)
            case "found" if mine["known"] < event:
                yield "Depend", self.then(state, c, "wait", self.forget(mine))
            case "found":
                kept = {
                    **self.forget(mine),
                    "lowest": mine["known"],
                    "toRead": self.dependencies[c],
                }
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
                yield "Decide", self.then(state, c, "wait", self.forget(mine))
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
                yield "Advance", self.then(state, c, "wait", self.forget(mine), sequence=sequence)
