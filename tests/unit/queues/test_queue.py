"""`ringbuffer.Queue` in one thread and in a few: items, bounds, slices, tasks, errors."""

import copy
import itertools
import pickle
import queue
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ringbuffer
from ringbuffer import Empty, Full, Queue, ShutDown
from tests.support.threads import PATIENCE, Background, together


class Thing:
    """Something that can be referred to weakly."""


def filled(maxsize: int, count: int) -> Queue[int]:
    made: Queue[int] = Queue(maxsize)
    assert made.put_many(range(count)) == count
    return made


def test_the_errors_are_those_of_the_standard_library() -> None:
    assert (ringbuffer.Full, ringbuffer.Empty, ringbuffer.ShutDown) == (
        queue.Full,
        queue.Empty,
        queue.ShutDown,
    )


@pytest.mark.parametrize("maxsize", [1, 2, 3, 5, 7, 8, 1000])
def test_the_bound_is_exact_though_the_ring_is_a_power_of_two(maxsize: int) -> None:
    made: Queue[int] = Queue(maxsize)
    for lap in range(3):
        for number in range(maxsize):
            made.put_nowait(number)
            assert made.qsize() == number + 1
        assert made.full()
        with pytest.raises(Full):
            made.put_nowait(-1)
        with pytest.raises(Full):
            made.put_many([-1], timeout=0)
        assert [made.get() for _ in range(maxsize)] == list(range(maxsize)), f"lap {lap}"
        assert made.empty()
    assert made.maxsize == maxsize


@pytest.mark.parametrize("maxsize", [0, -1])
def test_a_queue_without_a_bound_is_refused_and_says_why(maxsize: int) -> None:
    with pytest.raises(ValueError, match="in advance, so there is no queue without a bound"):
        Queue(maxsize)
    with pytest.raises(ValueError, match="bound"):
        Queue()


@pytest.mark.parametrize("maxsize", [1.5, "8", None, True])
def test_a_bound_that_is_not_an_integer_is_refused(maxsize: Any) -> None:
    with pytest.raises(TypeError, match="maxsize must be an integer"):
        Queue(maxsize)


def test_a_bound_beyond_all_memory_is_refused_and_says_why() -> None:
    with pytest.raises(ValueError, match="must be at most 1,073,741,824"):
        Queue(sys.maxsize)


def test_so_is_a_negative_number_of_yields() -> None:
    with pytest.raises(ValueError, match="yields must be 0 or more, not -1"):
        Queue(1, yields=-1)


def test_any_object_goes_through_none_too() -> None:
    made: Queue[object] = Queue(8)
    items = [None, NotImplemented, 0, "", made, ()]
    for item in items:
        made.put(item)
    assert [made.get() for _ in items] == items


@pytest.mark.parametrize("timeout", [-1, -0.001, float("nan")])
@pytest.mark.parametrize("call", ["put", "get", "put_many", "get_many"])
def test_an_invalid_time_limit_is_refused_and_nothing_is_done(call: str, timeout: float) -> None:
    made = filled(4, 2)
    calls: dict[str, Callable[[], object]] = {
        "put": lambda: made.put(9, timeout=timeout),
        "get": lambda: made.get(timeout=timeout),
        "put_many": lambda: made.put_many([9], timeout=timeout),
        "get_many": lambda: made.get_many(timeout=timeout),
    }
    with pytest.raises(ValueError, match="timeout"):
        calls[call]()
    assert made.get_many() == [0, 1]


def test_a_time_limit_that_is_not_a_number_is_refused() -> None:
    wrong: Any = "soon"
    with pytest.raises(TypeError, match="timeout must be a number"):
        Queue[int](1).get(timeout=wrong)


def test_without_blocking_a_time_limit_is_not_looked_at() -> None:
    made: Queue[int] = Queue(1)
    made.put(1, False, -1)
    assert made.get(False, -1) == 1


@pytest.mark.parametrize("yields", [0, 20])
def test_time_limits_run_out(yields: int) -> None:
    made: Queue[int] = Queue(1, yields=yields)
    with pytest.raises(Empty):
        made.get(timeout=0.01)
    with pytest.raises(Empty):
        made.get_many(timeout=0.01)
    made.put(1, timeout=0.01)
    with pytest.raises(Full):
        made.put(2, timeout=0.01)
    with pytest.raises(Full):
        made.put(2, timeout=0)
    assert made.get(timeout=0) == 1
    assert made.qsize() == 0


@pytest.mark.parametrize("yields", [0, 20])
def test_waiting_threads_are_woken(yields: int) -> None:
    made: Queue[int] = Queue(1, yields=yields)
    with Background(made.get) as getter:
        made.put(7)
    assert getter.result == 7
    made.put(1)
    with Background(lambda: made.put(2)):
        assert made.get() == 1
    assert made.get() == 2


