"""How each strategy spends its time: with a clock and pauses that are the test's."""

import gc
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import (
    AdaptiveWaitStrategy,
    AlertError,
    BlockingWaitStrategy,
    LiteBlockingWaitStrategy,
    MultiProducerSequencer,
    PhasedBackoffWaitStrategy,
    Sequence,
    SingleProducerSequencer,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from ringbuffer.host import Host
from ringbuffer.producer import producer_ops
from ringbuffer.sequence import Readable
from tests.support.counting import CountingMemory
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import Background
from tests.unit.wait.test_matrix import NoAlert


def wait(strategy: WaitStrategy, dependent: Readable, sequence: int = 0) -> int:
    return strategy.wait_for(sequence, dependent, dependent, NoAlert())


class AfterLooks:
    """Becomes available at the n-th look."""

    def __init__(self, looks: int) -> None:
        self.remaining = looks

    def get(self) -> int:
        self.remaining -= 1
        return 0 if self.remaining <= 0 else -1


def test_yielding_spins_first_and_then_yields_in_each_iteration() -> None:
    host = ScriptedHost()
    assert wait(YieldingWaitStrategy(10, host=host), AfterLooks(11)) == 0
    assert host.calls == []
    assert wait(YieldingWaitStrategy(10, host=host), AfterLooks(15)) == 0
    assert host.calls == ["yield"] * 4


def test_sleeping_spins_then_yields_then_sleeps() -> None:
    host = ScriptedHost()
    assert wait(SleepingWaitStrategy(3, 2, 0.5, host=host), AfterLooks(9)) == 0
    assert host.calls == ["yield", "yield", "sleep", "sleep", "sleep"]
    assert host.now == pytest.approx(1.5, abs=1e-3)


def test_blocking_waits_on_its_condition_only() -> None:
    host = ScriptedHost()
    assert wait(BlockingWaitStrategy(host=host), AfterLooks(4)) == 0
    assert host.calls == ["lock", "wait", "wait", "wait"]


def test_a_lite_signal_takes_no_lock_while_no_thread_waits() -> None:
    host = ScriptedHost()
    strategy = LiteBlockingWaitStrategy(host=host)
    signal = strategy.signaller()
    signal()
    assert host.calls == []
    assert wait(strategy, AfterLooks(2)) == 0
    signal()
    signal()
    assert host.calls == ["lock", "wait", "lock", "notify"]


def test_waiters_pass_only_the_fence_locks_of_threads_that_can_still_signal() -> None:
    class CountingFenceLock:
        def __setitem__(self, index: int, value: None, /) -> None:
            passages.append(self)

    class WithCountingFenceLocks(CountingMemory):
        def fence_lock(self) -> CountingFenceLock:
            return CountingFenceLock()

    passages: list[object] = []
    strategy = LiteBlockingWaitStrategy(memory=WithCountingFenceLocks(), host=ScriptedHost())
    signallers = [strategy.signaller() for _ in range(3)]
    assert wait(strategy, Sequence(0)) == 0
    assert len(set(passages)) == 1 + 3  # of the registration, and of each of them
    passages.clear()
    del signallers[1:]
    gc.collect()
    signallers.append(strategy.signaller())
    passages.clear()
    assert wait(strategy, Sequence(0)) == 0
    assert len(set(passages)) == len(passages) == 1 + 2
    assert len(strategy._fence_locks) == 2
    passages.clear()
    for signal in signallers:
        signal()
    assert len(set(passages)) == len(passages) == 2


def test_signallers_that_go_at_the_same_time_leave_nothing_behind() -> None:
    class MissesOnce(list[object]):
        """As a list whose lock is let go of while it compares."""

        misses = 1

        def remove(self, item: object) -> None:
            if self.misses:
                self.misses -= 1
                raise ValueError("list.remove(x): x not in list")
            super().remove(item)

    strategy = LiteBlockingWaitStrategy(host=ScriptedHost())
    hidden: Any = strategy
    there = hidden._fence_locks = MissesOnce()
    signallers = [strategy.signaller() for _ in range(2)]
    signallers.pop()
    gc.collect()
    assert len(there) == 1
    assert there.misses == 0


@pytest.mark.verify
def test_signallers_of_many_threads_come_and_go() -> None:
    strategy = LiteBlockingWaitStrategy()

    def come_and_go() -> None:
        for _ in range(2_000):
            strategy.signaller()()

    for thread in [Background(come_and_go).start() for _ in range(4)]:
        thread.join()
    gc.collect()
    assert strategy._fence_locks == []


def test_a_lite_waiter_raises_its_flag_before_every_look() -> None:
    # A signal between two looks lowers the flag; a waiter that did not raise it again would sleep
    # forever.
    dependent = Sequence()

    def signal_twice(number: int) -> None:
        signal()
        notified.append(host.calls[-1])
        if number == 2:
            dependent.set(0)

    notified: list[str] = []
    host = ScriptedHost(signal_twice)
    strategy = LiteBlockingWaitStrategy(host=host)
    signal = strategy.signaller()
    assert wait(strategy, dependent) == 0
    assert notified == ["notify", "notify"]


def test_a_timeout_returns_how_far_things_are() -> None:
    host = ScriptedHost()
    assert wait(TimeoutBlockingWaitStrategy(2.5, host=host), Sequence(4), 9) == 4
    assert host.now == pytest.approx(2.5)


class EarlySignals(ScriptedHost):
    """Signals come at the latest a tenth of a second after a wait has begun."""

    def pause(self, kind: str, seconds: float | None) -> None:
        super().pause(kind, 0.1 if seconds is None else min(seconds, 0.1))


def test_signals_that_bring_nothing_do_not_prolong_a_timeout() -> None:
    host = EarlySignals()
    assert wait(TimeoutBlockingWaitStrategy(1.0, host=host), Sequence()) == -1
    assert host.now == pytest.approx(1.0)
    assert 10 <= host.pauses <= 11


def test_an_event_that_comes_in_time_is_not_a_timeout() -> None:
    assert wait(TimeoutBlockingWaitStrategy(2.5, host=ScriptedHost()), AfterLooks(2)) == 0


def ticking(host: ScriptedHost) -> Host:
    """A clock that also moves on when it is looked at."""

    class Ticking(ScriptedHost):
        def monotonic(self) -> float:
            self.now += 0.001
            return self.now

    ticking = Ticking(host.script)
    ticking.calls = host.calls
    return ticking


def test_phased_backoff_spins_for_its_time_then_yields_for_its_time_then_falls_back() -> None:
    host = ScriptedHost()

    class Fallback:
        is_blocking = True
        asked = 0

        def wait_for(self, sequence: int, *rest: object) -> int:
            self.asked += 1
            return sequence - 1

        def signal_all_when_blocking(self) -> None:
            host.calls.append("signal")

    fallback = Fallback()
    strategy = PhasedBackoffWaitStrategy(0.005, 0.010, fallback, host=ticking(host))
    assert wait(strategy, Sequence()) == -1
    assert fallback.asked == 1
    assert set(host.calls) == {"yield"}
    assert 5 <= len(host.calls) <= 12
    assert strategy.is_blocking
    strategy.signal_all_when_blocking()
    assert host.calls[-1] == "signal"


def test_phased_backoff_does_not_fall_back_if_it_need_not() -> None:
    host = ScriptedHost()
    assert wait(PhasedBackoffWaitStrategy.with_lock(1.0, 1.0, host=host), AfterLooks(500)) == 0
    assert wait(PhasedBackoffWaitStrategy.with_lock(1.0, 1.0, host=host), AfterLooks(2_500)) == 0
    assert host.calls == []


def test_phased_backoff_with_sleep_sleeps_in_the_end_and_needs_no_signal() -> None:
    host = ScriptedHost()
    strategy = PhasedBackoffWaitStrategy.with_sleep(0.002, 0.002, host=ticking(host))
    assert wait(strategy, AfterLooks(20_000)) == 0
    assert not strategy.is_blocking


def test_spinning_strategies_need_no_signal() -> None:
    for strategy in (YieldingWaitStrategy(), SleepingWaitStrategy()):
        assert not strategy.is_blocking
        strategy.signal_all_when_blocking()


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_times_must_be_positive_and_finite(seconds: float) -> None:
    fallback = BlockingWaitStrategy()
    with pytest.raises(ValueError, match="timeout must be a positive number of seconds"):
        TimeoutBlockingWaitStrategy(seconds)
    with pytest.raises(ValueError, match="sleep_seconds must be"):
        SleepingWaitStrategy(sleep_seconds=seconds)
    with pytest.raises(ValueError, match="spin_seconds must be"):
        PhasedBackoffWaitStrategy(seconds, 1, fallback)
    with pytest.raises(ValueError, match="yield_seconds must be"):
        PhasedBackoffWaitStrategy(1, seconds, fallback)


def test_tries_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match="spin_tries must be 0 or more, not -1"):
        YieldingWaitStrategy(-1)
    with pytest.raises(ValueError, match="yield_tries must be 0 or more, not -2"):
        SleepingWaitStrategy(0, -2)


