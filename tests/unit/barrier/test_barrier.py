import traceback

import pytest

from ringbuffer import (
    AlertError,
    BusySpinWaitStrategy,
    MultiProducerSequencer,
    Sequence,
    SequenceGroup,
    TimeoutBlockingWaitStrategy,
)
from tests.unit.sequencer.kinds import Kind, each_kind


@each_kind
def test_without_dependents_a_barrier_lets_through_what_is_published(kind: Kind) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    producer = sequencer.producer_barrier()
    producer.next(4)
    producer.publish(0, 2)
    assert sequencer.new_barrier().wait_for(0) == 2
    assert sequencer.new_barrier().wait_for(2) == 2
    assert sequencer.new_barrier().dependents == ()


@each_kind
def test_a_barrier_lets_nothing_through_that_a_dependent_has_not_passed(kind: Kind) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    first, second = Sequence(5), Sequence(3)
    producer = sequencer.producer_barrier()
    producer.publish(0, producer.next(8))
    barrier = sequencer.new_barrier(first, second)
    assert barrier.wait_for(0) == 3
    assert barrier.view().available() == 3
    assert barrier.dependents == (first, second)


@each_kind
def test_a_dependent_that_is_ahead_does_not_let_unpublished_slots_through(kind: Kind) -> None:
    sequencer = kind(8, BusySpinWaitStrategy())
    producer = sequencer.producer_barrier()
    producer.publish(0, producer.next(2))
    producer.next()
    assert sequencer.new_barrier(Sequence(7)).wait_for(0) == 1


def test_a_gap_ends_what_is_let_through() -> None:
    sequencer = MultiProducerSequencer(8, BusySpinWaitStrategy())
    producer = sequencer.producer_barrier()
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
    producer = sequencer.producer_barrier()
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
    producer = sequencer.producer_barrier()
    producer.publish(0, producer.next(12))
    stages = [Sequence() for _ in range(10)]
    views = [sequencer.new_barrier(*stages[max(0, number - 1) : number]).view() for number in range(10)]
    for number, view in enumerate(views):
        assert view.wait_for(0) == 11 - number
        stages[number].set(10 - number)


def test_after_a_timeout_a_barrier_tells_how_far_things_are() -> None:
    sequencer = MultiProducerSequencer(8, TimeoutBlockingWaitStrategy(0.01))
    producer = sequencer.producer_barrier()
    producer.publish(0, producer.next(2))
    assert sequencer.new_barrier().wait_for(5) < 5


@each_kind
def test_a_wait_from_the_middle_does_not_ask_about_what_came_before(kind: Kind) -> None:
    sequencer = kind(4, BusySpinWaitStrategy())
    producer = sequencer.producer_barrier()
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