# -- many -----------------------------------------------------------------------------------------


def test_many_items_cross_the_end_of_the_ring() -> None:
    made: Queue[int] = Queue(5)
    numbers = itertools.count()
    expected = itertools.count()
    for count in [3, 5, 1, 4, 2, 5, 5, 3] * 3:
        assert made.put_many([next(numbers) for _ in range(count)]) == count
        assert made.get_many() == [next(expected) for _ in range(count)]


def test_more_items_than_the_bound_go_through_while_a_consumer_takes() -> None:
    made: Queue[int] = Queue(7)
    with Background(lambda: made.put_many(iter(range(10_000)))) as putter:
        taken: list[int] = []
        while len(taken) < 10_000:
            items = made.get_many(5)
            assert 1 <= len(items) <= 5
            taken += items
    assert taken == list(range(10_000))
    assert putter.result == 10_000


def test_get_many_takes_no_more_than_its_limit() -> None:
    made = filled(8, 8)
    assert made.get_many(3) == [0, 1, 2]
    assert made.get_many(1) == [3]
    assert made.get_many() == [4, 5, 6, 7]
    with pytest.raises(Empty):
        made.get_many(timeout=0)


@pytest.mark.parametrize("most", [0, -1])
def test_get_many_of_none_is_refused(most: int) -> None:
    with pytest.raises(ValueError, match="max_items must be 1 or more"):
        filled(2, 1).get_many(most)


def test_put_many_that_runs_out_of_time_says_how_far_it_came() -> None:
    made: Queue[int] = Queue(3)
    with pytest.raises(Full, match="3 values were put, and 2 more were taken") as caught:
        made.put_many([0, 1, 2, 3, 4], timeout=0.01)
    error: Any = caught.value
    assert (error.published, error.unpublished) == (3, (3, 4))
    assert isinstance(error, ringbuffer.PublicationError)
    assert made.get_many() == [0, 1, 2]


def test_put_many_takes_no_more_from_an_iterator_than_it_accounts_for() -> None:
    made: Queue[int] = Queue(300)
    numbers = iter(range(1000))
    with pytest.raises(Full) as caught:
        made.put_many(numbers, timeout=0)
    error: Any = caught.value
    assert [*made.get_many(), *error.unpublished, *numbers] == list(range(1000))


def test_put_many_into_a_queue_that_is_shut_down_says_how_far_it_came() -> None:
    made: Queue[int] = Queue(2, yields=0)
    with pytest.raises(ShutDown) as caught, Background(lambda: made.put_many([0, 1, 2])):
        while not made.full():
            pass
        made.shutdown()
    error: Any = caught.value
    assert (error.published, error.unpublished) == (2, (2,))
    assert made.get_many() == [0, 1]


def test_what_an_iterable_gave_before_it_failed_is_put() -> None:
    def breaks() -> Iterator[int]:
        yield from (1, 2)
        raise LookupError("no more")

    made: Queue[int] = Queue(4)
    with pytest.raises(LookupError, match="no more"):
        made.put_many(breaks())
    assert made.get_many() == [1, 2]
    full = filled(1, 1)
    with pytest.raises(Full) as caught:
        full.put_many(breaks(), timeout=0)
    error: Any = caught.value
    assert error.unpublished == (1, 2)
    assert error.__notes__ == ["the iterable had raised LookupError after these values: no more"]


def test_a_list_that_shrinks_while_it_is_put_does_no_harm() -> None:
    made: Queue[int] = Queue(2, yields=0)
    items = list(range(600))
    with Background(lambda: made.put_many(items)) as putter:
        first = made.get()
        items.clear()
        rest: list[int] = []
        while putter.result is None or not made.empty():
            try:
                rest += made.get_many(timeout=0.01)
            except Empty:
                continue
    assert [first, *rest] == list(range(len(rest) + 1))
    assert made.put_many([1, 2]) == 2
    assert made.get_many() == [1, 2]


# -- tasks, and the end ---------------------------------------------------------------------------


def test_tasks_are_counted_from_what_was_put() -> None:
    made = filled(4, 3)
    assert made.unfinished_tasks == 3
    made.get_many()
    made.task_done()
    made.task_done(2)
    made.join()
    with pytest.raises(ValueError, match=r"task_done\(\) called too many times: 3 items were put"):
        made.task_done()
    assert made.unfinished_tasks == 0


@pytest.mark.parametrize(
    ("count", "error"), [(0, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError)]
)
def test_a_wrong_number_of_tasks_is_refused(count: Any, error: type[Exception]) -> None:
    made = filled(4, 3)
    with pytest.raises(error, match="count must be"):
        made.task_done(count)
    assert made.unfinished_tasks == 3


