"""Both sequencers against a trivial model, by random operations."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringbuffer import (
    BusySpinWaitStrategy,
    InsufficientCapacityError,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.producer import producer_ops
from ringbuffer.sequencer import Sequencer
from tests.support.examples import examples


class SequencerMachine(RuleBasedStateMachine):
    """The model: what is claimed, the set of what is published, where each consumer is."""

    in_order: bool

    @initialize(exponent=st.integers(0, 4))
    def build(self, exponent: int) -> None:
        self.size = 1 << exponent
        self.sequencer: Sequencer = self.make(self.size)
        self.ops = producer_ops(self.sequencer)
        self.view = self.sequencer.published_view()
        self.claimed = -1
        self.published: set[int] = set()
        self.skipped: set[int] = set()
        self.consumers: list[tuple[Sequence, int]] = []

    def make(self, size: int) -> Sequencer:
        kind = SingleProducerSequencer if self.in_order else MultiProducerSequencer
        return kind(size, BusySpinWaitStrategy())

    def prefix(self) -> int:
        sequence = -1
        while sequence + 1 in self.published:
            sequence += 1
        return sequence

    def gate(self) -> int:
        return min([self.prefix(), *(position for _, position in self.consumers)])

    @rule(n=st.integers(1, 16))
    def claim(self, n: int) -> None:
        n = min(n, self.size)
        if self.claimed + n - self.size <= self.gate():
            assert self.sequencer.has_available_capacity(n)
            self.claimed += n
            assert self.ops.try_next(n) == self.claimed
        else:
            assert not self.sequencer.has_available_capacity(n)
            try:
                self.ops.try_next(n)
            except InsufficientCapacityError:
                return
            raise AssertionError("claimed more than there was room for")

    @precondition(
        lambda self: (
            self.pending() and (not self.in_order or self.pending()[0] == self.prefix() + 1)
        )
    )
    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        pending = self.pending()
        low = pending[0] if self.in_order else data.draw(st.sampled_from(pending))
        high = self.draw_high(data, low, pending)
        self.ops.publish(low, high)
        self.published.update(range(low, high + 1))
        self.follow()

    @precondition(lambda self: self.pending())
    @rule(data=st.data())
    def skip(self, data: st.DataObject) -> None:
        pending = self.pending()
        low = data.draw(st.sampled_from(pending))
        high = self.draw_high(data, low, pending)
        self.ops.skip(low, high)
        self.skipped.update(range(low, high + 1))
        if not self.in_order:
            self.published.update(range(low, high + 1))
        self.follow()

    def follow(self) -> None:
        """What was skipped out of turn is published as soon as what comes before it is."""
        while self.prefix() + 1 in self.skipped:
            self.published.add(self.prefix() + 1)

    def pending(self) -> list[int]:
        """What may be published or skipped."""
        return [
            each
            for each in range(self.claimed + 1)
            if each not in self.published and each not in self.skipped
        ]

    def draw_high(self, data: st.DataObject, low: int, pending: list[int]) -> int:
        high = low
        while high + 1 in pending and data.draw(st.booleans()):
            high += 1
        return high

    @precondition(lambda self: self.pending())
    @rule(data=st.data())
    def skip_what_is_not_due(self, data: st.DataObject) -> None:
        done = sorted(set(range(self.claimed + 1)) - set(self.pending()) | {-1, self.claimed + 1})
        sequence = data.draw(st.sampled_from(done))
        before = self.sequencer.state.skipped.count
        with pytest.raises(ValueError, match="cannot publish"):
            self.ops.skip(sequence)
        assert self.sequencer.state.skipped.count == before

    @rule(sequence=st.integers(-20, 200))
    def publish_what_is_not_due(self, sequence: int) -> None:
        if sequence in self.pending():
            return
        try:
            self.ops.publish(sequence)
        except ValueError:
            return
        raise AssertionError(f"published {sequence}, which was published before or never claimed")

    @rule()
    def add_consumer(self) -> None:
        if len(self.consumers) < 3:
            consumer = Sequence()
            self.sequencer.add_gating_sequences(consumer)
            self.consumers.append((consumer, self.prefix()))

    @precondition(lambda self: self.consumers)
    @rule(data=st.data())
    def consume(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.consumers) - 1))
        consumer, position = self.consumers[index]
        position = data.draw(st.integers(position, max(position, self.prefix())))
        consumer.set(position)
        self.consumers[index] = (consumer, position)

    @precondition(lambda self: self.consumers)
    @rule()
    def remove_consumer(self) -> None:
        consumer, _ = self.consumers.pop()
        assert self.sequencer.remove_gating_sequence(consumer)

    @invariant()
    def looks_the_same(self) -> None:
        if not hasattr(self, "sequencer"):
            return
        assert self.sequencer.claimed == self.claimed
        prefix = self.prefix()
        first = self.gate() + 1
        pieces = (
            self.sequencer.state.skipped.view().pieces(first, prefix) if first <= prefix else []
        )
        shown = [sequence for low, high in pieces for sequence in range(low, high + 1)]
        assert shown == [
            sequence for sequence in range(first, prefix + 1) if sequence not in self.skipped
        ]
        assert self.view.get() == prefix
        assert self.sequencer.published_view().get() == self.sequencer.published() == self.prefix()
        gate = self.gate()
        assert self.sequencer.remaining_capacity() == max(
            0, min(self.size, self.size - (self.claimed - gate))
        )
        for sequence in range(max(0, self.claimed - self.size - 1), self.claimed + 3):
            in_window = self.claimed - self.size < sequence
            assert self.sequencer.is_available(sequence) == (
                in_window and sequence in self.published
            )


class SingleProducerMachine(SequencerMachine):
    in_order = True


class MultiProducerMachine(SequencerMachine):
    in_order = False


TestSingleProducer = SingleProducerMachine.TestCase
TestMultiProducer = MultiProducerMachine.TestCase
TestSingleProducer.settings = TestMultiProducer.settings = settings(
    max_examples=examples(15, 60), stateful_step_count=40, deadline=None
)
