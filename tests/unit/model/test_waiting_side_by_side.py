"""Every wait strategy beside the mirror of Blocking: the state of each thread after each operation.

The real consumers are threads that wait at real barriers, but one at a time: each operation goes as
far as it comes by itself. Strategies that spin or sleep for short times need no signal, and come to
rest where one that blocks does.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ringbuffer import (
    AdaptiveWaitStrategy,
    AlertError,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    Sequence,
    SingleProducerSequencer,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from ringbuffer.producer import producer_ops
from ringbuffer.testing.scheduled_host import ScheduledHost
from ringbuffer.testing.scheduled_memory import ScheduledMemory
from spec.mirrors.blocking import FREE, HALTER, PUBLISHER, Blocking
from spec.mirrors.catalogue import dependencies_of
from spec.mirrors.mirror import State
from tests.schedules.interactive import Players
from tests.support.examples import examples

TIMEOUT = 0.5
SETTINGS = settings(
    max_examples=examples(10, 40),
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
)
#: As the real one, but it reads the clock in each iteration.
Phased: Any = type("Phased", (PhasedBackoffWaitStrategy,), {"SPIN_TRIES": 1})

STRATEGIES: dict[str, Callable[[ScheduledMemory, ScheduledHost], WaitStrategy]] = {
    "busy spin": lambda memory, host: BusySpinWaitStrategy(),
    "yielding": lambda memory, host: YieldingWaitStrategy(host=host),
    "sleeping": lambda memory, host: SleepingWaitStrategy(1, 1, host=host),
    "blocking": lambda memory, host: BlockingWaitStrategy(host=host),
    "lite blocking": lambda memory, host: LiteBlockingWaitStrategy(memory=memory, host=host),
    "adaptive": lambda memory, host: AdaptiveWaitStrategy(1, 1e-4, memory=memory, host=host),
    "timeout blocking": lambda memory, host: TimeoutBlockingWaitStrategy(TIMEOUT, host=host),
    "phased": lambda memory, host: Phased.with_lite_lock(1e-4, 1e-4, memory=memory, host=host),
}


class Waiting(RuleBasedStateMachine):
    #: Of `STRATEGIES`.
    kind: str

    @initialize(exponent=st.integers(0, 4), alerted=st.sampled_from(["", "a", "b", "ab"]))
    def build(self, exponent: int, alerted: str) -> None:
        self.players = Players()
        scheduler = self.players.scheduler
        self.memory, self.host = ScheduledMemory(scheduler), ScheduledHost(scheduler)
        self.strategy: Any = STRATEGIES[self.kind](self.memory, self.host)
        self.times_out = isinstance(self.strategy, TimeoutBlockingWaitStrategy)
        self.mirror = Blocking(
            10_000,
            isinstance(self.strategy, LiteBlockingWaitStrategy),
            False,
            self.times_out,
            dependencies_of("Two", "Chain"),
            frozenset(alerted),
        )
        self.state: State = self.mirror.initial()
        self.sequencer = SingleProducerSequencer(
            1 << exponent, self.strategy, memory=self.memory, host=self.host
        )
        self.sequences = {c: Sequence(memory=self.memory) for c in self.mirror.consumers}
        self.sequencer.add_gating_sequences(*self.sequences.values())
        self.barriers = {
            "a": self.sequencer.new_barrier(),
            "b": self.sequencer.new_barrier(self.sequences["a"]),
        }
        self.players.begin(*self.mirror.consumers, PUBLISHER, HALTER)

    def teardown(self) -> None:
        if hasattr(self, "players"):
            self.players.end()

    # -- the mirror -------------------------------------------------------------------------------

    def fire(self, thread: str, *labels: str) -> bool:
        """Take the next step of a thread, if there is one by one of these names."""
        for label, changes in self.mirror.of_thread(self.state, thread):
            if label in labels or (
                not labels
                and label not in ("TimeOut", "OutOfTime", "CheckAlert", "Publish", "Alert")
            ):
                self.state = {**self.state, **changes}
                return True
        return False

    def rest(self) -> None:
        """Let everybody go on until they sleep, or need an order."""
        while any(self.fire(thread) for thread in self.mirror.threads):
            pass
        assert self.state["lock"] == FREE

    # -- operations -------------------------------------------------------------------------------

    def idle(self) -> list[str]:
        return [c for c in self.mirror.consumers if self.state["pc"][c] == "check"]

    @precondition(lambda self: self.idle())
    @rule(data=st.data())
    def wait(self, data: st.DataObject) -> None:
        c = data.draw(st.sampled_from(self.idle()))
        assert self.fire(c, "CheckAlert")
        self.rest()
        self.players.order(c, lambda: self.wait_and_advance(c))

    def wait_and_advance(self, c: str) -> int:
        """As a processor does with batches of one event."""
        sequence = self.sequences[c].get() + 1
        available = self.barriers[c].view().wait_for(sequence)
        if available >= sequence:
            self.sequences[c].set(sequence)
            self.strategy.signal_all_when_blocking()
        return available

    def room(self) -> int:
        """How many more events may be published."""
        slowest: int = min(self.state["sequence"].values())
        return slowest + self.sequencer.buffer_size - self.state["cursor"]  # type: ignore[no-any-return]

    @precondition(lambda self: self.room() > 0)
    @rule()
    def publish(self) -> None:
        assert self.fire(PUBLISHER, "Publish")
        self.rest()

        def operation() -> None:
            ops = producer_ops(self.sequencer)
            ops.publish(ops.try_next())

        self.players.order(PUBLISHER, operation)

    def to_alert(self) -> list[str]:
        """Who has yet to be alerted."""
        return sorted(c for c in self.mirror.alerted if not self.state["alert"][c])

    @precondition(lambda self: self.to_alert())
    @rule(data=st.data())
    def alert(self, data: st.DataObject) -> None:
        c = data.draw(st.sampled_from(self.to_alert()))
        alerted = next(
            changes
            for _, changes in self.mirror.of_thread(self.state, HALTER)
            if changes["alert"][c]
        )
        self.state = {**self.state, **alerted}
        self.rest()
        self.players.order(HALTER, self.barriers[c].alert)

    @precondition(lambda self: self.times_out and self.state["asleep"])
    @rule()
    def time_passes(self) -> None:
        for c in sorted(self.state["asleep"]):
            # It looks once more, finds nothing, and gives up.
            assert self.fire(c, "TimeOut")
            while not self.fire(c, "OutOfTime"):
                assert self.fire(c, "Look", "LookAtOther", "LookForAlert")
        self.players.let_time_pass(2 * TIMEOUT)

    @rule()
    def signal_for_nothing(self) -> None:
        """A thread that is woken for nothing sleeps again."""
        self.state = {**self.state, "pc": {**self.state["pc"], PUBLISHER: "signal"}}
        self.rest()
        self.players.order(PUBLISHER, self.strategy.signal_all_when_blocking)

    # -- what must be the same --------------------------------------------------------------------

    @invariant()
    def looks_the_same(self) -> None:
        if hasattr(self, "players"):
            with self.players.outside_the_run():
                self.compare()

    def compare(self) -> None:
        pc = self.state["pc"]
        assert self.sequencer.published() == self.state["cursor"]
        for c in self.mirror.consumers:
            assert self.sequences[c].get() == self.state["sequence"][c]
            assert self.barriers[c].is_alerted == self.state["alert"][c]
            assert self.players.is_busy(c) == (c in self.state["asleep"])
            assert isinstance(self.players.outcomes.get(c), AlertError) == (pc[c] == "halted")
        for condition in self.conditions():
            assert set(condition.asleep) == self.state["asleep"]
        if self.mirror.lite:
            assert self.strategy._needed.location.value == self.state["needed"]

    def conditions(self) -> Iterator[Any]:
        if hasattr(self.strategy, "_condition"):
            yield self.strategy._condition


@pytest.mark.hypothesis  # as those that hypothesis marks itself: `make verify` tries more examples
@pytest.mark.parametrize("kind", STRATEGIES)
def test_a_strategy_waits_as_the_model_says(kind: str) -> None:
    run_state_machine_as_test(type("WaitingThere", (Waiting,), {"kind": kind}), settings=SETTINGS)  # type: ignore[no-untyped-call]
