"""How threads wait and are woken, with a scripted clock, and with waiters of the test's own."""

import threading

import pytest

from ringbuffer import Empty, Queue
from ringbuffer.queues.waiters import Waiters
from tests.support.scripted_host import ScriptedHost


def test_it_yields_so_often_and_then_sleeps_until_it_is_woken() -> None:
    host = ScriptedHost()
    made: Queue[int] = Queue(1, yields=3, host=host)
    host.script = lambda pause: made.put(7) if pause == 4 else None
    assert made.get() == 7
    assert host.calls == ["yield", "yield", "yield", "park"]


def test_it_does_not_sleep_when_there_is_something_after_a_yield() -> None:
    host = ScriptedHost()
    made: Queue[int] = Queue(1, yields=3, host=host)
    host.script = lambda pause: made.put(7) if pause == 2 else None
    assert made.get() == 7
    assert host.calls == ["yield", "yield"]


def test_the_deadline_is_looked_at_while_it_yields() -> None:
    host = ScriptedHost()
    made: Queue[int] = Queue(1, yields=1000, host=host)
    with pytest.raises(Empty):
        made.get(timeout=5.5e-6)  # a yield takes a microsecond here
    assert host.calls == ["yield"] * 6


def test_it_sleeps_for_what_is_left_of_the_time_and_looks_once_more() -> None:
    host = ScriptedHost()
    made: Queue[int] = Queue(1, yields=0, host=host)
    with pytest.raises(Empty):
        made.get(timeout=2.5)
    assert host.calls == ["park"]
    assert host.now == 2.5
    assert not made._ring.putting.waiting


class Bell:
    """Counts how often it is set; gives the answer that it was made with."""

    def __init__(self, answer: bool | None = None) -> None:
        self.rings = 0
        self.answer = answer

    def set(self) -> bool | None:
        self.rings += 1
        return self.answer


def test_the_first_waiters_are_woken_and_forgotten() -> None:
    waiters, bells = Waiters(threading.Lock()), [Bell() for _ in range(4)]
    waiters.waiting.extend(bells)
    waiters.wake(2)
    assert [bell.rings for bell in bells] == [1, 1, 0, 0]
    waiters.wake_all()
    waiters.wake(5)
    assert [bell.rings for bell in bells] == [1, 1, 1, 1]


def test_one_that_is_gone_is_passed_over() -> None:
    waiters, bells = Waiters(threading.Lock()), [Bell(False), Bell(False), Bell(), Bell()]
    waiters.waiting.extend(bells)
    waiters.wake(1)
    assert [bell.rings for bell in bells] == [1, 1, 1, 0]


def test_one_that_leaves_is_not_woken_and_one_that_was_woken_wakes_the_next() -> None:
    waiters, bells = Waiters(threading.Lock()), [Bell() for _ in range(3)]
    waiters.waiting.extend(bells)
    waiters.leave(bells[0])
    assert [bell.rings for bell in bells] == [0, 0, 0]
    waiters.wake(1)
    waiters.leave(bells[1])
    assert [bell.rings for bell in bells] == [0, 1, 1]
    waiters.leave(bells[2])
    assert not waiters.waiting
