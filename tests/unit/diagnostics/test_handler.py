"""`DiagnosticEventHandler`: every form of handler is counted and timed, and sometimes logged."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import (
    IgnoringExceptionHandler,
    RewindAtMost,
    RewindBatch,
    TimeoutBlockingWaitStrategy,
)
from ringbuffer.diagnostics import DiagnosticEventHandler
from ringbuffer.disruptor import HandlerSpec
from tests.support.scripted_host import ScriptedHost
from tests.unit.diagnostics.kit import ignore, new_disruptor, put


class Each:
    def __init__(self) -> None:
        self.seen: list[int] = []

    def on_event(self, event: Any, sequence: int, end_of_batch: bool) -> None:
        self.seen.append(sequence)


class Whole:
    def __init__(self) -> None:
        self.seen: list[int] = []

    def on_batch(self, events: list[Any], first_sequence: int) -> None:
        self.seen += range(first_sequence, first_sequence + len(events))


class Coroutine(Each):
    async def on_event(self, event: Any, sequence: int, end_of_batch: bool) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.seen.append(sequence)


class CoroutineOfBatches(Whole):
    async def on_batch(self, events: list[Any], first_sequence: int) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().on_batch(events, first_sequence)


class Called(Each):
    async def __call__(self, event: Any, sequence: int, end_of_batch: bool) -> None:
        await asyncio.sleep(0)
        self.seen.append(sequence)

    on_event = None  # type: ignore[assignment]


def run(handler: Any, events: int = 40, **options: Any) -> None:
    disruptor = new_disruptor()
    disruptor.set_default_exception_handler(IgnoringExceptionHandler())
    disruptor.handle_events_with(HandlerSpec(handler, **options))
    with disruptor:
        for _ in range(events):
            disruptor.publish_event(put)


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("make", [Each, Whole, Coroutine, CoroutineOfBatches, Called])
def test_every_form_of_handler_gets_every_event(make: Callable[[], Any], enabled: bool) -> None:
    inner = make()
    handler = DiagnosticEventHandler(inner, enabled=enabled, durations=True)
    run(handler)
    assert inner.seen == list(range(40))
    assert handler.counters()["events"] == (40 if enabled else 0)
    assert handler.counters()["errors"] == 0
    assert handler.distributions()["batch_sizes"].sum == (40 if enabled else 0)
    assert (handler.distributions()["durations"].count > 0) is enabled


def test_a_consumer_is_called_after_the_handler_and_not_after_its_wrapper() -> None:
    disruptor = new_disruptor()
    disruptor.handle_events_with(
        DiagnosticEventHandler(ignore), DiagnosticEventHandler(Each(), name="mine")
    )
    assert disruptor.graph.names() == ["ignore", "mine"]


def fails_on_odd(event: Any, sequence: int, end_of_batch: bool) -> None:
    if sequence % 2:
        raise ValueError("odd")


async def fails_on_odd_later(event: Any, sequence: int, end_of_batch: bool) -> None:
    await asyncio.sleep(0)
    fails_on_odd(event, sequence, end_of_batch)


@pytest.mark.parametrize("inner", [fails_on_odd, fails_on_odd_later])
def test_errors_are_counted_logged_and_passed_on(
    inner: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handler = DiagnosticEventHandler(inner, durations=True)
    run(handler, events=4)
    assert handler.counters()["errors"] == 2
    assert handler.distributions()["durations"].count == 4
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert lines == [
        f"{inner.__name__} failed on sequence {sequence}: ValueError('odd')" for sequence in (1, 3)
    ]


def test_a_whole_batch_that_fails_is_one_error() -> None:
    def on_batch(events: list[Any], first_sequence: int) -> None:
        raise ValueError(first_sequence)

    class Failing:
        def __init__(self) -> None:
            self.on_batch = on_batch

    handler = DiagnosticEventHandler(Failing())
    run(handler)
    counted = handler.counters()
    assert counted["errors"] == counted["batches"]
    assert counted["events"] == 40


def test_a_batch_that_is_asked_for_again_is_not_an_error() -> None:
    def again(event: Any, sequence: int, end_of_batch: bool) -> None:
        if sequence == 3 and not asked:
            asked.append(sequence)
            raise RewindBatch

    asked: list[int] = []
    handler = DiagnosticEventHandler(again)
    run(handler, events=4, rewind=RewindAtMost(1))
    assert (handler.counters()["errors"], handler.counters()["rewinds"]) == (0, 1)
    assert handler.counters()["events"] > 4


class EveryHook(Each):
    def __init__(self) -> None:
        super().__init__()
        self.hooks: set[str] = set()
        self.release: Any = None

    def on_start(self) -> None:
        self.hooks.add("on_start")

    def on_shutdown(self) -> None:
        self.hooks.add("on_shutdown")

    def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
        assert 1 <= batch_size <= queue_depth
        self.hooks.add("on_batch_start")

    def on_timeout(self, sequence: int) -> None:
        self.hooks.add("on_timeout")

    def set_sequence_callback(self, release: Any) -> None:
        self.release = release


def test_the_hooks_of_the_handler_are_called_too() -> None:
    inner = EveryHook()
    disruptor = new_disruptor(strategy=TimeoutBlockingWaitStrategy(1e-6))
    handler = DiagnosticEventHandler(inner)
    disruptor.handle_events_with(handler)
    with disruptor:
        disruptor.publish_event(put)
        # The consumer times out again and again by itself
        while not handler.counters()["timeouts"]:
            pass
    assert inner.hooks == {"on_start", "on_shutdown", "on_batch_start", "on_timeout"}
    assert inner.release is not None


def test_an_asynchronous_hook_of_a_plain_handler_is_awaited() -> None:
    class Mixed(Each):
        async def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
            await asyncio.sleep(0)
            self.batches = True

    inner = Mixed()
    run(DiagnosticEventHandler(inner))
    assert inner.batches


# -- times and lines, by a clock of the test's own ------------------------------------------------


def test_durations_and_latencies_are_by_the_hosts_clock() -> None:
    host = ScriptedHost()

    def slow(event: float, sequence: int, end_of_batch: bool) -> None:
        host.now += 3e-6

    handler: DiagnosticEventHandler[float] = DiagnosticEventHandler(
        slow, durations=True, published_at=lambda event: event, host=host
    )
    host.now = 100.0
    assert handler.on_event is not None
    handler.on_event(100.0 - 5e-6, 0, True)
    found = handler.distributions()
    assert found["durations"].sum == pytest.approx(3e-6)
    assert found["latencies"].sum == pytest.approx(8e-6)
    assert found["latencies"].percentile(50) in (pytest.approx(8e-6), pytest.approx(16e-6))


def test_latencies_of_coroutines_are_taken_when_they_have_ended() -> None:
    host = ScriptedHost()

    async def slow(event: float, sequence: int, end_of_batch: bool) -> None:
        await asyncio.sleep(0)
        host.now += 3.0

    handler: DiagnosticEventHandler[float] = DiagnosticEventHandler(
        slow, published_at=lambda event: event, host=host
    )
    host.now = 10.0
    asyncio.run(handler.on_event(8.0, 0, True))  # type: ignore[arg-type]
    assert handler.distributions()["latencies"].sum == pytest.approx(5.0)
    assert "durations" not in handler.distributions()


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]


def batch(handler: DiagnosticEventHandler[Any], size: int) -> None:
    """What a processor does with a batch."""
    assert handler.on_batch_start is not None
    assert handler.on_event is not None
    handler.on_batch_start(size, size)
    for sequence in range(size):
        handler.on_event(None, sequence, sequence == size - 1)


def test_a_line_is_logged_after_so_many_events_at_the_next_batch(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    host = ScriptedHost()
    handler = DiagnosticEventHandler(ignore, log_events=10, host=host)
    for _ in range(3):
        batch(handler, 5)
        host.now += 0.5
    assert lines_of(caplog) == ["ignore: 10 events, 10/s over 1.000 s, 3 batches, 0 errors"]


def test_a_line_is_logged_after_so_many_seconds_also_by_a_timeout(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    host = ScriptedHost()
    handler = DiagnosticEventHandler(ignore, log_events=None, log_seconds=5, host=host)
    batch(handler, 20)
    assert handler.on_timeout is not None
    handler.on_timeout(19)
    assert lines_of(caplog) == []
    host.now = 8.0
    handler.on_timeout(19)
    handler.on_timeout(19)
    assert lines_of(caplog) == ["ignore: 20 events, 2/s over 8.000 s, 1 batches, 0 errors"]


def test_a_last_line_is_logged_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run(DiagnosticEventHandler(ignore), events=3)
    [line] = lines_of(caplog)
    assert line.startswith("ignore: 3 events, ")


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="is not an event handler"):
        DiagnosticEventHandler(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="log_events must be 1 or more"):
        DiagnosticEventHandler(ignore, log_events=0)
    with pytest.raises(ValueError, match="log_seconds must be a positive number"):
        DiagnosticEventHandler(ignore, log_seconds=-1)
    with pytest.raises(TypeError, match="published_at must take 1 argument"):
        DiagnosticEventHandler(ignore, published_at=lambda: 0.0)  # type: ignore[misc, arg-type]
    with pytest.raises(
        ValueError, match="published_at is for handlers that take events one by one"
    ):
        DiagnosticEventHandler(Whole(), published_at=lambda event: 0.0)
