"""A handler whose thread or task dies stops no publisher; shared threads survive callbacks."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from ringbuffer.errors import ConsumerFailedError
from ringbuffer.messaging.bus.subscription_filter import SubscriptionFilter
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.pipeline import Pipeline, RetryPolicy
from tests.support.short_system import ShortSystem
from tests.support.threads import PATIENCE
from tests.unit.messaging.bus.kit import Event, MakeBus, Other, Recorder, both

kinds = pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])


class Fatal(Exception):
    """What a defect of the library would raise, outside of the handler."""


def number_of(item: Any) -> object:
    """Of an event, or of what carries one."""
    return getattr(getattr(item, "message", item), "number", None)


def deadly(bus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, the receiver of a handler called `deadly` dies of the first event number 13."""
    chosen = SubscriptionFilter._wanted

    def wanted(
        self: SubscriptionFilter, items: list[object], first: int, kinds: set[type] | None
    ) -> list[object]:
        if self._subscription.name == "deadly" and 13 in map(number_of, items):
            raise Fatal
        return chosen(self, items, first, kinds)

    monkeypatch.setattr(SubscriptionFilter, "_wanted", wanted)


def as_kind(recorder: Recorder, is_async: bool) -> Callable[[Any], object]:
    async def handle(event: Any) -> object:
        return recorder(event)

    return handle if is_async else recorder


def wait_for_death(bus: Any) -> None:
    dead = next(each for each in bus.subscriptions if each.name == "deadly")
    assert bus._waits.until(lambda: dead.failure is not None, None)


@both
@kinds
def test_a_handler_that_died_is_logged_and_visible_and_stops_no_publisher(
    make_bus: MakeBus,
    is_async: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaths, others = Recorder(), Recorder()
    bus = make_bus(8)
    deadly(bus, monkeypatch)
    bus.subscribe(Event, as_kind(deaths, is_async), name="deadly")
    bus.subscribe(Event, as_kind(others, is_async), name="other")
    bus.publish_sync(Event(0), wait=True, timeout=PATIENCE).raise_errors()
    result = bus.publish_sync(Event(13), wait=True, timeout=PATIENCE)
    assert list(result.results) == ["other"]
    assert isinstance(result.errors["deadly"], ConsumerFailedError)
    assert isinstance(result.errors["deadly"].__cause__, Fatal)
    wait_for_death(bus)
    for number in range(100, 150):  # many times what the bus holds
        bus.publish_sync(Event(number), timeout=PATIENCE)
    assert bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).results == {"other": None}
    assert isinstance(bus.metrics().handlers["deadly"].failure, Fatal)
    assert bus.metrics().handlers["other"].failure is None
    [record] = [each for each in caplog.records if each.levelno == logging.CRITICAL]
    assert "'deadly'" in record.getMessage()
    assert record.exc_info is not None
    report = bus.close(timeout=PATIENCE)
    assert list(report.unhandled) == ["deadly"]
    assert report.still_running == ()
    assert (len(deaths.seen), len(others.seen)) == (1, 53)


