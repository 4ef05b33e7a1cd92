"""Handlers of a ring bus share threads; one that holds up the others gets its own."""

import threading
from collections.abc import Callable
from contextvars import ContextVar
from itertools import pairwise
from typing import Any

import pytest

from ringbuffer.diagnostics import StallDetector
from ringbuffer.errors import ConsumerFailedError
from ringbuffer.messaging import EventBusOptions, QueueMode, create_event_bus, use_event_bus
from ringbuffer.messaging.bus import RingBufferEventBus
from ringbuffer.messaging.bus.runners.handler_row import HandlerRow
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer
from tests.support.short_system import ShortSystem, resources, wait_for_resources
from tests.support.threads import PATIENCE, together
from tests.unit.messaging.bus.kit import Event, Held, Recorder


class InThreads(Recorder):
    """A recorder that notes the threads that call it, and that it is called once at a time."""

    def __init__(self, react: Callable[[Any], object] = lambda event: None) -> None:
        self.threads: list[int] = []
        self._is_busy = False
        super().__init__(react)

    def __call__(self, event: Any) -> object:
        assert not self._is_busy, "called by two threads at once"
        self._is_busy = True
        self.threads.append(threading.get_ident())
        result = super().__call__(event)
        self._is_busy = False
        return result


@pytest.mark.parametrize("runners", [1, 2, None])
def test_each_of_many_handlers_gets_all_in_order_one_at_a_time(runners: int | None) -> None:
    handlers = [InThreads() for _ in range(100)]
    before = resources()
    with RingBufferEventBus(64, runners=runners) as bus:
        for handler in handlers:
            bus.subscribe(Event, handler)
        bus.publish_all([Event(number) for number in range(300)], timeout=PATIENCE)
        for number in range(300, 600):
            bus.publish_sync(Event(number), timeout=PATIENCE)
    wait_for_resources(before)
    assert all(handler.numbers == list(range(600)) for handler in handlers)
    assert sum(each.failed for each in bus.metrics().handlers.values()) == 0


def test_handlers_that_do_not_block_share_one_thread() -> None:
    handlers = [InThreads() for _ in range(10)]
    bus = RingBufferEventBus(64, runners=1)
    for handler in handlers:
        bus.subscribe(Event, handler)
    for number in range(20):
        bus.publish_sync(Event(number), wait=True, timeout=PATIENCE)
    names = {each.name for each in threading.enumerate()}
    assert bus.close(timeout=PATIENCE).is_complete
    assert {"event bus runner 1", "event bus watch"} <= names
    assert [handler.numbers for handler in handlers] == [list(range(20))] * 10


def test_a_handler_stays_with_its_thread() -> None:
    """Objects that another thread has made are slow to use: see docs/free-threading.md."""
    handlers = [InThreads(lambda event: sum(range(100))) for _ in range(10)]
    bus = RingBufferEventBus(64, runners=2)
    for handler in handlers:
        bus.subscribe(Event, handler)
    for number in range(100):
        bus.publish_all([Event(number)] * 20, timeout=PATIENCE)
    assert bus.close(timeout=PATIENCE).is_complete
    assert [len(handler.seen) for handler in handlers] == [2000] * 10
    # A handler that is taken for blocked, on a busy machine, stays too; only others may move once.
    assert sum(len(set(handler.threads)) > 1 for handler in handlers) <= 4
    assert len({handler.threads[0] for handler in handlers}) == 2


def test_one_handler_has_one_thread_and_no_watch() -> None:
    handler = InThreads()
    before = len(threading.enumerate())
    bus = RingBufferEventBus(64)
    bus.subscribe(Event, handler)
    bus.publish_all([Event(number) for number in range(2000)], timeout=PATIENCE)
    handler.wait_for(2000)
    assert len(threading.enumerate()) == before + 1
    bus.close(timeout=PATIENCE)
    assert len(set(handler.threads)) == 1


