"""Blocking: a chain of two processors that sleep, a publisher, and a task that halts some of them.

The model's batches are of one event. Its `Notify` is the unlocking after a notification: until then
no thread can have seen it. The halting task changes the processor's state first, which the model
does not have; what ends a wait is the alert. The model leaves open when a waiter's time is up, and
how often a waiter that spins looks again. So do the clocks here: each waiter that looks at its
clock picks.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer import (
    AdaptiveWaitStrategy,
    BatchEventProcessor,
    BlockingWaitStrategy,
    LiteBlockingWaitStrategy,
    ProducerType,
    TimeoutBlockingWaitStrategy,
)
from ringbuffer.producer import producer_ops
from ringbuffer.testing.outcomes import Step
from ringbuffer.testing.scheduled_host import ScheduledCondition, ScheduledHost
from ringbuffer.testing.scheduler import Scheduler
from spec.mirrors.blocking import HALTER, PUBLISHER, Blocking
from spec.mirrors.mirror import State
from tests.schedules.conform.graph import Access, Excuse
from tests.schedules.conform.run import Pick
from tests.schedules.memory import Event
from tests.schedules.world import World

HALTED_IN_ORDER: Final = Excuse("one run halts the consumers in one order")
#: Of a wait, in seconds of its waiter's own clock.
TIMEOUT: Final = 1.0
#: What a task picks that looks at the clock.
SLEEPS, OUT_OF_TIME = "sleeps", "out of time"
LOOKS, STOPS = "looks again", "stops looking"


@dataclass(frozen=True)
class OfBlocking:
    """spec/modules/Blocking.tla."""

    mirror: Blocking

    @property
    def beginnings(self) -> list[tuple[str, ...]]:
        """The orders in which the consumers are halted."""
        return sorted(itertools.permutations(self.mirror.alerted))

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        match label:
            case "CheckAlert" | "LookForAlert":
                return Access("load", f"alert {thread}", int(state["alert"][thread]))
            case "Try" | "Look":
                return Access("load", "cursor", state["cursor"])
            case "TryOther" | "LookAtOther":
                (d,) = state["toRead"][thread]
                return Access("load", f"sequence {d}", state["sequence"][d])
            case "Lock" if self.mirror.spins:
                return Access("lock", "condition", None, STOPS)
            case "Lock" | "SignalLock":
                return Access("lock", "condition")
            case "Announce":
                return Access("store", "needed", 1)
            case "LookWhoWaits":
                return Access("load", "needed", int(state["needed"]))
            case "Lower":
                return Access("store", "needed", 0)
            case "Sleep":
                return Access(
                    "sleep", "condition", None, SLEEPS if self.mirror.may_time_out else None
                )
            case "OutOfTime":
                return Access("unlock", "condition", None, OUT_OF_TIME)
            case "Wake" | "TimeOut":
                return Access("wake", "condition")
            case "Unlock" | "Notify":
                return Access("unlock", "condition")
            case "Advance":
                return Access("store", f"sequence {thread}", changes["sequence"][thread])
            case "Publish":
                return Access("store", "cursor", changes["cursor"])
            case "Alert":
                (alerted,) = _alerted(changes) - _alerted(state)
                return Access("exchange", f"alert {alerted}", (0, 1))
        raise AssertionError(f"an action without an access: {label}")

    def concerns(self, kind: str, where: str) -> bool:
        return where in ("cursor", "condition", "needed") or where.split(" ")[0] in (
            "sequence",
            "alert",
        )

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        """A load of its own variable; steps of a halted consumer; a notification: see above."""
        if step.kind == "load":
            return step.where == ("cursor" if thread == PUBLISHER else f"sequence {thread}")
        return step.kind == "notify" or (
            step.kind == "exchange" and state["pc"][thread] == "halted"
        )

    def is_over(self, state: State, thread: str, chosen: Any) -> bool:
        last = self.mirror.events - 1
        match state["pc"][thread]:
            case "publish":
                return bool(state["cursor"] == last)
            case "check":
                return bool(state["sequence"][thread] == last)
        return False

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        if label != "Alert":
            return hidden
        following = hidden[len(_alerted(state))]
        return hidden if following in _alerted(changes) else HALTED_IN_ORDER


def _alerted(state: State) -> set[str]:
    return {c for c, alert in state["alert"].items() if alert}


class OwnClocks(ScheduledHost):
    """A clock for each thread. A thread that reads its clock picks whether its time is up."""

    def __init__(self, scheduler: Scheduler, pick: Pick) -> None:
        super().__init__(scheduler)
        self.waits_at: ScheduledCondition | None = None
        self._pick: Final = pick
        self._times: Final[dict[int, float]] = {}
        self._current: Final[Callable[[], Any]] = lambda: scheduler.current

    def condition(self) -> ScheduledCondition:
        self.waits_at = super().condition()
        return self.waits_at

    def monotonic(self) -> float:
        task = self._current()
        assert self.waits_at is not None
        if self.waits_at.value is task and self._pick((SLEEPS, OUT_OF_TIME)) == OUT_OF_TIME:
            self._times[task.index] = self._times.get(task.index, 0.0) + TIMEOUT
        return self._times.get(task.index, 0.0)


class YieldingClocks(ScheduledHost):
    """A clock for each thread. Each look at it picks whether the time of the wait is up by now."""

    def __init__(self, scheduler: Scheduler, pick: Pick) -> None:
        super().__init__(scheduler)
        self._pick: Final = pick
        self._times: Final[dict[int, float]] = {}
        self._current: Final[Callable[[], Any]] = lambda: scheduler.current

    def yield_now(self) -> None:
        """Nothing: each thread waits for its turns in any case."""

    def monotonic(self) -> float:
        thread = self._current().index
        time = self._times.get(thread, 0.0)
        self._times[thread] = time + (TIMEOUT if self._pick((LOOKS, STOPS)) == STOPS else 0.0)
        return self._times[thread]


def blocking(world: World, projection: Any, halted: tuple[str, ...], pick: Pick) -> None:
    """A chain of two that consumes forever, or is halted in this order."""
    mirror: Blocking = projection.mirror
    strategy: Any
    if mirror.spins:
        clocks = YieldingClocks(world.scheduler, pick)
        strategy = AdaptiveWaitStrategy(0, TIMEOUT, memory=world.memory, host=clocks)
        world.name_cell(strategy._sleep._needed, "needed")
        strategy._sleep._condition.name = "condition"
    elif mirror.lite:
        strategy = LiteBlockingWaitStrategy(memory=world.memory, host=world.host)
        world.name_cell(strategy._needed, "needed")
    elif mirror.may_time_out:
        strategy = TimeoutBlockingWaitStrategy(TIMEOUT, host=OwnClocks(world.scheduler, pick))
    else:
        strategy = BlockingWaitStrategy(host=world.host)
    if not mirror.spins:
        strategy._condition.name = "condition"
    ring = world.ring(mirror.events, ProducerType.SINGLE, strategy)
    processors: dict[str, BatchEventProcessor[Event]] = {}
    for name, after in (("a", ()), ("b", ("a",))):
        barrier = ring.new_barrier(*(processors[each].sequence for each in after))
        world.name_cell(barrier._alerted, f"alert {name}")
        processor = BatchEventProcessor(
            ring, barrier, lambda event, sequence, end: None, name=name, max_batch_size=1
        )
        world.name(processor.sequence, f"sequence {name}")
        world.task(name, processor.run)
        processors[name] = processor

    begun: set[str] = set()

    def have_begun() -> bool:
        """Whether both have looked for an alert: a run that is halted earlier does not look."""
        begun.update(
            task.name
            for task in world.scheduler.tasks
            if task.access == ("load", f"alert {task.name}")
        )
        return begun.issuperset(processors)

    def publish() -> None:
        world.scheduler.reach("choose", None, ready=have_begun)
        producer = producer_ops(ring.sequencer)
        while True:
            producer.publish(producer.next())

    def halt() -> None:
        world.scheduler.reach("choose", None, ready=have_begun)
        for name in halted:
            processors[name].halt()

    world.task(PUBLISHER, publish)
    if halted:
        world.task(HALTER, halt)
