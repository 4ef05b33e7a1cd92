"""Handlers that come and go while events are published, and the end of a bus."""

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from ringbuffer.errors import DeadlockError
from ringbuffer.messaging.bus import BusCloseReport
from tests.support.threads import PATIENCE, Background, together
from tests.unit.messaging.bus.kit import Event, Held, MakeBus, Other, Recorder, Special, both, fail


@both
def test_a_handler_gets_what_is_published_while_it_is_subscribed(make_bus: MakeBus) -> None:
    with make_bus() as bus:
        early, late = Recorder(), Recorder()
        subscription = bus.subscribe(Event, early)
        bus.publish_sync(Event(0))
        bus.subscribe(Event, late)
        bus.publish_sync(Event(1))
        assert subscription.unsubscribe(timeout=PATIENCE)
        bus.publish_sync(Event(2))
    assert early.numbers == [0, 1]
    assert late.numbers == [1, 2]


@both
def test_later_events_do_not_reach_a_handler_that_is_being_unsubscribed(
    make_bus: MakeBus,
) -> None:
    held, free = Held(), Recorder()
    with make_bus(32) as bus:
        subscription = bus.subscribe(Event, held)
        bus.subscribe(Event, free)
        for number in range(3):
            bus.publish_sync(Event(number))
        held.wait_for(1)
        with Background(lambda: subscription.unsubscribe(timeout=PATIENCE)):
            assert bus._waits.until(lambda: len(bus.subscriptions) == 1, None)
            assert bus._waits.until(lambda: ends(subscription), None)
            bus.publish_sync(Event(3))
            held.gate.set()
    assert held.numbers == [0, 1, 2]
    assert free.numbers == [0, 1, 2, 3]


def ends(subscription: Any) -> bool:
    """Whether it is known where it ends: in a ring, that is a sequence."""
    return (
        not hasattr(subscription.runner, "_processor")
        or subscription.runner.filter.last is not None
    )


@both
def test_unsubscribing_twice_is_nothing(make_bus: MakeBus) -> None:
    with make_bus() as bus:
        subscription = bus.subscribe(Event, Recorder())
        assert bus.unsubscribe(subscription)
        assert bus.unsubscribe(subscription)
        assert bus.subscriptions == ()


@both
def test_a_handler_may_unsubscribe_itself_and_gets_nothing_more(make_bus: MakeBus) -> None:
    subscriptions: list[Any] = []
    held = Held()

    def once(event: Event) -> None:
        if event.number == 3:
            assert subscriptions[0].unsubscribe()

    recorder = Recorder(once)
    with make_bus(32) as bus:
        bus.subscribe(Event, held, name="held")
        subscriptions.append(bus.subscribe(Event, recorder))
        bus.publish_all([Event(number) for number in range(20)])
        held.gate.set()
    assert recorder.numbers == [0, 1, 2, 3]
    assert held.numbers == list(range(20))


@both
def test_a_coroutine_function_may_unsubscribe_itself(make_bus: MakeBus) -> None:
    subscriptions: list[Any] = []
    seen: list[int] = []

    async def once(event: Event) -> None:
        seen.append(event.number)
        assert subscriptions[0].unsubscribe()

    with make_bus(32) as bus:
        subscriptions.append(bus.subscribe(Event, once))
        bus.publish_all([Event(number) for number in range(20)])
    assert seen == [0]


@both
def test_an_unsubscribed_handler_stops_no_publisher(make_bus: MakeBus) -> None:
    held = Held()
    with make_bus(4) as bus:
        subscription = bus.subscribe(Event, held)
        bus.publish_sync(Event(0))
        held.wait_for(1)
        assert not subscription.unsubscribe(timeout=0.01)  # it has not ended
        for number in range(1, 50):
            bus.publish_sync(Event(number), timeout=PATIENCE)
        held.gate.set()


@both
def test_a_publisher_that_waits_for_room_goes_on_when_the_slow_handler_is_unsubscribed(
    make_bus: MakeBus,
) -> None:
    held, free = Held(), Recorder()
    with make_bus(4) as bus:
        subscription = bus.subscribe(Event, held)
        bus.subscribe(Event, free)
        with Background(
            lambda: [bus.publish_sync(Event(number), timeout=PATIENCE) for number in range(50)]
        ):
            held.wait_for(1)
            subscription.unsubscribe(drain=False, timeout=0.01)
        held.gate.set()
    assert free.numbers == list(range(50))


@both
def test_handlers_come_and_go_while_events_are_published(make_bus: MakeBus) -> None:
    constant = Recorder()
    guests: list[Recorder] = []
    with make_bus(16) as bus:
        bus.subscribe(Event, constant)

        def publish() -> None:
            for number in range(400):
                bus.publish_sync(Event(number), timeout=PATIENCE)

        def visit() -> None:
            for _ in range(15):
                guest = Recorder()
                guests.append(guest)
                bus.subscribe(Event, guest).unsubscribe(timeout=PATIENCE)

        together(publish, visit, visit)
    assert constant.numbers == list(range(400))
    for guest in guests:
        assert (
            guest.numbers == list(range(guest.numbers[0], guest.numbers[0] + len(guest.numbers)))
            if guest.seen
            else True
        )


