"""Lifecycle: a disruptor with one processor, its starter and halter, a producer, and an ender.

Every step of the model is one access, but:

* A compare-and-swap stands for the loop that it is in: what is loaded before it is passed over, and
  so is one that is lost. Not so the producer's: the one that it loses to the seal is a step.
* `Die` is the handler that raises, and `Join` the return from `join`: notes of the scenario. What
  the shutdown loads after that, to report what is left, is passed over: nothing depends on it.
* The shutdown looks whether the processor goes on when it works out how far each consumer may go,
  and again when it counts what is left. With one consumer only the second look matters: it is the
  model's `Drain`.

The first start is the disruptor's, each later one the processor's: a thread is started each time.
There is one starter, so none of its starts is refused; that is compared operation by operation.
"""

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import BatchEventProcessor, BusySpinWaitStrategy, Disruptor, ProducerType
from ringbuffer.errors import ConsumerFailedError, RingBufferClosedError
from ringbuffer.processors import ProcessorState
from ringbuffer.producer import producer_ops
from ringbuffer.sequencer.ring_state import CLOSED_LIMIT
from ringbuffer.sequencer.seal import SEAL
from ringbuffer.testing.outcomes import Step
from ringbuffer.testing.task import Location
from spec.mirrors.lifecycle import ENDED, ENDER, NONE, STARTER, Lifecycle
from spec.mirrors.mirror import State
from tests.schedules.conform.graph import Access
from tests.schedules.conform.run import Pick
from tests.schedules.memory import Event
from tests.schedules.world import World

#: The consumer and the producer.
RUN, PRODUCER = "run", "producer"
#: What a handler picks.
HANDLES, DIES = "handles", "dies"
#: What the shutdown is about to do.
TARGETS, COUNTS = "targets", "counts"
JOINED: Final = "joined"
RUNS: Final = (ProcessorState.RUNNING, ProcessorState.HALTING)
#: Where the cursor is sealed.
SEALS: Final = ("seal", "seal again")
NEVER_STARTED: Final = (ProcessorState.IDLE, ProcessorState.HALT_PENDING)


