"""Everything public shows its name, its parameters and its documentation, also on an instance."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringbuffer import AsyncQueue, Disruptor, ProducerType, Queue, RingBuffer
from ringbuffer.messaging import (
    ChannelEventBus,
    ChannelQueue,
    EventBus,
    InMemoryQueue,
    InMemoryQueueOptions,
    QueueMode,
    RingBufferEventBus,
    RingBufferQueue,
    create_queue,
)
from ringbuffer.producer import EventSink, Producer
from ringbuffer.producer.face import signature_of
from ringbuffer.producer.producer import OPERATIONS


def things() -> Iterator[tuple[str, object]]:
    """An object of each public class that has functions of its own, by a name."""
    for kind in ProducerType:
        rings: list[RingBuffer[Any]] = [RingBuffer.of_values(4, kind), RingBuffer(4, dict, kind)]
        for ring in rings:
            held = "values" if ring.holds_values else "events"
            yield f"producer of {held}, {kind.value}", ring.producer()
            yield f"ring of {held}, {kind.value}", ring
            yield f"poller of {held}, {kind.value}", ring.poller()
    disruptor = Disruptor.of_values(4)
    disruptor.handle_events_with(print)
    yield "disruptor", disruptor
    yield "processor", disruptor.processor_of(print)
    yield "queue", Queue(4)
    yield "asynchronous queue", AsyncQueue(4)


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, thing in things():
        for attribute in dir(thing):
            if attribute.startswith("_") or isinstance(
                getattr(type(thing), attribute, None), property
            ):
                continue
            value = getattr(thing, attribute)
            if inspect.isroutine(value) and getattr(value, "__module__", "").startswith(
                "ringbuffer"
            ):
                yield f"{name}: {attribute}", value
    for mode in QueueMode:
        queue = create_queue(InMemoryQueueOptions(mode=mode))
        yield f"sender of a queue, {mode}", queue.sender()


@pytest.mark.parametrize(
    ("name", "function"), [*functions()], ids=lambda each: each if isinstance(each, str) else ""
)
def test_a_function_of_an_instance_shows_its_face(name: str, function: Callable[..., Any]) -> None:
    assert inspect.getdoc(function), (
        f"{name} has no docstring: see `ringbuffer.producer.face.show_as`"
    )
    assert "<locals>" not in function.__qualname__, f"{name} is shown as {function.__qualname__}"
    for parameter in inspect.signature(function).parameters.values():
        default = parameter.default
        assert default is parameter.empty or default is None or not callable(default), (
            f"{name} shows {parameter}, which no caller gives"
        )


@pytest.mark.parametrize(
    ("kind", "protocol"),
    [
        (ChannelQueue, InMemoryQueue),
        (RingBufferQueue, InMemoryQueue),
        (ChannelEventBus, EventBus),
        (RingBufferEventBus, EventBus),
    ],
)
def test_a_queue_or_a_bus_shows_the_documentation_of_its_protocol(
    kind: type, protocol: type
) -> None:
    for name in vars(protocol):
        if not name.startswith("_"):
            shown = inspect.getdoc(getattr(kind, name))
            assert shown, f"{name} of {kind.__name__} has no documentation"
            assert len(shown.split()) > 2, f"{name} of {kind.__name__} shows only {shown!r}"


@pytest.mark.parametrize("kind", ProducerType, ids=lambda kind: kind.value)
@pytest.mark.parametrize("holds_values", [True, False])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_of_a_producer_has_the_face_that_the_ring_has(
    name: str, holds_values: bool, kind: ProducerType
) -> None:
    ring: Any = RingBuffer.of_values(4, kind) if holds_values else RingBuffer(4, dict, kind)
    operation, method = getattr(ring.producer(), name), getattr(EventSink, name)
    assert operation.__qualname__ == f"Producer.{name}"
    shown = [inspect.getdoc(each) for each in (operation, method, getattr(Producer, name))]
    assert shown == shown[:1] * 3
    assert inspect.signature(operation) == signature_of(method)
    takes_what_it_shows(operation)


def takes_what_it_shows(operation: Callable[..., Any]) -> None:
    """The parameters of the closure itself take every call that the signature allows."""
    shown = inspect.signature(operation)
    code = operation.__code__
    has_rest = bool(code.co_flags & inspect.CO_VARARGS)
    for parameter in shown.parameters.values():
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            assert parameter.name in names or has_rest, (
                f"{operation.__qualname__} does not take {parameter}"
            )
