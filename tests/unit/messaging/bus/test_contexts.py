"""Handlers run in contexts of their own, without variables of subscribers, publishers or events."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.delivery import Delivery, Identity
from ringbuffer.messaging.pipeline import Pipeline, RetryPolicy, current_delivery
from tests.support.threads import PATIENCE
from tests.unit.messaging.bus.kit import Event, MakeBus, Other, Recorder, Special, both

tenant: ContextVar[str] = ContextVar("tenant", default="none")
kinds = pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])
batches = pytest.mark.parametrize("waits", [False, True], ids=["bare", "awaited"])


def handler(react: Callable[[Any], object], is_async: bool) -> Callable[[Any], object]:
    """`react` as a plain function, or as a coroutine function that first lets other tasks run."""

    async def handle(event: Any) -> object:
        await asyncio.sleep(0)
        return react(event)

    return handle if is_async else react


def publish(bus: Any, *events: object, waits: bool = False) -> None:
    """Publish all at once, so that they make one batch; or each by itself, waiting for its end."""
    if not waits:
        assert bus.publish_all(list(events)) == len(events)
    for event in events if waits else ():
        bus.publish_sync(event, wait=True, timeout=PATIENCE).raise_errors()


@both
@kinds
def test_a_handler_does_not_see_the_context_of_the_code_that_subscribed_it(
    make_bus: MakeBus, is_async: bool
) -> None:
    seen = Recorder(lambda event: values.append(tenant.get()))
    values: list[str] = []

    def subscribe() -> None:
        tenant.set("subscriber")
        bus.subscribe(Event, handler(seen, is_async))

    with make_bus() as bus:
        copy_context().run(subscribe)
        publish(bus, Event(0), Event(1))
        seen.wait_for(2)
    assert values == ["none", "none"]


@both
@kinds
@batches
def test_a_handler_does_not_see_the_context_of_the_publisher(
    make_bus: MakeBus, is_async: bool, waits: bool
) -> None:
    values: list[str] = []

    def publish_in_context() -> None:
        tenant.set("publisher")
        publish(bus, Event(0), Event(1), waits=waits)

    with make_bus() as bus:
        bus.subscribe(Event, handler(lambda event: values.append(tenant.get()), is_async))
        copy_context().run(publish_in_context)
    assert values == ["none", "none"]


@both
@kinds
@batches
@pytest.mark.parametrize("has_stages", [False, True], ids=["no stages", "stages"])
def test_what_a_handler_sets_for_one_event_it_does_not_see_at_the_next(
    make_bus: MakeBus, is_async: bool, waits: bool, has_stages: bool
) -> None:
    seen: list[tuple[int, str]] = []

    def react(event: Event) -> None:
        seen.append((event.number, tenant.get()))
        if event.number % 3 != 1:
            tenant.set(f"event {event.number}")
        if event.number == 4:
            raise KeyError(event.number)

    bus = make_bus(32, pipeline=Pipeline().use_correlation() if has_stages else None)
    bus.subscribe(Event, handler(react, is_async), name="handler")
    for number in range(10):
        if waits:
            bus.publish_sync(Event(number), wait=True, timeout=PATIENCE)
    if not waits:
        publish(bus, *map(Event, range(10)))
    assert bus.close().is_complete
    assert seen == [(number, "none") for number in range(10)]
    metrics = bus.metrics().handlers["handler"]
    assert (metrics.handled, metrics.failed) == (9, 1)


@both
@kinds
def test_each_attempt_of_an_event_has_a_context_of_its_own(
    make_bus: MakeBus, is_async: bool
) -> None:
    values: list[str] = []

    def react(event: Event) -> None:
        values.append(tenant.get())
        tenant.set("attempt")
        if len(values) < 3:
            raise OSError

    policy = RetryPolicy(5, delay=1e-3, jitter=0)
    with make_bus(pipeline=Pipeline().use_retry(policy)) as bus:
        bus.subscribe(Event, handler(react, is_async))
        assert bus.publish_sync(Event(0), wait=True, timeout=PATIENCE).ok
    assert values == ["none"] * 3


@both
def test_coroutines_that_take_turns_each_have_their_own_context(make_bus: MakeBus) -> None:
    """Two subscribers, and three tasks of each, interleaved at every `await`."""
    wrong: list[object] = []
    rounds = 5

    def subscriber(name: str) -> Callable[[Event], Any]:
        async def task(mine: str) -> None:
            for number in range(rounds):
                tenant.set(f"{mine} {number}")
                await asyncio.sleep(0)
                if tenant.get() != f"{mine} {number}":
                    wrong.append((mine, number, tenant.get()))

        async def handle(event: Event) -> None:
            if tenant.get() != "none":
                wrong.append((name, event, tenant.get()))
            mine = f"{name} {event.number}"
            tenant.set(mine)
            await asyncio.gather(*(task(f"{mine} task {each}") for each in range(3)))
            if tenant.get() != mine:
                wrong.append((mine, tenant.get()))

        return handle

    bus = make_bus(16)
    bus.subscribe(Event, subscriber("a"), name="a")
    bus.subscribe(Event, subscriber("b"), name="b")
    publish(bus, *map(Event, range(8)))
    assert bus.close().is_complete
    assert wrong == []
    assert [each.handled for each in bus.metrics().handlers.values()] == [8, 8]


@both
def test_a_coroutine_function_that_sets_nothing_runs_in_one_task(make_bus: MakeBus) -> None:
    tasks: list[object] = []

    async def handle(event: Event) -> None:
        tasks.append(asyncio.current_task())
        if event.number == 3:
            tenant.set("something")

    bus = make_bus(16)
    bus.subscribe(Event, handle)
    publish(bus, *map(Event, range(8)))
    assert bus.close().is_complete
    assert len(tasks) == 8
    assert len(set(tasks[:4])) == len(set(tasks[4:])) == 1
    assert tasks[3] is not tasks[4]


# -- deliveries: what an event belongs to comes from the event ------------------------------------


def identity() -> Identity | None:
    delivery = current_delivery()
    return None if delivery is None else delivery.identity


def message() -> object:
    delivery = current_delivery()
    return None if delivery is None else delivery.message


@both
@kinds
def test_a_handler_that_was_subscribed_inside_of_another_never_sees_that_ones_delivery(
    make_bus: MakeBus, is_async: bool
) -> None:
    deliveries: list[Delivery | None] = []
    ids: dict[str, Identity | None] = {}

    def inner(event: Other) -> None:
        deliveries.append(current_delivery())
        assert bus.try_publish(Special(7))

    def starter(event: Event) -> None:
        ids["starter"] = identity()
        bus.subscribe(Other, handler(inner, is_async), name="inner", pipeline=Pipeline())

    def final(event: Special) -> None:
        ids["final"] = identity()

    with make_bus(pipeline=Pipeline().use_correlation()) as bus:
        bus.subscribe(Special, final)
        subscription = bus.subscribe(
            Event, lambda event: starter(event) if type(event) is Event else None
        )
        publish(bus, Event(0), waits=True)
        subscription.unsubscribe()
        publish(bus, Other(0), waits=True)
    assert deliveries == [None]
    assert ids["starter"] is not None
    assert ids["final"] is not None
    assert ids["final"].causation_id is None
    assert ids["final"].conversation_id != ids["starter"].conversation_id


@both
@kinds
def test_what_is_published_while_an_event_is_handled_is_caused_by_that_event(
    make_bus: MakeBus, is_async: bool
) -> None:
    """Before and after an `await`; two events, each with its effects; the same bus, and another."""
    causes: dict[int, Identity | None] = {}
    effects: dict[int, Identity | None] = {}
    lock = threading.Lock()

    async def handle_async(event: Event) -> None:
        causes[event.number] = identity()
        assert bus.try_publish(Other(10 * event.number))
        await asyncio.sleep(0)
        await other_bus.publish(Other(10 * event.number + 1))
        await asyncio.gather(
            in_a_task(10 * event.number + 2), asyncio.to_thread(in_a_thread, 10 * event.number + 3)
        )

    async def in_a_task(number: int) -> None:
        await asyncio.sleep(0)
        await bus.publish(Other(number))

    def in_a_thread(number: int) -> None:
        other_bus.publish_sync(Other(number))

    def handle(event: Event) -> None:
        causes[event.number] = identity()
        for number in (0, 2):
            bus.publish_sync(Other(10 * event.number + number))
        other_bus.publish_sync(Other(10 * event.number + 1))
        other_bus.publish_all([Other(10 * event.number + 3)])

    def note(event: Other) -> None:
        with lock:
            effects[event.number] = identity()

    pipeline = Pipeline().use_correlation()
    with make_bus(64, pipeline=pipeline) as other_bus, make_bus(64, pipeline=pipeline) as bus:
        bus.subscribe(Other, note)
        other_bus.subscribe(Other, note)
        bus.subscribe(Event, handle_async if is_async else handle)
        publish(bus, Event(1), Event(2), waits=True)
        bus.close()
        other_bus.close()
    assert sorted(effects) == [10, 11, 12, 13, 20, 21, 22, 23]
    for number, effect in effects.items():
        cause = causes[number // 10]
        assert cause is not None
        assert effect is not None
        assert (effect.causation_id, effect.conversation_id) == (
            cause.message_id,
            cause.conversation_id,
        )


@both
@kinds
def test_an_envelope_says_itself_what_it_belongs_to_whatever_its_publisher_handles(
    make_bus: MakeBus, is_async: bool
) -> None:
    envelope = TransportEnvelope(
        "kind", correlation_id="order 7", causation_id="click 1", conversation_id="visit 3"
    )
    seen: list[Identity | None] = []

    def forward(event: Event) -> None:
        assert bus.try_publish(envelope)

    with make_bus(pipeline=Pipeline().use_correlation()) as bus:
        bus.subscribe(TransportEnvelope, lambda event: seen.append(identity()))
        bus.subscribe(Event, handler(forward, is_async))
        publish(bus, Event(0), waits=True)
        bus.close()
    assert seen == [Identity(envelope.message_id, "order 7", "click 1", "visit 3")]


@both
@kinds
def test_between_two_events_nothing_is_current(make_bus: MakeBus, is_async: bool) -> None:
    """The second handler has no stages: what the first one handles is not its own."""
    seen: list[tuple[str, object]] = []

    with make_bus(pipeline=Pipeline()) as bus:
        bus.subscribe(
            Event,
            handler(lambda event: seen.append(("with", message())), is_async),
            pipeline=Pipeline().use_correlation(),
        )
        bus.subscribe(Event, handler(lambda event: seen.append(("without", message())), is_async))
        publish(bus, Event(0), Event(1), waits=True)
    assert [each for each in seen if each[0] == "without"] == [("without", None)] * 2
    assert [each for each in seen if each[0] == "with"] == [("with", Event(0)), ("with", Event(1))]
