"""The mirror of modules/Blocking.tla."""

from dataclasses import dataclass

from spec.mirrors.mirror import Mirror, State, Steps, put

PUBLISHER, HALTER = "publisher", "halter"
CONSUMERS = ("a", "b")
FREE = "free"


@dataclass(frozen=True)
class Blocking(Mirror):
    """modules/Blocking.tla within bounds."""

    events: int
    lite: bool
    spins: bool
    may_time_out: bool
    alerted: frozenset[str]

    def initial(self) -> State:
        return {
            "pc": {PUBLISHER: "publish", HALTER: "alert", "a": "check", "b": "check"},
            "cursor": -1,
            "sequence": dict.fromkeys(CONSUMERS, -1),
            "alert": dict.fromkeys(CONSUMERS, False),
            "lock": FREE,
            "asleep": frozenset(),
            "needed": False,
            "seen": -1,
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return (PUBLISHER, HALTER, *CONSUMERS)

    def of_thread(self, state: State, thread: str, /) -> Steps:
        if (
            thread == PUBLISHER
            and state["pc"][PUBLISHER] == "publish"
            and state["cursor"] < self.events - 1
        ):
            yield "Publish", self.then(state, PUBLISHER, "signal", cursor=state["cursor"] + 1)
        elif thread == HALTER and state["pc"][HALTER] == "alert":
            for c in self.alerted:
                yield (
                    "Alert",
                    self.then(state, HALTER, "signal", alert=put(state["alert"], c, True)),
                )
        elif thread in CONSUMERS:
            yield from self._consumer(state, thread)
        yield from self._signal(state, thread)

    def _load_cursor(self, state: State, c: str, found: str, between: str, missed: str) -> State:
        if c == "a":
            return self.then(
                state, c, found if state["cursor"] >= state["sequence"][c] + 1 else missed
            )
        return self.then(state, c, between, seen=state["cursor"])

    def _load_sequence(self, state: State, found: str, missed: str) -> State:
        is_there = min(state["seen"], state["sequence"]["a"]) >= state["sequence"]["b"] + 1
        return self.then(state, "b", found if is_there else missed, seen=-1)

    def _consumer(self, state: State, c: str) -> Steps:
        is_free = state["lock"] == FREE
        locked = "announce" if self.lite else "look"
        missed = "missed" if self.spins else "lock"
        match state["pc"][c]:
            case "check" | "missed" if state["sequence"][c] < self.events - 1:
                if is_free and state["pc"][c] == "missed":
                    yield "Lock", self.then(state, c, locked, lock=c)
                yield "CheckAlert", self.then(state, c, "halted" if state["alert"][c] else "try")
            case "try":
                yield "Try", self._load_cursor(state, c, "advance", "try the other", missed)
            case "try the other":
                yield "TryOther", self._load_sequence(state, "advance", missed)
            case "lock" if is_free:
                yield "Lock", self.then(state, c, locked, lock=c)
            case "announce":
                yield "Announce", self.then(state, c, "look", needed=True)
            case "look":
                yield (
                    "Look",
                    self._load_cursor(state, c, "unlock", "look at the other", "look for alert"),
                )
            case "look at the other":
                yield "LookAtOther", self._load_sequence(state, "unlock", "look for alert")
            case "look for alert":
                yield (
                    "LookForAlert",
                    self.then(state, c, "unlock halted" if state["alert"][c] else "sleep"),
                )
            case "sleep":
                yield (
                    "Sleep",
                    self.then(state, c, "asleep", asleep=state["asleep"] | {c}, lock=FREE),
                )
                if self.may_time_out:
                    yield "OutOfTime", self.then(state, c, "check", lock=FREE)
            case "asleep" if is_free:
                if c not in state["asleep"]:
                    yield "Wake", self.then(state, c, locked, lock=c)
                elif self.may_time_out:
                    yield (
                        "TimeOut",
                        self.then(state, c, locked, lock=c, asleep=state["asleep"] - {c}),
                    )
            case "unlock":
                yield "Unlock", self.then(state, c, "advance", lock=FREE)
            case "unlock halted":
                yield "Unlock", self.then(state, c, "halted", lock=FREE)
            case "advance":
                sequence = put(state["sequence"], c, state["sequence"][c] + 1)
                yield "Advance", self.then(state, c, "signal", sequence=sequence)

    def _signal(self, state: State, t: str) -> Steps:
        after = {PUBLISHER: "publish", HALTER: "done"}.get(t, "check")
        match state["pc"][t]:
            case "signal" if self.lite and t != HALTER:
                yield (
                    "LookWhoWaits",
                    self.then(state, t, "signal lock" if state["needed"] else after),
                )
            case "signal" | "signal lock" if state["lock"] == FREE:
                yield "SignalLock", self.then(state, t, "lower" if self.lite else "notify", lock=t)
            case "lower":
                yield "Lower", self.then(state, t, "notify", needed=False)
            case "notify":
                yield "Notify", self.then(state, t, after, asleep=frozenset(), lock=FREE)
