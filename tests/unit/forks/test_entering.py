"""What runs first in a child stops no threads, and the new objects of the child work.

In 3.13t a child may have a mutex that nothing releases, and that is needed to stop all threads.
"""

import gc
import inspect
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ringbuffer import Disruptor, Queue, RingBuffer
from ringbuffer.forks import made_here
from ringbuffer.messaging.bus import RingBufferEventBus
from tests.unit.endings.programs import run
from tests.unit.forks.kit import everything, in_child, name_of_error

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

# -- no thread is stopped -------------------------------------------------------------------------

#: Prints which objects got another class, between the hooks that were registered before and after
#: those of the library; how often the collector ran in them; and whether it is on afterwards.
WATCHED = """
import gc, os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
changed, collections = [], []

def begin():
    changed.clear()
    gc.set_threshold(1, 0)  # the collector runs whenever it may

def end():
    print(changed, large.collected, gc.isenabled(), flush=True)
    os._exit(0)

class Large:
    def __init__(self):
        made_here(self)

    def _after_fork(self, made_in):
        collections.clear()
        self.kept = [[] for _ in range(100_000)]
        self.collected = len(collections)

def note(event, arguments):
    if event == "object.__setattr__" and arguments[1] == "__class__":
        changed.append(str(arguments[2]))

os.register_at_fork(after_in_child=begin)
from ringbuffer.forks import made_here
from tests.unit.forks.kit import everything
os.register_at_fork(after_in_child=end)
sys.addaudithook(note)
gc.callbacks.append(lambda phase, details: collections.append(phase))
with everything():
    large = Large()
    os.fork()
    os.wait()
"""


def test_no_object_gets_another_class_and_nothing_is_collected_on_the_way_into_a_child() -> None:
    ended = run(WATCHED)
    assert (ended.stdout, ended.returncode) == ("[] 0 True\n", 0), ended.stderr


def test_a_collector_that_is_off_stays_off_in_a_child() -> None:
    with everything():
        assert in_child(gc.isenabled)
        gc.disable()
        try:
            assert not in_child(gc.isenabled)
        finally:
            gc.enable()