def test_a_thousand_handlers_work() -> None:
    counts = [0] * 1000
    bus = RingBufferEventBus(64)

    def count(index: int) -> Callable[[Event], None]:
        def handle(event: Event) -> None:
            counts[index] += 1

        return handle

    for index in range(1000):
        bus.subscribe(Event, count(index), name=str(index))
    for number in range(100):
        bus.publish_sync(Event(number), timeout=PATIENCE)
    assert bus.close(timeout=PATIENCE).is_complete
    assert counts == [100] * 1000


@pytest.mark.parametrize("as_option", [False, True], ids=["own_thread", "runners=0"])
def test_a_handler_with_its_own_thread_is_always_called_in_it(as_option: bool) -> None:
    own, others = InThreads(), [InThreads() for _ in range(3)]
    bus = RingBufferEventBus(64, runners=0 if as_option else 2)
    bus.subscribe(Event, own, own_thread=not as_option)
    for handler in others:
        bus.subscribe(Event, handler)
    for number in range(50):
        bus.publish_sync(Event(number), wait=True, timeout=PATIENCE)
    bus.close(timeout=PATIENCE)
    assert len(set(own.threads)) == 1
    assert not any(set(own.threads) & set(other.threads) for other in others)


# -- handlers that block --------------------------------------------------------------------------


@pytest.mark.parametrize("runners", [1, 2])
def test_handlers_that_block_do_not_hold_up_the_others(runners: int) -> None:
    """More of them block than there are threads to share."""
    held, other = [Held() for _ in range(4)], Recorder()
    bus = RingBufferEventBus(64, runners=runners)
    for each in held:
        bus.subscribe(Event, each)
    bus.subscribe(Event, other)
    for number in range(20):
        bus.publish_sync(Event(number), timeout=PATIENCE)
    other.wait_for(20)
    for each in held:
        each.wait_for(1)
        assert len(each.seen) == 1
        each.gate.set()
    assert bus.close(timeout=PATIENCE).is_complete
    assert [each.numbers for each in held] == [list(range(20))] * 4
    assert other.numbers == list(range(20))


def test_a_handler_that_has_blocked_keeps_the_thread_and_the_others_get_another() -> None:
    gate = threading.Event()
    blocks, other = InThreads(lambda event: gate.wait(PATIENCE)), InThreads()
    bus = RingBufferEventBus(64, runners=1)
    bus.subscribe(Event, blocks)
    bus.subscribe(Event, other)
    bus.publish_sync(Event(0))
    other.wait_for(1)
    bus.publish_sync(Event(1))
    other.wait_for(2)
    [group] = bus._transport._groups  # type: ignore[attr-defined]
    assert group._thread is not None
    assert not group._thread.is_apart
    gate.set()
    for number in range(2, 10):
        bus.publish_sync(Event(number), wait=True, timeout=PATIENCE)
    bus.close(timeout=PATIENCE)
    assert len(set(blocks.threads)) == 1
    assert other.threads[-1] not in blocks.threads
    assert blocks.numbers == other.numbers == list(range(10))


def test_a_handler_that_blocks_can_be_unsubscribed_and_holds_up_no_publisher() -> None:
    held, other = Held(), Recorder()
    bus = RingBufferEventBus(4, runners=1)
    blocked = bus.subscribe(Event, held)
    bus.subscribe(Event, other)
    bus.publish_sync(Event(0))
    held.wait_for(1)
    assert not blocked.unsubscribe(timeout=0.001)
    for number in range(1, 50):
        bus.publish_sync(Event(number), timeout=PATIENCE)
    other.wait_for(50)
    held.gate.set()
    assert bus.close(timeout=PATIENCE).is_complete
    assert held.numbers == [0]


def test_a_handler_that_joins_while_the_only_thread_is_blocked_gets_its_events() -> None:
    held, late = Held(), Recorder()
    bus = RingBufferEventBus(64, runners=1)
    bus.subscribe(Event, held)
    bus.publish_sync(Event(0))
    held.wait_for(1)
    bus.subscribe(Event, late)
    bus.publish_sync(Event(1))
    late.wait_for(1)
    held.gate.set()
    assert bus.close(timeout=PATIENCE).is_complete
    assert (held.numbers, late.numbers) == ([0, 1], [1])


