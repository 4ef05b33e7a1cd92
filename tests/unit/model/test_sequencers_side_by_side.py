"""The real sequencers and barriers beside their mirrors, operation by operation, all compared."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringbuffer import InsufficientCapacityError, RingBufferClosedError, Sequence
from ringbuffer.errors import AlertError, ClaimTimeoutError
from ringbuffer.producer import producer_ops
from ringbuffer.readers import SlotReader
from ringbuffer.sequencer import MultiProducerSequencer, SingleProducerSequencer
from ringbuffer.sequencer.ring_state import CLOSED_LIMIT
from spec.mirrors.catalogue import dependencies_of
from spec.mirrors.driven_sequencers import DrivenMulti, DrivenSingle
from tests.support.scripted_host import ScriptedHost
from tests.support.side_by_side import AtOnce, side_by_side

REAL = {DrivenSingle: SingleProducerSequencer, DrivenMulti: MultiProducerSequencer}

#: One consumer; two that are independent; a chain; a diamond.
GRAPHS = [("One", "Independent"), ("Two", "Independent"), ("Two", "Chain"), ("Three", "Diamond")]

type Rounds = list[tuple[int, bool, str]]
#: Successive claims: how many slots, whether they are skipped, and how far the consumers come
#: before the next claim.
ROUND = st.tuples(
    st.integers(1, 16), st.booleans(), st.sampled_from(["no further", "reading", "done"])
)
ROUNDS = st.lists(ROUND, max_size=8)


class SequencerMachine(RuleBasedStateMachine):
    """The mirror says what each operation comes to; the real sequencer must say the same.

    What no model has is added here, and only here: a skipped event is published like any other, and
    not shown; an alert ends a look before it begins; a closed ring refuses what the mirror would
    have claimed.
    """

    kind: type[DrivenSingle | DrivenMulti]

    @initialize(
        exponent=st.sampled_from([0, 1, 1, 2, 2, 3, 4]),
        graph=st.sampled_from(GRAPHS),
        rounds=ROUNDS,
    )
    def build(self, exponent: int, graph: tuple[str, str], rounds: Rounds) -> None:
        self.size = 1 << exponent
        self.mirror = self.kind(self.size, dependencies_of(*graph))
        self.host = ScriptedHost()
        self.sequencer = REAL[self.kind](self.size, AtOnce(), host=self.host)
        self.producers = {each: producer_ops(self.sequencer) for each in self.kind.producers}
        self.sequences = {each: Sequence() for each in self.mirror.dependencies}
        self.sequencer.add_gating_sequences(*self.sequences.values())
        self.barriers = {
            each: self.sequencer.new_barrier(*(self.sequences[before] for before in sorted(after)))
            for each, after in self.mirror.dependencies.items()
        }
        self.views = {each: barrier.view() for each, barrier in self.barriers.items()}
        self.slots = [-1] * self.size
        skipped = self.sequencer.state.skipped
        self.readers = {each: SlotReader(self.slots, skipped.view()) for each in self.sequences}
        # Claimed and not published
        self.pending: dict[str, list[int]] = {each: [] for each in self.producers}
        # Of the pending ones, those that are skipped when their turn comes
        self.early: list[int] = []
        self.skipped: set[int] = set()
        self.skips = 0
        self.alerted: set[str] = set()
        self.closed = False
        self.go_round(rounds)

    def producer(self, index: int, *, has_claimed: bool) -> str | None:
        names = [each for each, pending in self.pending.items() if bool(pending) == has_claimed]
        return names[index % len(names)] if names else None

    def fit(self, n: int) -> int:
        """A size of a claim that the ring admits."""
        return 1 + n % self.size

    # -- claiming ---------------------------------------------------------------------------------

    @rule(index=st.integers(0, 1), n=st.integers(1, 16), timeout=st.sampled_from([None, 0, 0.001]))
    def claim(self, index: int, n: int, timeout: float | None) -> None:
        """Without a wait, or with one that has an end."""
        name, n = self.producer(index, has_claimed=False), self.fit(n)
        if name is None:
            return
        real = self.producers[name]
        high = None if self.closed else self.mirror.claim(name, n)
        if self.closed:
            with pytest.raises(RingBufferClosedError):
                real.next(n, timeout)
            with pytest.raises(RingBufferClosedError):
                real.try_next(n)
        elif high is not None:
            assert (real.try_next(n) if timeout is None else real.next(n, timeout)) == high
            self.take(name, n, high)
        elif timeout is None:
            with pytest.raises(InsufficientCapacityError):
                real.try_next(n)
        else:
            started = self.host.now
            with pytest.raises(ClaimTimeoutError):
                real.next(n, timeout)
            assert self.host.now >= started + timeout

    @precondition(lambda self: not any(self.pending.values()) and not self.closed)
    @rule(
        index=st.integers(0, 1),
        n=st.integers(1, 16),
        closes=st.sampled_from([False, False, False, True]),
    )
    def claim_and_wait(self, index: int, n: int, closes: bool) -> None:
        """Wait until consumers free capacity, as they can: all claims are published. Or close."""
        name, n = self.kind.producers[index % len(self.producers)], self.fit(n)
        self.alerted_are_cleared()
        high = self.mirror.claim(name, n)

        def let_others_run(_: int) -> None:
            nonlocal high
            assert high is None, "there is free capacity, and it waits"
            assert not self.closed, "the ring is closed, and it waits"
            if closes:
                self.close()
                return
            self.everybody_goes_on(finishes=True)
            high = self.mirror.claim(name, n)

        must_wait = high is None
        self.host.script = let_others_run
        try:
            if must_wait and closes:
                with pytest.raises(RingBufferClosedError):
                    self.producers[name].next(n)
                return
            claimed = self.producers[name].next(n)
        finally:
            self.host.script = lambda _: None
        assert high is not None
        assert claimed == high
        self.take(name, n, high)

    def take(self, name: str, n: int, high: int) -> None:
        self.pending[name] = list(range(high - n + 1, high + 1))
        for each in self.pending[name]:
            self.slots[each % self.size] = each

    # -- publishing -------------------------------------------------------------------------------

    @rule(
        index=st.integers(0, 1),
        count=st.integers(1, 16),
        skips=st.sampled_from([False, False, True]),
    )
    def publish(self, index: int, count: int, skips: bool) -> None:
        """Publish some claims, in order; all of them with a single producer, as its mirror does."""
        name = self.producer(index, has_claimed=True)
        if name is not None:
            self.publish_of(name, count, skips)

    def publish_of(self, name: str, count: int, skips: bool) -> None:
        pending = self.pending[name]
        due = [each for each in pending if each not in self.early]
        count = len(due) if self.kind is DrivenSingle else min(count, len(due))
        low, high = due[0], due[count - 1]
        self.mirror.publish(name, count)
        (self.producers[name].skip if skips else self.producers[name].publish)(low, high)
        if skips:
            self.note_skipped(low, high)
        self.pending[name] = [] if self.kind is DrivenSingle else pending[count:]
        self.early = []

    @precondition(lambda self: self.kind is DrivenSingle and not self.early)
    @rule(count=st.integers(1, 16))
    def skip_before_its_turn(self, count: int) -> None:
        """The end of a claim; the beginning is published afterwards, and takes it along."""
        (name,) = self.producers
        count = min(count, len(self.pending[name]) - 1)
        if count > 0:
            self.early = self.pending[name][-count:]
            self.producers[name].skip(self.early[0], self.early[-1])
            self.note_skipped(self.early[0], self.early[-1])

    def note_skipped(self, low: int, high: int) -> None:
        self.skipped.update(range(low, high + 1))
        self.skips += 1

    @rule(index=st.integers(0, 1), offset=st.integers(-20, 3), count=st.integers(0, 3))
    def publish_what_is_not_due(self, index: int, offset: int, count: int) -> None:
        real = self.producers[self.kind.producers[index % len(self.producers)]]
        low = self.mirror.claimed() + offset
        high = low + count - 1
        due = {
            each for pending in self.pending.values() for each in pending if each not in self.early
        }
        is_due = count > 0 and due.issuperset(range(low, high + 1))
        is_next = self.kind is DrivenMulti or low == self.mirror.cursor() + 1
        if not (is_due and is_next):
            with pytest.raises(ValueError, match="cannot publish"):
                real.publish(low, high)
        if not is_due:
            with pytest.raises(ValueError, match="cannot publish"):
                real.skip(low, high)

    # -- consuming --------------------------------------------------------------------------------

    @rule(index=st.integers(0, 2))
    def look_for_events(self, index: int) -> None:
        self.look(list(self.sequences)[index % len(self.sequences)])

    @rule(index=st.integers(0, 2))
    def finish_reading(self, index: int) -> None:
        self.finish(list(self.sequences)[index % len(self.sequences)])

    def look(self, name: str) -> None:
        if self.mirror.at(name) != "wait":
            return
        wanted = self.mirror.state["reading"][name]
        if name in self.alerted:
            with pytest.raises(AlertError):
                self.views[name].wait_for(wanted)
            return
        available = self.mirror.look(name)
        assert self.views[name].wait_for(wanted) == available
        assert (self.mirror.at(name) == "reading") == (available >= wanted)

    @rule(rounds=ROUNDS)
    def go_round(self, rounds: Rounds) -> None:
        """Claim, publish, consume, repeatedly. Without this, few runs would reach the third lap."""
        self.alerted_are_cleared()
        for number, (count, skips, comes_to) in enumerate(rounds):
            self.claim(number, count, None)
            while (name := self.producer(number, has_claimed=True)) is not None:
                self.publish_of(name, self.size, skips)
            if comes_to != "no further":
                self.everybody_goes_on(finishes=comes_to == "done")
            self.both_look_the_same()

    def everybody_goes_on(self, *, finishes: bool) -> None:
        """Each takes its next batch; a consumer with dependencies finds what they have finished."""
        for each in self.sequences:
            self.finish(each)
            self.look(each)
            if finishes:
                self.finish(each)

    def finish(self, name: str) -> None:
        if self.mirror.at(name) != "reading":
            return
        first = self.mirror.state["reading"][name]
        self.mirror.go(name, "wait")
        last = self.mirror.state["sequence"][name]
        reader = self.readers[name]
        shown = [
            sequence
            for low, high in reader.shown(first, last)
            for sequence in reader.read(low, high)
        ]
        assert shown == [each for each in range(first, last + 1) if each not in self.skipped]
        self.sequences[name].set(last)

    @rule(index=st.integers(0, 2), clears=st.booleans())
    def alert(self, index: int, clears: bool) -> None:
        name = list(self.sequences)[index % len(self.sequences)]
        if clears:
            self.barriers[name].clear_alert()
            self.alerted.discard(name)
        else:
            self.barriers[name].alert()
            self.alerted.add(name)

    def alerted_are_cleared(self) -> None:
        for each in self.alerted:
            self.barriers[each].clear_alert()
        self.alerted.clear()

    @precondition(lambda self: self.mirror.claimed() > 3 * self.size)
    @rule()
    def close_it(self) -> None:
        self.close()

    def close(self) -> None:
        self.sequencer.close()
        self.closed = True

    # -- everything that shows --------------------------------------------------------------------

    @invariant()
    def both_look_the_same(self) -> None:
        if not hasattr(self, "alerted"):
            return
        real, mirror = self.sequencer, self.mirror
        published, claimed, state = mirror.published(), mirror.claimed(), mirror.state
        assert (real.cursor, real.claimed, real.published()) == (
            mirror.cursor(),
            claimed,
            published,
        )
        assert real.published_view().get() == published
        assert {each: sequence.get() for each, sequence in self.sequences.items()} == state[
            "sequence"
        ]
        assert real.minimum_gating_sequence == mirror.lowest
        assert real.state.limit.load() == (CLOSED_LIMIT if self.closed else state["limit"])
        assert real.is_closed == self.closed
        assert real.state.skipped.count == self.skips
        for sequence in range(claimed - self.size - 2, claimed + 3):
            assert real.is_available(sequence) == mirror.is_available(sequence), sequence
        for each, barrier in self.barriers.items():
            assert barrier.get() == min(
                [published, *(state["sequence"][other] for other in mirror.dependencies[each])]
            )
            assert barrier.is_alerted == (each in self.alerted)
            if each in self.alerted:
                self.look(each)
        self.check_room()

    def check_room(self) -> None:
        room = self.mirror.room()
        assert self.sequencer.remaining_capacity() == room
        for n in {1, room, room + 1, self.size} - {0, self.size + 1}:
            assert self.sequencer.has_available_capacity(n) == (n <= room)
            if self.kind is DrivenMulti or not any(self.pending.values()):
                assert self.mirror.may_claim(n) == (n <= room)


class SingleMachine(SequencerMachine):
    kind = DrivenSingle


class MultiMachine(SequencerMachine):
    kind = DrivenMulti


TestSingleProducer: Any = SingleMachine.TestCase
TestMultiProducer: Any = MultiMachine.TestCase
TestSingleProducer.settings = TestMultiProducer.settings = side_by_side(80, 40)
