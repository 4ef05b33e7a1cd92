"""Threads that are stuck are found; threads are pinned to their cores."""

import sys
import threading

import pytest

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.programs.stress import watch
from ringbuffer.programs.stress.switches import Switches


def test_a_stuck_thread_is_found_and_shown(capfd: pytest.CaptureFixture[str]) -> None:
    gate = threading.Event()
    task = watch.WatchedThread(SYSTEM_HOST, gate.wait, "sleeper")
    with pytest.raises(watch.Stuck, match="sleeper did not end within"):
        task.ended(patience=0.01)
    assert "in wait" in capfd.readouterr().err
    with pytest.raises(watch.Stuck, match="never"):
        watch.until(lambda: False, "never", patience=0.01)
    gate.set()
    assert task.ended() is None


def test_a_task_raises_where_it_is_joined() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watch.WatchedThread(SYSTEM_HOST, fail, "fails").join()


@pytest.mark.skipif(
    not SYSTEM_HOST.available_cpus(), reason="threads cannot be bound to a core here"
)
def test_threads_are_put_on_cores() -> None:
    seen: list[frozenset[int]] = []

    def look() -> None:
        seen.append(SYSTEM_HOST.available_cpus())

    def places(cores: str, threads: int) -> list[frozenset[int]]:
        seen.clear()
        with Switches(cores=cores, nice=True, interval=1e-5, seed=1).applied() as host:
            for _ in range(threads):
                watch.WatchedThread(host, look, "looks").join()
        return list(seen)

    everywhere = SYSTEM_HOST.available_cpus()
    assert places("free", 2) == [everywhere] * 2
    assert len(set(places("one", 4))) == 1
    assert frozenset().union(*places("spread", len(everywhere))) == everywhere
    assert SYSTEM_HOST.available_cpus() == everywhere


def test_the_interval_is_put_back() -> None:
    before = sys.getswitchinterval()
    with Switches(cores="free", nice=False, interval=1e-5, seed=1).applied():
        assert sys.getswitchinterval() == pytest.approx(1e-5)
    assert sys.getswitchinterval() == pytest.approx(before)
