"""The mirror of modules/Blocking.tla."""

from dataclasses import dataclass

from spec.mirrors.mirror import Mirror, State, Steps, put

PUBLISHER, HALTER = "publisher", "halter"
FREE = "free"


@dataclass(frozen=True)
class Blocking(Mirror):
    """modules/Blocking.tla within bounds."""

    events: int
    lite: bool
    spins: bool
    may_time_out: bool
    dependencies: dict[str, frozenset[str]]
    alerted: frozenset[str]

    @property
    def consumers(self) -> tuple[str, ...]:
        return tuple(sorted(self.dependencies))

    def initial(self) -> State:
        return {
            "pc": {
                PUBLISHER: "publish",
                HALTER: "alert",
                **dict.fromkeys(self.consumers, "check"),
            },
            "cursor": -1,
            "sequence": dict.fromkeys(self.consumers, -1),
            "alert": dict.fromkeys(self.consumers, False),
            "lock": FREE,
            "asleep": frozenset(),
            "needed": False,
            "seen": dict.fromkeys(self.consumers, -1),
            "toRead": dict.fromkeys(self.consumers, frozenset()),
        }

    @property
    def threads(self) -> tuple[str, ...]:
        return (PUBLISHER, HALTER, *self.consumers)

    def of_thread(self, state: State, thread: str, /) -> Steps:
        if (
            thread == PUBLISHER
            and state["pc"][PUBLISHER] == "publish"
            and state["cursor"] < self.events - 1
        ):
            yield "Publish", self.then(state, PUBLISHER, "signal", cursor=state["cursor"] + 1)
        elif thread == HALTER and state["pc"][HALTER] == "alert":
            for c in self.alerted - {c for c, alert in state["alert"].items() if alert}:
                yield (
                    "Alert",
                    self.then(state, HALTER, "signal", alert=put(state["alert"], c, True)),
                )
        elif thread in self.consumers:
            yield from self._consumer(state, thread)
        yield from self._signal(state, thread)

    def _load_cursor(self, state: State, c: str, found: str, between: str, missed: str) -> State:
        if not self.dependencies[c]:
            return self.then(
                state, c, found if state["cursor"] >= state["sequence"][c] + 1 else missed
            )
        seen = put(state["seen"], c, state["cursor"])
        left = put(state["toRead"], c, self.dependencies[c])
        return self.then(state, c, between, seen=seen, toRead=left)

    def _load_sequences(self, state: State, c: str, label: str, found: str, missed: str) -> Steps:
        for d in state["toRead"][c]:
            seen = min(state["seen"][c], state["sequence"][d])
            left = state["toRead"][c] - {d}
            to_read = put(state["toRead"], c, left)
            if left:
                yield label, {"seen": put(state["seen"], c, seen), "toRead": to_read}
            else:
                to = found if seen >= state["sequence"][c] + 1 else missed
                known = put(state["seen"], c, -1)
                yield label, self.then(state, c, to, seen=known, toRead=to_read)

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
                yield from self._load_sequences(state, c, "TryOther", "advance", missed)
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
                yield from self._load_sequences(state, c, "LookAtOther", "unlock", "look for alert")
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
        after = {PUBLISHER: "publish", HALTER: "alert"}.get(t, "check")
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
