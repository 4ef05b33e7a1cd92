"""A consumer that joins a running ring, and leaves it, beside the mirror of its model."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringbuffer import (
    InsufficientCapacityError,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.barrier import BarrierView
from ringbuffer.producer import producer_ops
from ringbuffer.sequencer import Sequencer
from spec.mirrors.driven import FOREVER, Driven
from spec.mirrors.joining import NOTHING, Joining
from tests.support.side_by_side import AtOnce, side_by_side

KINDS: list[type[Sequencer]] = [SingleProducerSequencer, MultiProducerSequencer]


class DrivenJoining(Driven):
    """The mirror, claimed from and joined as a ring is."""

    def __init__(self, size: int) -> None:
        threads = frozenset("p"), frozenset("a"), frozenset("b")
        super().__init__(Joining(size, FOREVER, frozenset(), *threads))

    def claim(self, n: int) -> int | None:
        """Claim `n` slots if there is free capacity, and write them; returns the highest one."""
        self.go("p", "claim", "write", batches=frozenset({n}))
        if self.at("p") == "claim":
            return None
        self.go("p", "publish")
        high: int = self.state["local"]["p"]["high"]
        return high

    def publish(self) -> None:
        """Publish one event of the claim."""
        self.fire("p", "Publish")

    def published(self) -> int:
        """Up to the first gap, searched from the beginning of the lap."""
        before = self.state
        self.set(**self.mirror.start_search(self.state, "a", -1))
        while self.at("a") == "search":
            self.fire("a")
        known: int = self.state["local"]["a"]["known"]
        self.state = before
        return known

    def look(self, consumer: str) -> int:
        """A consumer's look: what is available to it. Afterwards it is reading, or waits again."""
        self.go(consumer, "found")
        known: int = self.state["local"][consumer]["known"]
        self.go(consumer, "reading", "wait")
        return known

    def come_back(self) -> None:
        """Another consumer takes the name of the one that has left: the model's joins once."""
        pc, local = {**self.state["pc"], "b": "away"}, {**self.state["local"], "b": NOTHING}
        self.set(pc=pc, local=local, start={**self.state["start"], "b": self.mirror.nowhere})


class JoiningMachine(RuleBasedStateMachine):
    @initialize(exponent=st.sampled_from([0, 1, 1, 2, 2, 3, 4]), kind=st.sampled_from(KINDS))
    def build(self, exponent: int, kind: type[Sequencer]) -> None:
        self.size = 1 << exponent
        self.mirror = DrivenJoining(self.size)
        self.sequencer = kind(self.size, AtOnce())
        self.has_one_producer = kind is SingleProducerSequencer
        self.real = producer_ops(self.sequencer)
        self.sequences = {"a": Sequence()}
        self.views: dict[str, BarrierView] = {"a": self.sequencer.new_barrier().view()}
        self.sequencer.add_gating_sequences(self.sequences["a"])

    @rule(n=st.sampled_from([1, 1, 1, 2, 3, 4, 16]), publishes=st.sampled_from([0, 1, 2, 16]))
    def claim(self, n: int, publishes: int) -> None:
        """Claim, and publish a part, often all: consumers join between claim and publication."""
        if self.mirror.at("p") == "claim":
            high = self.mirror.claim(min(n, self.size))
            if high is None:
                with pytest.raises(InsufficientCapacityError):
                    self.real.try_next(min(n, self.size))
            else:
                assert self.real.try_next(min(n, self.size)) == high
        for _ in range(publishes):
            self.publish()

    @rule()
    def publish(self) -> None:
        if self.mirror.at("p") == "publish":
            self.real.publish(self.mirror.state["local"]["p"]["writing"])
            self.mirror.publish()

    @rule(name=st.sampled_from(["a", "b"]), finishes=st.booleans())
    def consume(self, name: str, finishes: bool) -> None:
        if self.mirror.at(name) == "wait":
            wanted = self.mirror.state["reading"][name]
            assert self.views[name].wait_for(wanted) == self.mirror.look(name)
        if self.mirror.at(name) == "reading" and finishes:
            self.mirror.go(name, "wait")
            self.sequences[name].set(self.mirror.state["sequence"][name])

    @precondition(lambda self: self.mirror.can("b"))
    @rule(own=st.integers(-1, 100))
    def join(self, own: int) -> None:
        """Wherever its sequence stood before."""
        if self.mirror.at("b") != "away":
            return
        newcomer = Sequence(own)
        self.mirror.go("b", "wait")
        self.sequencer.add_gating_sequences(newcomer)
        self.sequences["b"], self.views["b"] = newcomer, self.sequencer.new_barrier().view()
        assert newcomer.get() == self.mirror.state["start"]["b"] == self.mirror.published()

    @rule()
    def leave(self) -> None:
        if self.mirror.at("b") != "wait":
            return
        self.mirror.fire("b", "Leave")
        left = self.sequences.pop("b")
        assert self.sequencer.remove_gating_sequence(left)
        assert not self.sequencer.remove_gating_sequence(left)
        self.mirror.come_back()

    @invariant()
    def both_look_the_same(self) -> None:
        if not hasattr(self, "views"):
            return
        real, state, published = self.sequencer, self.mirror.state, self.mirror.published()
        assert real.claimed == state["cursor"]
        assert real.published() == real.new_barrier().get() == published
        assert real.cursor == (published if self.has_one_producer else state["cursor"])
        assert {each: sequence.get() for each, sequence in self.sequences.items()} == {
            each: state["sequence"][each] for each in state["members"]
        }
        assert set(real.state.gating.members) == set(self.sequences.values())
        lowest = min(state["sequence"][each] for each in state["members"])
        assert real.minimum_gating_sequence == lowest
        assert real.remaining_capacity() == self.size - (state["cursor"] - min(lowest, published))
        assert real.state.limit.load() == state["limit"]


TestJoining: Any = JoiningMachine.TestCase
TestJoining.settings = side_by_side(160, 50)
