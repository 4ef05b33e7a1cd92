"""Joining: a processor joins a ring with several producers, and leaves it again.

Every step of the model is one access, but:

* The members are an attribute of their group. A producer that has looked at them before looks again
  when the version has changed; so for it they are replaced when the version is raised:
  `ReplaceMembers` shows as a step of its own just before, in the same turn, and no step of others
  comes between the two. `LoadMembers` is the load of the version.
* Leaving is one step of the model. In the code the members are replaced and then the version is
  raised; here that is one turn. What others may see in between is left to the scenarios `leave` and
  `leave-multi`.
* The model has one producer, which finds everything published; the code searches for that, which is
  passed over.
* So is the fence of a producer before it looks at the members: it changes nothing, and no store is
  delayed here.
"""

from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer, Sequence
from ringbuffer.producer import producer_ops
from spec.mirrors.joining import Joining
from spec.mirrors.mirror import State
from tests.schedules.conform.graph import Access, Excuse
from tests.schedules.conform.picked_alert import GOES_ON, PickedAlert
from tests.schedules.conform.run import Pick
from tests.schedules.conform.single_producer import OUT_OF_TURN, consumers, out_of_turn, publish
from tests.schedules.memory import Event, ScheduledCell
from tests.schedules.scheduler import Step
from tests.schedules.task import Location
from tests.schedules.world import World

LEAVES: Final = "leaves"
AT_ONCE: Final = Excuse(
    "for a producer that has loaded the members before, they change together with their version"
)


@dataclass(frozen=True)
class OfJoining:
    """spec/modules/Joining.tla."""

    mirror: Joining

    @property
    def beginnings(self) -> list[None]:
        return [None]

    def slot(self, sequence: int) -> str:
        return f"slot {sequence % self.mirror.size}"

    def flag(self, sequence: int) -> str:
        return f"flag {sequence % self.mirror.size}"

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        mine: dict[str, Any] = state["local"][thread]
        match label:
            case "Claim":
                return Access(
                    "load", "limit", state["limit"], changes["local"]["p"]["high"] - state["cursor"]
                )
            case "LoadMembers" | "CheckVersion":
                return Access("load", "version", state["version"])
            case "Look":
                (read,) = mine["toRead"] - changes["local"][thread]["toRead"]
                return Access("load", f"sequence {read}", state["sequence"][read])
            case "KeepLimit":
                return Access("store", "limit", changes["limit"])
            case "Swap":
                return Access("compare_and_set", "cursor", (state["cursor"], mine["high"], True))
            case "StartWriting":
                return Access("write", self.slot(mine["writing"]))
            case "StopWriting":
                return Access("written", self.slot(mine["writing"]))
            case "Publish":
                return Access(
                    "store", self.flag(mine["writing"]), self.mirror.parity(mine["writing"])
                )
            case "Look1" | "LoadCursor" | "CheckLap":
                return Access("load", "cursor", state["cursor"])
            case "LookForEvents":
                return Access("load", "cursor", state["cursor"], GOES_ON if thread == "b" else None)
            case "LoadFlag" if mine["known"] + 1 > mine["last"]:
                return None
            case "LoadFlag":
                flag = state["flags"][(mine["known"] + 1) % self.mirror.size]
                return Access("load", self.flag(mine["known"] + 1), flag)
            case "SetSequence" | "Advance":
                return Access("store", f"sequence {thread}", changes["sequence"][thread])
            case "ReplaceMembers":
                return Access("replace", "members")
            case "RaiseVersion":
                return Access("fetch_add", "version", (state["version"], state["version"] + 1))
            case "Leave":
                return Access(
                    "fetch_add", "version", (state["version"], state["version"] + 1), LEAVES
                )
            case "Decide" if changes["pc"][thread] == "wait":
                return None
            case "Decide" | "StartReading":
                return Access("read", self.slot(state["reading"][thread]))
            case "StopReading":
                return Access("done", self.slot(state["reading"][thread]))
        raise AssertionError(f"an action without an access: {label}")

    def concerns(self, kind: str, where: str) -> bool:
        return where in ("cursor", "limit", "version", "members") or where.split(" ")[0] in (
            "sequence",
            "slot",
            "flag",
        )

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """A consumer's sequence; the producer's cursor, flags, fence; a replacement at a leave."""
        if thread == "p":
            is_fence = step[1:3] == ("fetch_add", "version") and step.value == (
                state["version"],
                state["version"],
            )
            return is_fence or (
                step.kind == "load" and (step.where == "cursor" or step.where.startswith("flag "))
            )
        return (
            step.where == f"sequence {thread}"
            if step.kind == "load"
            else (step.kind, state["pc"][thread]) == ("replace", "wait")
        )

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        match state["pc"][thread]:
            case "claim":
                return bool(
                    state["cursor"] + (chosen or min(self.mirror.batches)) >= self.mirror.events
                )
            case "wait":
                return bool(state["reading"][thread] == self.mirror.events) and (
                    thread == "a" or chosen == GOES_ON
                )
            case "left":
                return True
        return False

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        if state["pc"]["b"] == "raise" and thread != "b":
            return AT_ONCE
        if label == "Look":
            before, after = state["local"]["p"]["toRead"], changes["local"]["p"]["toRead"]
            return OUT_OF_TURN if out_of_turn(before, after, ("a", "b")) else hidden
        return hidden


