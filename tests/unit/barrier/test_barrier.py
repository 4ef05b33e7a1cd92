import traceback
from collections.abc import Callable

import pytest

from ringbuffer import (
    AlertError,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    MultiProducerSequencer,
    Sequence,
    SequenceGroup,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
)
from ringbuffer.producer import producer_ops
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import PATIENCE, Background
from tests.unit.sequencer.kinds import Kind, each_kind
from tests.unit.wait.strategies import STRATEGIES


@each_kind
def test_without_dependents_a_barrier_lets_through_what_is_published(kind: Kind) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    producer.next(4)
    producer.publish(0, 2)
    assert sequencer.new_barrier().wait_for(0) == 2
    assert sequencer.new_barrier().wait_for(2) == 2
    assert sequencer.new_barrier().dependents == ()


@each_kind
def test_a_barrier_lets_nothing_through_that_a_dependent_has_not_passed(kind: Kind) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    first, second = Sequence(5), Sequence(3)
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(8))
    barrier = sequencer.new_barrier(first, second)
    assert barrier.wait_for(0) == 3
    assert barrier.view().available() == 3
    assert barrier.dependents == (first, second)


@each_kind
def test_a_dependent_that_is_ahead_does_not_let_unpublished_slots_through(kind: Kind) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(2))
    producer.next()
    assert sequencer.new_barrier(Sequence(7)).wait_for(0) == 1


def test_a_gap_ends_what_is_let_through() -> None:
    sequencer = MultiProducerSequencer(8, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    producer.next(6)
    producer.publish(0, 1)
    producer.publish(3, 5)
    view = sequencer.new_barrier().view()
    assert view.wait_for(0) == 1
    producer.publish(2)
    assert view.wait_for(2) == 5


@each_kind
def test_a_group_may_be_a_dependent_and_its_members_may_change(kind: Kind) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(8))
    slow = Sequence(2)
    group = SequenceGroup(slow, Sequence(6))
    view = sequencer.new_barrier(group, Sequence(5)).view()
    assert view.wait_for(0) == 2
    group.remove(slow)
    assert view.wait_for(0) == 5


@each_kind
def test_stages_in_a_chain_stand_one_behind_the_other(kind: Kind) -> None:
    sequencer = kind(16, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(12))
    stages = [Sequence() for _ in range(10)]
    views = [
        sequencer.new_barrier(*stages[max(0, number - 1) : number]).view() for number in range(10)
    ]
    for number, view in enumerate(views):
        assert view.wait_for(0) == 11 - number
        stages[number].set(10 - number)


def test_after_a_timeout_a_barrier_returns_how_far_its_dependencies_are() -> None:
    sequencer = MultiProducerSequencer(8, TimeoutBlockingWaitStrategy(0.01))
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(2))
    assert sequencer.new_barrier().wait_for(5) < 5


@each_kind
def test_a_wait_from_the_middle_does_not_ask_about_what_came_before(kind: Kind) -> None:
    sequencer = kind(4, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    for _ in range(11):
        producer.publish(producer.next())
    assert sequencer.new_barrier().wait_for(9) == 10


def test_every_alert_is_a_fresh_exception() -> None:
    barrier = MultiProducerSequencer(8, BusySpinWaitStrategy()).new_barrier()
    barrier.alert()
    assert barrier.is_alerted
    caught = []
    for look in (lambda: barrier.wait_for(0), barrier.check_alert, barrier.view().check_alert) * 2:
        with pytest.raises(AlertError) as error:
            look()
        caught.append(error.value)
    assert len({id(each) for each in caught}) == 6
    depths = [len(traceback.extract_tb(each.__traceback__)) for each in caught]
    assert depths[:3] == depths[3:]
    barrier.clear_alert()
    barrier.check_alert()
    barrier.view().check_alert()


@each_kind
def test_after_a_timeout_a_barrier_returns_what_is_there_and_not_what_was_asked_for(
    kind: Kind,
) -> None:
    host = ScriptedHost()
    sequencer = kind(8, TimeoutBlockingWaitStrategy(2.5, host=host), host=host)
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(2))
    assert sequencer.new_barrier().wait_for(2) == 1
    assert sequencer.new_barrier(Sequence(0)).wait_for(1) == 0
    assert host.now == pytest.approx(5.0)


