"""Slots of values are cleared when the last consumer has passed them, and only then."""

import gc
import random
import threading
import time
import weakref
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ringbuffer import BatchEventProcessor, EventPoller, ProducerType, RingBuffer, WorkerPool
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.memory.slots import ProcessValueSlots
from ringbuffer.reclaiming import SlotReclaimer
from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from tests.support.examples import examples
from tests.support.threads import PATIENCE, Background


class Payload:
    pass


def test_a_value_dies_when_its_last_consumer_has_passed_it() -> None:
    ring = RingBuffer.of_values(4)
    one, two = ring.poller(), ring.poller()
    payload = Payload()
    alive = weakref.ref(payload)
    ring.publish_value(payload)
    del payload
    assert len(list(one.take())) == 1
    gc.collect()
    assert alive() is not None
    assert len(list(two.take())) == 1
    gc.collect()
    assert alive() is None
    assert ring.slots.view() == [None] * 4


def test_a_value_dies_while_its_processor_waits_for_the_next_one() -> None:
    ring = RingBuffer.of_values(4)
    seen = threading.Semaphore(0)

    def handle(value: object, sequence: int, end_of_batch: bool) -> None:
        seen.release()

    with BatchEventProcessor(ring, ring.new_barrier(), handle) as processor:
        payload = Payload()
        died = threading.Event()
        weakref.finalize(payload, died.set)
        ring.publish_value(payload)
        del payload
        assert seen.acquire(timeout=PATIENCE)
        ring.new_barrier(processor.sequence).wait_for(0)
        # This thread has made the payload, so CPython leaves it to this thread to free it, which it
        # does between two bytecodes: not while it is blocked in one long wait.
        deadline = time.monotonic() + PATIENCE
        while not died.wait(0.01):
            assert time.monotonic() < deadline, "the payload is still alive"


def test_a_skipped_slot_keeps_nothing_alive() -> None:
    ring = RingBuffer.of_values(4)
    poller = ring.poller()
    payload = Payload()
    alive = weakref.ref(payload)
    sequence = ring.next()
    ring.producer()[sequence] = payload
    ring.skip(sequence)
    del payload
    assert list(poller.take()) == []
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("kind", list(ProducerType))
def test_a_consumer_that_joins_misses_nothing_and_one_that_leaves_does_not_gate(
    kind: ProducerType,
) -> None:
    ring = RingBuffer.of_values(4, kind)
    first = ring.poller()
    ring.publish_values([0, 1])
    second = ring.poller()
    assert second.sequence.get() == 1
    ring.publish_values([2, 3])
    assert list(first.take()) == [0, 1, 2, 3]
    assert ring.remaining_capacity() == 2
    assert ring.slots.view() == [None, None, 2, 3]
    second.close()
    assert ring.remaining_capacity() == 4
    assert ring.slots.view() == [None] * 4
    first.close()
    assert ring.publish_values(range(10)) == 10  # no consumer gates any more
    third = ring.poller()
    ring.publish_values("ab")
    assert list(third.take()) == ["a", "b"]
    assert not ring.remove_gating_sequence(first.sequence)


def test_behind_another_consumer_one_starts_where_that_one_is() -> None:
    ring = RingBuffer.of_values(8)
    first = ring.poller()
    ring.publish_values(range(5))
    assert list(first.take(2)) == [0, 1]
    behind = ring.poller(first.sequence)
    assert behind.sequence.get() == 1
    assert list(behind.take()) == []
    assert list(first.take()) == [2, 3, 4]
    assert list(behind.take()) == [2, 3, 4]


def test_a_pool_and_a_processor_together_release_every_slot_over_many_laps() -> None:
    ring = RingBuffer.of_values(8)
    shared: list[list[int]] = [[], []]
    every: list[int] = []
    pool = WorkerPool(
        ring,
        [lambda v, s, e: shared[0].append(v), lambda v, s, e: shared[1].append(v)],
        max_chunk=3,
    )
    pool.start()
    with BatchEventProcessor(
        ring, ring.new_barrier(), lambda v, s, e: every.append(v)
    ) as processor:
        assert ring.publish_values(range(2000)) == 2000
        ring.new_barrier(processor.sequence, pool.sequence).wait_for(1999)
        assert pool.close(PATIENCE)
    assert sorted(shared[0] + shared[1]) == every == list(range(2000))
    assert ring.slots.view() == [None] * 8


class Machine(RuleBasedStateMachine):
    """A ring of values against a model: the content of slots, free capacity, what consumers see."""

    @initialize(exponent=st.integers(0, 3), kind=st.sampled_from(ProducerType))
    def build(self, exponent: int, kind: ProducerType) -> None:
        self.ring = RingBuffer.of_values(1 << exponent, kind)
        self.published = 0
        self.skipped: set[int] = set()
        self.pollers: list[tuple[EventPoller[Any], int]] = []  # with the next number each expects
        self.add()

    @rule(n=st.integers(1, 8))
    def publish(self, n: int) -> None:
        n = min(n, self.room())
        if n:
            assert (
                self.ring.publish_values(range(self.published, self.published + n), timeout=0) == n
            )
            self.published += n

    @precondition(lambda self: self.room())
    @rule()
    def skip(self) -> None:
        self.skipped.add(self.ring.next(timeout=0))
        self.ring.skip(self.published)
        self.published += 1

    @rule()
    def add(self) -> None:
        if len(self.pollers) < 4:
            self.pollers.append((self.ring.poller(), self.published))

    @precondition(lambda self: len(self.pollers) > 1)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        poller, _ = self.pollers.pop(data.draw(st.integers(0, len(self.pollers) - 1)))
        poller.close()

    @rule(data=st.data(), limit=st.none() | st.integers(1, 5))
    def take(self, data: st.DataObject, limit: int | None) -> None:
        index = data.draw(st.integers(0, len(self.pollers) - 1))
        poller, expected = self.pollers[index]
        stop = self.published if limit is None else min(self.published, expected + limit)
        assert list(poller.take(limit)) == [
            number for number in range(expected, stop) if number not in self.skipped
        ]
        self.pollers[index] = (poller, stop)

    def room(self) -> int:
        return self.ring.buffer_size - (
            self.published - min(expected for _, expected in self.pollers)
        )

    @invariant()
    def only_what_is_wanted_is_held(self) -> None:
        if not hasattr(self, "ring"):
            return
        slowest = min(expected for _, expected in self.pollers)
        held = [value for value in self.ring.slots.view() if value is not None]
        assert sorted(held) == [
            number for number in range(slowest, self.published) if number not in self.skipped
        ]
        assert self.ring.remaining_capacity() == self.room()


