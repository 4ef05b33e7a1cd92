"""An in-flight guard: a thread that shuts it, and finds it empty, misses no operation."""

import sysconfig
import weakref

import pytest

from ringbuffer.memory import ProcessMemory, process
from tests.support.repetition import repeated
from tests.support.threads import Background

#: How often the race is run, in `make test` and in `make verify`. With a GIL each run takes 22 ms:
#: the threads wait for each other four times, and the interpreter switches threads after 5 ms.
TURNS = (400, 4_000) if sysconfig.get_config_var("Py_GIL_DISABLED") == 1 else (50, 400)


@pytest.fixture(autouse=True, params=[True, False], ids=["lists are locked", "cells are swapped"])
def lists_are_locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that locks lists, or one that does not."""
    monkeypatch.setattr(process, "LISTS_ARE_LOCKED", request.param)


def test_a_fence_lock_can_be_passed_and_is_forgotten_with_its_thread() -> None:
    fence_lock = ProcessMemory().fence_lock()
    for _ in range(2):
        fence_lock[0] = None
    reference = weakref.ref(fence_lock)
    del fence_lock
    assert reference() is None


def test_its_thread_goes_in_and_out() -> None:
    guard = ProcessMemory().in_flight_guard()
    assert not guard.is_inside()
    guard[0] = True
    assert guard.is_inside()
    assert guard[0]
    assert not guard[1]
    guard[0] = False
    assert not guard.is_inside()


def test_a_guard_that_is_shut_stays_so_and_a_producer_inside_may_leave() -> None:
    guard = ProcessMemory().in_flight_guard()
    guard[0] = True
    guard.shut()
    assert guard[1]
    assert guard.is_inside()
    guard[0] = False
    assert not guard.is_inside()
    assert guard[1]


def test_guards_are_each_threads_own() -> None:
    memory = ProcessMemory()
    guards = [memory.in_flight_guard() for _ in range(3)]
    guards[1][0] = True
    guards[2].shut()
    assert [guard.is_inside() for guard in guards] == [False, True, False]
    assert [guard[1] for guard in guards] == [False, False, True]


@repeated(*TURNS)
def test_nothing_is_done_behind_a_guard_that_was_shut_while_empty(times: int) -> None:
    memory = ProcessMemory()
    guards = [memory.in_flight_guard() for _ in range(times)]
    done, found, compared = memory.cell(), memory.cell(), memory.cell()

    def work() -> None:
        done_word, found_word, compared_word = (
            done.view().word,
            found.view().word,
            compared.view().word,
        )
        for number, guard in enumerate(guards, 1):
            is_shut = False
            while not is_shut:  # ends when the other thread has shut it
                guard[0] = True
                is_shut = guard[1]
                if not is_shut:
                    done_word[0] = done_word[0] + 1
                guard[0] = False
            found_word[0] = number
            while compared_word[0] < number:  # ends when the other thread has compared
                pass

    worker = Background(work).start()
    done_word, found_word, compared_word = done.view().word, found.view().word, compared.view().word
    late = 0
    for number, guard in enumerate(guards, 1):
        count = done_word[0]
        # Every other guard is shut when the worker has been inside, so it is in its loop. The
        # others are shut at once, perhaps before the worker comes.
        while number % 2 and done_word[0] == count:  # ends when the worker has found the guard open
            pass
        guard.shut()
        while guard.is_inside():  # ends when the worker goes out
            pass
        count = done_word[0]
        while found_word[0] < number:  # ends when the worker has found the guard shut
            pass
        late += done_word[0] != count
        compared_word[0] = number
    worker.join()
    assert late == 0
    assert done_word[0] >= len(guards) // 2
