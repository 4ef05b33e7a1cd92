"""A real processor in its own thread beside its mirror, compared whenever that thread rests.

It rests in the handler, which waits for a verdict; at the barrier, when its wait strategy has found
nothing; or it has ended. So the machine knows when to look, and nothing depends on how long
anything takes.
"""

from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ringbuffer import (
    BatchEventProcessor,
    BlockingWaitStrategy,
    InsufficientCapacityError,
    ProcessorState,
    ProcessorStateError,
    RingBuffer,
    RingBufferClosedError,
)
from ringbuffer.producer import producer_ops
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable
from spec.mirrors.driven import FOREVER, Driven
from spec.mirrors.lifecycle import NONE, Lifecycle
from tests.support.side_by_side import side_by_side

#: Longer than a thread needs to come to rest, shorter than pytest's timeout.
PATIENCE = 15.0


#: What may happen next; events come and are handled more often than the rest.
TURNS = ["start", "start", "halt", "publish", "publish", "publish", "handle", "handle", "die"]


class Died(Exception):
    """What the handler raises that is to die."""


class Reports(BlockingWaitStrategy):
    """Reports that a thread is about to wait: it has found neither an alert nor an event."""

    def __init__(self, rests: SimpleQueue[str]) -> None:
        super().__init__()
        self.rests = rests

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        self.rests.put("wait")
        return super().wait_for(sequence, cursor, dependent, barrier)


