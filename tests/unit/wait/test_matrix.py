"""What every wait strategy must do, whatever it is."""

import threading
import time
from collections.abc import Callable

import pytest

from ringbuffer import (
    AlertError,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
    WaitStrategy,
)
from ringbuffer.barrier import SequenceBarrier
from ringbuffer.producer import producer_ops
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE, Background
from tests.unit.wait.strategies import each_blocking_strategy, each_strategy

Make = Callable[[], WaitStrategy]


class Waiting:
    """Counts the looks of a strategy at its sequence, so that a test knows when a thread waits."""

    def __init__(self, sequence: Sequence) -> None:
        self.sequence = sequence
        self.looks = 0

    def get(self) -> int:
        self.looks += 1
        return self.sequence.get()


class NoAlert:
    def check_alert(self) -> None:
        pass


@each_strategy
def test_it_returns_at_once_the_highest_that_is_available(make: Make) -> None:
    available = Sequence(7)
    assert make().wait_for(3, available, available, NoAlert()) == 7
    assert make().wait_for(7, available, available, NoAlert()) == 7


@each_strategy
@pytest.mark.parametrize("kind", [SingleProducerSequencer, MultiProducerSequencer])
def test_it_waits_for_the_publication(
    make: Make, kind: type[SingleProducerSequencer | MultiProducerSequencer]
) -> None:
    sequencer = kind(8, make())
    producer = producer_ops(sequencer)
    with Background(lambda: sequencer.new_barrier().wait_for(2)) as waiter:
        for _ in range(3):
            producer.publish(producer.next())
    assert waiter.result == 2


@each_strategy
def test_it_waits_for_every_dependent(make: Make) -> None:
    sequencer = SingleProducerSequencer(8, make())
    first, second = Sequence(), Sequence()
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(6))
    with Background(lambda: sequencer.new_barrier(first, second).wait_for(2)) as waiter:
        for sequence, value in ((first, 4), (second, 1), (second, 2)):
            assert waiter.result is None
            sequence.set(value)
            sequencer.signal()
    assert waiter.result == 2


@each_strategy
def test_an_alert_before_the_wait_ends_it(make: Make) -> None:
    barrier = SingleProducerSequencer(8, make()).new_barrier()
    barrier.alert()
    with pytest.raises(AlertError):
        barrier.wait_for(0)
    barrier.clear_alert()
    assert not barrier.is_alerted


@each_strategy
def test_an_alert_during_the_wait_wakes_every_waiter(make: Make) -> None:
    sequencer = SingleProducerSequencer(8, make())
    barrier = sequencer.new_barrier()
    waiters = [Background(lambda: barrier.wait_for(0)).start() for _ in range(4)]
    barrier.alert()
    for waiter in waiters:
        with pytest.raises(AlertError):
            waiter.join()


@each_strategy
def test_an_alert_of_one_barrier_leaves_the_waiters_of_others_alone(make: Make) -> None:
    sequencer = SingleProducerSequencer(8, make())
    alerted, other = sequencer.new_barrier(), sequencer.new_barrier()
    with Background(lambda: other.wait_for(0)) as waiter:
        alerted.alert()
        with pytest.raises(AlertError):
            alerted.wait_for(0)
        producer = producer_ops(sequencer)
        producer.publish(producer.next())
    assert waiter.result == 0


@each_strategy
def test_one_publication_wakes_many_waiters(make: Make) -> None:
    sequencer = SingleProducerSequencer(8, make())
    waiters = [Background(lambda: sequencer.new_barrier().wait_for(0)).start() for _ in range(8)]
    producer = producer_ops(sequencer)
    producer.publish(producer.next())
    assert [waiter.join() for waiter in waiters] == [0] * 8


@repeated(400, 2_000)
@each_strategy
def test_no_wake_up_is_lost_in_thousands_of_hand_overs(make: Make, times: int) -> None:
    there, back = SingleProducerSequencer(1, make()), SingleProducerSequencer(1, make())

    def answer() -> None:
        view, producer = there.new_barrier().view(), producer_ops(back)
        for number in range(times):
            assert view.wait_for(number) == number
            producer.publish(producer.next())

    with Background(answer):
        view, producer = back.new_barrier().view(), producer_ops(there)
        for number in range(times):
            producer.publish(producer.next())
            assert view.wait_for(number) == number


@each_blocking_strategy
def test_a_blocking_strategy_does_not_spin_while_a_dependent_is_behind(make: Make) -> None:
    strategy, cursor, dependent = make(), Sequence(10), Waiting(Sequence())
    spent: list[float] = []

    def wait() -> int:
        before = time.thread_time()
        available = strategy.wait_for(0, cursor, dependent, NoAlert())
        spent.append(time.thread_time() - before)
        return available

    with Background(wait) as waiter:
        signals = 0
        while signals < 200:  # each gives the waiter leave to look once more
            strategy.signal_all_when_blocking()
            signals += 1
        dependent.sequence.set(0)
        strategy.signal_all_when_blocking()
    assert waiter.result == 0
    assert dependent.looks < 10_000
    assert spent[0] < 0.5


