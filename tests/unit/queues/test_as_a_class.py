"""The queues as classes: patches, subclasses, signatures; sizes of any kind of integer."""

import inspect
import pydoc
import queue
from abc import ABC
from typing import Any
from unittest import mock

import pytest

from ringbuffer import AsyncQueue, Disruptor, Queue, RingBuffer
from ringbuffer.memory import slot_limits
from ringbuffer.messaging import InMemoryQueueOptions
from ringbuffer.queues.hooks import HOOKS
from tests.support.integers import Derived, Index

#: The class, of which type checkers say that what is in slots belongs to its objects alone.
Unbound: Any = Queue
PYDOC: Any = pydoc


@pytest.mark.parametrize("name", ["put", "get"])
def test_a_method_that_is_patched_on_the_class_is_called_on_every_queue(name: str) -> None:
    before = Queue[int](2)
    with mock.patch.object(Queue, name, mock.Mock(return_value=7)) as patched:
        during = Queue[int](2)
        for each in (before, during):
            assert getattr(each, name)(1) == 7
        assert patched.call_count == 2
    for each in (before, during):
        each.put(3)
        assert each.get() == 3
    assert Queue[int](1).empty()


def test_a_function_that_is_patched_in_gets_the_queue() -> None:
    seen: list[tuple[object, object]] = []

    def put(self: object, item: object) -> None:
        seen.append((self, item))

    mine = Queue[int](2)
    with mock.patch.object(Queue, "put", put):
        mine.put(1)
    assert seen == [(mine, 1)]
    assert mine.empty()


@pytest.mark.parametrize("name", ["put", "get"])
def test_a_method_that_is_patched_on_an_object_is_called_on_it_alone(name: str) -> None:
    mine, other = Queue[int](2), Queue[int](2)
    with mock.patch.object(mine, name, return_value=7) as patched:
        assert getattr(mine, name)(1) == 7
        other.put(3)
        assert other.get() == 3
    patched.assert_called_once_with(1)
    mine.put(4)
    assert mine.get() == 4


def test_a_mock_with_the_spec_of_the_queue_has_its_signatures() -> None:
    double = mock.create_autospec(Queue[int](1))
    double.put(1, timeout=2)
    with pytest.raises(TypeError):
        double.put()
    with pytest.raises(TypeError):
        double.get(1, 2, 3)


@pytest.mark.parametrize("name", ["put", "get", "put_nowait", "get_nowait", "qsize", "join"])
def test_the_signatures_are_those_of_the_standard_library(name: str) -> None:
    theirs = inspect.signature(getattr(queue.Queue, name))
    ours = inspect.signature(getattr(Queue, name))
    assert list(ours.parameters) == list(theirs.parameters)
    assert [each.default for each in ours.parameters.values()] == [
        each.default for each in theirs.parameters.values()
    ]
    on_an_object = inspect.signature(getattr(Queue(1), name))
    assert list(on_an_object.parameters) == list(theirs.parameters)[1:]


@pytest.mark.parametrize("name", ["put", "get"])
def test_the_documentation_is_there_on_the_class_and_on_an_object(name: str) -> None:
    text = pydoc.render_doc(getattr(Queue, name), renderer=PYDOC.plaintext)
    assert f"{name}(" in text
    assert "queue.ShutDown: the queue is shut down" in text
    assert getattr(Queue(1), name).__doc__ == getattr(Queue, name).__doc__
    assert getattr(Queue(1), name).__qualname__ == f"Queue.{name}"
    assert f"{name}(self" in pydoc.render_doc(Queue, renderer=PYDOC.plaintext)


def test_a_method_can_be_called_through_the_class() -> None:
    mine = Queue[int](2)
    Unbound.put(mine, 5)
    assert Unbound.get(mine, block=False) == 5
    with pytest.raises(queue.Empty):
        Unbound.get(mine, False)