def test_a_handler_may_wait_for_another_one_that_shares_its_thread() -> None:
    results: list[object] = []
    bus = RingBufferEventBus(64, runners=1)
    bus.subscribe(str, lambda text: text.upper(), name="upper")

    def ask(event: Event) -> None:
        results.append(bus.publish_sync("text", wait=True, timeout=PATIENCE).results)

    bus.subscribe(Event, ask)
    bus.publish_sync(Event(0), wait=True, timeout=PATIENCE).raise_errors()
    bus.close(timeout=PATIENCE)
    assert results == [{"upper": "TEXT"}]


def test_a_handler_may_wait_for_the_end_of_another_one_that_shares_its_thread() -> None:
    ends: list[bool] = []
    other = Recorder()
    bus = RingBufferEventBus(64, runners=1)

    def leave(event: Event) -> None:
        ends.append(subscription.unsubscribe(timeout=PATIENCE))

    bus.subscribe(Event, leave)
    subscription = bus.subscribe(Event, other)
    bus.publish_sync(Event(0), wait=True, timeout=PATIENCE).raise_errors()
    bus.close(timeout=PATIENCE)
    assert ends == [True]
    assert other.numbers == [0]


@pytest.mark.parametrize("count", [1, 3])
def test_handlers_that_publish_to_a_small_bus_find_the_room_that_they_have_made(count: int) -> None:
    """What a handler has finished is free when it is called again, also if it is alone."""
    handlers: list[Recorder] = []
    bus = RingBufferEventBus(4, runners=1)

    def pass_on(event: Event) -> None:
        if event.number < 200:
            bus.publish_sync(Event(event.number + 1), timeout=PATIENCE)

    handlers = [Recorder(pass_on), *(Recorder() for _ in range(count - 1))]
    for handler in handlers:
        bus.subscribe(Event, handler)
    for start in (0, 67, 134):
        bus.publish_sync(Event(start), timeout=PATIENCE)
        handlers[0].wait_until(lambda: handlers[0].numbers[-1:] == [200])
        handlers[0].seen.append(Event(-1))  # so that the next wait does not find this end
    assert bus.close(timeout=PATIENCE).is_complete
    expected = [*range(201), *range(67, 201), *range(134, 201)]
    for handler in handlers:
        assert [number for number in handler.numbers if number >= 0] == expected


# -- the end --------------------------------------------------------------------------------------


def test_a_close_reports_the_handler_that_has_not_returned_and_no_other() -> None:
    held, other = Held(), Recorder()
    bus = RingBufferEventBus(64, runners=1)
    bus.subscribe(Event, held, name="held")
    bus.subscribe(Event, other, name="other")
    bus.publish_sync(Event(0))
    bus.publish_sync(Event(1))
    other.wait_for(2)
    report = bus.close(timeout=0.05)
    assert report.still_running == ("held",)
    assert list(report.unhandled) == ["held"]
    before = resources()
    held.gate.set()
    wait_for_resources((before[0] - {each.ident or 0 for each in _of("event bus")}, before[1]))
    assert held.numbers in ([0], [0, 1])


def _of(name: str) -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith(name)]


def test_a_close_without_drain_ends_after_the_current_events() -> None:
    held, other = Held(), Recorder()
    bus = RingBufferEventBus(64, runners=1)
    bus.subscribe(Event, held, name="held")
    bus.subscribe(Event, other, name="other")
    bus.publish_sync(Event(0))
    held.wait_for(1)
    closing = threading.Thread(target=lambda: bus.close(drain=False, timeout=PATIENCE))
    closing.start()
    held.gate.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert not _of("event bus")


def test_when_all_have_left_the_threads_end_and_a_later_handler_gets_new_ones() -> None:
    before = resources()
    bus = RingBufferEventBus(8)
    for _ in range(3):
        handlers = [Recorder(), Recorder()]
        subscriptions = [bus.subscribe(Event, handler) for handler in handlers]
        for number in range(20):
            bus.publish_sync(Event(number), timeout=PATIENCE)
        for subscription in subscriptions:
            assert subscription.unsubscribe(timeout=PATIENCE)
        wait_for_resources(before)
        assert [handler.numbers for handler in handlers] == [list(range(20))] * 2
        bus.publish_all([Event(number) for number in range(20)], timeout=PATIENCE)  # to none
    bus.close()


