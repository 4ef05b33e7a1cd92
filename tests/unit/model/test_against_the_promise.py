"""A ring with processors and pools, driven at random, against BroadcastLog and CompetingQueue.

After every step the test waits until no thread can continue. Then every consumer must have handled
exactly what the log promises, and every pool each of its events once.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringbuffer import Disruptor, InsufficientCapacityError, ProcessorState, ProducerType
from ringbuffer.disruptor.node import Node
from ringbuffer.host import SYSTEM_HOST
from tests.support.examples import examples
from tests.support.threads import PATIENCE


@dataclass(eq=False)
class Promised:
    """What one consumer, or pool, is to handle: the log from `start` on, up to `reach`."""

    node: Node
    start: int
    after: list["Promised"]
    seen: list[tuple[int, int]] = field(default_factory=list)
    position: int = -1

    @property
    def runs(self) -> bool:
        return any(processor.state is ProcessorState.RUNNING for processor in self.node.processors)

    @property
    def is_pool(self) -> bool:
        return len(self.node.processors) > 1


class Machine(RuleBasedStateMachine):
    @initialize(
        exponent=st.integers(0, 3), kind=st.sampled_from(ProducerType), of_values=st.booleans()
    )
    def build(self, exponent: int, kind: ProducerType, of_values: bool) -> None:
        make: Any = Disruptor.of_values if of_values else lambda *rest: Disruptor(dict, *rest)
        self.disruptor: Disruptor[Any] = make(1 << exponent, kind)
        self.of_values = of_values
        self.log: dict[int, int] = {}  # what is published, by sequence, without what was skipped
        self.end = -1  # the last sequence published
        self.number = 0
        self.promised: list[Promised] = []
        self.add_to(self.disruptor, [], 1)
        self.disruptor.start()

    def teardown(self) -> None:
        if hasattr(self, "disruptor"):
            self.disruptor.shutdown(PATIENCE)

    # -- publishing -------------------------------------------------------------------------------

    def room(self) -> int:
        slowest = min((each.position for each in self.promised), default=self.end)
        return self.disruptor.ring.buffer_size - (self.end - slowest)

    @rule(n=st.integers(1, 8), way=st.sampled_from(["claim", "batch", "single", "skip", "raise"]))
    def publish(self, n: int, way: str) -> None:
        n = min(n, self.disruptor.ring.buffer_size)
        if n > self.room():
            with pytest.raises(InsufficientCapacityError):
                self.disruptor.try_next(n)
            return
        numbers = list(range(self.number, self.number + n))
        self.number += n
        producer = self.disruptor.producer()
        if way == "skip":
            high = producer.next(n, PATIENCE)
            producer.skip(high - n + 1, high)
        elif way == "raise":
            with pytest.raises(KeyError), producer.claim(n, PATIENCE):
                raise KeyError
        elif way == "claim" or self.of_values:
            with producer.claim(n, PATIENCE) as batch:
                if self.of_values:
                    batch[:] = numbers
                else:
                    for event, number in zip(batch, numbers, strict=True):
                        event["number"] = number
        elif way == "batch":
            producer.publish_events(fill, numbers, timeout=PATIENCE)
        else:
            for number in numbers:
                producer.publish_event(fill, number, timeout=PATIENCE)
        if way not in ("skip", "raise"):
            self.log.update(enumerate(numbers, self.end + 1))
        self.end += n

    # -- the graph --------------------------------------------------------------------------------

    @precondition(lambda self: 0 < len(self.promised) < 5)
    @rule(data=st.data(), workers=st.sampled_from([1, 1, 2]))
    def add(self, data: st.DataObject, workers: int) -> None:
        numbers = data.draw(
            st.lists(st.integers(0, len(self.promised) - 1), unique=True, max_size=2)
        )
        after = [self.promised[number] for number in numbers]
        with self.disruptor.live() as live:
            self.add_to(live, after, workers)

    def add_to(self, wiring: Any, after: list[Promised], workers: int) -> None:
        group = wiring.after(*(each.node.runner for each in after)) if after else wiring
        seen: list[tuple[int, int]] = []

        def handler() -> Any:
            def handle(event: Any, sequence: int, end_of_batch: bool) -> None:
                seen.append((sequence, event if self.of_values else event["number"]))

            return handle

        if workers > 1:
            group.handle_events_with_worker_pool(*(handler() for _ in range(workers)), max_chunk=2)
        else:
            group.handle_events_with(handler())
        node = self.disruptor.graph.nodes[-1]
        start = min((each.position for each in after), default=self.end)
        assert node.sequence.get() == start
        self.promised.append(Promised(node, start, after, seen, start))

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        leaves = [
            each
            for each in self.promised
            if not any(each in other.after for other in self.promised)
        ]
        if len(self.promised) > 1 and leaves:
            leaf = leaves[data.draw(st.integers(0, len(leaves) - 1))]
            self.disruptor.remove(leaf.node.runner, PATIENCE)
            self.promised.remove(leaf)
            self.check(leaf)

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def halt(self, data: st.DataObject) -> None:
        each = self.promised[data.draw(st.integers(0, len(self.promised) - 1))]
        assert each.node.runner.close(PATIENCE)

    @rule()
    def go_on(self) -> None:
        for each in self.promised:
            if not each.runs:
                each.node.runner.start()

    # -- what is promised -------------------------------------------------------------------------

    @invariant()
    def everybody_has_handled_what_the_log_promises(self) -> None:
        if not hasattr(self, "log"):
            return
        for each in self.promised:
            if each.runs:
                each.position = min((before.position for before in each.after), default=self.end)
                self.disruptor.ring.new_barrier(each.node.sequence).wait_for(each.position)
            assert each.node.sequence.get() == each.position
            self.check(each)
        # A consumer stores its sequence first, and clears the slots of values afterwards.
        deadline = time.monotonic() + PATIENCE
        while (
            self.disruptor.ring.remaining_capacity() != self.room() and time.monotonic() < deadline
        ):
            SYSTEM_HOST.yield_now()
        assert self.disruptor.ring.remaining_capacity() == self.room()
        if self.of_values:
            slowest = min((each.position for each in self.promised), default=self.end)
            held = {value for value in self.disruptor.ring.slots.view() if value is not None}
            assert held == {number for sequence, number in self.log.items() if sequence > slowest}

    def check(self, each: Promised) -> None:
        expected = [
            (at, self.log[at]) for at in range(each.start + 1, each.position + 1) if at in self.log
        ]
        assert (sorted(each.seen) if each.is_pool else each.seen) == expected


def fill(event: dict[str, int], sequence: int, number: int) -> None:
    event["number"] = number


TestPromise = Machine.TestCase
TestPromise.settings = settings(
    max_examples=examples(15, 60), stateful_step_count=30, deadline=None, report_multiple_bugs=False
)
