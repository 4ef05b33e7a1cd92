"""Waiting until an event is handled: results, errors, limits, and no wait for oneself."""

import asyncio
import gc
import inspect
import threading
import weakref
from typing import Any

import pytest

from ringbuffer.errors import DeadlockError
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.messaging.bus import BusClosedError, HandlingTimeoutError, UnsubscribedError
from ringbuffer.messaging.bus.results import Completion
from tests.support.threads import PATIENCE, Background
from tests.unit.messaging.bus.kit import Event, Held, MakeBus, Other, Recorder, both, fail


@both
def test_a_waiting_publisher_gets_what_the_handlers_returned_and_raised(make_bus: MakeBus) -> None:
    async def twice(event: Event) -> int:
        return event.number * 2

    with make_bus() as bus:
        bus.subscribe(Event, lambda event: event.number, name="same")
        bus.subscribe(Event, twice)
        bus.subscribe(Event, fail)
        bus.subscribe(Other, Recorder(), name="of others")
        result = bus.publish_sync(Event(7), wait=True, timeout=PATIENCE)
        assert result.results == {"same": 7, "twice": 14}
        assert list(result.errors) == ["fail"]
        assert repr(result.errors["fail"]) == "KeyError(7)"
        assert not result.ok
        with pytest.raises(BaseExceptionGroup, match="failed: fail") as caught:
            result.raise_errors()
        assert caught.group_contains(KeyError)


@both
def test_waiting_in_a_loop_lets_the_loop_run(make_bus: MakeBus) -> None:
    held = Held()

    async def main() -> None:
        async with make_bus() as bus:
            bus.subscribe(Event, held)
            task = asyncio.create_task(bus.publish(Event(1), wait=True, timeout=PATIENCE))
            await asyncio.get_running_loop().run_in_executor(None, held.wait_for, 1)
            assert not task.done()
            held.gate.set()
            result = await task
            assert result.results == {"Held": True}

    asyncio.run(main())


@both
def test_the_time_can_run_out_and_the_handlers_go_on(make_bus: MakeBus) -> None:
    held, free = Held(), Recorder()
    bus = make_bus()
    bus.subscribe(Event, held, own_thread=True)
    bus.subscribe(Event, free)
    with pytest.raises(HandlingTimeoutError, match="Held not done") as caught:
        bus.publish_sync(Event(1), wait=True, timeout=1)
    assert caught.value.waiting_for == ("Held",)
    assert caught.value.result.results == {"Recorder": None}
    with pytest.raises(HandlingTimeoutError):
        asyncio.run(bus.publish(Event(2), wait=True, timeout=0.05))
    held.gate.set()
    bus.close()
    assert held.numbers == [1, 2]


