"""Joining: a processor joins a ring with several producers, and leaves it again.

Every step of the model is one access, but:

* The members are an attribute of their group. A producer that has looked at them before looks again
  when the version has changed; so for it they are replaced when the version is raised:
  `ReplaceMembers` shows as a step of its own just before, in the same turn, and no step of others
  comes between the two. `LoadMembers` is the load of the version.
* Leaving is one step of the model. In the code the members are replaced and then the version is
  raised; here that is one turn. What others may see in between is left to the scenarios `leave` and
  `leave-multi`.
* The fence of a producer before it looks at the members is passed over: it changes nothing, and no
  store is delayed here. So is its look before a publication whether it is due.
"""

from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer, Sequence
from ringbuffer.producer import producer_ops
from ringbuffer.testing.outcomes import Step
from ringbuffer.testing.scheduled_memory import ScheduledCell
from ringbuffer.testing.task import Location
from spec.mirrors.joining import Joining
from spec.mirrors.mirror import State
from tests.schedules.conform.graph import Access, Excuse
from tests.schedules.conform.multi_producer import of_claim
from tests.schedules.conform.picked_alert import GOES_ON, PickedAlert
from tests.schedules.conform.run import Pick
from tests.schedules.conform.single_producer import OUT_OF_TURN, consumers, out_of_turn, publish
from tests.schedules.memory import Event
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

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        mirror, version = self.mirror, state["version"]
        match label:
            case "LoadMembers" | "CheckVersion":
                return Access("load", "version", version)
            case "LookForStart" | "CheckLap":
                return Access("load", "cursor", state["cursor"])
            case "LookForEvents":
                return Access("load", "cursor", state["cursor"], GOES_ON if thread == "b" else None)
            case "SetSequence" | "Advance":
                return Access("store", f"sequence {thread}", changes["sequence"][thread])
            case "ReplaceMembers":
                return Access("replace", "members")
            case "RaiseVersion":
                return Access("fetch_add", "version", (version, version + 1))
            case "Leave":
                return Access("fetch_add", "version", (version, version + 1), LEAVES)
            case "Decide" if changes["pc"][thread] == "wait":
                return None
            case "Decide" | "StartReading":
                return Access("read", f"slot {state['reading'][thread] % mirror.size}")
            case "StopReading":
                return Access("done", f"slot {state['reading'][thread] % mirror.size}")
        return of_claim(mirror, state, thread, label, changes)

    def concerns(self, kind: str, where: str) -> bool:
        return where in ("cursor", "limit", "version", "members") or where.split(" ")[0] in (
            "sequence",
            "slot",
            "flag",
        )

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """A consumer's sequence; a producer's fence and last look; a replacement at a leave."""
        if thread in self.mirror.producers:
            is_fence = step[1:3] == ("fetch_add", "version") and step.value == (
                state["version"],
                state["version"],
            )
            return is_fence or (step.kind == "load" and state["pc"][thread] == "publish")
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
            before, after = (each["local"][thread]["toRead"] for each in (state, changes))
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
    """A producer and a consumer without an end; a consumer that joins, and may leave."""
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
        ring.add_gating_sequences(sequence, start=barrier)
        processor.run()
        ring.remove_gating_sequence(sequence)

    world.task("p", produce)
    world.task("b", join)