@dataclass(frozen=True)
class OfLifecycle:
    """spec/modules/Lifecycle.tla."""

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
        published = max(state["published"], default=NONE)
        laps = (sequence - published + size - 1) // size
        return self.parity(sequence - laps * size)

    def cursor_of(self, state: State) -> int:
        """What the cursor's word says."""
        cursor: int = state["cursor"]
        return cursor + SEAL if state["sealed"] else cursor

    def limit_of(self, state: State) -> int:
        """What the limit's word says."""
        return CLOSED_LIMIT if state["limit"] == NONE else state["limit"]

    def sealed(self, state: State) -> Access:
        """The swap that seals the cursor, or the look that finds it sealed."""
        if state["sealed"]:
            return Access("load", "cursor", self.cursor_of(state))
        return Access("compare_and_set", "cursor", (state["cursor"], state["cursor"] + SEAL, True))

    def moved(self, state: State, changes: State) -> Access:
        """A transition of the processor, or a load that finds the state unchanged."""
        before, after = state["state"][RUN], changes["state"][RUN]
        if before == after:
            return Access("load", "state", ProcessorState[before])
        return Access(
            "compare_and_set", "state", (ProcessorState[before], ProcessorState[after], True)
        )

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        match label:
            case "Start" | "Halt" | "EndHalts":
                return self.moved(state, changes)
            case "Alert" | "EndAlerts":
                return Access("exchange", "alert", (int(state["alert"][RUN]), 1))
            case "Begin":
                return Access("load", "state", ProcessorState[state["state"][RUN]])
            case "CheckAlert":
                return Access("load", "alert", int(state["alert"][RUN]))
            case "Look" | "Aim":
                return Access("load", "cursor", self.cursor_of(state))
            case "Search":
                following = state["sequence"][RUN] + 1
                return Access("load", self.flag(following), self.flag_of(state, following))
            case "ClearAlert":
                return Access("exchange", "alert", (1, 0))
            case "Handle":
                return Access("store", "sequence", changes["sequence"][RUN], HANDLES)
            case "Die":
                return Access(DIES, "", None, DIES)
            case "Close" | "EndCloses":
                return Access("store", "closed", 1)
            case "Lower" | "EndLowers":
                return Access("exchange", "limit", (self.limit_of(state), CLOSED_LIMIT))
            case "Withdraw":
                return Access("store", "limit", CLOSED_LIMIT)
            case "Seal" | "EndSeals":
                return self.sealed(state)
            case "End":
                return Access("store", "state", ProcessorState.HALTED)
            case "Claim":
                return Access("load", "limit", self.limit_of(state))
            case "Measure" | "Compare":
                return Access("load", "sequence", state["sequence"][RUN])
            case "KeepLimit":
                return Access("store", "limit", changes["limit"])
            case "CheckClosed":
                return Access("load", "closed", int(state["closed"]))
            case "Swap":
                before = state["cursor"]
                return Access(
                    "compare_and_set", "cursor", (before, before + 1, not state["sealed"])
                )
            case "Publish":
                claim = state["claim"][PRODUCER]
                return Access("store", self.flag(claim), self.parity(claim))
            case "Drain":
                return Access("load", "state", ProcessorState[state["state"][RUN]], COUNTS)
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
        """Loads before a swap, before a wait or for a message; a swap that is lost; see above."""
        match step.kind, step.where:
            case "compare_and_set", "state":
                return not step.value[2]
            case "compare_and_set", "cursor":
                return thread != PRODUCER and not step.value[2]
            case "load", "state":
                return thread != RUN
            case "load", "closed":
                return thread != PRODUCER
            case "load", "sequence":
                return thread in (RUN, ENDER)
            case "load", _ if thread == ENDER and state["pc"][ENDER] == "done":
                return True
            case "load", "cursor" if state["pc"].get(thread) in SEALS:
                return not state["sealed"]
            case "load", _:
                return thread == PRODUCER
        return False

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        starts = state["starts"][RUN]
        if thread == STARTER and (chosen is None or starts < chosen):
            return bool(starts == self.mirror.starts or state["pc"][ENDER] in ENDED)
        if thread == PRODUCER and state["pc"][PRODUCER] == "claim":
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
        events.__next__,
        mirror.size,
        ProducerType.MULTI,
        BusySpinWaitStrategy(),
        memory=world.memory,
        host=world.host,
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

    processor = BatchEventProcessor(ring, barrier, handle, max_batch_size=1, name=RUN)
    disruptor.handle_events_with(processor)
    world.name(processor.sequence, "sequence")
    world.name_cell(barrier._alerted, "alert")
    world.name_cell(processor._state, "state")
    state: Location = processor._state.location  # type: ignore[attr-defined]

    life: Any = disruptor._life
    targets_of: Callable[[int], Any] = life._drain._targets

    def targets(target: int) -> Any:
        pick((TARGETS,), is_turn=False)
        targets = targets_of(target)
        pick((COUNTS,), is_turn=False)
        return targets

    life._drain._targets = targets
    join_all: Callable[[float | None], bool] = life.join

    def join(timeout: float | None = None) -> bool:
        stopped = join_all(timeout)
        note(JOINED)
        return stopped

    life.join = join

    def start() -> None:
        for count in itertools.count(1):
            # No other task moves it out of these: no start is refused.
            scheduler.reach("choose", None, ready=lambda: state.value not in RUNS)
            pick((count,), is_turn=False)
            if count == 1:
                world.start(disruptor)
            else:
                processor.start()

    def halt() -> None:
        scheduler.reach("choose", None)
        processor.halt()

    def produce() -> None:
        producer = producer_ops(ring.sequencer)
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

    world.task(STARTER, start)
    world.task(PRODUCER, produce)
    if mirror.halters:
        world.task("halter", halt)
    if mirror.ends != "nothing":
        world.task(ENDER, end)
