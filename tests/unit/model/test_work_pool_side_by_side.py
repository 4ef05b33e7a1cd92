"""The real workers of a pool beside the mirror of their model, in one thread.

A worker runs in the calling thread until it is halted. Where it would wait, and inside its handler,
the machine goes on: there it publishes, has other workers run, or has the handler fail. So a worker
is overtaken between its look at `work` and its claim, and while it holds a claim; what is compared
is compared there too.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ringbuffer import (
    InsufficientCapacityError,
    ProcessorState,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
)
from ringbuffer.processors import WorkerPool
from ringbuffer.processors.work.share import IDLE
from ringbuffer.producer import producer_ops
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable
from spec.mirrors.driven import Driven
from spec.mirrors.work_pool import NOTHING, PUBLISHER, WorkPool
from tests.support.side_by_side import side_by_side

#: More than a run publishes; the model counts how often each is handled.
EVENTS = 1_000


#: What happens while a handler runs; most often nothing.
WAYS = [*["nothing"] * 8, *["publish"] * 3, *["let another run"] * 4, "die"]


class Died(Exception):
    """What a handler raises that is to die."""


class Script:
    """A wait strategy that has the machine go on instead of waiting."""

    is_blocking: bool = False

    def __init__(self, instead: Callable[[], None]) -> None:
        self.instead = instead

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
            self.instead()
        return available

    def signal_all_when_blocking(self) -> None:
        pass


class Handler:
    """One worker's handler: each step of it is the machine's."""

    def __init__(self, machine: "WorkPoolMachine", name: str) -> None:
        self.machine = machine
        self.name = name

    def on_batch_start(self, size: int, available: int) -> None:
        self.machine.has_claimed(self.name, size, available)

    def on_event(self, event: object, sequence: int, end_of_batch: bool) -> None:
        self.machine.handle(self.name, sequence, end_of_batch)


class WorkPoolMachine(RuleBasedStateMachine):
    @initialize(
        exponent=st.integers(0, 4),
        workers=st.sampled_from([1, 2, 2, 3, 3]),
        max_chunk=st.integers(1, 4),
        kind=st.sampled_from(ProducerType),
    )
    def build(self, exponent: int, workers: int, max_chunk: int, kind: ProducerType) -> None:
        self.names = ("u", "v", "w")[:workers]
        self.max_chunk = max_chunk
        self.mirror = Driven(WorkPool(1 << exponent, EVENTS, frozenset(self.names), frozenset(), 0))
        self.ring: RingBuffer[Any] = RingBuffer(
            1 << exponent, dict, kind, Script(self.instead_of_waiting)
        )
        self.producer = producer_ops(self.ring.sequencer)
        self.pool = WorkerPool(
            self.ring, [Handler(self, each) for each in self.names], max_chunk=max_chunk
        )
        self.workers = dict(zip(self.names, self.pool.workers, strict=True))
        self.running: list[str] = []  # the last one runs, the others are in its way
        self.handled: Counter[int] = Counter()
        self.goes_on: dict[str, bool] = {}
        self.ahead: list[int] = []  # claimed and not published
        self.closed = False

    # -- the machine's moves ----------------------------------------------------------------------

    @rule(
        count=st.integers(0, 16),
        index=st.integers(0, 2),
        halts=st.sampled_from([False] * 7 + [True]),
        data=st.data(),
    )
    def publish_and_run(self, count: int, index: int, halts: bool, data: st.DataObject) -> None:
        """Run a worker until it is idle, halts or dies. A dead one continues where it was."""
        self.data = data
        name = self.names[index % len(self.names)]
        if halts:
            self.halt_before_a_run(name)
        self.publish(count)
        self.both_look_the_same()
        self.run(name)

    def publish(self, count: int) -> None:
        for _ in range(count):
            if self.ahead:
                self.mirror.fire(PUBLISHER)
                self.producer.publish(self.ahead.pop(0))
            elif self.closed:
                with pytest.raises(RingBufferClosedError):
                    self.producer.try_next()
            elif self.mirror.can(PUBLISHER):
                self.mirror.fire(PUBLISHER)
                self.producer.publish(self.producer.try_next())
            else:
                with pytest.raises(InsufficientCapacityError):
                    self.producer.try_next()

    def claim_ahead(self) -> None:
        """Claim all free capacity: after a worker's death, only claimed slots can be published."""
        while not self.closed and self.ring.has_available_capacity(1):
            self.ahead.append(self.producer.try_next())

    def halt_before_a_run(self, name: str) -> None:
        """Only a worker that was never started remembers it: its first run ends at once."""
        worker = self.workers[name]
        was_started = worker.state is ProcessorState.HALTED
        worker.halt()
        if not was_started:
            worker.run()
        assert worker.state is ProcessorState.HALTED

    def run(self, name: str) -> None:
        worker = self.workers[name]
        if name in self.running:
            assert worker.is_current()
            return
        if self.mirror.at(name) == "dead":
            self.mirror.fire(name, "Restart")
        self.running.append(name)
        try:
            worker.run()
            self.end(name)
        except Died:
            self.closed = True
        finally:
            self.running.pop()
        assert isinstance(worker.failure, Died) == (self.mirror.at(name) == "dead")
        assert worker.state is ProcessorState.HALTED
        self.both_look_the_same()

    # -- where the machine is called --------------------------------------------------------------

    def instead_of_waiting(self) -> None:
        """A worker has found nothing. Without a new event it halts; else another may be faster."""
        name = self.running[-1]
        self.settle(name)
        self.both_look_the_same()
        if self.data.draw(st.booleans(), "publishes while it waits"):
            self.publish(self.data.draw(st.integers(1, 4)))
            self.let_another_run()
        if self.mirror.state["cursor"] <= self.mirror.state["local"][name]["current"]:
            self.workers[name].halt()

    def has_claimed(self, name: str, size: int, available: int) -> None:
        """Told before the first event of a claim, or of what is left of one."""
        self.goes_on[name] = self.data.draw(st.booleans(), "goes on after this claim")
        if not self.goes_on[name]:
            self.workers[name].halt()
        if (
            self.mirror.at(name) != "handle"
            or self.mine(name)["current"] == self.mine(name)["claimed"]
        ):
            assert size == max(1, min(self.max_chunk, available // len(self.names)))
            self.claim(name, size)
        assert size == self.mine(name)["claimed"] - self.mine(name)["current"]
        self.both_look_the_same()

    def handle(self, name: str, sequence: int, end_of_batch: bool) -> None:
        mine = self.mine(name)
        assert sequence == mine["current"] + 1
        assert end_of_batch == (sequence == mine["claimed"])
        way: str = self.data.draw(st.sampled_from(WAYS), "while it handles")
        if way == "publish":
            self.publish(2)
        elif way == "let another run":
            self.let_another_run()
        elif way == "die":
            self.die(name)
        self.mirror.fire(name, "Handle")
        self.handled[sequence] += 1

    def let_another_run(self) -> None:
        others = [each for each in self.names if each not in self.running]
        if others:
            self.run(self.data.draw(st.sampled_from(others)))

    # -- the mirror's moves -----------------------------------------------------------------------

    def mine(self, name: str) -> Any:
        return self.mirror.state["local"][name]

    def advance(self, name: str, *places: str) -> None:
        """Up to one of these places, on the way of a worker that is not told to halt."""
        while self.mirror.at(name) not in places:
            assert self.mirror.fire(name) != "Halt", "it had to wait"

    def settle(self, name: str) -> None:
        """Advance to where a worker waits; if it could have claimed, another worker was faster."""
        self.advance(name, "wait", "check")
        while (
            self.mirror.at(name) != "wait"
            or self.mirror.state["cursor"] > self.mine(name)["current"]
        ):
            assert not self.try_to_claim(name, 1)
            self.advance(name, "wait", "check")

    def end(self, name: str) -> None:
        """Advance to where it halted; the model's worker has ended, this one may run again."""
        self.advance(name, "wait", "ready")
        self.mirror.set(
            pc={**self.mirror.state["pc"], name: "ready"},
            local={**self.mirror.state["local"], name: NOTHING},
        )

    def claim(self, name: str, size: int) -> None:
        """Claim so much, perhaps at a later attempt: another worker may have claimed meanwhile."""
        self.advance(name, "announce")
        while self.mirror.state["work"] != self.mine(name)["current"]:
            assert not self.try_to_claim(name, 1)
            self.advance(name, "announce")
        assert self.try_to_claim(name, size)

    def try_to_claim(self, name: str, size: int) -> bool:
        self.mirror.go(name, "claim", chunks=frozenset({size}))
        self.mirror.fire(name, "Claim")
        return self.mirror.at(name) == "handle"

    def die(self, name: str) -> None:
        """Fail. What is finished shows, and `done` is raised."""
        self.claim_ahead()
        self.mirror.fire(name, "Die", deaths=EVENTS)
        while self.mirror.at(name) != "dead":
            self.mirror.fire(name)
        raise Died

    # -- everything that shows --------------------------------------------------------------------

    @invariant()
    def both_look_the_same(self) -> None:
        if not hasattr(self, "closed"):
            return
        state = self.mirror.state
        assert self.ring.sequencer.published() == state["cursor"]
        assert (self.pool.claimed, self.pool.sequence.get()) == (state["work"], state["done"])
        assert self.handled == Counter(
            {event: times for event, times in state["handled"].items() if times}
        )
        assert self.ring.minimum_gating_sequence == state["done"]
        for name, worker in self.workers.items():
            busy = state["busy"][name]
            assert worker.sequence.get() == (IDLE if busy == self.mirror.mirror.idle else busy), (
                name
            )
            has_claim = state["pc"][name] in ("handle", "dead")
            assert worker.unfinished == (
                range(busy + 1, state["local"][name]["claimed"] + 1) if has_claim else range(0)
            )


TestWorkPool: Any = WorkPoolMachine.TestCase
TestWorkPool.settings = side_by_side(60, 25)