class Version(ScheduledCell):
    """The version of a group, which shows that its members were replaced."""

    __slots__ = ()

    def view(self) -> "Version":
        return self

    @property
    def word(self) -> "Version":
        return self

    def fetch_add(self, delta: int, /) -> int:
        scheduler, location = self._scheduler, self._location
        if delta == 0:
            return super().fetch_add(delta)
        # It joins; leaving is one step, without a turn of another task between its two halves
        if location.value == 0:
            scheduler.reach("fetch_add", location, writes=True)
        scheduler.did("replace", Location("members", None), None)
        before: int = location.value
        location.value = before + delta
        scheduler.acquire(location)
        scheduler.release(location)
        scheduler.did("fetch_add", location, (before, before + delta), wrote=True)
        return before


def joining(world: World, projection: Any, hidden: Any, pick: Pick) -> None:
    """A producer and a consumer without an end; a consumer that joins after a claim, may leave."""
    mirror: Joining = projection.mirror
    scheduler = world.scheduler
    ring: RingBuffer[Event] = world.ring(mirror.size, ProducerType.MULTI)
    consumers(world, ring, {"a": frozenset()}, ("a",))
    gating: Any = ring.sequencer.state.gating
    location = gating._version.location
    location.value = 0
    gating._version = Version(scheduler, location)
    sequence = Sequence(memory=world.memory)
    world.name(sequence, "sequence b")
    barrier: Any = ring.new_barrier()
    processor: BatchEventProcessor[Event] = BatchEventProcessor(
        ring,
        barrier,
        lambda event, sequence, end_of_batch: event.read(),
        name="b",
        sequence=sequence,
    )
    barrier._alerted = PickedAlert(world, barrier._alerted.location, pick, LEAVES, processor.halt)
    cursor: Any = ring.sequencer._cursor

    # The producer has looked at the members before: it finds out that they were replaced by their
    # version.
    producer = producer_ops(ring.sequencer)
    limit: Any = ring.sequencer.state.limit
    limit.location.value = -1
    producer.try_next()
    cursor._cell.location.value = -1

    def produce() -> None:
        while True:
            publish(ring, producer, pick(sorted(mirror.batches)))

    def join() -> None:
        scheduler.reach("choose", None, ready=lambda: cursor._cell.location.value >= 0)
        ring.add_gating_sequences(sequence, start=barrier)
        processor.run()
        ring.remove_gating_sequence(sequence)

    world.task("p", produce)
    world.task("b", join)
