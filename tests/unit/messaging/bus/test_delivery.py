"""Each event reaches the handlers of its class: once, in order, in parallel."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

import pytest

from ringbuffer.errors import ClaimTimeoutError
from ringbuffer.messaging import ProducerMode, TransportEnvelope
from ringbuffer.messaging.bus import BusClosedError, ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.pipeline import Pipeline
from tests.support.threads import PATIENCE, together
from tests.unit.messaging.bus.kit import Event, Held, MakeBus, Other, Recorder, Special, both


@both
def test_every_handler_gets_every_event_once_and_in_order(make_bus: MakeBus) -> None:
    handlers = [Recorder() for _ in range(5)]
    with make_bus() as bus:
        for handler in handlers:
            bus.subscribe(Event, handler)
        for number in range(500):
            bus.publish_sync(Event(number), timeout=PATIENCE)
    assert all(handler.numbers == list(range(500)) for handler in handlers)


@both
def test_a_handler_gets_events_of_its_class_and_of_those_derived_from_it(make_bus: MakeBus) -> None:
    base, special, anything = Recorder(), Recorder(), Recorder()
    with make_bus() as bus:
        bus.subscribe(Event, base)
        bus.subscribe(Special, special)
        bus.subscribe(object, anything)
        for event in (Event(1), Special(2), Other(3), "text"):
            bus.publish_sync(event)
    assert base.seen == [Event(1), Special(2)]
    assert special.seen == [Special(2)]
    assert anything.seen == [Event(1), Special(2), Other(3), "text"]


@both
def test_an_envelope_is_an_event_like_others(make_bus: MakeBus) -> None:
    handler, other = Recorder(), Recorder()
    envelope = TransportEnvelope("order", b"7")
    with make_bus() as bus:
        bus.subscribe(TransportEnvelope, handler)
        bus.subscribe(Event, other)
        bus.publish_sync(envelope)
        bus.publish_all([envelope])
    assert handler.seen == [envelope, envelope]
    assert other.seen == []


@both
def test_coroutine_functions_get_one_event_at_a_time_in_order(make_bus: MakeBus) -> None:
    log: list[tuple[str, int]] = []

    async def handler(event: Event) -> None:
        log.append(("begin", event.number))
        await asyncio.sleep(0)
        log.append(("end", event.number))

    with make_bus() as bus:
        bus.subscribe(Event, handler)
        for number in range(100):
            bus.publish_sync(Event(number), timeout=PATIENCE)
    assert log == [(what, number) for number in range(100) for what in ("begin", "end")]


@both
def test_an_object_with_an_asynchronous_call_is_awaited(make_bus: MakeBus) -> None:
    class Handler:
        def __init__(self) -> None:
            self.seen: list[Event] = []

        async def __call__(self, event: Event) -> None:
            self.seen.append(event)

    handler = Handler()
    with make_bus() as bus:
        bus.subscribe(Event, handler)
        bus.publish_sync(Event(1))
    assert handler.seen == [Event(1)]


@both
def test_handlers_work_in_parallel(make_bus: MakeBus) -> None:
    meeting = threading.Barrier(3)

    def handler(event: Event) -> None:
        meeting.wait(PATIENCE)  # all three are inside at once, or none comes out

    async def coroutine(event: Event) -> None:
        await asyncio.get_running_loop().run_in_executor(None, meeting.wait, PATIENCE)

    with make_bus() as bus:
        bus.subscribe(Event, handler)
        bus.subscribe(Event, partial(handler))
        bus.subscribe(Event, coroutine)
        assert bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).ok


@both
def test_coroutines_of_one_loop_take_turns(make_bus: MakeBus) -> None:
    first_in, second_in = asyncio.Event(), asyncio.Event()

    async def first(event: Event) -> None:
        first_in.set()
        await second_in.wait()

    async def second(event: Event) -> None:
        second_in.set()
        await first_in.wait()

    with make_bus() as bus:
        bus.subscribe(Event, first)
        bus.subscribe(Event, second)
        assert bus.publish_sync(Event(1), wait=True, timeout=PATIENCE).ok


@both
def test_all_handlers_see_the_events_of_many_publishers_in_one_order(make_bus: MakeBus) -> None:
    handlers = [Recorder() for _ in range(3)]
    with make_bus(16) as bus:
        for handler in handlers:
            bus.subscribe(Event, handler)
        together(*(partial(publish, bus, range(start, start + 200)) for start in (0, 1000, 2000)))
    assert handlers[0].numbers == handlers[1].numbers == handlers[2].numbers
    for start in (0, 1000, 2000):
        own = [number for number in handlers[0].numbers if start <= number < start + 200]
        assert own == list(range(start, start + 200))


def publish(bus: Any, numbers: range) -> None:
    for number in numbers:
        bus.publish_sync(Event(number), timeout=PATIENCE)


@both
def test_events_without_handlers_are_published_to_no_handler(make_bus: MakeBus) -> None:
    with make_bus(4) as bus:
        for number in range(20):
            bus.publish_sync(Event(number), timeout=PATIENCE)
        assert bus.publish_sync(Event(20), wait=True).results == {}
        assert bus.metrics().published == 21


@pytest.mark.parametrize("mode", ProducerMode)
def test_a_claim_of_a_bus_that_is_given_up_is_not_counted(mode: ProducerMode) -> None:
    handler = Recorder()
    with RingBufferEventBus(8, producer_mode=mode) as bus:
        bus.subscribe(Event, handler)
        bus.publish_sync(Event(0), timeout=PATIENCE)
        with pytest.raises(KeyboardInterrupt), bus.ring.producer().claim(2):
            raise KeyboardInterrupt
        bus.publish_sync(Event(1), timeout=PATIENCE)
        assert bus.metrics().published == 2
    assert handler.numbers == [0, 1]


@both
def test_publishing_many_keeps_their_order(make_bus: MakeBus) -> None:
    handler = Recorder()
    with make_bus(16) as bus:
        bus.subscribe(Event, handler)
        assert bus.publish_all([Event(number) for number in range(300)], timeout=PATIENCE) == 300
        assert (
            bus.publish_all(
                Event(number) if number % 2 else Special(number) for number in range(300, 600)
            )
            == 300
        )
    assert handler.numbers == list(range(600))


@both
def test_a_thread_may_have_a_publisher_of_its_own(make_bus: MakeBus) -> None:
    handler, envelopes = Recorder(), Recorder()
    with make_bus(4) as bus:
        bus.subscribe(Event, handler)
        bus.subscribe(TransportEnvelope, envelopes)
        publish = bus.publisher()
        for number in range(100):
            publish(Event(number), PATIENCE)
        envelope = TransportEnvelope("order")
        publish(envelope)
    assert handler.numbers == list(range(100))
    assert envelopes.seen == [envelope]
    with pytest.raises(BusClosedError):
        publish(Event(100))


# -- room -----------------------------------------------------------------------------------------


@both
def test_a_handler_that_is_held_up_holds_up_publishers_and_no_other_handler(
    make_bus: MakeBus,
) -> None:
    held, free = Held(), Recorder()
    bus = make_bus(4)
    bus.subscribe(Event, held)
    bus.subscribe(Event, free)
    published = fill_up(bus)
    free.wait_for(published)  # the other handler has got everything that is published
    with pytest.raises(ClaimTimeoutError):
        bus.publish_sync(Event(-1), timeout=0.001)
    assert not bus.try_publish(Event(-1))
    held.gate.set()
    bus.publish_sync(Event(published), timeout=PATIENCE)
    bus.close()
    assert free.numbers == held.numbers == list(range(published + 1))


def fill_up(bus: Any) -> int:
    """Publish until there is no room, and none comes; how many."""
    number = 0
    while True:
        try:
            bus.publish_sync(Event(number), timeout=0.05)
        except ClaimTimeoutError:
            return number
        number += 1


@both
def test_a_coroutine_that_waits_for_room_lets_its_loop_run(make_bus: MakeBus) -> None:
    held = Held()
    bus = make_bus(4)
    bus.subscribe(Event, held)
    published = fill_up(bus)

    async def main() -> None:
        task = asyncio.create_task(bus.publish(Event(published)))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not task.done()
        held.gate.set()
        await asyncio.wait_for(task, PATIENCE)

    asyncio.run(main())
    bus.close()
    assert held.numbers == list(range(published + 1))


@both
def test_a_publication_that_is_cancelled_while_it_waits_for_room_did_not_happen(
    make_bus: MakeBus,
) -> None:
    held = Held()
    bus = make_bus(4)
    bus.subscribe(Event, held)
    published = fill_up(bus)

    async def main() -> None:
        task = asyncio.create_task(bus.publish(Event(-1)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ClaimTimeoutError):
            await bus.publish(Event(-2), timeout=0.001)

    asyncio.run(main())
    held.gate.set()
    bus.close()
    assert held.numbers == list(range(published))


@both
@pytest.mark.parametrize(
    "pipeline", [Pipeline(), Pipeline().use_correlation()], ids=["plain", "correlated"]
)
def test_what_could_not_be_published_of_many_is_reported(
    make_bus: MakeBus, pipeline: Pipeline
) -> None:
    held = Held()
    bus = make_bus(4, pipeline=pipeline)
    bus.subscribe(Event, held)
    events = [Event(number) for number in range(20)]
    with pytest.raises(ClaimTimeoutError) as caught:
        bus.publish_all(events, timeout=0.05)
    published = caught.value.published
    assert 4 <= published < 20
    assert caught.value.unpublished[:1] == (events[published],)
    held.gate.set()
    bus.close()
    assert held.seen == events[:published]


# -- what is refused ------------------------------------------------------------------------------


@both
def test_after_the_end_publishing_is_an_error(make_bus: MakeBus) -> None:
    bus = make_bus()
    bus.close()
    for publication in (bus.publish_sync, bus.try_publish, partial(bus.publish_sync, wait=True)):
        with pytest.raises(BusClosedError, match="closed"):
            publication(Event(1))
    with pytest.raises(BusClosedError):
        bus.publish_all([Event(1)])
    with pytest.raises(BusClosedError):
        asyncio.run(bus.publish(Event(1)))
    with pytest.raises(BusClosedError):
        bus.subscribe(Event, Recorder())


class HasNumber(Protocol):
    number: int


class Undecided(type):
    def __subclasscheck__(cls, kind: type) -> bool:
        if kind is Event:
            raise ZeroDivisionError
        return kind is Other


class Anything(metaclass=Undecided):
    pass


@both
def test_a_class_whose_check_fails_gets_no_event_and_stops_no_other(make_bus: MakeBus) -> None:
    handler, others = Recorder(), Recorder()
    with make_bus() as bus:
        bus.subscribe(Anything, handler)
        bus.subscribe(object, others)
        for event in (Event(1), Other(2)):
            bus.publish_sync(event)
    assert handler.seen == [Other(2)]
    assert others.seen == [Event(1), Other(2)]


@both
def test_an_object_that_is_not_a_handler_is_refused(make_bus: MakeBus) -> None:
    with make_bus() as bus:
        with pytest.raises(TypeError, match="must be a class"):
            bus.subscribe("Event", Recorder())  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="events can be asked for"):
            bus.subscribe(HasNumber, Recorder())  # type: ignore[type-abstract]
        with pytest.raises(TypeError, match="is not a handler"):
            bus.subscribe(Event, 7)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="1 argument"):
            bus.subscribe(Event, lambda: None)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="Pipeline"):
            bus.subscribe(Event, Recorder(), pipeline=7)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="name must be"):
            bus.subscribe(Event, Recorder(), name=7)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="nan"):
            bus.publish_sync(Event(1), timeout=float("nan"))
        assert bus.subscriptions == ()


@both
def test_names_are_unique(make_bus: MakeBus) -> None:
    with make_bus() as bus:
        names = [bus.subscribe(Event, Recorder()).name for _ in range(3)]
        assert names == ["Recorder", "Recorder-2", "Recorder-3"]
        bus.subscribe(Event, Recorder(), name="mine")
        with pytest.raises(ValueError, match="'mine' already"):
            bus.subscribe(Event, Recorder(), name="mine")


@both
def test_a_bus_keeps_no_event_that_is_handled(make_bus: MakeBus) -> None:
    class Large:
        number = 1

    bus = make_bus(4)
    bus.subscribe(Large, lambda event: None)
    event = Large()
    alive = weakref.ref(event)
    bus.publish_sync(event, wait=True)
    bus.publish_sync(Large(), wait=True)
    del event
    bus.close()
    gc.collect()
    assert alive() is None


@both
def test_what_an_iterable_gave_before_it_raised_is_published(make_bus: MakeBus) -> None:
    def events() -> Iterator[Event]:
        yield from map(Event, range(300))
        raise OSError("no more")

    recorder = Recorder()
    with make_bus(512) as bus:
        bus.subscribe(Event, recorder)
        with pytest.raises(OSError, match="no more"):
            bus.publish_all(events())
    assert recorder.numbers == list(range(300))


class Notes:
    """A handler object."""

    def __init__(self) -> None:
        self.seen: list[Event] = []

    def handle(self, event: Event) -> int:
        self.seen.append(event)
        return event.number


class AsyncNotes(Notes):
    async def handle(self, event: Event) -> int:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().handle(event)


@both
@pytest.mark.parametrize("notes", [Notes, AsyncNotes])
def test_an_object_with_a_method_handle_is_a_handler(make_bus: MakeBus, notes: type[Notes]) -> None:
    handler = notes()
    with make_bus() as bus:
        subscription = bus.subscribe(Event, handler)
        result = bus.publish_sync(Event(7), wait=True, timeout=PATIENCE)
        assert result.results == {notes.__name__: 7}
        assert subscription.is_asynchronous is (notes is AsyncNotes)
    assert [event.number for event in handler.seen] == [7]


def test_an_object_whose_method_handle_takes_no_event_is_refused() -> None:
    class Wrong:
        def handle(self) -> None: ...

    with ChannelEventBus() as bus:
        with pytest.raises(TypeError, match="1 argument"):
            bus.subscribe(Event, Wrong())  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="is a class: pass an object of it"):
            bus.subscribe(Event, Notes)  # type: ignore[arg-type]
