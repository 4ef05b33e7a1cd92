"""Later stages get failed events as they are, or skip them; the log says which.

The exception handler decides.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import (
    AggregateEventHandler,
    BatchEventProcessor,
    Disruptor,
    Failure,
    FailureAction,
    FatalExceptionHandler,
    HandlerSpec,
    LoggingExceptionHandler,
    ProducerType,
    RewindAtMost,
    RewindBatch,
    SkippingExceptionHandler,
    current_failure,
)
from tests.support.threads import PATIENCE
from tests.unit.processors.kit import Cell, Recorder, new_ring, publish_batch, wait_for_sequence


class Tick:
    """What a text said, and the price that was read from it."""

    def __init__(self) -> None:
        self.text, self.price = "", 0.0


def fill(tick: Tick, sequence: int, text: str) -> None:
    tick.text = text


def parse(tick: Tick, sequence: int, end_of_batch: bool) -> None:
    tick.price = float(tick.text)


class Deciding:
    """Decides the same for every failure, and keeps what it knew of each."""

    def __init__(self, action: FailureAction | None) -> None:
        self.action = action
        self.failures: list[Failure | None] = []
        self.calls: list[tuple[int, object]] = []

    def handle_event_exception(
        self, error: Exception, sequence: int, event: object
    ) -> FailureAction | None:
        self.failures.append(current_failure())
        self.calls.append((sequence, event))
        return self.action

    def handle_on_start_exception(self, error: Exception) -> None:
        self.failures.append(current_failure())

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        self.failures.append(current_failure())


TEXTS = ["1", "2", "3", "4", "garbage", "6", "7", "rubbish"]
PRICES = [(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0), (5, 6.0), (6, 7.0)]


def stored(
    exception_handler: Any, kind: ProducerType = ProducerType.MULTI
) -> list[tuple[int, float]]:
    """What a second stage has stored of ticks, some of which the first stage could not parse."""
    seen: list[tuple[int, float]] = []
    disruptor = Disruptor(Tick, 4, kind)
    disruptor.set_default_exception_handler(exception_handler)
    disruptor.handle_events_with(parse).then(
        lambda tick, sequence, end: seen.append((sequence, tick.price))
    )
    with disruptor:
        for text in TEXTS:
            disruptor.publish_event(fill, text)
    return seen


@pytest.mark.parametrize("kind", list(ProducerType))
def test_a_failed_event_that_is_skipped_never_reaches_the_next_stage(kind: ProducerType) -> None:
    assert stored(SkippingExceptionHandler(), kind) == PRICES


@pytest.mark.parametrize("action", [None, FailureAction.CONTINUE, "something else"])
def test_one_that_is_not_skipped_goes_on_with_what_an_earlier_lap_left(action: Any) -> None:
    assert stored(Deciding(action)) == [*PRICES[:4], (4, 1.0), *PRICES[4:], (7, 4.0)]


def test_every_later_stage_skips_it_however_it_reads_the_ring() -> None:
    ring = new_ring(16)
    first = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        failing_on(2, 3, 7),
        exception_handler=SkippingExceptionHandler(),
        name="first",
    )
    one, all_at_once, last = Recorder(), Batches(), Recorder()
    seconds = [
        BatchEventProcessor(ring, ring.new_barrier(first.sequence), handler)
        for handler in (one, all_at_once)
    ]
    third = BatchEventProcessor(ring, ring.new_barrier(*(each.sequence for each in seconds)), last)
    poller, taker = ring.poller(first.sequence), ring.poller(third.sequence)
    stream = ring.stream(third.sequence)
    publish_batch(ring, list(range(8)))
    for processor in (first, *seconds, third):
        with processor:
            wait_for_sequence(ring, processor, 7)
    kept = [0, 1, 4, 5, 6]
    assert one.sequences == last.sequences == kept
    assert all_at_once.seen == [(0, [0, 1]), (4, [4, 5, 6])]
    assert one.seen[-1] == (6, 6, True)
    polled: list[int] = []
    poller.poll(lambda event, sequence, end: polled.append(sequence))
    assert polled == kept
    assert [event.value for event in taker.take()] == kept

    async def streamed() -> list[int]:
        values: list[int] = []
        async with stream:
            async for batch in stream:
                values += [event.value for event in batch]
                if len(values) == len(kept):
                    break
        return values

    assert asyncio.run(streamed()) == kept


def failing_on(*sequences: int) -> Callable[[Any, int, bool], None]:
    def handle(event: Any, sequence: int, end_of_batch: bool) -> None:
        if sequence in sequences:
            raise ValueError(f"on {sequence}")

    return handle


class Batches:
    def __init__(self) -> None:
        self.seen: list[tuple[int, list[int]]] = []

    def on_batch(self, events: list[Any], first: int) -> None:
        self.seen.append((first, [event.value for event in events]))


def test_consumers_beside_and_before_the_one_that_failed_get_the_event() -> None:
    before, beside, after = Recorder(), Recorder(), Recorder()
    disruptor = Disruptor(Cell, 8)
    disruptor.handle_events_with(before).then(
        HandlerSpec(failing_on(1), exception_handler=SkippingExceptionHandler())
    )
    disruptor.after(before).handle_events_with(beside)
    failing = next(node for node in disruptor.graph.nodes if node.name.startswith("failing_on"))
    disruptor.after(*failing.handlers).handle_events_with(after)
    disruptor.publish_events(lambda event, sequence: None, count=3)
    with disruptor:
        pass
    assert before.sequences == [0, 1, 2]
    assert set(beside.sequences) >= {0, 2}
    assert after.sequences == [0, 2]


def test_a_worker_s_failed_event_is_skipped_after_the_pool() -> None:
    after = Recorder()
    disruptor = Disruptor(Cell, 64)
    workers = [failing_on(*range(0, 60, 7)) for _ in range(3)]
    pool = disruptor.handle_events_with_worker_pool(
        *(HandlerSpec(worker, exception_handler=SkippingExceptionHandler()) for worker in workers),
        max_chunk=4,
    )
    pool.then(after)
    with disruptor:
        for _ in range(10):
            disruptor.publish_events(lambda event, sequence: None, count=6)
    assert after.sequences == [sequence for sequence in range(60) if sequence % 7]


def test_an_event_that_fails_in_one_of_several_handlers_of_a_thread_is_skipped_too() -> None:
    first, after = Recorder(), Recorder()
    disruptor = Disruptor(Cell, 8)
    disruptor.set_default_exception_handler(SkippingExceptionHandler())
    disruptor.handle_events_with(AggregateEventHandler(first, failing_on(1))).then(after)
    with disruptor:
        disruptor.publish_events(lambda event, sequence: None, count=3)
    assert first.sequences == [0, 1, 2]
    assert after.sequences == [0, 2]


def test_a_coroutine_s_failed_event_is_skipped_too() -> None:
    async def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        await asyncio.sleep(0)
        if sequence == 1:
            raise ValueError

    after = Recorder()
    disruptor = Disruptor(Cell, 8)
    disruptor.set_default_exception_handler(SkippingExceptionHandler())
    disruptor.handle_events_with(handle).then(after)
    with disruptor:
        disruptor.publish_events(lambda event, sequence: None, count=3)
    assert after.sequences == [0, 2]


def test_what_was_released_early_cannot_be_skipped_any_more() -> None:
    class Releasing:
        def set_sequence_callback(self, release: Callable[[int], None]) -> None:
            self.release = release

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            if sequence == 1:
                self.release(1)
            if sequence in (1, 2):
                raise ValueError

    ring, after = new_ring(8), Recorder()
    first = BatchEventProcessor(
        ring, ring.new_barrier(), Releasing(), exception_handler=SkippingExceptionHandler()
    )
    second = BatchEventProcessor(ring, ring.new_barrier(first.sequence), after)
    publish_batch(ring, [0, 1, 2, 3])
    for processor in (first, second):
        with processor:
            wait_for_sequence(ring, processor, 3)
    assert after.sequences == [0, 1, 3]
    assert ring.sequencer.state.skipped.ranges == ((2, 2),)


def test_a_batch_that_is_replayed_is_handled_again_after_what_was_skipped() -> None:
    class Replaying:
        def __init__(self) -> None:
            self.seen: list[int] = []

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            self.seen.append(sequence)
            if sequence == 1:
                raise ValueError
            if sequence == 3 and self.seen.count(3) == 1:
                raise RewindBatch

    ring, handler, after = new_ring(8), Replaying(), Recorder()
    first = BatchEventProcessor(
        ring, ring.new_barrier(), handler, exception_handler=SkippingExceptionHandler()
    )
    second = BatchEventProcessor(ring, ring.new_barrier(first.sequence), after)
    publish_batch(ring, [0, 1, 2, 3])
    for processor in (first, second):
        with processor:
            wait_for_sequence(ring, processor, 3)
    assert handler.seen == [0, 1, 2, 3, 2, 3]
    assert after.sequences == [0, 2, 3]


def test_a_rewind_that_is_given_up_is_skipped_as_the_whole_batch() -> None:
    class Giving:
        def on_batch(self, events: list[Cell], first: int) -> None:
            if first == 0:
                raise RewindBatch

    ring, after = new_ring(8), Recorder()
    first = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        Giving(),
        rewind=RewindAtMost(2),
        max_batch_size=2,
        exception_handler=SkippingExceptionHandler(),
    )
    second = BatchEventProcessor(ring, ring.new_barrier(first.sequence), after)
    publish_batch(ring, [0, 1, 2, 3])
    for processor in (first, second):
        with processor:
            wait_for_sequence(ring, processor, 3)
    assert after.sequences == [2, 3]


def test_a_ring_of_values_drops_what_was_skipped() -> None:
    seen: list[int] = []
    disruptor = Disruptor.of_values(4)
    disruptor.set_default_exception_handler(SkippingExceptionHandler())
    disruptor.handle_events_with(failing_on(1, 2, 6)).then(
        lambda value, sequence, end: seen.append(value)
    )
    with disruptor:
        disruptor.ring.publish_values(range(10))
    assert seen == [0, 3, 4, 5, 7, 8, 9]
    assert all(disruptor.ring.get(sequence) is None for sequence in range(4))


def test_a_run_of_failures_is_kept_as_one_range() -> None:
    ring = new_ring(64)
    first = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        failing_on(*range(5, 50)),
        exception_handler=Deciding(FailureAction.SKIP),
    )
    publish_batch(ring, list(range(60)))
    with first:
        wait_for_sequence(ring, first, 59)
    assert ring.sequencer.state.skipped.ranges == ((5, 49),)
    assert ring.sequencer.state.skipped.count == 45


@given(
    size=st.sampled_from([1, 2, 4, 16]),
    fails=st.sets(st.integers(0, 40)),
    fails_later=st.sets(st.integers(0, 40)),
    max_batch_size=st.integers(1, 5),
)
def test_each_stage_gets_what_no_stage_before_it_failed_on(
    size: int, fails: set[int], fails_later: set[int], max_batch_size: int
) -> None:
    disruptor = Disruptor.of_values(size)
    disruptor.set_default_exception_handler(Deciding(FailureAction.SKIP))
    seen: list[list[int]] = [[], [], []]

    def stage(index: int, failing: set[int]) -> Callable[[int, int, bool], None]:
        def handle(value: int, sequence: int, end_of_batch: bool) -> None:
            seen[index].append(sequence)
            if sequence in failing:
                raise ValueError

        return handle

    first, second, third = (
        stage(index, failing) for index, failing in enumerate((fails, fails_later, set[int]()))
    )
    disruptor.handle_events_with(HandlerSpec(first, max_batch_size=max_batch_size)).then(
        second
    ).then(third)
    with disruptor:
        disruptor.ring.publish_values(range(40), chunk=1)
    assert seen[0] == list(range(40))
    assert seen[1] == [each for each in range(40) if each not in fails]
    assert seen[2] == [each for each in range(40) if each not in fails | fails_later]


# -- what an exception handler knows, and what is logged ------------------------------------------


def test_an_exception_handler_may_ask_which_consumer_has_failed_and_where() -> None:
    class Failing:
        def on_start(self) -> None:
            raise ValueError

        def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
            raise ValueError

        def on_batch(self, events: list[Cell], first: int) -> None:
            raise ValueError

        def on_shutdown(self) -> None:
            raise ValueError

    ring, deciding = new_ring(8), Deciding(None)
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), Failing(), exception_handler=deciding, name="reader"
    )
    publish_batch(ring, [0, 1, 2])
    with processor:
        wait_for_sequence(ring, processor, 2)
    assert deciding.failures == [
        Failure("reader", "on_start", -1, -1),
        Failure("reader", "on_batch_start", 0, 2),
        Failure("reader", "on_batch", 0, 2),
        Failure("reader", "on_shutdown", 2, 2),
    ]
    assert current_failure() is None


@pytest.mark.parametrize(
    ("exception_handler", "says"),
    [
        (LoggingExceptionHandler(), "later stages get what failed as it is"),
        (SkippingExceptionHandler(), "later stages skip what failed"),
        (FatalExceptionHandler(), "its processor stops"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_the_log_names_the_consumer_and_says_what_happens_to_the_event(
    exception_handler: Any, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    ring = new_ring(8)
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), failing_on(1), exception_handler=exception_handler, name="reader"
    )
    publish_batch(ring, [0, 1])
    processor.start()
    if isinstance(exception_handler, FatalExceptionHandler):
        assert processor.join(PATIENCE)
    else:
        wait_for_sequence(ring, processor, 1)
        assert processor.close(PATIENCE)
    (message,) = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert message.startswith("consumer 'reader': handler failed on sequence 1 (<")
    assert message.endswith(f">); {says}")


def test_a_batch_is_logged_by_its_sequences_and_a_hook_by_its_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing:
        def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
            raise ValueError

        def on_batch(self, events: list[Cell], first: int) -> None:
            raise ValueError

    ring = new_ring(8)
    processor = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        Failing(),
        exception_handler=SkippingExceptionHandler(),
        name="reader",
    )
    publish_batch(ring, [0, 1, 2])
    with processor:
        wait_for_sequence(ring, processor, 2)
    assert [each.getMessage() for each in caplog.records] == [
        "consumer 'reader': handler's on_batch_start failed at sequences 0 to 2; carrying on",
        "consumer 'reader': handler's on_batch failed at sequences 0 to 2 (3 events); "
        "later stages skip what failed",
    ]
    assert ring.sequencer.state.skipped.ranges == ((0, 2),)


def test_an_event_whose_repr_raises_stops_no_handler(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shy(Cell):
        def __repr__(self) -> str:
            raise RuntimeError

    monkeypatch.setattr(logging, "raiseExceptions", False)
    disruptor = Disruptor(Shy, 4)
    after = Recorder()
    disruptor.set_default_exception_handler(SkippingExceptionHandler())
    disruptor.handle_events_with(failing_on(0)).then(after)
    with caplog.at_level(logging.CRITICAL), disruptor:
        disruptor.publish_events(lambda event, sequence: None, count=2)
    assert after.sequences == [1]


def test_the_decision_of_another_thread_s_failure_is_not_seen() -> None:
    seen: list[Failure | None] = []

    class Looking(Deciding):
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            thread = threading.Thread(target=lambda: seen.append(current_failure()))
            thread.start()
            thread.join(PATIENCE)
            seen.append(current_failure())

    ring = new_ring(8)
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), failing_on(0), exception_handler=Looking(None), name="x"
    )
    publish_batch(ring, [0])
    with processor:
        wait_for_sequence(ring, processor, 0)
    assert seen == [None, Failure("x", "on_event", 0, 0)]