TestRelease = Machine.TestCase
TestRelease.settings = settings(
    max_examples=examples(20, 80), stateful_step_count=40, deadline=None
)


def advance(reclaimer: SlotReclaimer, member: Sequence, seed: int, size: int, count: int) -> None:
    """As a consumer would: never more than a ring ahead of the gate."""
    done, pick, sequence = reclaimer.bind_reclaim(), random.Random(seed), -1
    while sequence < count:
        high = min(sequence + pick.randint(1, 3), reclaimer.gate + size)
        if high == sequence:
            SYSTEM_HOST.yield_now()
            continue
        sequence = high
        member.set(sequence)
        done()


def test_members_that_advance_at_the_same_time_leave_nothing_uncleared() -> None:
    """The thread that advances last clears, whatever other threads do at the same time."""
    for round_ in range(20):
        gating = SequenceGroup()
        reclaimer = SlotReclaimer(
            PROCESS_MEMORY.value_slots(8), gating, lambda: -1, PROCESS_MEMORY, SYSTEM_HOST
        )
        members = [Sequence() for _ in range(3)]
        reclaimer.join(Sequence(), *members)
        threads = [
            Background(partial(advance, reclaimer, member, round_ * 10 + number, 8, 100)).start()
            for number, member in enumerate(members)
        ]
        for thread in threads:
            thread.join()
        assert reclaimer.gate == min(member.get() for member in members) == gating.get()


def test_an_advance_while_another_thread_clears_is_taken_over_by_that_thread() -> None:
    """Step by step: a clears; b advances, finds `pending` taken and leaves; a looks again."""
    slots = ProcessValueSlots(4)
    reclaimer = SlotReclaimer(slots, SequenceGroup(), lambda: -1, PROCESS_MEMORY, SYSTEM_HOST)
    a, b = Sequence(), Sequence()
    reclaimer.join(Sequence(), a, b)
    values = slots.view()
    theirs = reclaimer.bind_reclaim()

    class Meanwhile:
        """A value that advances b while a clears it: a has read b's sequence before."""

        def __del__(self) -> None:
            finalised.append(reclaimer.gate)

    finalised: list[int] = []
    values[:] = [Meanwhile(), "1", "2", "3"]
    mine = reclaimer.bind_reclaim()
    pending = reclaimer._pending
    a.set(3)
    mine()  # b is at -1: nothing to clear
    assert (reclaimer.gate, pending.load()) == (-1, 0)
    b.set(0)
    # Another thread clears, and has read the members already
    assert pending.compare_and_set(0, 99 << 32)
    mine()
    b.set(2)
    theirs()
    assert reclaimer.gate == -1
    # So its own compare-and-set to 0 fails, and it looks again
    assert pending.load() == (99 << 32) + 2
    pending.store(0)
    mine()
    assert reclaimer.gate == 2
    assert values == [None, None, None, "3"]
    assert finalised == [2]  # dropped when everything was done


def test_a_thread_that_is_interrupted_while_it_clears_finishes_on_its_way_out() -> None:
    class Interrupted(Sequence):
        """A member whose reader, the thread that clears, is interrupted once."""

        interrupt = False

        def view(self) -> Any:
            if Interrupted.interrupt:
                Interrupted.interrupt = False
                raise KeyboardInterrupt
            return super().view()

    slots = ProcessValueSlots(4)
    reclaimer = SlotReclaimer(slots, SequenceGroup(), lambda: -1, PROCESS_MEMORY, SYSTEM_HOST)
    member, other = Interrupted(), Sequence()
    reclaimer.join(Sequence(), member, other)
    mine, theirs = reclaimer.bind_reclaim(), reclaimer.bind_reclaim()
    values = slots.view()
    values[:] = list("abcd")
    member.set(2)
    other.set(1)
    Interrupted.interrupt = True
    with pytest.raises(KeyboardInterrupt):
        mine()
    assert reclaimer._pending.load() == 0  # no thread holds the clearing
    assert reclaimer.gate == 1
    assert values == [None, None, "c", "d"]
    other.set(2)
    theirs()
    assert reclaimer.gate == 2


def test_a_value_whose_finaliser_publishes_finds_its_slot_free() -> None:
    ring = RingBuffer.of_values(2)
    published: list[int] = []

    class Publishes:
        def __del__(self) -> None:
            published.append(ring.publish_value("from the finaliser", timeout=1))

    with ring.poller() as poller:
        ring.publish_value(Publishes())
        ring.publish_value("x")
        assert len(list(poller.take(1))) == 1
        gc.collect()
        assert published == [2]
        assert list(poller.take()) == ["x", "from the finaliser"]
