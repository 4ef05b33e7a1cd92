"""The mirror of modules/Lifecycle.tla."""

from dataclasses import dataclass
from typing import Any

from spec.mirrors.mirror import Mirror, State, Steps, put

HALTED = {"RUNNING": "HALTING", "IDLE": "HALT_PENDING"}
NONE = -1
NO_CONSUMER = "no consumer"
#: The ender, which is one of the threads with a place, and the starter, which is not.
ENDER, STARTER = "ender", "starter"
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
    producers: frozenset[str]
    consumers: frozenset[str]
    halters: frozenset[str]
    starts: int
    may_die: bool
    may_skip: bool
    ends: str

    def initial(self) -> State:
        return {
            "pc": {
                **dict.fromkeys(self.consumers, "none"),
                **dict.fromkeys(self.producers, "claim"),
                **dict.fromkeys(self.halters, "halt"),
                ENDER: "end",
            },
            "state": dict.fromkeys(self.consumers, "IDLE"),
            "alert": dict.fromkeys(self.consumers, False),
            "closed": False,
            "limit": self.size - 1,
            "cursor": -1,
            "sealed": False,
            "published": frozenset(),
            "skipped": frozenset(),
            "sequence": dict.fromkeys(self.consumers, -1),
            "handled": dict.fromkeys(self.consumers, frozenset()),
            "claim": dict.fromkeys(self.producers, NONE),
            "room": dict.fromkeys(self.producers, NONE),
            "toLook": dict.fromkeys((*self.producers, ENDER), frozenset()),
            "chosen": dict.fromkeys((*self.halters, ENDER), NO_CONSUMER),
            "target": NONE,
            "starts": dict.fromkeys(self.consumers, 0),
            "died": dict.fromkeys(self.consumers, False),
        }

    @property
    def threads(self) -> tuple[str, ...]:
        kinds = (self.halters, self.consumers, self.producers)
        return (STARTER, *(thread for kind in kinds for thread in sorted(kind)), ENDER)

    def of_thread(self, state: State, thread: str, /) -> Steps:
        if thread == STARTER:
            return self._starter(state)
        if thread == ENDER:
            return self._ender(state)
        if thread in self.consumers:
            return self._run(state, thread)
        if thread in self.producers:
            return self._producer(state, thread)
        return self._halter(state, thread)

    def _starter(self, state: State) -> Steps:
        if state["pc"][ENDER] in ENDED:
            return
        for c in sorted(self.consumers):
            if state["starts"][c] == self.starts:
                continue
            starts = put(state["starts"], c, state["starts"][c] + 1)
            match state["state"][c]:
                case "IDLE" | "HALTED":
                    running = put(state["state"], c, "RUNNING")
                    yield "Start", self.then(state, c, "begin", starts=starts, state=running)
                case "HALT_PENDING":
                    yield "Start", {"starts": starts, "state": put(state["state"], c, "HALTED")}

    def _halter(self, state: State, h: str) -> Steps:
        match state["pc"][h]:
            case "halt":
                for c in sorted(self.consumers):
                    to = "alert" if state["state"][c] == "RUNNING" else "done"
                    chosen = put(state["chosen"], h, c)
                    halted = self._halted(state, c)
                    yield "Halt", self.then(state, h, to, chosen=chosen, state=halted)
            case "alert":
                alert = put(state["alert"], state["chosen"][h], True)
                yield "Alert", self.then(state, h, "done", alert=alert)

    def _halted(self, state: State, c: str) -> dict[str, Any]:
        before = state["state"][c]
        return put(state["state"], c, HALTED.get(before, before))

    def _run(self, state: State, c: str) -> Steps:
        sequence, following = state["sequence"], state["sequence"][c] + 1
        match state["pc"][c]:
            case "begin":
                to = "enter" if state["state"][c] == "RUNNING" else "end"
                yield "Begin", self.then(state, c, to)
            case "enter" | "check" as pc:
                onwards = "look" if pc == "enter" else "look again"
                yield "CheckAlert", self.then(state, c, "clear" if state["alert"][c] else onwards)
            case "look" | "look again" as pc:
                onwards = "search" if pc == "look" else "search again"
                to = MISSED[pc] if state["cursor"] == sequence[c] else onwards
                yield "Look", self.then(state, c, to)
            case "search" | "search again" as pc:
                to = "handle" if following in state["published"] else MISSED[pc]
                yield "Search", self.then(state, c, to)
            case "clear":
                alert = put(state["alert"], c, False)
                yield "ClearAlert", self.then(state, c, "begin", alert=alert)
            case "handle":
                yield from self._handler(state, c, following)
            case "close":
                yield "Close", self.then(state, c, "lower", closed=True)
            case "lower":
                yield "Lower", self.then(state, c, "seal", limit=NONE)
            case "seal":
                yield "Seal", self.then(state, c, "end", sealed=True)
            case "end":
                halted = put(state["state"], c, "HALTED")
                yield "End", self.then(state, c, "none", state=halted)

    def _handler(self, state: State, c: str, following: int) -> Steps:
        handled = state["handled"]
        if following not in state["skipped"]:
            handled = put(handled, c, handled[c] | {following})
        sequence = put(state["sequence"], c, following)
        yield "Handle", self.then(state, c, "enter", sequence=sequence, handled=handled)
        if self.may_die and not state["died"][c] and following not in state["skipped"]:
            yield "Die", self.then(state, c, "close", died=put(state["died"], c, True))

    def _producer(self, state: State, p: str) -> Steps:
        cursor, claim, room = state["cursor"], state["claim"], state["room"]
        match state["pc"][p]:
            case "claim" if cursor + 1 < self.events:
                yield "Claim", self._claimed(state, p)
            case "measure":
                for c in sorted(state["toLook"][p]):
                    left = state["toLook"][p] - {c}
                    least = min(room[p], state["sequence"][c] + self.size)
                    yield (
                        "Measure",
                        self.then(
                            state,
                            p,
                            "measure" if left else "keep",
                            room=put(room, p, least),
                            toLook=put(state["toLook"], p, left),
                        ),
                    )
            case "keep":
                yield "KeepLimit", self.then(state, p, "check", limit=room[p])
            case "check":
                found = not state["closed"] and claim[p] + 1 <= room[p]
                to = "withdraw" if state["closed"] else "swap" if found else "claim"
                after = claim if found else put(claim, p, NONE)
                yield "CheckClosed", self.then(state, p, to, room=put(room, p, NONE), claim=after)
            case "withdraw":
                yield "Withdraw", self.then(state, p, "refused", limit=NONE)
            case "swap" if state["sealed"] or cursor != claim[p]:
                yield "Swap", self.then(state, p, "claim", claim=put(claim, p, NONE))
            case "swap":
                after = put(claim, p, cursor + 1)
                yield "Swap", self.then(state, p, "publish", claim=after, cursor=cursor + 1)
            case "publish" | "publish skipped" as pc:
                yield from self._publication(state, p, may_skip=pc == "publish" and self.may_skip)

    def _claimed(self, state: State, p: str) -> State:
        cursor = state["cursor"]
        claim = put(state["claim"], p, cursor)
        if not state["sealed"] and cursor + 1 <= state["limit"]:
            return self.then(state, p, "swap", claim=claim)
        return self.then(
            state,
            p,
            "measure",
            claim=claim,
            room=put(state["room"], p, cursor + self.size),
            toLook=put(state["toLook"], p, self.consumers),
        )

    def _publication(self, state: State, p: str, *, may_skip: bool) -> Steps:
        claim = state["claim"]
        if may_skip:
            skipped = state["skipped"] | {claim[p]}
            yield "Skip", self.then(state, p, "publish skipped", skipped=skipped)
        published = state["published"] | {claim[p]}
        changes = {"published": published, "claim": put(claim, p, NONE)}
        yield "Publish", self.then(state, p, "claim", **changes)

    def _ender(self, state: State) -> Steps:
        may_close = self.ends != "nothing" and any(state["starts"].values())
        match state["pc"][ENDER]:
            case "end" | "close" as pc if may_close:
                to = "lower" if pc == "end" else "lower again"
                yield "EndCloses", self.then(state, ENDER, to, closed=True)
            case "lower" | "lower again" as pc:
                to = "seal" if pc == "lower" else "seal again"
                yield "EndLowers", self.then(state, ENDER, to, limit=NONE)
            case "seal" if self.ends == "shutdown":
                yield "EndSeals", self.then(state, ENDER, "aim", sealed=True)
            case "seal" | "seal again":
                all_of_them = self._to_look(state, self.consumers)
                yield "EndSeals", self.then(state, ENDER, "halt", sealed=True, toLook=all_of_them)
            case "aim":
                all_of_them = self._to_look(state, self.consumers)
                changes = {"target": state["cursor"], "toLook": all_of_them}
                yield "Aim", self.then(state, ENDER, "drain", **changes)
            case "compare" | "alert" as pc:
                yield from self._ender_with(state, state["chosen"][ENDER], pc)
            case "drain" | "halt" | "join" as pc:
                for c in sorted(state["toLook"][ENDER]):
                    yield from self._ender_at(state, c, pc)

    def _ender_at(self, state: State, c: str, pc: str) -> Steps:
        """The ender looks at a consumer, of those that it has yet to look at."""
        stands = state["state"][c]
        chosen = put(state["chosen"], ENDER, c)
        match pc:
            case "drain" if stands in ("RUNNING", "IDLE"):
                yield "Drain", self.then(state, ENDER, "compare", chosen=chosen)
            case "drain":
                yield "Drain", self._done(state, c)
            case "halt":
                halted = self._halted(state, c)
                if stands == "RUNNING":
                    changes = {"state": halted, "chosen": chosen}
                    yield "EndHalts", self.then(state, ENDER, "alert", **changes)
                else:
                    yield "EndHalts", {**self._next(state, c, "halt", "join"), "state": halted}
            case "join" if stands in ("HALTED", "HALT_PENDING"):
                yield "Join", self._next(state, c, "join", "done")

    def _ender_with(self, state: State, c: str, pc: str) -> Steps:
        """The ender goes on with the consumer that it has chosen."""
        chosen = put(state["chosen"], ENDER, NO_CONSUMER)
        if pc == "alert":
            alert = put(state["alert"], c, True)
            yield (
                "EndAlerts",
                {**self._next(state, c, "halt", "join"), "alert": alert, "chosen": chosen},
            )
        elif state["sequence"][c] < state["target"]:
            none = self._to_look(state, frozenset())
            yield "Compare", self.then(state, ENDER, "aim", target=NONE, toLook=none, chosen=chosen)
        else:
            yield "Compare", {**self._done(state, c), "chosen": chosen}

    def _to_look(self, state: State, consumers: frozenset[str]) -> dict[str, Any]:
        return put(state["toLook"], ENDER, consumers)

    def _done(self, state: State, c: str) -> State:
        left = state["toLook"][ENDER] - {c}
        target = state["target"] if left else NONE
        to = "drain" if left else "close"
        return self.then(state, ENDER, to, target=target, toLook=self._to_look(state, left))

    def _next(self, state: State, c: str, again: str, to: str) -> State:
        left = state["toLook"][ENDER] - {c}
        if left:
            return self.then(state, ENDER, again, toLook=self._to_look(state, left))
        following = self.consumers if to == "join" else left
        return self.then(state, ENDER, to, toLook=self._to_look(state, following))
