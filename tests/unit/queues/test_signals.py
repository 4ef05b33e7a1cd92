"""Signals of the operating system at any moment: no lock is held afterwards, no hole is left."""

import random
import signal
import sys
import threading
from types import FrameType

import pytest

from ringbuffer import Queue
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE, Background


class Interrupted(BaseException):
    """In place of `KeyboardInterrupt`, which means something to pytest."""


class Alarm:
    """A signal handler that raises once after each `arm`, in the main thread."""

    def __init__(self) -> None:
        self.armed = self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.armed:
            self.armed = False
            raise Interrupted
        self.came = True

    def arm(self) -> None:
        self.armed = True
        if self.came:  # before it was armed
            self.came = self.armed = False
            raise Interrupted


def work(made: Queue[int]) -> None:
    """Put and take forever, in every way."""
    number = 0
    while True:
        made.put(number)
        made.put_many([number + 1, number + 2], timeout=0)
        made.get()
        made.get_many(timeout=0)
        number += 3


# In CPython 3.14 and newer, a signal handler may run between acquiring a lock and entering its
# block: see docs/free-threading.md. It seldom does.
@pytest.mark.xfail(sys.version_info >= (3, 14), reason="`with lock:` is a call", strict=False)
@repeated(100, 500)
def test_signals_leave_no_lock_held_and_no_hole(times: int) -> None:
    chance, main, alarm = random.Random(1), threading.get_ident(), Alarm()
    go = threading.Semaphore(0)

    def send() -> None:
        for _ in range(times):
            assert go.acquire(timeout=PATIENCE)
            for _ in range(chance.randrange(2000)):
                pass
            signal.pthread_kill(main, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, alarm)
    try:
        with Background(send):
            for _ in range(times):
                made: Queue[int] = Queue(3)
                go.release()
                try:
                    alarm.arm()
                    work(made)
                except Interrupted:
                    pass
                count = made.qsize()
                assert 0 <= count <= 3
                left = made.get_many(timeout=0) if count else []
                assert len(left) == count
                assert all(isinstance(number, int) for number in left), f"a hole: {left}"
                made.put(7)
                assert made.get() == 7
    finally:
        signal.signal(signal.SIGUSR1, before)