@pytest.mark.verify
def test_no_child_hangs_though_threads_of_the_parent_stop_all_threads_all_the_time() -> None:
    """Each child calls one function, and ends without a collection, which may hang in 3.13t."""

    class One:
        pass

    class Other:
        pass

    stop = threading.Event()

    def change() -> None:
        thing: Any = One()
        while not stop.is_set():
            thing.__class__ = Other
            thing.__class__ = One

    def collect() -> None:
        while not stop.is_set():
            gc.collect()

    with everything() as made:
        gc.disable()
        threads = [threading.Thread(target=each) for each in (change, change, collect)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(300):
                outcome = in_child(lambda: name_of_error(lambda: made["pooled"].publish_value(1)))
                assert outcome == "ForkedProcessError"
        finally:
            stop.set()
            gc.enable()
            for thread in threads:
                thread.join()


class Fails:
    """An object whose hook fails once."""

    def __init__(self, error: BaseException) -> None:
        self._error: BaseException | None = error
        made_here(self)

    def _after_fork(self, made_in: int) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def call(self) -> None:
        """Refuses in a child."""


Fails.__module__ = "ringbuffer.fails"  # only classes of the library have calls that refuse


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a fault")], ids=repr)
def test_an_error_on_the_way_into_a_child_leaves_no_object_usable(error: BaseException) -> None:
    with everything() as made:
        first, last = Fails(error), RingBuffer.of_values(8)
        before = made["pooled"]

        def outcomes() -> list[str]:
            calls: list[Callable[[], object]] = [
                lambda: before.publish_value(1),
                first.call,
                lambda: last.publish_value(1),
            ]
            return [name_of_error(call) for call in calls]

        assert in_child(outcomes) == ["ForkedProcessError"] * 3


# -- what was left behind stays so ----------------------------------------------------------------


class Application:
    """An object in a cycle, with a ring that it uses when it is collected."""

    def __init__(self, outcomes: list[str]) -> None:
        self.outcomes = outcomes
        self.ring = RingBuffer.of_values(8)
        self.itself = self

    def __del__(self) -> None:
        self.outcomes.append(name_of_error(lambda: self.ring.cursor))


def test_a_finalizer_in_a_cycle_of_garbage_finds_that_its_objects_were_left_behind() -> None:
    outcomes: list[str] = []
    applications = [Application(outcomes)]

    def collect() -> list[str]:
        applications.clear()
        gc.collect()
        return outcomes

    assert in_child(collect) == ["ForkedProcessError"]


def test_objects_of_a_child_refuse_in_a_child_of_it_and_say_which_process_made_them() -> None:
    parent = os.getpid()
    with everything() as made:

        def child() -> tuple[int, list[str], list[str]]:
            own = RingBuffer.of_values(8)
            own.publish_value(1)
            things = (made["ring"], own)
            return (
                os.getpid(),
                in_child(lambda: [repr(thing) for thing in things]),
                in_child(
                    lambda: [name_of_error(partial(each.publish_value, 1)) for each in things]
                ),
            )

        process, told, outcomes = in_child(child)
        for maker, text in zip((parent, process), told, strict=True):
            assert f"made in process {maker}; this is process " in text
        assert outcomes == ["ForkedProcessError"] * 2


# -- new objects ----------------------------------------------------------------------------------


def described(kind: type) -> dict[str, tuple[object, ...]]:
    """What `help` and `inspect` say of the calls and properties of a class."""
    calls = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {
        name: (
            inspect.getdoc(call),
            inspect.isroutine(call) and str(inspect.signature(call)),
            inspect.iscoroutinefunction(call),
            inspect.isgeneratorfunction(call),
            isinstance(call, property),
        )
        for name, call in calls.items()
    }


def test_classes_look_in_a_child_as_they_did_in_the_parent() -> None:
    with everything() as made:
        before = {kind: described(kind) for kind in {type(thing) for thing in made.values()}}
        after = in_child(lambda: {str(kind): described(kind) for kind in before})
        assert after == {str(kind): told for kind, told in before.items()}


def test_bound_methods_of_new_objects_look_in_a_child_as_those_of_the_parent() -> None:
    def look() -> list[object]:
        bus, queue = RingBufferEventBus(8), Queue[int](8)
        calls: list[Any] = [bus.publish, bus.publish_sync, queue.put, queue.put_many, bus.close]
        return [
            (str(inspect.signature(call)), call.__doc__, inspect.iscoroutinefunction(call))
            for call in calls
        ]

    with everything():
        assert in_child(look) == look()


def test_a_property_of_a_new_object_can_be_set_and_one_of_the_parent_refuses() -> None:
    with everything() as made:

        def set_both() -> tuple[int, str]:
            own = Queue[int](8)
            own.maxsize = 4
            return own.maxsize, name_of_error(lambda: setattr(made["queue"], "maxsize", 4))

        assert in_child(set_both) == (4, "ForkedProcessError")


class Doubling(Queue[int]):
    """A user's queue: it puts twice what it gets."""

    def put_nowait(self, item: int) -> None:
        super().put_nowait(2 * item)


class Named(RingBuffer[Any]):
    """A user's ring, which overrides a property and a method."""

    ran = 0

    @property
    def cursor(self) -> int:
        type(self).ran += 1
        return super().cursor

    def close(self, error: Any = None) -> None:
        type(self).ran += 1
        super().close(error)


def test_classes_of_users_refuse_and_their_new_objects_work() -> None:
    queue, ring = Doubling(8), Named.of_values(8)
    assert isinstance(ring, Named)

    def use() -> list[object]:
        outcomes: list[object] = [
            name_of_error(lambda: queue.put_nowait(1)),
            name_of_error(lambda: ring.cursor),
            name_of_error(ring.close),
            Named.ran,
        ]
        own, other = Doubling(8), Named.of_values(8)
        own.put_nowait(1)
        other.publish_value(1)
        outcomes += [
            own.get(),
            other.cursor,
            name_of_error(other.close),
            other.is_closed,
            Named.ran,
        ]
        return outcomes

    refused = ["ForkedProcessError", "ForkedProcessError", "returned", 0]
    assert in_child(use) == [*refused, 2, 0, "returned", True, 2]


def test_a_class_that_a_child_makes_from_one_of_the_library_works() -> None:
    with everything():

        def use() -> tuple[int, bool]:
            class Own(Disruptor[Any]):
                def shutdown(self, timeout: Any = None) -> None:
                    super().shutdown(timeout)

            own = Own(dict, 8)
            with own:
                own.publish_event(lambda event, sequence: None)
            return own.ring.cursor, own.is_running

        assert in_child(use) == (0, False)
