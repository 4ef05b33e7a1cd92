"""`waiter`: waiting by words, for one thread, which learns how long to spin."""

import pytest

from ringbuffer import (
    AdaptiveWaitStrategy,
    AlertError,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    MultiProducerSequencer,
    Sequence,
    SingleProducerSequencer,
    YieldingWaitStrategy,
)
from ringbuffer.memory import Word
from ringbuffer.producer import producer_ops
from ringbuffer.wait import WaitStrategy, bind_wait
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import Background


class Looks:
    """A condition that holds at the n-th look after `begin`, by its word or by a call."""

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
    """An alert, which is raised if `value` is not 0."""

    def __init__(self, value: int = 0) -> None:
        self.word: Word = [value]

    def check_alert(self) -> None:
        raise AssertionError("a waiter looks at the word")


by_word_or_call = pytest.mark.parametrize("by_word", [True, False])


@by_word_or_call
def test_yielding_spins_half_as_long_after_a_wait_that_its_first_yield_has_ended(
    by_word: bool,
) -> None:
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
    assert yields_in(1 + 0 + 3) == 3, "one yield was not enough: longer again"
    assert yields_in(1 + 1 + 2) == 2
    assert yields_in(1 + 2) == 0, "2 turns, and there it is"
    assert yields_in(1 + 4) == 0
    assert yields_in(1 + 8) == 0
    assert yields_in(1 + 8 + 2) == 2, "never longer than it was made to"
    assert set(host.calls) == {"yield"}


@by_word_or_call
def test_yielding_without_a_spin_yields_in_each_iteration(by_word: bool) -> None:
    host, looks = ScriptedHost(), Looks(by_word)
    wait = YieldingWaitStrategy(0, host=host).waiter(looks, Alert())
    for _ in range(3):
        looks.begin(4)
        assert wait(0) == 0
    assert host.calls == ["yield"] * 9


@by_word_or_call
@pytest.mark.parametrize("strategy", [YieldingWaitStrategy(), BusySpinWaitStrategy()])
def test_an_alert_ends_a_wait(
    strategy: YieldingWaitStrategy | BusySpinWaitStrategy, by_word: bool
) -> None:
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
        def wait_for(
            self, sequence: int, cursor: object, dependent: object, barrier: object
        ) -> int:
            asked.append((sequence, cursor, dependent, barrier))
            return sequence

    cursor, dependent, alert = Sequence(), Looks(True), Alert()
    wait = bind_wait(Own(), cursor, dependent, alert)
    assert [wait(3), wait(5)] == [3, 5]
    assert asked == [(3, cursor, dependent, alert), (5, cursor, dependent, alert)]


@pytest.mark.parametrize("strategy", [YieldingWaitStrategy(3), BusySpinWaitStrategy()])
@pytest.mark.parametrize("kind", [SingleProducerSequencer, MultiProducerSequencer])
@pytest.mark.parametrize("dependents", [0, 1, 2])
def test_a_barrier_waits_by_it(
    strategy: WaitStrategy,
    kind: type[SingleProducerSequencer] | type[MultiProducerSequencer],
    dependents: int,
) -> None:
    sequencer = kind(64, strategy)
    before = [Sequence() for _ in range(dependents)]
    barrier = sequencer.new_barrier(*before)
    waiter = Background(
        lambda: [barrier.view().wait_for(sequence) >= sequence for sequence in range(50)]
    ).start()

    def produce() -> None:
        producer = producer_ops(sequencer)
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


class After(Looks):
    """As `Looks`, also for a thread that has the lock and is about to sleep."""

    def get(self) -> int:
        return self._look()


class NapHost(ScriptedHost):
    """A sleep takes as long as the test says.

    Attributes:
        nap: the length of a sleep, in seconds.
        cpus: the processors that there are.
    """

    def __init__(self, cpus: int = 2) -> None:
        super().__init__()
        self.nap, self.cpus = 1.0, cpus

    def pause(self, kind: str, seconds: float | None) -> None:
        super().pause(kind, self.nap if kind == "wait" else seconds)

    def available_cpus(self) -> frozenset[int]:
        return frozenset(range(self.cpus))