@both
def test_a_publisher_that_stops_waiting_does_not_stop_the_handlers(make_bus: MakeBus) -> None:
    held = Held()
    bus = make_bus()
    bus.subscribe(Event, held)

    async def main() -> None:
        task = asyncio.create_task(bus.publish(Event(1), wait=True))
        await asyncio.get_running_loop().run_in_executor(None, held.wait_for, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    held.gate.set()
    bus.close()
    assert bus.metrics().handled == 1


@both
def test_events_that_are_waited_for_keep_their_place(make_bus: MakeBus) -> None:
    handler = Recorder()
    with make_bus() as bus:
        bus.subscribe(Event, handler)
        for number in range(50):
            if number % 3:
                bus.publish_sync(Event(number), timeout=PATIENCE)
            else:
                assert bus.publish_sync(Event(number), wait=True, timeout=PATIENCE).ok
                assert handler.numbers == list(range(number + 1))
    assert handler.numbers == list(range(50))


@both
def test_a_handler_that_is_unsubscribed_is_not_waited_for(make_bus: MakeBus) -> None:
    held = Held()
    bus = make_bus()
    subscription = bus.subscribe(Event, held)
    bus.publish_sync(Event(0))
    held.wait_for(1)
    # Event 1 is behind the one that it is in, so it never comes to it.
    with Background(lambda: bus.publish_sync(Event(1), wait=True)) as waiting:
        wait_until_published(bus, 2)
        with Background(lambda: subscription.unsubscribe(drain=False)):
            wait_until_gone(bus)
            held.gate.set()
    result: Any = waiting.result
    assert held.numbers in ([0], [0, 1])  # 1 is handled if it was in the same batch
    if held.numbers == [0]:
        assert isinstance(result.errors["Held"], UnsubscribedError)
    bus.close()


@both
def test_a_waiting_publisher_gets_an_error_when_the_bus_is_closed(make_bus: MakeBus) -> None:
    gate = threading.Event()

    async def never(event: Event) -> None:
        gate.set()
        await asyncio.Event().wait()

    bus = make_bus()
    bus.subscribe(Event, never)
    with Background(lambda: bus.publish_sync(Event(1), wait=True)) as waiting:
        assert gate.wait(PATIENCE)
        report = bus.close(drain=False, timeout=0.01)
    result: Any = waiting.result
    assert isinstance(result.errors["never"], BusClosedError | asyncio.CancelledError)
    assert report.still_running == ()  # a coroutine can be cancelled
    assert report.unhandled == {"never": 1}


def wait_until_published(bus: Any, count: int) -> None:
    assert bus._waits.until(
        lambda: bus.metrics().published >= count, bus._host.monotonic() + PATIENCE
    )


def wait_until_gone(bus: Any) -> None:
    assert bus._waits.until(lambda: not bus.subscriptions, bus._host.monotonic() + PATIENCE)


class Result:
    """The result of a handler; a weak reference shows whether it still exists."""


@both
@pytest.mark.parametrize("waits", ["publish_sync", "publish", "timed out", "cancelled"])
def test_a_bus_keeps_nothing_of_an_event_that_was_waited_for(make_bus: MakeBus, waits: str) -> None:
    made: list[weakref.ref[Result]] = []

    def handler(event: Event) -> Result:
        result = Result()
        made.append(weakref.ref(result))
        return result

    async def cancelled(bus: Any) -> None:
        task = asyncio.create_task(bus.publish(Event(1), wait=True))
        await asyncio.get_running_loop().run_in_executor(None, held.wait_for, 1)
        task.cancel()
        await asyncio.wait([task])

    held = Held()
    with make_bus() as bus:
        bus.subscribe(Event, handler, name="returns")
        if waits == "publish_sync":
            assert bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).ok
        elif waits == "publish":
            assert asyncio.run(bus.publish(Event(1), wait=True, timeout=PATIENCE)).ok
        else:
            bus.subscribe(Event, held, name="never")
            if waits == "timed out":
                with pytest.raises(HandlingTimeoutError):
                    bus.publish_sync(Event(1), wait=True, timeout=0.05)
            else:
                asyncio.run(cancelled(bus))
            held.gate.set()
        bus.subscribe(Other, lambda event: None, name="later")
        bus.publish_sync(Other(1), wait=True, timeout=PATIENCE)
        # The second may be in one batch with the first, which its handler holds until it has the
        # third. What is left of the first by then is what the bus keeps of it.
        bus.publish_sync(Event(2), wait=True, timeout=PATIENCE)
        bus.publish_sync(Event(3), wait=True, timeout=PATIENCE)
        gc.collect()
        assert made
        assert made[0]() is None


# -- deadlocks ------------------------------------------------------------------------------------


@both
def test_a_handler_cannot_wait_for_itself(make_bus: MakeBus) -> None:
    with make_bus() as bus:
        bus.subscribe(Event, lambda event: bus.publish_sync(Event(2), wait=True), name="plain")

        async def coroutine(event: Other) -> None:
            await bus.publish(Other(2), wait=True)

        bus.subscribe(Other, coroutine)
        assert isinstance(bus.publish_sync(Event(1), wait=True).errors["plain"], DeadlockError)
        assert isinstance(bus.publish_sync(Other(1), wait=True).errors["coroutine"], DeadlockError)


