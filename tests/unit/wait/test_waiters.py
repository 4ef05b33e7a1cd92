"""`waiter`: waiting by words, for one thread, which learns how long to spin."""

import pytest

from ringbuffer import (
    AlertError,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
    YieldingWaitStrategy,
)
from ringbuffer.memory import Word
from ringbuffer.wait import WaitStrategy, waiter_of
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import Background


class Looks:
    """What is waited for: there at the n-th look, counted from `begin`. Looked at by its word, or by a call."""

    def __init__(self, by_word: bool) -> None:
        self.by_word = by_word
        self.remaining = 0

    def begin(self, looks: int) -> None:
        self.remaining = looks

    @property
    def word(self) -> Word | None:
        return self if self.by_word else None

    def __getitem__(self, index: int) -> int:
        assert self.by_word
        return self._look()

    def __setitem__(self, index: int, value: int) -> None:
        raise AssertionError("a waiter stores nothing")

    def highest_from(self, sequence: int) -> int:
        assert not self.by_word
        return self._look()

    def get(self) -> int:
        raise AssertionError("a waiter knows that everything before is published")

    def _look(self) -> int:
        self.remaining -= 1
        return 0 if self.remaining <= 0 else -1


class Alert:
    """An alert that nobody gives, or that is there."""

    def __init__(self, value: int = 0) -> None:
        self.word: Word = [value]

    def check_alert(self) -> None:
        raise AssertionError("a waiter looks at the word")


by_word_or_call = pytest.mark.parametrize("by_word", [True, False])


@by_word_or_call
def test_yielding_spins_half_as_long_after_a_wait_that_its_first_yield_has_ended(by_word: bool) -> None:
    host, looks = ScriptedHost(), Looks(by_word)
    wait = YieldingWaitStrategy(8, host=host).waiter(looks, Alert())

    def yields_in(number: int) -> int:
        looks.begin(number)
        before = len(host.calls)
        assert wait(0) == 0
        return len(host.calls) - before

    assert yields_in(1 + 8) == 0, "8 turns, and there it is"
    assert yields_in(1 + 8 + 1) == 1
    assert yields_in(1 + 4 + 1) == 1, "after 4 turns"
    assert yields_in(1 + 2 + 1) == 1, "after 2"
    assert yields_in(1 + 1 + 1) == 1, "after 1"
    assert yields_in(1 + 0 + 1) == 1, "at once"
    assert yields_in(1 + 0 + 1) == 1, "and no less"
    assert yields_in(1 + 0 + 3) == 3, "that was no matter of one yield: longer again"
    assert yields_in(1 + 1 + 2) == 2
    assert yields_in(1 + 2) == 0, "2 turns, and there it is"
    assert yields_in(1 + 4) == 0
    assert yields_in(1 + 8) == 0
    assert yields_in(1 + 8 + 2) == 2, "never longer than it was made to"
    assert set(host.calls) == {"yield"}


@by_word_or_call
def test_yielding_without_a_spin_yields_at_every_turn(by_word: bool) -> None:
    host, looks = ScriptedHost(), Looks(by_word)
    wait = YieldingWaitStrategy(0, host=host).waiter(looks, Alert())
    for _ in range(3):
        looks.begin(4)
        assert wait(0) == 0
    assert host.calls == ["yield"] * 9


@by_word_or_call
@pytest.mark.parametrize("strategy", [YieldingWaitStrategy(), BusySpinWaitStrategy()])
def test_an_alert_ends_a_wait(strategy: YieldingWaitStrategy | BusySpinWaitStrategy, by_word: bool) -> None:
    looks = Looks(by_word)
    wait = strategy.waiter(looks, Alert(1))
    looks.begin(5)
    with pytest.raises(AlertError, match="the barrier was alerted"):
        wait(0)
    looks.begin(1)
    assert wait(0) == 0, "what is there is there, whatever the alert says"


@by_word_or_call
def test_busy_spin_only_looks(by_word: bool) -> None:
    looks = Looks(by_word)
    wait = BusySpinWaitStrategy().waiter(looks, Alert())
    looks.begin(1000)
    assert wait(0) == 0
    assert looks.remaining == 0


def test_a_strategy_without_a_waiter_is_asked_each_time() -> None:
    asked: list[tuple[object, ...]] = []

    class Own(BlockingWaitStrategy):
        def wait_for(self, sequence: int, cursor: object, dependent: object, barrier: object) -> int:
            asked.append((sequence, cursor, dependent, barrier))
            return sequence

    cursor, dependent, alert = Sequence(), Looks(True), Alert()
    wait = waiter_of(Own(), cursor, dependent, alert)
    assert [wait(3), wait(5)] == [3, 5]
    assert asked == [(3, cursor, dependent, alert), (5, cursor, dependent, alert)]


@pytest.mark.parametrize("strategy", [YieldingWaitStrategy(3), BusySpinWaitStrategy()])
@pytest.mark.parametrize("kind", [SingleProducerSequencer, MultiProducerSequencer])
@pytest.mark.parametrize("dependents", [0, 1, 2])
def test_a_barrier_waits_by_it(
    strategy: WaitStrategy, kind: type[SingleProducerSequencer] | type[MultiProducerSequencer], dependents: int
) -> None:
    sequencer = kind(64, strategy)
    before = [Sequence() for _ in range(dependents)]
    barrier = sequencer.new_barrier(*before)
    waiter = Background(lambda: [barrier.view().wait_for(sequence) >= sequence for sequence in range(50)]).start()

    def produce() -> None:
        producer = sequencer.producer_barrier()
        for _ in range(50):
            sequence = producer.next()
            producer.publish(sequence)
            for each in before:
                each.set(sequence)

    Background(produce).start().join()
    assert waiter.join() == [True] * 50
    stopped = Background(lambda: barrier.wait_for(50)).start()
    barrier.alert()
    with pytest.raises(AlertError):
        stopped.join()
