"""The mirror of modules/Joining.tla."""

from dataclasses import dataclass
from typing import ClassVar

from spec.mirrors.claiming import NOTHING as OF_CLAIMS
from spec.mirrors.claiming import ClaimingMirror
from spec.mirrors.mirror import State, Steps, put

NOTHING: State = {**OF_CLAIMS, "seen": -1, "gates": False}


@dataclass(frozen=True)
class Joining(ClaimingMirror):
    """modules/Joining.tla within bounds."""

    residents: frozenset[str]
    joiners: frozenset[str]

    nothing: ClassVar[State] = NOTHING

    @property
    def nowhere(self) -> int:
        return self.events

    @property
    def consumers(self) -> frozenset[str]:
        return self.residents | self.joiners

    def initial(self) -> State:
        return {
            "slots": self.empty_slots(),
            "pc": {
                **dict.fromkeys(self.producers, "claim"),
                **dict.fromkeys(self.residents, "wait"),
                **dict.fromkeys(self.joiners, "away"),
            },
            "cursor": -1,
            "flags": dict.fromkeys(range(self.size), 1),
            "limit": self.size - 1,
            "sequence": dict.fromkeys(self.consumers, -1),
            "members": self.residents,
            "version": 0,
            "local": dict.fromkeys(self.threads, NOTHING),
            "reading": dict.fromkeys(self.consumers, 0),
            "start": {
                **dict.fromkeys(self.residents, -1),
                **dict.fromkeys(self.joiners, self.nowhere),
            },
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return (*sorted(self.producers), *sorted(self.consumers))

    def of_thread(self, state: State, thread: str, /) -> Steps:
        if thread in self.producers:
            yield from self._looks(state, thread)
            yield from self._claims(state, thread)
        elif self.has_started(state, thread):
            yield from self._consumer(state, thread)
        else:
            yield from self._joiner(state, thread)

    def has_started(self, state: State, consumer: str) -> bool:
        """Whether a consumer knows its first event."""
        return bool(state["start"][consumer] != self.nowhere)

    def _looks(self, state: State, p: str) -> Steps:
        """How a producer looks for free capacity while the members may change."""
        mine = state["local"][p]
        match state["pc"][p]:
            case "limit":
                is_free = mine["high"] <= state["limit"]
                yield "LoadLimit", self.then(state, p, "swap" if is_free else "version")
            case "version":
                kept = {
                    **mine,
                    "seen": state["version"],
                    "lowest": self.events,
                    "toRead": state["members"],
                }
                yield "LoadMembers", self.then(state, p, "look", kept)
            case "look" if not mine["toRead"]:
                to = "gap" if state["version"] == mine["seen"] else "version"
                yield "CheckVersion", self.then(state, p, to, {**mine, "seen": -1})
            case "gap":
                yield "LookForGap", self.start_search(state, p, mine["known"])

    def _joiner(self, state: State, b: str) -> Steps:
        mine = state["local"][b]
        match state["pc"][b]:
            case "away" | "again":
                yield "LookForStart", self.start_search(state, b, -1)
            case "search":
                yield "Search", self.search(state, b)
            case "found":
                is_lapped = state["cursor"] > mine["known"] + self.size
                yield "CheckLap", self.then(state, b, "again" if is_lapped else "set")
            case "set":
                sequence = put(state["sequence"], b, mine["known"])
                if mine["gates"]:
                    starts = {
                        "start": put(state["start"], b, mine["known"]),
                        "reading": put(state["reading"], b, mine["known"] + 1),
                    }
                    yield (
                        "SetSequence",
                        self.then(state, b, "wait", NOTHING, sequence=sequence, **starts),
                    )
                else:
                    yield "SetSequence", self.then(state, b, "add", sequence=sequence)
            case "add":
                members = state["members"] | {b}
                yield "ReplaceMembers", self.then(state, b, "raise", members=members)
            case "raise":
                kept = {**mine, "gates": True}
                version = state["version"] + 1
                yield "RaiseVersion", self.then(state, b, "again", kept, version=version)

    def _consumer(self, state: State, c: str) -> Steps:
        mine, event = state["local"][c], state["reading"][c]
        match state["pc"][c]:
            case "wait":
                if event < self.events:
                    yield "LookForEvents", self.start_search(state, c, event - 1)
                if c in self.joiners:
                    leaves = {"members": state["members"] - {c}, "version": state["version"] + 1}
                    yield "Leave", self.then(state, c, "left", **leaves)
            case "search":
                yield "Search", self.search(state, c)
            case "found" if mine["known"] >= event:
                slots = self.begins(state, c, event, "readers")
                yield "Decide", self.then(state, c, "reading", slots=slots)
            case "found":
                yield "Decide", self.then(state, c, "wait", NOTHING)
            case "reading":
                slots = self.ends(state, c, event, "readers")
                reading = put(state["reading"], c, event + 1)
                yield "StopReading", self.then(state, c, "read", slots=slots, reading=reading)
            case "read" if event <= mine["known"]:
                slots = self.begins(state, c, event, "readers")
                yield "StartReading", self.then(state, c, "reading", slots=slots)
            case "read":
                sequence = put(state["sequence"], c, mine["known"])
                yield "Advance", self.then(state, c, "wait", NOTHING, sequence=sequence)