@both
def test_a_handler_can_wait_for_others(make_bus: MakeBus) -> None:
    with make_bus() as bus:
        bus.subscribe(Other, lambda event: event.number + 1, name="inner")
        bus.subscribe(
            Event,
            lambda event: bus.publish_sync(Other(event.number), wait=True).results["inner"],
            name="outer",
        )
        assert bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).results == {"outer": 2}


@both
def test_a_coroutine_function_cannot_block_the_loop_of_what_it_waits_for(make_bus: MakeBus) -> None:
    async def inner(event: Other) -> None: ...

    async def outer(event: Event) -> None:
        bus.publish_sync(Other(1), wait=True)

    with make_bus() as bus:
        bus.subscribe(Other, inner)
        bus.subscribe(Event, outer)
        assert isinstance(
            bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).errors["outer"], DeadlockError
        )


@both
def test_a_handler_that_fills_its_own_bus_gets_an_error(make_bus: MakeBus) -> None:
    def flood(event: Event) -> None:
        for number in range(100):
            bus.publish_sync(Other(number), timeout=PATIENCE)

    async def flood_slowly(event: Event) -> None:
        for number in range(100):
            await bus.publish(Other(number), timeout=PATIENCE)

    for handler in (flood, flood_slowly):
        bus = make_bus(4)
        bus.subscribe(object, lambda event: None, name="others")
        bus.subscribe(object, as_first_only(handler), name="flood")
        result = bus.publish_sync(Event(1), wait=True, timeout=PATIENCE)
        assert isinstance(result.errors["flood"], DeadlockError)
        bus.close()


def as_first_only(handler: Any) -> Any:
    """The handler for events, and nothing for what it publishes."""
    if inspect.iscoroutinefunction(handler):

        async def coroutine(event: object) -> None:
            if isinstance(event, Event):
                await handler(event)

        return coroutine
    return lambda event: handler(event) if isinstance(event, Event) else None


@both
def test_a_task_that_a_handler_starts_is_not_the_handler(make_bus: MakeBus) -> None:
    tasks = []

    async def start(event: Event) -> None:
        if event.number == 0:
            tasks.append(asyncio.create_task(bus.publish(Event(1), wait=True)))

    with make_bus() as bus:
        bus.subscribe(Event, start)
        bus.publish_sync(Event(0), wait=True, timeout=PATIENCE)
        wait_until_published(bus, 2)
        assert bus._waits.until(lambda: tasks[0].done(), bus._host.monotonic() + PATIENCE)
        assert tasks[0].result().ok


@both
def test_a_coroutine_that_waits_for_an_event_waits_for_room_first(make_bus: MakeBus) -> None:
    held = Held()

    async def main() -> None:
        async with make_bus(2) as bus:
            bus.subscribe(Event, held)
            number = 0
            while bus.try_publish(Event(number)):
                number += 1
            waiting = asyncio.create_task(bus.publish(Event(100), wait=True, timeout=PATIENCE))
            await asyncio.sleep(0)
            assert not waiting.done()
            held.gate.set()
            assert (await waiting).ok
            assert held.numbers == [*range(number), 100]

    asyncio.run(main())


def test_what_settles_twice_or_was_not_expected_changes_nothing() -> None:
    done: list[int] = []
    completion = Completion(["a", "b"], lambda: done.append(1), SYSTEM_HOST)
    completion.settle("a", 1, None)
    completion.settle("a", 2, None)
    completion.settle("c", 3, None)
    assert not completion.is_done
    completion.settle("b", None, KeyError("b"))
    completion.settle("b", 4, None)
    result = completion.result()
    assert (result.results, list(result.errors), done) == ({"a": 1}, ["b"], [1])