@pytest.mark.parametrize(
    "make",
    [
        BlockingWaitStrategy,
        LiteBlockingWaitStrategy,
        lambda host: TimeoutBlockingWaitStrategy(1e6, host=host),
    ],
)
def test_a_blocking_strategy_looks_once_a_wake_up(make: Callable[..., WaitStrategy]) -> None:
    host, dependent = EarlySignals(), AfterLooks(50)
    assert wait(make(host=host), dependent) == 0
    assert host.calls == ["lock"] + ["wait"] * 49
    assert dependent.remaining == 0


def test_phased_backoff_times_out_as_its_fallback_does() -> None:
    host = ScriptedHost()
    fallback = TimeoutBlockingWaitStrategy(1.5, host=host)
    strategy = PhasedBackoffWaitStrategy(0.002, 0.002, fallback, host=ticking(host))
    assert strategy.is_blocking
    assert wait(strategy, Sequence(4), 9) == 4
    assert host.now == pytest.approx(1.5)


def test_phased_backoff_spins_before_it_yields() -> None:
    # The clock is looked at once a thousand turns, and the time is up when it is past: not before.
    looked: list[int] = []

    class Counting(AfterLooks):
        def get(self) -> int:
            looked.append(len(host.calls))
            return super().get()

    host = ScriptedHost()
    strategy = PhasedBackoffWaitStrategy(
        0.0025, 0.002, BlockingWaitStrategy(host=host), host=ticking(host)
    )
    assert wait(strategy, Counting(4_004)) == 0
    spins = looked.index(1)
    assert spins == 4 * PhasedBackoffWaitStrategy.SPIN_TRIES
    assert host.calls[:2] == ["yield", "yield"]