def test_handlers_come_and_go_while_others_publish() -> None:
    steady = [InThreads() for _ in range(4)]
    bus = RingBufferEventBus(16, runners=2)
    for handler in steady:
        bus.subscribe(int, handler)

    def publish() -> None:
        for number in range(1000):
            bus.publish_sync(number, timeout=PATIENCE)

    def come_and_go() -> None:
        for _ in range(100):
            seen = Recorder()
            subscription = bus.subscribe(int, seen)
            assert subscription.unsubscribe(timeout=PATIENCE)
            assert all(after == before + 1 for before, after in pairwise(seen.seen))

    publisher = threading.Thread(target=publish)
    publisher.start()
    together(come_and_go)
    publisher.join(PATIENCE)
    assert bus.close(timeout=PATIENCE).is_complete
    assert [handler.seen for handler in steady] == [list(range(1000))] * 4


# -- shortages and deaths -------------------------------------------------------------------------


def test_a_handler_that_gets_no_thread_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, before = ShortSystem(monkeypatch), resources()
    bus = RingBufferEventBus(4, host=system.host)
    for after in (0, 1):  # the first thread; and the watch, which the second handler needs
        handlers = [Recorder(), Recorder()]
        with system.short_of("thread", after), pytest.raises(RuntimeError):
            for handler in handlers:
                bus.subscribe(Event, handler)
        for number in range(20):
            bus.publish_sync(Event(number), timeout=PATIENCE)
        for subscription in bus.subscriptions:
            assert subscription.unsubscribe(timeout=PATIENCE)
        assert [len(handler.seen) for handler in handlers] == [20 * after, 0]
        wait_for_resources(before)
    bus.close()


def test_a_blocked_handler_keeps_the_thread_only_when_the_others_can_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, held, other = ShortSystem(monkeypatch), Held(), Recorder()
    bus = RingBufferEventBus(64, runners=1, host=system.host)
    bus.subscribe(Event, held)
    bus.subscribe(Event, other)
    with system.short_of("thread", 0):
        bus.publish_sync(Event(0))
        held.wait_for(1)
        assert bus._waits.until(lambda: system.refused > 1, None)
        assert not other.seen
        held.gate.set()  # then the only thread comes back to the others
        other.wait_for(1)
    assert bus.close(timeout=PATIENCE).is_complete
    assert held.numbers == other.numbers == [0]


