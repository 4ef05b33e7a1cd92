"""Lifecycle: a disruptor with one processor, who starts and halts it, a producer, and who shuts down.

Every step of the model is one access, but:

* A compare-and-swap stands for the loop that it is in: what is loaded before it is passed over, and so is one that is lost.
* `Die` is the handler that raises, and `Join` the return from `join`: notes of the scenario.
* The shutdown looks whether the processor goes on when it works out how far each consumer may go, and again when it counts what
  is left. With one consumer only the second look matters: it is the model's `Drain`.

The first start is the disruptor's, each later one the processor's: a thread is started each time. There is one starter, so none
of its starts is refused; that is compared operation by operation.
"""

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import BatchEventProcessor, BusySpinWaitStrategy, Disruptor, ProducerType
from ringbuffer.errors import ConsumerFailedError, RingBufferClosedError
from ringbuffer.processors import ProcessorState
from ringbuffer.sequencer.capacity import CLOSED_LIMIT
from tests.schedules.conform.graph import Access
from tests.schedules.conform.run import Pick
from tests.schedules.memory import Event
from tests.schedules.scheduler import Step
from tests.schedules.task import Location
from tests.schedules.world import World
from tests.unit.model.graphs import State
from tests.unit.model.lifecycle import ENDED, NONE, Lifecycle

#: What a handler picks.
HANDLES, DIES = "handles", "dies"
#: What the shutdown is about to do.
TARGETS, COUNTS = "targets", "counts"
JOINED: Final = "joined"
RUNS: Final = (ProcessorState.RUNNING, ProcessorState.HALTING)
NEVER_STARTED: Final = (ProcessorState.IDLE, ProcessorState.HALT_PENDING)