class LifecycleMachine(RuleBasedStateMachine):
    @initialize(exponent=st.integers(0, 2))
    def build(self, exponent: int) -> None:
        size = 1 << exponent
        self.mirror = Driven(
            Lifecycle(
                size=size,
                events=FOREVER,
                producers=frozenset(("producer",)),
                consumers=frozenset(("run",)),
                halters=frozenset(("halter",)),
                starts=FOREVER,
                may_die=False,
                may_skip=False,
                ends="shutdown",
            )
        )
        self.rests: SimpleQueue[str] = SimpleQueue()
        self.verdicts: SimpleQueue[bool] = SimpleQueue()
        self.handled: list[int] = []
        self.ring: RingBuffer[dict[str, int]] = RingBuffer(
            size, dict, wait_strategy=Reports(self.rests)
        )
        # The model's batches are of one event: between two events there is a look for an alert.
        self.processor = BatchEventProcessor(
            self.ring, self.ring.new_barrier(), self.handle, max_batch_size=1
        )
        self.has_died = False

    def teardown(self) -> None:
        if hasattr(self, "has_died"):
            self.processor.halt()
            # Whatever went wrong, its thread shall end.
            self.processor.barrier.alert()
            self.verdicts.put(True)
            assert self.processor.join(PATIENCE)

    def handle(self, event: object, sequence: int, end_of_batch: bool) -> None:
        """In the processor's thread."""
        self.rests.put("handle")
        if not self.verdicts.get(timeout=PATIENCE):
            raise Died
        self.handled.append(sequence)

    def settle(self, *, left_rest: bool = False) -> None:
        """Let both come to rest: the thread, and the mirror as far as it can go by itself."""
        while not self.rests_at():
            self.mirror.fire("run")
            left_rest = True
        if self.rests_at() == "none":
            assert self.processor.join(PATIENCE)
        elif left_rest:
            assert self.rests.get(timeout=PATIENCE) == self.rests_at()

    def rests_at(self) -> str:
        """Where the mirror waits for a verdict, an event or an alert; empty if it can continue."""
        state = self.mirror.state
        match self.mirror.at("run"):
            case "handle" | "none" as place:
                return str(place)
            case "look again" if not state["alert"]["run"]:
                return "wait" if state["cursor"] == state["sequence"]["run"] else ""
        return ""

    # -- what the others do -----------------------------------------------------------------------

    @rule()
    def start(self) -> None:
        if self.processor.is_running:
            with pytest.raises(ProcessorStateError):
                self.processor.start()
            with pytest.raises(ProcessorStateError):
                self.processor.run()
            return
        self.mirror.fire("starter")
        self.has_died = False
        self.processor.start()
        self.settle()

    @rule()
    def halt(self) -> None:
        """The model's halter halts once; the next one takes its place."""
        self.mirror.set(pc={**self.mirror.state["pc"], "halter": "halt"})
        self.mirror.go("halter", "done")
        self.processor.halt()
        self.settle()

    @rule()
    def publish(self) -> None:
        """The model's producer retries if this one finds no capacity, until the ring is closed."""
        producer = producer_ops(self.ring.sequencer)
        before = self.mirror.state["cursor"]
        self.mirror.go("producer", "claim", "refused")
        if self.mirror.at("producer") == "refused":
            self.mirror.set(pc={**self.mirror.state["pc"], "producer": "claim"})
            with pytest.raises(RingBufferClosedError):
                producer.try_next()
        elif self.mirror.state["cursor"] == before:
            with pytest.raises(InsufficientCapacityError):
                producer.try_next()
        else:
            producer.publish(producer.try_next())
            self.settle()

    @rule(dies=st.sampled_from([False, False, False, True]))
    def end_the_handlers_turn(self, dies: bool) -> None:
        """Well, or fatally. The model's dies once; here each run may."""
        if self.mirror.at("run") != "handle":
            return
        if dies:
            self.mirror.set(died={"run": False})
            self.mirror.fire("run", "Die", may_die=True)
            self.has_died = True
        else:
            self.mirror.fire("run", "Handle")
        self.verdicts.put(not dies)
        self.settle(left_rest=True)

    @rule(turns=st.lists(st.sampled_from(TURNS), min_size=1, max_size=10))
    def go_on(self, turns: list[str]) -> None:
        """Several operations, each with a comparison: without this, few runs would get far."""
        for turn in turns:
            match turn:
                case "start":
                    self.start()
                case "halt":
                    self.halt()
                case "publish":
                    self.publish()
                case _:
                    self.end_the_handlers_turn(turn == "die")
            self.both_look_the_same()

    @rule()
    def shut_down(self) -> None:
        """Shut down when all is handled, or will never be; then both are at their ends."""
        state = self.mirror.state
        is_behind = state["sequence"]["run"] < state["cursor"]
        goes_on = is_behind and state["state"]["run"] in ("RUNNING", "IDLE")
        if goes_on or state["starts"]["run"] == 0 or self.mirror.at("ender") != "end":
            return
        self.mirror.go("ender", "halt")
        self.ring.close()
        self.mirror.go("ender", "join")
        self.processor.halt()
        self.settle()
        if self.mirror.can("ender"):
            self.mirror.go("ender", "done")
        assert self.processor.join(0) == (self.mirror.at("ender") == "done")
        # The model starts nothing after the end; a thread that reads what is left does.
        self.mirror.set(pc={**self.mirror.state["pc"], "ender": "end"})

    # -- everything that shows --------------------------------------------------------------------

    @invariant()
    def both_look_the_same(self) -> None:
        if not hasattr(self, "has_died"):
            return
        state = self.mirror.state
        assert self.processor.state is ProcessorState[state["state"]["run"]]
        assert self.processor.is_running == (self.mirror.at("run") != "none")
        assert not self.processor.is_current()
        assert self.processor.barrier.is_alerted == state["alert"]["run"]
        assert self.ring.is_closed == state["closed"]
        assert max(self.ring.sequencer.state.limit.load(), NONE) == state["limit"]
        assert (self.ring.cursor, self.processor.sequence.get()) == (
            state["cursor"],
            state["sequence"]["run"],
        )
        assert self.handled == sorted(state["handled"]["run"])
        assert isinstance(self.processor.failure, Died) == self.has_died
        assert self.processor.join(0) == (not self.processor.is_running)


TestLifecycle: Any = LifecycleMachine.TestCase
TestLifecycle.settings = side_by_side(60, 25)