@both
def test_a_coroutine_function_may_unsubscribe_another_one(make_bus: MakeBus) -> None:
    seen: list[int] = []

    async def first(event: Event) -> None:
        if event.number == 0:
            # The loop is not held up, so it cannot be said when it ends
            assert not second.unsubscribe()

    async def other(event: Event) -> None:
        seen.append(event.number)

    with make_bus(32) as bus:
        bus.subscribe(Event, first)
        second = bus.subscribe(Event, other)
        bus.publish_sync(Event(0), wait=True, timeout=PATIENCE)
        bus.publish_sync(Event(1), wait=True, timeout=PATIENCE)
    assert seen == [0]


@both
def test_unsubscribing_from_a_bus_that_is_closed_waits_for_nothing(make_bus: MakeBus) -> None:
    held = Held()
    bus = make_bus()
    subscription = bus.subscribe(Event, held)
    bus.publish_sync(Event(0))
    held.wait_for(1)
    for number in range(1, 4):
        bus.publish_sync(Event(number))
    bus.close(drain=False, timeout=0.01)
    held.gate.set()
    # What the close has thrown away was not drained
    assert not subscription.unsubscribe(timeout=PATIENCE)


# -- the end --------------------------------------------------------------------------------------


@both
def test_closing_handles_everything_first(make_bus: MakeBus) -> None:
    held = Held()
    bus = make_bus(32)
    bus.subscribe(Event, held)
    bus.publish_all([Event(number) for number in range(20)])
    with Background(bus.close) as closing:
        held.wait_for(1)
        held.gate.set()
    assert closing.result == BusCloseReport({}, 0, ())
    assert held.numbers == list(range(20))


@both
def test_what_handlers_publish_while_the_bus_is_closed_is_handled_too(make_bus: MakeBus) -> None:
    held, seen = Held(), []

    def first(event: Event) -> None:
        held(event)
        bus.publish_sync(Other(event.number))

    async def second(event: Other) -> None:
        seen.append(event.number)
        if event.number < 5:
            await bus.publish(Other(event.number + 1))

    bus = make_bus()
    bus.subscribe(Event, first)
    bus.subscribe(Other, second)
    bus.publish_sync(Event(0))
    with Background(bus.close) as closing:
        assert bus._waits.until(lambda: bus.is_closed, None)
        held.gate.set()
    assert closing.result == BusCloseReport({}, 0, ())
    assert seen == [0, 1, 2, 3, 4, 5]


@both
def test_closing_without_draining_reports_what_was_left(make_bus: MakeBus) -> None:
    gate, entered = threading.Event(), threading.Event()

    async def slow(event: Event) -> None:
        entered.set()
        await asyncio.get_running_loop().run_in_executor(None, gate.wait, PATIENCE)

    bus = make_bus(32)
    runner: Any = bus.subscribe(Event, slow).runner
    bus.publish_all([Event(number) for number in range(20)])
    assert entered.wait(PATIENCE)
    with Background(partial(bus.close, drain=False)) as closing:
        assert bus._waits.until(lambda: runner._is_stopping, None)
        gate.set()
    report: Any = closing.result
    assert report.unhandled == {"slow": 19}


@both
def test_closing_again_reports_the_same(make_bus: MakeBus) -> None:
    bus = make_bus()
    bus.subscribe(Event, Recorder())
    assert bus.close() is bus.close()
    assert all(report is bus.close() for report in together(bus.close, bus.close))


@both
def test_a_handler_cannot_close_its_own_bus(make_bus: MakeBus) -> None:
    async def coroutine(event: Event) -> None:
        bus.close()

    with make_bus() as bus:
        bus.subscribe(Event, lambda event: bus.close(), name="plain")
        bus.subscribe(Event, coroutine)
        errors = bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).errors
        assert {name: type(error) for name, error in errors.items()} == {
            "plain": DeadlockError,
            "coroutine": DeadlockError,
        }


@both
def test_a_bus_without_handlers_or_events_closes(make_bus: MakeBus) -> None:
    assert make_bus().close().is_complete
    assert asyncio.run(make_bus().aclose()).is_complete


@both
def test_an_interrupted_block_drains_nothing(make_bus: MakeBus) -> None:
    held = Held()
    with pytest.raises(KeyboardInterrupt), make_bus() as bus:
        bus.subscribe(Event, held)
        bus.publish_sync(Event(0))
        held.wait_for(1)
        for number in range(1, 4):
            bus.publish_sync(Event(number))
        held.gate.set()
        raise KeyboardInterrupt
    assert bus.is_closed


@both
def test_no_thread_is_left(make_bus: MakeBus) -> None:
    async def coroutine(event: Event) -> None: ...

    before = set(threading.enumerate())
    with make_bus() as bus:
        bus.subscribe(Event, Recorder())
        bus.subscribe(Event, coroutine)
        bus.subscribe(Event, fail)
        bus.publish_sync(Event(1), wait=True)
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), thread.name


@both
def test_a_handler_that_comes_misses_no_event_behind_one_that_it_got(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events of two classes are published while a handler is added; one class was known before."""
    bus = make_bus()
    transport, numbers = bus._transport, iter(range(1, 3))
    changed = transport.handlers_changed

    def changed_late(subscriptions: Any) -> None:
        for event, number in zip((Special, Event), numbers, strict=False):
            bus.publish_sync(event(number))
        changed(subscriptions)

    with bus:
        bus.subscribe(Event, Recorder())
        bus.publish_sync(Event(0))
        monkeypatch.setattr(transport, "handlers_changed", changed_late)
        recorder = Recorder()
        bus.subscribe(Event, recorder)
        bus.publish_sync(Event(3))
    assert recorder.numbers in ([1, 2, 3], [3])