def test_join_waits_for_the_last_task_and_for_what_is_put_meanwhile() -> None:
    made = filled(4, 2)
    joined = threading.Event()

    def join() -> None:
        made.join()
        joined.set()

    with Background(join):
        made.task_done()
        made.put(9)
        made.task_done()
        assert not joined.is_set()
        made.task_done()
        assert joined.wait(PATIENCE)


def test_a_shutdown_refuses_puts_and_lets_the_rest_be_taken() -> None:
    made = filled(4, 2)
    made.shutdown()
    made.shutdown()
    assert made.is_shutdown
    for put in (made.put, made.put_nowait, lambda item: made.put_many([item])):
        with pytest.raises(ShutDown):
            put(9)
    assert made.get_many(1) == [0]
    assert made.get() == 1
    for get in (made.get, made.get_nowait, made.get_many, lambda: made.get(timeout=1)):
        with pytest.raises(ShutDown):
            get()
    assert made.unfinished_tasks == 2


def test_an_immediate_shutdown_drops_the_rest_and_counts_it_as_done() -> None:
    made: Queue[Thing] = Queue(4)
    thing = Thing()
    gone = weakref.ref(thing)
    made.put(Thing())
    made.put(thing)
    del thing
    made.get()
    made.shutdown(immediate=True)
    assert gone() is None
    assert made.qsize() == 0
    assert made.unfinished_tasks == 1
    with pytest.raises(ShutDown):
        made.get()
    made.shutdown()
    made.task_done()
    made.join()


@pytest.mark.parametrize("immediate", [False, True])
def test_a_shutdown_wakes_everybody(immediate: bool) -> None:
    empty: Queue[int] = Queue(1, yields=0)
    full: Queue[int] = Queue(1, yields=0)
    full.put(1)

    def refused(call: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            with pytest.raises(ShutDown):
                call()

        return run

    gets = [
        refused(empty.get),
        refused(empty.get_many),
        refused(lambda: empty.get(timeout=PATIENCE)),
    ]
    puts = [
        refused(lambda: full.put(2)),
        refused(lambda: full.put_many([2])),
        refused(lambda: full.put(2, timeout=PATIENCE)),
    ]
    together(*gets, *puts, lambda: empty.shutdown(immediate), lambda: full.shutdown(immediate))


# -- the bound, and the rest ----------------------------------------------------------------------


def test_the_bound_may_be_changed_up_to_the_number_of_slots() -> None:
    made = filled(3, 3)
    made.maxsize = 2
    with pytest.raises(Full):
        made.put_nowait(9)
    assert made.full()
    made.maxsize = 4
    made.put_nowait(3)
    with pytest.raises(Full):
        made.put_nowait(4)
    assert made.get_many() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="this queue has 4 slots"):
        made.maxsize = 5
    with pytest.raises(ValueError, match="bound"):
        made.maxsize = 0


def test_a_bound_that_is_raised_wakes_waiting_producers() -> None:
    made: Queue[int] = Queue(4, yields=0)
    made.maxsize = 1
    made.put(1)
    with Background(lambda: made.put_many([2, 3])):
        made.maxsize = 4
    assert made.get_many() == [1, 2, 3]


def test_what_was_taken_is_not_kept_alive() -> None:
    made: Queue[Thing] = Queue(4)
    references = []
    for _ in range(8):
        thing = Thing()
        references.append(weakref.ref(thing))
        made.put(thing)
        del thing
        made.get()
    many = [Thing() for _ in range(3)]
    references += [weakref.ref(thing) for thing in many]
    made.put_many(many)
    many.clear()
    made.get_many()
    assert [reference() for reference in references] == [None] * 11


def test_sequences_say_what_went_through() -> None:
    made = filled(4, 3)
    made.get()
    assert (made.claimed, made.published, made.consumed) == (2, 2, 0)


def test_it_shows_itself() -> None:
    made = filled(4, 3)
    assert repr(made) == "<Queue of 3 items, maxsize=4>"
    made.shutdown()
    assert repr(made) == "<Queue of 3 items, maxsize=4, shut down>"


def test_it_cannot_be_copied_or_pickled() -> None:
    made: Queue[int] = Queue(1)
    for call in (lambda: pickle.dumps(made), lambda: copy.copy(made), lambda: copy.deepcopy(made)):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            call()


def test_it_can_be_made_a_class_of_and_referred_to_weakly() -> None:
    class Named(Queue[str]):
        def put(self, item: str, block: bool = True, timeout: float | None = None) -> None:
            super().put(item.upper(), block, timeout)

    made = Named(2)
    made.put("a")
    assert made.get() == "A"
    assert weakref.ref(made)() is made
    assert Queue[int](1).maxsize == 1
