"""What may be copied and pickled comes out as it went in; what may not says so in one sentence."""

import concurrent.futures
import copy
import dataclasses
import enum
import importlib
import inspect
import json
import multiprocessing
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import ringbuffer
import ringbuffer.diagnostics
import ringbuffer.messaging
from ringbuffer import ClaimTimeoutError, Disruptor, Queue, RingBuffer, RingBufferClosedError
from ringbuffer.messaging import (
    HandlingTimeoutError,
    PublishResult,
    RetryPolicy,
    RingBufferEventBus,
    TransportEnvelope,
)
from ringbuffer.one_process import OneProcess
from tests.support.threads import PATIENCE

WAYS: list[Callable[[Any], Any]] = [
    *(
        lambda thing, protocol=protocol: pickle.loads(pickle.dumps(thing, protocol))
        for protocol in range(6)
    ),
    copy.copy,
    copy.deepcopy,
]


def modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages(ringbuffer.__path__, "ringbuffer."):
        optional = module.name.endswith((".prometheus", ".opentelemetry", ".__main__"))
        if not optional:
            yield importlib.import_module(module.name)


def errors() -> list[type[BaseException]]:
    """Every exception class of the library."""
    found = {
        thing
        for module in modules()
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, BaseException)
        and thing.__module__.startswith("ringbuffer.")
    }
    return sorted(found, key=lambda each: each.__qualname__)


ARGUMENTS: dict[str, tuple[object, ...]] = {
    "BatchFailed": (3,),
    "HandlingTimeoutError": ("late", PublishResult({"a": 1}, {"b": ValueError("no")}), ("c", "d")),
    "RetryLater": (0.5,),
}


def made(kind: type[BaseException]) -> BaseException:
    return kind(*ARGUMENTS.get(kind.__name__, ("what was wrong",)))


def said(error: BaseException) -> tuple[object, ...]:
    """All that an error says."""
    values = {name: repr(value) for name, value in vars(error).items()}
    names = ("published", "unpublished")
    return (
        type(error),
        error.args,
        str(error),
        values,
        [getattr(error, name, None) for name in names],
    )


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.__qualname__)
def test_every_error_survives_pickle_and_copy_with_all_that_it_says(
    kind: type[BaseException],
) -> None:
    error: Any = made(kind)
    error.add_note("a note")
    if hasattr(kind, "published"):
        error.published, error.unpublished = 7, ("x", 2)
    before = said(error)
    for way in WAYS:
        again = way(error)
        assert said(again) == before
        assert said(error) == before
    assert isinstance(again, kind)


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.__qualname__)
def test_every_error_goes_into_a_group_and_out_of_it(kind: type[BaseException]) -> None:
    error, other = made(kind), OSError("another")
    group = BaseExceptionGroup("both", [error, BaseExceptionGroup("inner", [other])])
    mine, rest = group.split(kind)
    assert mine is not None
    assert mine.exceptions == (error,)
    assert rest is None or rest.subgroup(kind) is None
    again = pickle.loads(pickle.dumps(group.derive(group.exceptions)))
    assert said(again.exceptions[0]) == said(error)


def fail(kind: type[BaseException]) -> None:
    error: Any = made(kind)
    if hasattr(kind, "published"):
        error.published, error.unpublished = 7, ("x", 2)
    raise error from KeyError("cause")


def refuse_at_once() -> None:
    ring = RingBuffer.of_values(4)
    with ring.poller():
        ring.publish_values(range(10), timeout=0)


def test_every_error_crosses_a_process_pool() -> None:
    apart = ("ringbuffer.cli", "ringbuffer.programs")
    kinds: list[Any] = [
        kind
        for kind in errors()
        if issubclass(kind, Exception) and not kind.__module__.startswith(apart)
    ]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        futures = [pool.submit(fail, kind) for kind in kinds]
        for kind, future in zip(kinds, futures, strict=True):
            error: Any = future.exception(PATIENCE)
            assert type(error) is kind
            assert error.args == made(kind).args
            if hasattr(kind, "published"):
                assert (error.published, error.unpublished) == (7, ("x", 2))
        refused: Any = pool.submit(refuse_at_once).exception(PATIENCE)
    assert isinstance(refused, ClaimTimeoutError)
    assert refused.published == 4
    assert refused.unpublished[0] == 4


def test_a_timeout_of_handlers_says_what_there_was() -> None:
    error = HandlingTimeoutError("late", PublishResult({"a": 1}, {}), ("b",))
    for way in WAYS:
        again = way(error)
        assert again.result == error.result
        assert again.waiting_for == ("b",)