@pytest.mark.parametrize("handlers", [1, 3])
def test_another_thread_takes_the_place_of_one_that_dies(
    handlers: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recorders = [Recorder() for _ in range(handlers)]
    bus = RingBufferEventBus(4, runners=1)
    for recorder in recorders:
        bus.subscribe(Event, recorder)
    bus.publish_sync(Event(0), wait=True, timeout=PATIENCE).raise_errors()
    monkeypatch.setattr(HandlerRow, "look_for_events", _once(MemoryError()))
    for number in range(1, 50):
        bus.publish_sync(Event(number), timeout=PATIENCE)
    assert bus.close(timeout=PATIENCE).is_complete
    assert [recorder.numbers for recorder in recorders] == [list(range(50))] * handlers
    assert "died" in caplog.text


def _once(error: BaseException) -> Callable[..., None]:
    """`look_for_events`, which raises the first time that there are events."""
    look, errors = HandlerRow.look_for_events, [error]

    def look_or_raise(self: HandlerRow, highest: Callable[[int], int]) -> None:
        if errors and highest(self.goal + 1) > self.goal:
            raise errors.pop()
        look(self, highest)

    return look_or_raise


def test_if_no_thread_can_take_its_place_the_handlers_have_died(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = ShortSystem(monkeypatch)
    bus = RingBufferEventBus(4, runners=1, host=system.host)
    for _ in range(2):
        bus.subscribe(Event, Recorder())
    bus.publish_sync(Event(0), wait=True, timeout=PATIENCE).raise_errors()
    monkeypatch.setattr(HandlerRow, "look_for_events", _once(MemoryError()))
    with system.short_of("thread", 0):
        result = bus.publish_sync(Event(1), wait=True, timeout=PATIENCE)
        assert [type(error) for error in result.errors.values()] == [ConsumerFailedError] * 2
        for number in range(50):
            bus.publish_sync(Event(number), timeout=PATIENCE)
    assert [type(each.failure) for each in bus.subscriptions] == [MemoryError] * 2
    assert bus.close(timeout=PATIENCE).still_running == ()


# -- what an observer, and a handler, sees --------------------------------------------------------


def test_a_handler_that_holds_up_the_bus_is_found_with_its_stack() -> None:
    held, other = Held(), Recorder()
    bus = RingBufferEventBus(64, runners=1)
    held_by = bus.subscribe(Event, held, name="held")
    bus.subscribe(Event, other, name="other")
    bus.publish_sync(Event(0))
    other.wait_for(1)
    detector = StallDetector(bus, after=1e-9)
    detector.look()
    [stall] = [each for each in detector.look() if each.gating.consumer == "held"]
    assert any("kit.py" in frame for stack in stall.stacks.values() for frame in stack)
    assert held_by.progress().state == "HANDLING"
    assert len(held_by.progress().threads) == 1
    held.gate.set()
    bus.close(timeout=PATIENCE)


def test_handlers_that_share_a_thread_share_no_context() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    seen: list[str] = []
    bus = RingBufferEventBus(64, runners=1)

    def change(event: Event) -> None:
        seen.append(variable.get())
        variable.set("changed")

    for name in ("a", "b"):
        bus.subscribe(Event, change, name=name)
    for number in range(5):
        bus.publish_sync(Event(number), wait=True, timeout=PATIENCE)
    bus.close(timeout=PATIENCE)
    assert seen == ["unset"] * 10


def test_handlers_pass_over_a_claim_that_was_given_up() -> None:
    handlers = [Recorder(), Recorder()]
    bus = RingBufferEventBus(8, runners=1)
    for handler in handlers:
        bus.subscribe(Event, handler)
    producer = bus.ring.producer()
    for number in range(30):
        bus.publish_sync(Event(number), timeout=PATIENCE)
        producer.skip(producer.next(timeout=PATIENCE))
    assert bus.close(timeout=PATIENCE).is_complete
    assert [handler.numbers for handler in handlers] == [list(range(30))] * 2


def test_the_option_is_checked_and_can_be_set_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert EventBusOptions().runners is None
    assert use_event_bus(lambda bus: bus.with_runners(3)).runners == 3
    for wrong, kind in ((-1, ValueError), ("two", TypeError)):
        with pytest.raises(kind, match="runners must be"):
            EventBusOptions(runners=wrong)  # type: ignore[arg-type]
        with pytest.raises(kind, match="runners must be"):
            RingBufferEventBus(runners=wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="own_thread must be"), RingBufferEventBus() as bus:
        bus.subscribe(Event, Recorder(), own_thread=1)  # type: ignore[arg-type]
    monkeypatch.setenv("RINGBUFFER_EVENT_BUS_RUNNERS", "1")
    with create_event_bus(EventBusOptions(QueueMode.RING_BUFFER)) as made:
        for _ in range(3):
            made.subscribe(Event, Recorder())
        made.publish_sync(Event(0), wait=True, timeout=PATIENCE)
        assert len(_of("event bus runner")) == 1


def test_a_ring_bus_begins_with_one_producer_until_another_thread_publishes() -> None:
    seen = Recorder()
    bus = RingBufferEventBus(64)
    assert isinstance(bus.ring.sequencer, BiasedProducerSequencer)
    bus.subscribe(int, seen)
    bus.publish_sync(0)
    together(lambda: bus.publish_sync(1), lambda: bus.publish_sync(2))
    assert bus.close(timeout=PATIENCE).is_complete
    assert sorted(seen.seen) == [0, 1, 2]
