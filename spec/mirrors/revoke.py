"""The mirror of modules/Revoke.tla, with the protocol of the library."""

from dataclasses import dataclass

from spec.mirrors.mirror import Mirror, State, Steps, put

NONE = -1
REVOKED = -1
CLOSER = "closer"
CONSUMER = "consumer"
#: Where a thread goes on that looks for free capacity: the owner, to claim alone; and any other.
ONWARDS = {
    "measure": "keep",
    "keep": "check",
    "measure several": "keep several",
    "keep several": "check several",
}


@dataclass(frozen=True)
class Revoke(Mirror):
    """modules/Revoke.tla within bounds."""

    size: int
    events: int
    owner: str
    newcomers: frozenset[str]
    waits: bool
    may_close: bool
    protocol: str

    def __post_init__(self) -> None:
        assert self.protocol == "revoke", "the others violate what is checked"

    @property
    def producers(self) -> tuple[str, ...]:
        return (self.owner, *sorted(self.newcomers))

    @property
    def threads(self) -> tuple[str, ...]:
        return (*self.producers, CONSUMER, CLOSER)

    @property
    def sealed(self) -> int:
        """What a thread knows that has loaded a sealed cursor: it is beyond every limit."""
        return self.events + self.size + 1

    def initial(self) -> State:
        threads = (*self.producers, CLOSER)
        return {
            "pc": {**dict.fromkeys(self.producers, "come"), CLOSER: "open"},
            "cursor": -1,
            "sealed": False,
            "owned": False,
            "grant": self.size - 1,
            "announced": -1,
            "limit": self.size - 1,
            "closed": False,
            "consumed": -1,
            "granted": NONE,
            "begins": "claim",
            "current": dict.fromkeys(threads, NONE),
            "room": dict.fromkeys(self.producers, NONE),
            "seen": dict.fromkeys(threads, NONE),
            "accepted": 0,
        }

    def of_thread(self, state: State, thread: str, /) -> Steps:
        if thread == CONSUMER:
            if state["consumed"] < state["cursor"]:
                yield "Consume", {"consumed": state["consumed"] + 1}
        elif thread == CLOSER:
            yield from self._closer(state)
            yield from self._revoking(state, CLOSER, "load")
        else:
            yield from self._coming(state, thread)
            yield from self._revoking(state, thread, "claim")
            yield from self._claiming(state, thread)
            yield from self._measuring(state, thread)
        if thread == self.owner:
            yield from self._owner(state)
            yield from self._renewing(state)

    def loaded(self, state: State) -> int:
        """What a thread finds that loads the cursor."""
        return self.sealed if state["sealed"] else state["cursor"]

    def revoked(self, state: State) -> bool:
        """Whether the grant is revoked."""
        return bool(state["grant"] == REVOKED)

    def _coming(self, state: State, p: str) -> Steps:
        is_owner = p == self.owner
        match state["pc"][p]:
            case "come":
                yield "Come", self.then(state, p, "revoke" if self.revoked(state) else "find")
            case "find":
                yield "Find", self.then(state, p, "revoke" if state["owned"] else "begin")
            case "begin":
                announced = state["cursor"] if is_owner else state["announced"]
                yield "Begin", self.then(state, p, "take", announced=announced)
            case "take" if is_owner:
                yield "Take", self.then(state, p, "alone", owned=True, begins="alone")
            case "take" if state["owned"]:
                yield "Take", self.then(state, p, "revoke")

    def _owner(self, state: State) -> Steps:
        p, announced = self.owner, state["announced"]
        match state["pc"][p]:
            case "alone" if announced + 1 < self.events:
                yield "Announce", self.then(state, p, "compare", announced=announced + 1)
            case "compare":
                to = "store" if announced <= state["grant"] else "withdraw"
                yield "Compare", self.then(state, p, to)
            case "store":
                accepted = state["accepted"] + 1
                yield (
                    "StoreCursor",
                    self.then(state, p, "alone", cursor=announced, sealed=False, accepted=accepted),
                )
            case "withdraw":
                yield "Withdraw", self.then(state, p, "load grant", announced=announced - 1)

    def _renewing(self, state: State) -> Steps:
        p, limit = self.owner, state["limit"]
        current, room = state["current"], state["room"]
        forgotten = {"current": put(current, p, NONE), "room": put(room, p, NONE)}
        match state["pc"][p]:
            case "load grant" if state["cursor"] + 1 >= self.events:
                return
            case "load grant" if self.revoked(state):
                yield "LoadGrant", self.then(state, p, "claim", granted=NONE, begins="claim")
            case "load grant":
                granted = state["grant"]
                yield (
                    "LoadGrant",
                    self.then(state, p, "load last", granted=granted, begins="load grant"),
                )
            case "load last":
                last = self.loaded(state)
                yield (
                    "LoadLast",
                    self.then(state, p, "look at limit", current=put(current, p, last)),
                )
            case "look at limit":
                to = "load room" if current[p] + 1 <= limit else "measure"
                yield "LookAtLimit", self.then(state, p, to)
            case "load room":
                yield "LoadRoom", self.then(state, p, "raise", room=put(room, p, limit))
            case "raise" if state["grant"] == state["granted"]:
                yield (
                    "RaiseGrant",
                    self.then(state, p, "keep last", granted=NONE, grant=room[p]),
                )
            case "raise":
                yield "RaiseGrant", self.then(state, p, "claim", granted=NONE, **forgotten)
            case "keep last":
                to = "alone" if current[p] + 1 <= room[p] else "claim"
                yield (
                    "KeepLast",
                    self.then(state, p, to, announced=current[p], begins="alone", **forgotten),
                )

    def _revoking(self, state: State, t: str, onwards: str) -> Steps:
        seen = state["seen"]
        match state["pc"][t]:
            case "revoke":
                yield "Revoke", self.then(state, t, "find owner", grant=REVOKED)
            case "find owner":
                yield "FindOwner", self.then(state, t, "look" if state["owned"] else onwards)
            case "look":
                seen = put(seen, t, state["announced"])
                yield "LookAtClaim", self.then(state, t, "compare cursor", seen=seen)
            case "compare cursor":
                has_ended = state["pc"][self.owner] == "refused"
                is_on_its_way = seen[t] > self.loaded(state) and not has_ended
                yield (
                    "LookAtCursor",
                    self.then(
                        state, t, "look" if is_on_its_way else onwards, seen=put(seen, t, NONE)
                    ),
                )

    def rest(self, state: State, p: str) -> str:
        """Where a thread goes that has claimed, or was refused."""
        begins: str = state["begins"]
        return begins if p == self.owner else "claim"

    def _claiming(self, state: State, p: str) -> Steps:
        cursor, current = state["cursor"], state["current"]
        forgotten = {"current": put(current, p, NONE), "room": put(state["room"], p, NONE)}
        match state["pc"][p]:
            case "claim" if cursor + 1 < self.events:
                loaded = put(current, p, self.loaded(state))
                yield "LoadCursor", self.then(state, p, "limit", current=loaded)
            case "limit":
                to = "swap" if current[p] + 1 <= state["limit"] else "measure several"
                yield "LoadLimit", self.then(state, p, to)
            case "swap" if self.loaded(state) == current[p]:
                done = {"cursor": cursor + 1, "accepted": state["accepted"] + 1}
                yield "Swap", self.then(state, p, self.rest(state, p), **done, **forgotten)
            case "swap":
                yield "Swap", self.then(state, p, "claim", **forgotten)

    def _measuring(self, state: State, p: str) -> Steps:
        pc, room = state["pc"][p], state["room"]
        match pc:
            case "measure" | "measure several":
                found = put(room, p, state["consumed"] + self.size)
                yield "Measure", self.then(state, p, ONWARDS[pc], room=found)
            case "keep" | "keep several":
                yield "KeepLimit", self.then(state, p, ONWARDS[pc], limit=room[p])
            case "check" | "check several":
                yield "CheckClosed", self._checked(state, p, alone=pc == "check")
            case "lower":
                yield "LowerAgain", self.then(state, p, "refused", limit=NONE)

    def _checked(self, state: State, p: str, *, alone: bool) -> State:
        """What a producer changes that looks whether the ring is closed."""
        current, room = state["current"], state["room"]
        forgotten: State = {"room": put(room, p, NONE)}
        if not state["closed"] and current[p] + 1 <= room[p]:
            return self.then(state, p, "load room" if alone else "swap", **forgotten)
        forgotten["current"] = put(current, p, NONE)
        if alone:
            forgotten["granted"] = NONE
        if state["closed"]:
            return self.then(state, p, "lower", **forgotten)
        to = "claim" if alone or self.waits else self.rest(state, p)
        return self.then(state, p, to, **forgotten)

    def _closer(self, state: State) -> Steps:
        cursor, current = state["cursor"], state["current"]
        match state["pc"][CLOSER]:
            case "open" if self.may_close:
                yield "Close", self.then(state, CLOSER, "lower", closed=True)
            case "lower":
                yield "Lower", self.then(state, CLOSER, "revoke", limit=NONE)
            case "load":
                loaded = put(current, CLOSER, cursor)
                yield "LoadToSeal", self.then(state, CLOSER, "seal", current=loaded)
            case "seal":
                done = cursor == current[CLOSER]
                kept = put(current, CLOSER, NONE)
                yield (
                    "Seal",
                    self.then(
                        state, CLOSER, "drain" if done else "load", sealed=done, current=kept
                    ),
                )
            case "drain" if state["consumed"] >= cursor:
                yield "Drain", self.then(state, CLOSER, "ended")