class Ticking(EarlySignals):
    """The clock also moves on when it is looked at."""

    def monotonic(self) -> float:
        self.now += 0.001
        return self.now


THAT_PAUSE: dict[str, Callable[[Host], WaitStrategy]] = {
    "yielding": lambda host: YieldingWaitStrategy(3, host=host),
    "sleeping": lambda host: SleepingWaitStrategy(3, 3, host=host),
    "blocking": lambda host: BlockingWaitStrategy(host=host),
    "adaptive": lambda host: AdaptiveWaitStrategy(3, 0.002, host=host),
    "lite-blocking": lambda host: LiteBlockingWaitStrategy(host=host),
    "timeout-blocking": lambda host: TimeoutBlockingWaitStrategy(1e6, host=host),
    "phased-sleep": lambda host: PhasedBackoffWaitStrategy.with_sleep(0.002, 0.002, host=host),
    "phased-lite-lock": lambda host: PhasedBackoffWaitStrategy.with_lite_lock(
        0.002, 0.002, host=host
    ),
}


@pytest.mark.parametrize("alerted_at", [1, 5, 40])
@pytest.mark.parametrize("make", THAT_PAUSE.values(), ids=THAT_PAUSE)
def test_an_alert_in_any_pause_ends_the_wait(
    make: Callable[[Host], WaitStrategy], alerted_at: int
) -> None:
    host = Ticking(lambda number: barrier.alert() if number == alerted_at else None)
    barrier = SingleProducerSequencer(4, make(host), host=host).new_barrier()
    with pytest.raises(AlertError):
        barrier.wait_for(0)
    assert host.pauses == alerted_at


def test_every_publication_signals_the_strategies_that_need_it_and_no_others() -> None:
    class Signalled:
        def __init__(self, is_blocking: bool) -> None:
            self.is_blocking = is_blocking
            self.signals = 0

        def wait_for(self, sequence: int, *rest: object) -> int:
            raise AssertionError("no thread waits")

        def signal_all_when_blocking(self) -> None:
            self.signals += 1

    for kind in (SingleProducerSequencer, MultiProducerSequencer):
        for is_blocking in (True, False):
            strategy = Signalled(is_blocking)
            ops = producer_ops(kind(8, strategy))
            ops.publish(ops.next())
            ops.publish(1, ops.next(3))
            assert strategy.signals == (2 if is_blocking else 0)


def test_a_lite_signal_that_comes_right_after_the_look_finds_the_flag() -> None:
    # The publication comes when the waiter has looked and does not wait yet. Were the flag raised
    # after the look, the signalling thread would see no waiter, and the waiter would sleep although
    # the event is there.
    class PublishedRightAfter:
        looks = 0

        def get(self) -> int:
            self.looks += 1
            if self.looks > 1:
                return 0
            signal()
            return -1

    host = ScriptedHost()
    strategy = LiteBlockingWaitStrategy(host=host)
    signal = strategy.signaller()
    assert wait(strategy, PublishedRightAfter()) == 0
    assert host.calls == ["lock", "lock", "notify", "wait"]