class OwnError(RingBufferClosedError):
    """An error of a user's that is made in another way."""

    def __init__(self, code: int, *, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


def test_an_error_of_a_users_that_derives_from_ours_survives_too() -> None:
    error = OwnError(3, why="because")
    for way in WAYS:
        again = way(error)
        assert (type(again), str(again), again.code) == (OwnError, "3: because", 3)


# -- objects --------------------------------------------------------------------------------------


def public_classes() -> list[type]:
    """Every public class of which there are objects, but for the errors."""
    found: dict[str, type] = {}
    for package in (ringbuffer, ringbuffer.messaging, ringbuffer.diagnostics):
        for name in package.__all__:
            thing = getattr(package, name)
            if (
                isinstance(thing, type)
                and not issubclass(thing, BaseException | enum.Enum)
                and not is_protocol(thing)
            ):
                found[f"{package.__name__}.{name}"] = thing
    return list(found.values())


def is_protocol(kind: type) -> bool:
    return getattr(kind, "_is_protocol", False)


#: Plain values and strategies, which hold nothing that belongs to a process; what a few of them are
#: made with.
PLAIN: dict[str, tuple[object, ...]] = {
    "AggregateEventHandler": (print,),
    "HandlerSpec": (print,),
    "RewindAfterPause": (0.5,),
    "Retry": (RetryPolicy(),),
    "RewindAtMost": (3,),
    "Validation": ({},),
}


@pytest.mark.parametrize(
    "kind", [each for each in public_classes() if not issubclass(each, OneProcess)], ids=repr
)
def test_a_public_object_that_does_not_refuse_survives_pickle_and_copy(kind: Any) -> None:
    is_record = dataclasses.is_dataclass(kind)
    if is_record and kind.__name__ not in PLAIN:
        required = [
            each for each in dataclasses.fields(kind) if each.default is each.default_factory
        ]
        thing = kind(*(sample(each) for each in required))
    else:
        thing = kind(*PLAIN.get(kind.__name__, ()))
    for way in WAYS[2:]:
        again = way(thing)
        assert type(again) is type(thing)
        if is_record:
            assert again == thing


def sample(field: Any) -> object:
    """A value for an attribute that has no default."""
    samples = {"str": "x", "int": 1, "float": 1.0, "bool": True, "datetime": datetime.now(UTC)}
    name = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", "")
    return samples.get(name)


def test_what_belongs_to_threads_says_so_in_one_sentence() -> None:
    disruptor = Disruptor.of_values(4)
    group = disruptor.handle_events_with(print)
    things = [
        disruptor,
        group,
        disruptor.ring,
        disruptor.processor_of(print),
        disruptor.ring.producer(),
        disruptor.ring.poller(),
        Queue(1),
        RingBufferEventBus(),
        ringbuffer.messaging.create_queue(),
    ]
    for thing in things:
        for way in WAYS:
            with pytest.raises(TypeError) as raised:
                way(thing)
            text = str(raised.value)
            assert text.startswith(type(thing).__name__)
            assert (
                "cannot be copied or pickled: pass the object itself to other threads, and make a "
                in text
            )


def test_whatever_holds_a_thread_a_lock_or_a_cell_refuses_by_name() -> None:
    """Each public class is plain, as the test above shows, or refuses: none fails deep inside."""
    for kind in public_classes():
        if issubclass(kind, OneProcess):
            assert kind.__reduce__ is OneProcess.__reduce__, kind
            assert inspect.getattr_static(kind, "__reduce_ex__") is object.__reduce_ex__, kind


# -- envelopes ------------------------------------------------------------------------------------


def test_an_envelope_becomes_a_dictionary_and_an_envelope_again() -> None:
    envelope = TransportEnvelope("order", b"x", headers={"a": 1, "nested": {"b": [2]}})
    plain = dataclasses.asdict(envelope)
    assert TransportEnvelope(**plain) == envelope
    assert json.loads(json.dumps(plain["headers"])) == {"a": 1, "nested": {"b": [2]}}
    assert dataclasses.astuple(envelope)[0] == "order"
    assert dataclasses.replace(envelope, priority=3).headers == envelope.headers
    for way in WAYS[2:]:
        assert way(envelope) == envelope


def test_the_headers_of_an_envelope_cannot_be_changed_in_any_way() -> None:
    given = {"a": 1}
    envelope: Any = TransportEnvelope("order", headers=given)
    given["b"] = 2
    headers = envelope.headers
    changes: list[Callable[[], object]] = [
        lambda: headers.__setitem__("a", 2),
        lambda: headers.__delitem__("a"),
        lambda: headers.__ior__({"b": 2}),
        headers.clear,
        lambda: headers.pop("a"),
        headers.popitem,
        lambda: headers.setdefault("b", 2),
        lambda: headers.update(b=2),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="read-only"):
            change()
    assert headers == {"a": 1}
    assert headers | {"b": 2} == {"a": 1, "b": 2}