class Adaptive:
    """A consumer that waits again and again, for what is there at the n-th look."""

    def __init__(self, spin_tries: int, yields: int, cpus: int = 2) -> None:
        self.host = NapHost(cpus)
        self._looks = After(by_word=False)
        # A yield of this host takes 1 µs
        strategy = AdaptiveWaitStrategy(spin_tries, (yields - 0.5) * 1e-6, host=self.host)
        self._wait = strategy.waiter(self._looks, Unalerted())

    def wait(self, looks: int, nap: float = 1.0) -> list[str]:
        """What the host was asked for in a wait."""
        self._looks.begin(looks)
        self.host.nap = nap
        self.host.calls.clear()
        assert self._wait(0) == 0
        return [*self.host.calls]


class Unalerted(Alert):
    def check_alert(self) -> None:
        assert not self.word[0]


NEVER_IN_TIME = 1_000


def test_an_adaptive_wait_spins_then_yields_then_sleeps() -> None:
    consumer = Adaptive(spin_tries=5, yields=3)
    assert consumer.wait(5) == []
    assert consumer.wait(5 + 3) == ["yield"] * 3
    assert consumer.wait(5 + 3 + 2) == ["yield"] * 3 + ["lock", "wait"]


def test_long_sleeps_teach_a_consumer_to_sleep_at_once() -> None:
    consumer = Adaptive(spin_tries=0, yields=8)
    yields = [consumer.wait(10).count("yield")]
    while yields[-1]:
        yields.append(consumer.wait(yields[-1] + 2).count("yield"))
    assert yields == [8, 4, 2, 1, 0], "each sleep took a second"
    assert consumer.wait(2) == ["lock", "wait"]


def test_short_sleeps_teach_it_to_yield_again() -> None:
    consumer = Adaptive(spin_tries=0, yields=8)
    while consumer.wait(100)[0] == "yield":
        pass
    yields = [consumer.wait(2, nap=1e-6).count("yield")]
    for _ in range(5):
        yields.append(consumer.wait(yields[-1] + 3, nap=1e-6).count("yield"))
    assert yields[:3] == [0, 1, 2]
    assert max(yields) == 8, "never longer than it was made to"


def test_a_wait_that_yielding_ends_makes_the_next_ones_longer() -> None:
    consumer = Adaptive(spin_tries=0, yields=8)
    consumer.wait(100)
    assert consumer.wait(4).count("yield") == 4, "half as long as before, and enough"
    assert consumer.wait(8) == ["yield"] * 8


def test_a_wait_that_its_first_yield_ends_makes_the_next_spin_shorter() -> None:
    consumer = Adaptive(spin_tries=8, yields=8)
    assert consumer.wait(8 + 1) == ["yield"]
    assert consumer.wait(4 + 1) == ["yield"]
    assert consumer.wait(2 + 2) == ["yield"] * 2, "it took more than one yield: longer again"
    assert consumer.wait(4) == []


def test_with_one_processor_it_sleeps_at_once() -> None:
    consumer = Adaptive(spin_tries=8, yields=8, cpus=1)
    for _ in range(3):
        assert consumer.wait(2, nap=1e-9) == ["lock", "wait"]


def test_a_signal_takes_no_lock_while_a_consumer_spins() -> None:
    host = NapHost()
    strategy, looks = AdaptiveWaitStrategy(4, host=host), After(by_word=False)
    signal, wait = strategy.signaller(), strategy.waiter(looks, Unalerted())
    looks.begin(4)
    assert wait(0) == 0
    signal()
    assert host.calls == []
    looks.begin(NEVER_IN_TIME)
    assert wait(0) == 0
    host.calls.clear()
    signal()
    signal()
    assert host.calls == ["lock", "notify"]


def test_what_an_adaptive_wait_is_given_is_checked() -> None:
    with pytest.raises(ValueError, match="spin_tries must be 0 or more, not -1"):
        AdaptiveWaitStrategy(-1)
    with pytest.raises(ValueError, match="yield_seconds"):
        AdaptiveWaitStrategy(yield_seconds=-1)
