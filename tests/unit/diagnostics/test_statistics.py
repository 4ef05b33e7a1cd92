"""`statistics` and `Sampler`: consistent figures of a running ring, rates over a stated window."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbuffer import (
    BlockingWaitStrategy,
    Disruptor,
    ProducerType,
    RingBuffer,
    Sequence,
    TimeoutBlockingWaitStrategy,
)
from ringbuffer.diagnostics import (
    CountingWaitStrategy,
    DiagnosticEventHandler,
    Positions,
    Sampler,
    settle,
    statistics,
)
from tests.support.examples import examples
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import Background
from tests.unit.diagnostics.kit import Gate, check, ignore, ignore_too, new_disruptor, put


@pytest.mark.parametrize("kind", ProducerType)
def test_a_new_ring_is_empty(kind: ProducerType) -> None:
    found = statistics(new_disruptor(8, kind))
    check(found)
    assert (found.claimed, found.published, found.minimum_gating_sequence) == (-1, -1, -1)
    assert (found.remaining_capacity, found.utilization, found.slowest) == (8, 0.0, None)
    assert (
        found.window
        is found.publish_rate
        is found.consume_rate
        is found.waits
        is found.timeouts
        is found.errors
        is None
    )
    assert found.producer_stalls == 0


@pytest.mark.parametrize("kind", ProducerType)
def test_claimed_and_published_are_distinguished(kind: ProducerType) -> None:
    ring: RingBuffer[Any] = RingBuffer(8, dict, kind)
    ring.add_gating_sequences(Sequence())
    producer = ring.producer()
    low = producer.next()
    producer.next()
    producer.publish(low)
    found = statistics(ring, "mine")
    check(found)
    assert (found.name, found.claimed, found.published, found.remaining_capacity) == (
        "mine",
        1,
        0,
        6,
    )
    assert found.utilization == 0.25
    assert [(each.name, each.lag) for each in found.consumers] == [("consumer 1", 1)]


def test_without_consumers_nothing_is_behind() -> None:
    ring: RingBuffer[Any] = RingBuffer(8, dict)
    for _ in range(20):
        ring.publish_event(lambda event, sequence: None)
    found = statistics(ring)
    check(found)
    assert found.minimum_gating_sequence == found.published == 19


def test_the_slowest_consumer_is_named_with_its_lag_and_its_state() -> None:
    disruptor, gate = new_disruptor(), Gate()
    disruptor.handle_events_with(ignore, gate).then(ignore_too)
    with disruptor:
        for _ in range(5):
            disruptor.publish_event(put)
        assert gate.entered.wait(60)
        found = statistics(disruptor)
        # It ends by itself
        while any(each.name == "ignore" and each.lag for each in found.consumers):
            found = statistics(disruptor)
        check(found)
        slowest = found.slowest
        assert slowest is not None
        assert (slowest.name, slowest.state, slowest.lag) == (
            "Gate",
            "RUNNING",
            4 - slowest.sequence,
        )
        gate.opened.set()
    assert [each.lag for each in statistics(disruptor).consumers] == [0, 0, 0]


@pytest.mark.parametrize("values", [False, True], ids=["events", "values"])
@pytest.mark.parametrize("kind", ProducerType)
@settings(max_examples=examples(2, 5))
@given(size=st.sampled_from([2, 8, 64]), events=st.integers(1, 400), batch=st.integers(1, 8))
def test_no_look_at_a_running_ring_is_negative_or_above_capacity(
    kind: ProducerType, values: bool, size: int, events: int, batch: int
) -> None:
    disruptor: Disruptor[Any] = (
        Disruptor.of_values(size, kind) if values else new_disruptor(size, kind)
    )
    disruptor.handle_events_with(ignore).then(ignore_too)
    sampler = Sampler(disruptor)
    before = sampler.sample()
    check(before)

    def publish() -> None:
        producer = disruptor.producer()
        for _ in range(0, events, batch):
            count = min(batch, size)
            high = producer.next(count)
            for sequence in range(high - count + 1, high + 1):
                if values:
                    producer[sequence] = sequence
            producer.publish(high - count + 1, high)

    with disruptor:
        publishers = [
            Background(publish).start() for _ in range(1 if kind is ProducerType.SINGLE else 2)
        ]
        done = False
        while not done:  # one more look after the last publisher has ended
            done = not any(publisher._thread.is_alive() for publisher in publishers)
            found = sampler.sample()
            check(found)
            assert found.claimed >= before.claimed
            assert found.published >= before.published
            assert found.minimum_gating_sequence >= before.minimum_gating_sequence
            before = found
        for publisher in publishers:
            publisher.join()
    found = sampler.sample()
    check(found)
    assert found.published == found.claimed == found.minimum_gating_sequence


def test_consumers_that_come_and_go_make_nothing_negative() -> None:
    disruptor = new_disruptor(4)
    disruptor.handle_events_with(ignore)
    sampler = Sampler(disruptor)
    with disruptor, Background(lambda: [disruptor.publish_event(put) for _ in range(300)]):
        for _ in range(20):
            with disruptor.live() as live:
                live.handle_events_with(ignore_too)
            check(sampler.sample())
            disruptor.remove(ignore_too)
            check(sampler.sample())


# -- rates ----------------------------------------------------------------------------------------


class Scripted:
    """Something to be observed whose positions the test sets."""

    name = "scripted"

    def __init__(self) -> None:
        self.finished = self.published = -1

    def read(self) -> Positions:
        return settle(1000, self.finished, (), self.published, self.published, {})


def test_the_first_look_has_no_rates_and_the_second_says_over_which_time() -> None:
    thing, host = Scripted(), ScriptedHost()
    sampler = Sampler(thing, window=10, host=host)
    assert sampler.sample().publish_rate is None
    thing.published, thing.finished, host.now = 99, 49, 2.0
    found = sampler.sample()
    assert (found.window, found.publish_rate, found.consume_rate) == (2.0, 50.0, 25.0)


def test_two_looks_at_the_same_moment_have_no_rates() -> None:
    sampler = Sampler(Scripted(), host=ScriptedHost())
    sampler.sample()
    assert sampler.sample().window is None


def test_rates_are_of_the_window_and_not_of_what_was_before() -> None:
    thing, host = Scripted(), ScriptedHost()
    sampler = Sampler(thing, window=10, host=host)
    for second in range(101):  # 7 a second for 80 seconds, then 3
        host.now = float(second)
        found = sampler.sample()
        thing.published = thing.finished = thing.published + (7 if second < 80 else 3)
    assert (found.window, found.publish_rate, found.consume_rate) == (10.0, 3.0, 3.0)


@given(steps=st.lists(st.floats(0, 3), max_size=300))
def test_a_window_keeps_a_bounded_number_of_looks_and_is_never_much_longer_than_asked(
    steps: list[float],
) -> None:
    host = ScriptedHost()
    sampler = Sampler(Scripted(), window=2, host=host)
    sampler.sample()
    for step in steps:
        host.now += step
        found = sampler.sample()
        assert found.window is None or found.window <= 2 + 3 + 2 / 64
        assert len(sampler._kept) <= 66


def test_a_consumer_that_joins_behind_makes_no_rate_negative() -> None:
    thing, host = Scripted(), ScriptedHost()
    sampler = Sampler(thing, host=host)
    thing.published = thing.finished = 50
    sampler.sample()
    thing.finished, host.now = 40, 1.0
    assert sampler.sample().consume_rate == 0.0


# -- what is counted ------------------------------------------------------------------------------


def test_waits_and_timeouts_are_those_of_the_counting_wait_strategy() -> None:
    strategy = CountingWaitStrategy(TimeoutBlockingWaitStrategy(1e-6))
    disruptor = new_disruptor(strategy=strategy)
    handler = DiagnosticEventHandler(ignore)
    disruptor.handle_events_with(handler)
    with disruptor:
        disruptor.publish_event(put)
        # The consumer times out again and again by itself
        while not statistics(disruptor).timeouts:
            pass
    found = statistics(disruptor)
    assert found.waits is not None
    assert found.timeouts is not None
    assert found.waits >= found.timeouts > 0
    assert found.consumers[0].counters["timeouts"] == found.timeouts
    assert found.counters["wait_seconds"] > 0


def test_errors_are_those_of_the_handlers_that_count() -> None:
    def fail(event: Any, sequence: int, end_of_batch: bool) -> None:
        if sequence % 2:
            raise ValueError(sequence)

    disruptor = new_disruptor()
    from ringbuffer import IgnoringExceptionHandler

    disruptor.set_default_exception_handler(IgnoringExceptionHandler())
    disruptor.handle_events_with(DiagnosticEventHandler(fail), ignore)
    with disruptor:
        for _ in range(10):
            disruptor.publish_event(put)
    assert statistics(disruptor).errors == 5


def test_the_workers_of_a_pool_count_together() -> None:
    disruptor = new_disruptor()
    disruptor.handle_events_with_worker_pool(
        DiagnosticEventHandler(ignore), DiagnosticEventHandler(ignore_too), name="pool"
    )
    with disruptor:
        for _ in range(50):
            disruptor.publish_event(put)
    [pool] = statistics(disruptor).consumers
    assert (pool.name, pool.counters["events"], pool.sequence) == ("pool", 50, 49)


def test_a_look_becomes_json() -> None:
    disruptor = new_disruptor(strategy=CountingWaitStrategy(BlockingWaitStrategy()))
    disruptor.handle_events_with(DiagnosticEventHandler(ignore, durations=True))
    with disruptor:
        disruptor.publish_event(put)
    told = json.loads(json.dumps(statistics(disruptor).as_dict(), allow_nan=False))
    assert told["published"] == 0
    assert told["consumers"][0]["distributions"]["durations"]["count"] == 1


def test_anything_with_positions_can_be_observed_also_under_another_name() -> None:
    assert statistics(Scripted()).name == "scripted"
    assert statistics(Scripted(), "mine").name == "mine"


def test_what_cannot_be_observed_is_refused() -> None:
    with pytest.raises(TypeError, match="'nothing' cannot be observed: pass a RingBuffer"):
        statistics("nothing")
    with pytest.raises(ValueError, match="window must be a positive number"):
        Sampler(Scripted(), window=0)