@dataclass(frozen=True)
class OfLifecycle:
    """spec/Lifecycle.tla."""

    mirror: Lifecycle

    @property
    def beginnings(self) -> list[None]:
        return [None]

    def flag(self, sequence: int) -> str:
        return f"flag {sequence % self.mirror.size}"

    def parity(self, sequence: int) -> int:
        return (sequence // self.mirror.size) & 1

    def flag_of(self, state: State, sequence: int) -> int:
        """The flag of a slot: of the last sequence published in it."""
        size = self.mirror.size
        laps = (sequence - state["published"] + size - 1) // size
        return self.parity(sequence - laps * size)

    def moved(self, state: State, changes: State) -> Access:
        """A transition of the processor, or the look that finds that there is none."""
        before, after = state["state"], changes["state"]
        if before == after:
            return Access("load", "state", ProcessorState[before])
        return Access("compare_and_set", "state", (ProcessorState[before], ProcessorState[after], True))

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        match label:
            case "Start" | "Halt" | "EndHalts":
                return self.moved(state, changes)
            case "Alert" | "EndAlerts":
                return Access("exchange", "alert", (int(state["alert"]), 1))
            case "Begin":
                return Access("load", "state", ProcessorState[state["state"]])
            case "CheckAlert":
                return Access("load", "alert", int(state["alert"]))
            case "Look" | "Aim":
                return Access("load", "cursor", state["cursor"])
            case "Search":
                return Access("load", self.flag(state["sequence"] + 1), self.flag_of(state, state["sequence"] + 1))
            case "ClearAlert":
                return Access("exchange", "alert", (1, 0))
            case "Handle":
                return Access("store", "sequence", changes["sequence"], HANDLES)
            case "Die":
                return Access(DIES, "", None, DIES)
            case "Close" | "EndCloses":
                return Access("store", "closed", 1)
            case "Lower" | "EndLowers" | "Withdraw":
                return Access("store", "limit", CLOSED_LIMIT)
            case "End":
                return Access("store", "state", ProcessorState.HALTED)
            case "Claim":
                return Access("load", "limit", CLOSED_LIMIT if state["limit"] == NONE else state["limit"])
            case "Measure" | "Compare":
                return Access("load", "sequence", state["sequence"])
            case "KeepLimit":
                return Access("store", "limit", changes["limit"])
            case "CheckClosed":
                return Access("load", "closed", int(state["closed"]))
            case "Swap":
                return Access("compare_and_set", "cursor", (state["cursor"], changes["cursor"], True))
            case "Publish":
                return Access("store", self.flag(changes["published"]), self.parity(changes["published"]))
            case "Drain":
                return Access("load", "state", ProcessorState[state["state"]], COUNTS)
            case "Join":
                return Access(JOINED, "")
        raise AssertionError(f"an action without an access: {label}")

    def concerns(self, kind: str, where: str) -> bool:
        return (
            kind in (DIES, JOINED)
            or where in ("state", "alert", "closed", "limit", "cursor", "sequence")
            or where.startswith("flag ")
        )

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """What is loaded before a swap, before it waits or for a message; a swap that is lost; see above."""
        match step.kind, step.where:
            case "compare_and_set", "state":
                return not step.value[2]
            case "load", "state":
                return thread != "run"
            case "load", "closed":
                return thread != "producer"
            case "load", "sequence":
                return thread in ("run", "ender")
            case "load", _:
                return thread == "producer"
        return False

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        match thread, state["pc"][thread]:
            case "starter", _ if chosen is None or state["starts"] < chosen:
                return bool(state["starts"] == self.mirror.starts or state["pc"]["ender"] in ENDED)
            case "producer", "claim":
                return bool(state["cursor"] + 1 == self.mirror.events)
        return False

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        return hidden


def lifecycle(world: World, projection: Any, hidden: Any, pick: Pick) -> None:
    """A processor that is started as often as its bounds allow, and whatever ends it."""
    mirror: Lifecycle = projection.mirror
    scheduler = world.scheduler
    events = iter(world.memory.events(range(mirror.size)))
    disruptor: Disruptor[Event] = Disruptor(
        events.__next__, mirror.size, ProducerType.MULTI, BusySpinWaitStrategy(), memory=world.memory, host=world.host
    )
    ring = disruptor.ring
    world.names_of(ring)
    barrier = ring.new_barrier()
    deaths: list[None] = []

    def note(kind: str) -> None:
        scheduler.reach(kind, None, writes=True)
        scheduler.did(kind, None, None, wrote=True)

    def handle(event: Event, sequence: int, end_of_batch: bool) -> None:
        if pick((HANDLES, DIES) if mirror.may_die and not deaths else (HANDLES,)) == DIES:
            deaths.append(None)
            note(DIES)
            raise ValueError(sequence)

    processor = BatchEventProcessor(ring, barrier, handle, max_batch_size=1, name="run")
    disruptor.handle_events_with(processor)
    world.name(processor.sequence, "sequence")
    world.name_cell(barrier._alerted, "alert")
    world.name_cell(processor._state, "state")
    state: Location = processor._state.location  # type: ignore[attr-defined]

    life: Any = disruptor._life
    targets_of: Callable[[int], Any] = life._targets

    def targets(target: int) -> Any:
        pick((TARGETS,), is_turn=False)
        targets = targets_of(target)
        pick((COUNTS,), is_turn=False)
        return targets

    life._targets = targets

    def start() -> None:
        for count in itertools.count(1):
            # Nobody else moves it out of these: no start is refused.
            scheduler.reach("choose", None, ready=lambda: state.value not in RUNS)
            pick((count,), is_turn=False)
            if count == 1:
                disruptor.start()
            else:
                processor.start()

    def halt() -> None:
        scheduler.reach("choose", None)
        processor.halt()

    def produce() -> None:
        producer = ring.sequencer.producer_barrier()
        with contextlib.suppress(RingBufferClosedError):
            while True:
                producer.publish(producer.next())

    def end() -> None:
        scheduler.reach("choose", None, ready=lambda: state.value not in NEVER_STARTED)
        if mirror.ends == "halt":
            disruptor.halt()
            disruptor.join()
        else:
            with contextlib.suppress(ConsumerFailedError):
                disruptor.shutdown()
        note(JOINED)

    world.task("starter", start)
    world.task("producer", produce)
    if mirror.may_halt:
        world.task("halter", halt)
    if mirror.ends != "nothing":
        world.task("ender", end)