@each_blocking_strategy
def test_a_blocking_strategy_sleeps_while_a_claim_is_not_published(make: Make) -> None:
    # With the claimed cursor instead of what is published, the wait would return at once, and the
    # consumer spin.
    sequencer = MultiProducerSequencer(8, make())
    slow, fast = producer_ops(sequencer), producer_ops(sequencer)
    stuck = slow.next()
    fast.publish(fast.next())
    # Claimed before the waiter loads the cursor: what it finds in the end is the last claim
    last = fast.next()
    with Background(lambda: sequencer.new_barrier().wait_for(0)) as waiter:
        fast.publish(last)
        assert waiter.result is None
        slow.publish(stuck)
    assert waiter.result == 2


@each_strategy
def test_a_barrier_that_finds_something_does_not_ask_the_strategy(make: Make) -> None:
    class Refusing:
        is_blocking = False

        def wait_for(self, *arguments: object) -> int:
            raise AssertionError("nothing to wait for")

        def signal_all_when_blocking(self) -> None:
            pass

    sequencer = SingleProducerSequencer(8, make())
    producer = producer_ops(sequencer)
    producer.publish(producer.next())
    assert SequenceBarrier(sequencer, Refusing()).wait_for(0) == 0


class Announcing:
    """Reports when a thread has looked, and found nothing."""

    def __init__(self, sequence: Sequence) -> None:
        self._sequence = sequence
        self.looked = threading.Event()

    def get(self) -> int:
        value = self._sequence.get()
        if not self.looked.is_set():
            self.looked.set()
        return value


@each_strategy
def test_an_alert_wakes_eight_waiters_that_found_nothing(make: Make) -> None:
    sequencer = SingleProducerSequencer(8, strategy := make())
    barrier = sequencer.new_barrier()
    looks = [Announcing(Sequence()) for _ in range(8)]
    waiters = [
        Background(lambda look=look: strategy.wait_for(0, look, look, barrier)).start()  # type: ignore[misc]
        for look in looks
    ]
    assert all(look.looked.wait(PATIENCE) for look in looks)
    barrier.alert()
    for waiter in waiters:
        with pytest.raises(AlertError):
            waiter.join()


@each_strategy
def test_an_advance_wakes_eight_waiters_that_found_nothing(make: Make) -> None:
    strategy, sequence = make(), Sequence()
    looks = [Announcing(sequence) for _ in range(8)]
    waiters = [
        Background(lambda look=look: strategy.wait_for(3, look, look, NoAlert())).start()  # type: ignore[misc]
        for look in looks
    ]
    assert all(look.looked.wait(PATIENCE) for look in looks)
    sequence.set(5)
    strategy.signal_all_when_blocking()
    assert [waiter.join() for waiter in waiters] == [5] * 8


@each_strategy
def test_an_alert_between_the_look_and_the_wait_is_not_missed(make: Make) -> None:
    class Alerting:
        """Alerts the barrier in the very look that finds nothing; no signal follows."""

        looks = 0

        def get(self) -> int:
            self.looks += 1
            barrier.alert()
            return -1

    sequencer = SingleProducerSequencer(8, strategy := make())
    barrier, look = sequencer.new_barrier(), Alerting()
    with pytest.raises(AlertError):
        strategy.wait_for(0, look, look, barrier)
    assert look.looks == 1


@each_strategy
def test_it_waits_for_the_dependent_though_the_cursor_is_there(make: Make) -> None:
    cursor, dependent, strategy = Sequence(9), Sequence(2), make()
    look = Announcing(dependent)
    with Background(lambda: strategy.wait_for(3, cursor, look, NoAlert())) as waiter:
        assert look.looked.wait(PATIENCE)
        assert waiter.result is None
        dependent.set(6)
        strategy.signal_all_when_blocking()
    assert waiter.result == 6


@each_strategy
def test_waiters_for_different_sequences_are_woken_each_in_its_turn(make: Make) -> None:
    # One signal serves them all: the one it brings nothing for must not use it up.
    strategy, sequence = make(), Sequence()
    looks = [Announcing(sequence) for _ in range(4)]
    waiters = [
        Background(
            lambda wanted=wanted, look=look: strategy.wait_for(wanted, look, look, NoAlert())  # type: ignore[misc]
        ).start()
        for wanted, look in enumerate(looks)
    ]
    assert all(look.looked.wait(PATIENCE) for look in looks)
    for wanted, waiter in enumerate(waiters):
        sequence.set(wanted)
        strategy.signal_all_when_blocking()
        assert waiter.join() == wanted
