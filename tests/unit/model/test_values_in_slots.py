"""A ring of values, whose slots are cleared after their last consumer, beside a list of values.

Consumers come and go, until the last has left, and events are published in pieces: slots that are
claimed and not published are not cleared.
"""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ringbuffer import InsufficientCapacityError, ProducerType, RingBuffer, Sequence
from tests.support.side_by_side import side_by_side


class ValuesMachine(RuleBasedStateMachine):
    @initialize(exponent=st.integers(0, 4), kind=st.sampled_from(ProducerType))
    def build(self, exponent: int, kind: ProducerType) -> None:
        self.size = 1 << exponent
        self.ring = RingBuffer.of_values(self.size, kind)
        self.advanced = self.ring.on_advance()
        self.slots: list[int | None] = [None] * self.size
        self.published = self.claimed = self.cleared = -1
        self.members: list[tuple[Sequence, int]] = []
        self.join()

    def gate(self) -> int:
        return min([self.published, *(position for _, position in self.members)])

    @rule(n=st.integers(1, 16), publishes=st.integers(0, 16))
    def publish(self, n: int, publishes: int) -> None:
        """Claim so many, and publish some of what is claimed."""
        n = 1 + n % self.size
        if self.claimed + n > self.gate() + self.size:
            with pytest.raises(InsufficientCapacityError):
                self.ring.try_next(n)
        else:
            self.claimed += n
            assert self.ring.try_next(n) == self.claimed
        for sequence in range(
            self.published + 1, min(self.claimed, self.published + publishes) + 1
        ):
            self.ring[sequence] = self.slots[sequence % self.size] = sequence
            self.ring.publish(sequence)
            self.published = sequence

    @rule()
    def join(self) -> None:
        if len(self.members) < 3:
            if not self.members:
                self.cleared = self.published
            member = Sequence()
            self.ring.add_gating_sequences(member)
            self.members.append((member, self.published))

    @rule(index=st.integers(0, 2), steps=st.integers(0, 16))
    def advance(self, index: int, steps: int) -> None:
        if self.members:
            index %= len(self.members)
            member, position = self.members[index]
            position = min(position + steps, self.published)
            self.members[index] = member, position
            member.set(position)
            assert self.advanced is not None
            self.advanced()
            self.clear(self.gate())

    @rule(index=st.integers(0, 2))
    def leave(self, index: int) -> None:
        if self.members:
            member, _ = self.members.pop(index % len(self.members))
            assert self.ring.remove_gating_sequence(member)
            assert not self.ring.remove_gating_sequence(member)
            self.clear(self.gate())

    def clear(self, last: int) -> None:
        for sequence in range(self.cleared + 1, last + 1):
            self.slots[sequence % self.size] = None
        self.cleared = max(self.cleared, last)

    @invariant()
    def the_slots_hold_what_somebody_wants(self) -> None:
        if hasattr(self, "members"):
            assert self.ring.slots.view() == self.slots
            assert self.ring.remaining_capacity() == self.size - (self.claimed - self.gate())
            assert [member.get() for member, _ in self.members] == [
                position for _, position in self.members
            ]


TestValues: Any = ValuesMachine.TestCase
TestValues.settings = side_by_side(60, 40)