@both
@kinds
def test_a_handler_that_died_can_be_unsubscribed_and_closing_waits_for_nothing(
    make_bus: MakeBus, is_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = make_bus(8)
    deadly(bus, monkeypatch)
    dead = bus.subscribe(Event, as_kind(Recorder(), is_async), name="deadly")
    bus.publish_sync(Event(13))
    wait_for_death(bus)
    assert dead.unsubscribe()
    again = Recorder()
    bus.subscribe(Event, as_kind(again, is_async), name="again")
    for number in range(20):
        bus.publish_sync(Event(number), timeout=PATIENCE)
    assert bus.close().is_complete
    assert again.numbers == list(range(20))


@both
@kinds
def test_what_comes_back_to_a_handler_that_died_is_a_dead_letter(
    make_bus: MakeBus, is_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = DeadLetterQueue()

    def refuse(event: Event) -> None:
        raise OSError("down")

    bus = make_bus(
        8,
        pipeline=Pipeline.standard(
            dead_letters=letters, retry=RetryPolicy(9, delay=0.05, jitter=0)
        ),
    )
    deadly(bus, monkeypatch)
    bus.subscribe(Event, as_kind(Recorder(refuse), is_async), name="deadly")
    bus.publish_sync(Event(0))
    assert bus._waits.until(lambda: bus.metrics().handlers["deadly"].retried == 1, None)
    bus.publish_sync(Event(13))
    wait_for_death(bus)
    assert bus._waits.until(lambda: len(letters) == 1, None)
    assert [letter.message for letter in letters.list()] == [Event(0)]
    assert bus.metrics().returning == 0
    bus.close()


# -- what several handlers rely on ----------------------------------------------------------------


async def leave_behind(error: BaseException) -> None:
    """Start a task that raises, and let it."""

    async def raise_it() -> None:
        raise error

    task = asyncio.get_running_loop().create_task(raise_it())
    task.add_done_callback(lambda task: task.exception())
    for _ in range(3):
        await asyncio.sleep(0)


async def cancel_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def cancel_itself_and_wait() -> None:
    await cancel_itself()
    await asyncio.sleep(0)


async def cancel_everybody() -> None:
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(0)


async def stop_the_loop() -> None:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)


@both
@pytest.mark.parametrize(
    "misdeed",
    [
        lambda: leave_behind(SystemExit(3)),
        lambda: leave_behind(KeyboardInterrupt()),
        lambda: leave_behind(GeneratorExit()),
        cancel_itself,
        cancel_itself_and_wait,
        cancel_everybody,
        stop_the_loop,
    ],
    ids=[
        "SystemExit",
        "KeyboardInterrupt",
        "GeneratorExit",
        "cancels itself",
        "and waits",
        "cancels all",
        "stops the loop",
    ],
)
def test_nothing_that_a_coroutine_function_does_ends_the_loop_of_the_others(
    make_bus: MakeBus, misdeed: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    own, others = Recorder(), Recorder()

    async def misbehave(event: Event) -> None:
        own(event)
        if event.number % 2:
            await misdeed()

    async def behave(event: Event | Other) -> None:
        await asyncio.sleep(0)
        others(event)

    bus = make_bus(8)
    bus.subscribe(Event, misbehave)
    bus.subscribe(Event, behave)
    bus.subscribe(Other, behave, name="idle")
    for number in range(20):
        bus.publish_sync(Event(number), timeout=PATIENCE)
    own.wait_for(20)
    bus.publish_sync(Other(1), timeout=PATIENCE)
    report = bus.close(timeout=PATIENCE)
    assert report.is_complete
    assert own.numbers == list(range(20))
    assert len(others.seen) >= 21 - sum(each.failed for each in bus.metrics().handlers.values())
    assert [each.failure for each in bus.metrics().handlers.values()] == [None] * 3


@both
def test_the_thread_for_retries_outlives_what_a_dead_letter_queue_raises(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's queue of dead letters is called in that thread, for letters without a way back."""
    letters = DeadLetterQueue()
    raised = threading.Event()

    def add(*arguments: object) -> Any:
        raised.set()
        raise SystemExit

    recorder = Recorder()

    def fail_at_first(event: Event) -> None:
        if recorder.numbers.count(event.number) == 1:
            raise OSError

    recorder._react = fail_at_first
    pipeline = Pipeline.standard(dead_letters=letters, retry=RetryPolicy(3, delay=0.01, jitter=0))
    bus = make_bus(8, pipeline=pipeline)
    bus.subscribe(Event, recorder)
    offer = bus._transport.offer

    def offer_or_fail(item: Any) -> bool:
        if getattr(item.message, "number", None) == 0:
            raise MemoryError
        return offer(item)

    monkeypatch.setattr(bus._transport, "offer", offer_or_fail)
    monkeypatch.setattr(letters, "add", add)
    bus.publish_sync(Event(0))
    assert raised.wait(PATIENCE)
    bus.publish_sync(Event(1))
    recorder.wait_until(lambda: recorder.numbers.count(1) == 2)
    bus.close(timeout=PATIENCE)


@both
@kinds
def test_a_log_filter_that_raises_ends_no_handler(make_bus: MakeBus, is_async: bool) -> None:
    def refuse(record: logging.LogRecord) -> bool:
        raise ValueError("a filter that fails")

    def fail_always(event: Event) -> None:
        raise OSError(event.number)

    recorder = Recorder(fail_always)
    log = logging.getLogger("ringbuffer.messaging")
    log.addFilter(refuse)
    try:
        bus = make_bus(8)
        bus.subscribe(Event, as_kind(recorder, is_async), name="handler")
        for number in range(20):
            bus.publish_sync(Event(number), timeout=PATIENCE)
        assert bus.close(timeout=PATIENCE).is_complete
    finally:
        log.removeFilter(refuse)
    assert recorder.numbers == list(range(20))
    metrics = bus.metrics().handlers["handler"]
    assert (metrics.failed, metrics.failure) == (20, None)


@both
@kinds
def test_a_handler_that_cannot_unsubscribe_itself_for_lack_of_a_thread_stays_and_can_later(
    make_bus: MakeBus, is_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = ShortSystem(monkeypatch)
    refused: list[BaseException] = []

    def leave(event: Event) -> None:
        try:
            subscription.unsubscribe()
        except RuntimeError as error:
            refused.append(error)

    recorder = Recorder(leave)
    bus = make_bus(8, host=system.host)
    subscription = bus.subscribe(Event, as_kind(recorder, is_async), name="handler")
    with system.short_of("thread", 0):
        for number in range(3):
            bus.publish_sync(Event(number), wait=True, timeout=PATIENCE).raise_errors()
    assert len(refused) == 3
    assert bus.subscriptions == (subscription,)
    bus.publish_sync(Event(3), wait=True, timeout=PATIENCE)
    assert not bus.subscriptions
    for number in range(20):
        bus.publish_sync(Event(number), timeout=PATIENCE)  # it stops no publisher
    assert recorder.numbers == [0, 1, 2, 3]
    bus.close(timeout=PATIENCE)


@both
def test_a_coroutine_function_whose_task_is_cancelled_before_its_first_step_gets_its_events(
    make_bus: MakeBus,
) -> None:
    late = Recorder()

    async def handle(event: Event) -> None:
        late(event)

    async def subscribe_and_cancel(event: Other) -> None:
        bus.subscribe(Event, handle, name="late")
        await asyncio.sleep(0)  # the loop has made the task, and not run it yet
        [task] = [each for each in asyncio.all_tasks() if each.get_name() == "late"]
        task.cancel()

    bus = make_bus(8)
    bus.subscribe(Other, subscribe_and_cancel)
    bus.publish_sync(Other(0), wait=True, timeout=PATIENCE).raise_errors()
    for number in range(20):
        bus.publish_sync(Event(number), timeout=PATIENCE)
    assert bus.close(timeout=PATIENCE).is_complete
    assert late.numbers == list(range(20))