@pytest.mark.parametrize("base", [Queue, AsyncQueue])
@pytest.mark.parametrize("hook", HOOKS)
def test_a_subclass_with_a_hook_that_would_not_be_called_gets_an_error(
    base: Any, hook: str
) -> None:
    with pytest.raises(
        TypeError, match=f"Sorted has {hook}, .* Override put and get, or derive from"
    ):
        type("Sorted", (base,), {hook: lambda self, *arguments: None})
    mixin = type("Mixin", (), {hook: lambda self, *arguments: None})
    with pytest.raises(TypeError, match=hook):
        type("Sorted", (mixin, base), {})


def test_a_subclass_that_overrides_put_and_get_works() -> None:
    class Doubling(Queue[int], ABC):
        def put(self, item: int, block: bool = True, timeout: float | None = None) -> None:
            super().put(item * 2, block, timeout)

        def get(self, block: bool = True, timeout: float | None = None) -> int:
            return super().get(block, timeout) + 1

    mine = Doubling(4)
    mine.put(1)
    mine.put_nowait(2)
    assert [mine.get(), mine.get_nowait()] == [3, 5]


# -- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [Queue, AsyncQueue, RingBuffer.of_values, Disruptor.of_values, lambda n: RingBuffer(n, object)],
)
@pytest.mark.parametrize("size", [1 << 40, 1 << 31, 10**5000], ids=["2**40", "2**31", "10**5000"])
def test_a_size_that_cannot_be_is_refused_before_anything_is_allocated(
    make: Any, size: int
) -> None:
    with pytest.raises(
        ValueError, match=r"must be at most 1,073,741,824, not .* Nothing was allocated"
    ):
        make(size)


@pytest.mark.parametrize("size", [1 << 40, 10**5000], ids=["2**40", "10**5000"])
def test_so_is_that_of_the_options(size: int) -> None:
    with pytest.raises(ValueError, match="buffer_size must be from 1 to 1,073,741,824"):
        InMemoryQueueOptions(buffer_size=size)


@pytest.mark.parametrize(
    "make", [Queue, AsyncQueue, RingBuffer.of_values, lambda n: RingBuffer(n, object)]
)
def test_a_size_that_does_not_fit_into_this_machine_is_refused_too(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot_limits, "machine_memory", lambda: (8 << 22) - 1)
    with pytest.raises(
        ValueError, match=r"4,194,304 needs 33,554,432 bytes .* this machine has 33,554,431"
    ):
        make(1 << 22)


def test_a_machine_that_does_not_say_how_much_memory_it_has_is_not_asked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(name: str) -> int:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr("os.sysconf", unknown)
    assert slot_limits.machine_memory() is None
    slot_limits.check_slots("maxsize", 1 << 30)


@pytest.mark.parametrize("make", [Queue, AsyncQueue])
@pytest.mark.parametrize("arguments", [(), (0,), (-1,)], ids=str)
def test_a_queue_without_a_bound_is_refused_with_what_to_write(
    make: Any, arguments: tuple[int, ...]
) -> None:
    with pytest.raises(
        ValueError,
        match=r"no queue without a bound\. Give .*, such as maxsize=1024; .* queue\.SimpleQueue",
    ):
        make(*arguments)


@pytest.mark.parametrize("kind", [Index, Derived])
def test_integers_of_any_kind_are_sizes_and_numbers(kind: Any) -> None:
    mine = Queue[int](kind(4), yields=kind(1))
    assert type(mine.maxsize) is int
    assert mine.put_many(range(3)) == 3
    assert mine.get_many(kind(2)) == [0, 1]
    mine.task_done(kind(2))
    mine.maxsize = kind(2)
    assert mine.maxsize == 2


@pytest.mark.parametrize("wrong", [1.0, "4", None, True], ids=repr)
def test_a_value_that_is_not_an_integer_is_not_a_size(wrong: Any) -> None:
    for make in (Queue, AsyncQueue, RingBuffer.of_values):
        with pytest.raises(TypeError, match="must be an integer"):
            make(wrong)