@each_kind
def test_the_end_of_a_diamond_goes_as_far_as_both_its_sides_have_gone(kind: Kind) -> None:
    #                  .--> left ---.
    #   published -----|             >--> end
    #                  '--> right --'
    sequencer = kind(8, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    left, right = Sequence(), Sequence()
    side, end = sequencer.new_barrier().view(), sequencer.new_barrier(left, right).view()
    producer.publish(0, producer.next(6))
    assert side.wait_for(0) == 5
    assert end.available() == -1
    left.set(5)
    assert end.available() == -1
    right.set(2)
    assert end.wait_for(0) == 2
    left.set(1)  # no thread does this; but each look takes the lowest now, not the lowest so far
    assert end.available() == 1


@each_kind
@pytest.mark.parametrize("make", STRATEGIES.values(), ids=STRATEGIES)
def test_a_diamond_behind_a_chain_keeps_its_order(
    kind: Kind, make: Callable[[], WaitStrategy]
) -> None:
    # first --> second --> {left, right} --> end, each in its own thread; who is let through has
    # been passed by all before.
    count, size = 24, 4
    sequencer = kind(size, make())
    names = ("first", "second", "left", "right", "end")
    behind: dict[str, tuple[str, ...]] = {
        "first": (),
        "second": ("first",),
        "left": ("second",),
        "right": ("second",),
        "end": ("left", "right"),
    }
    passed = {name: Sequence() for name in names}
    sequencer.add_gating_sequences(passed["end"])

    def stage(name: str) -> int:
        view = sequencer.new_barrier(*[passed[other] for other in behind[name]]).view()
        position, violations = -1, 0
        while position < count - 1:
            position = view.wait_for(position + 1)
            violations += any(passed[other].get() < position for other in behind[name])
            passed[name].set(position)
            sequencer.signal()
        return violations

    stages = [Background(lambda name=name: stage(name)).start() for name in names]  # type: ignore[misc]
    producer = producer_ops(sequencer)
    for _ in range(count):
        producer.publish(producer.next(timeout=PATIENCE))
    assert [each.join() for each in stages] == [0] * len(names)
    assert all(sequence.get() == count - 1 for sequence in passed.values())


@each_kind
def test_any_thread_may_wait_at_one_barrier(kind: Kind) -> None:
    sequencer = kind(8, BlockingWaitStrategy())
    barrier = sequencer.new_barrier()
    waiters = [Background(lambda: barrier.wait_for(0)).start() for _ in range(4)]
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(3))
    assert [waiter.join() for waiter in waiters] == [2] * 4


def test_an_alert_comes_before_what_is_available() -> None:
    sequencer = MultiProducerSequencer(8, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    producer.publish(producer.next())
    view = (barrier := sequencer.new_barrier()).view()
    barrier.alert()
    with pytest.raises(AlertError):
        view.wait_for(0)
    barrier.clear_alert()
    assert view.wait_for(0) == 0


def test_a_group_without_members_holds_no_producer_back() -> None:
    sequencer = MultiProducerSequencer(8, BusySpinWaitStrategy())
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(3))
    assert sequencer.new_barrier(SequenceGroup()).wait_for(0) == 2


@each_kind
def test_a_dependent_that_is_ahead_does_not_let_unpublished_slots_through_after_a_wait(
    kind: Kind,
) -> None:
    host = ScriptedHost(lambda number: producer.publish(2) if number == 3 else None)
    sequencer = kind(8, SleepingWaitStrategy(0, 0, host=host), host=host)
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(2))
    producer.next(3)
    view = sequencer.new_barrier(Sequence(7)).view()
    assert view.available() == 1
    assert view.wait_for(2) == 2
    assert host.calls == ["sleep"] * 3
