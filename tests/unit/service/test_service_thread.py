"""Service threads survive exceptions of their callbacks, and are restarted if they have ended."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from ringbuffer.host import Thread
from ringbuffer.service import ServiceThread
from tests.support.forwarding_host import ForwardingHost
from tests.support.threads import PATIENCE, together


class Ended(BaseException):
    """Not an `Exception`."""


class Work:
    """Does what it is given, one after the other, until it is given None."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self.threads: list[threading.Thread] = []

    def give(self, *works: Callable[[], object] | None) -> None:
        for work in works:
            self._given.put(work)

    def __call__(self) -> None:
        self.threads.append(threading.current_thread())
        while (work := self._given.get()) is not None:
            work()


class QuietHost(ForwardingHost):
    """Notes the rests, and takes none."""

    def __init__(self) -> None:
        self.rests: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)


def fail(error: type[BaseException]) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def host() -> QuietHost:
    return QuietHost()


@pytest.fixture
def service(work: Work, host: QuietHost) -> Iterator[ServiceThread]:
    thread = ServiceThread(work, host=host, name="service")
    yield thread
    work.give(None)
    thread.join(PATIENCE)


@pytest.mark.parametrize(
    "error", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, Ended]
)
def test_whatever_the_work_raises_is_logged_and_the_same_thread_goes_on(
    service: ServiceThread,
    work: Work,
    host: QuietHost,
    error: type[BaseException],
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = threading.Event()
    service.ensure()
    work.give(fail(error), fail(error), done.set)
    assert done.wait(PATIENCE)
    assert len(set(work.threads)) == 1
    assert service.failures == 2
    assert service.is_alive
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL] * 2
    assert host.rests == [1e-3, 2e-3], "a work that always fails must not keep a processor busy"


def test_a_log_that_fails_ends_nothing(
    service: ServiceThread, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ringbuffer.service.logger.critical", lambda *arguments, **options: fail(SystemExit)()
    )
    done = threading.Event()
    service.ensure()
    work.give(fail(ValueError), done.set)
    assert done.wait(PATIENCE)


def test_a_thread_that_has_ended_is_started_again_by_the_next_that_needs_it(
    service: ServiceThread, work: Work
) -> None:
    service.ensure()
    work.give(None)
    assert service.join(PATIENCE)
    assert not service.is_alive
    done = threading.Event()
    work.give(done.set)
    service.ensure()
    assert done.wait(PATIENCE)


def test_many_that_need_it_at_once_start_one_thread(service: ServiceThread, work: Work) -> None:
    together(*[service.ensure] * 8)
    done = threading.Event()
    work.give(done.set)
    assert done.wait(PATIENCE)
    assert len(work.threads) == 1


def test_a_thread_that_cannot_be_started_is_an_error_and_the_next_try_succeeds(work: Work) -> None:
    class Short(ForwardingHost):
        left = 0

        def start_thread(self, target: Callable[[], None], name: str) -> Thread:
            if not self.left:
                raise RuntimeError("can't start new thread")
            return super().start_thread(target, name)

    host = Short()
    service = ServiceThread(work, host=host, name="service")
    with pytest.raises(RuntimeError, match="can't start new thread"):
        service.ensure()
    assert not service.is_alive
    assert service.join(0)
    host.left = 1
    service.ensure()
    work.give(None)
    assert service.join(PATIENCE)


def test_a_thread_whose_start_was_interrupted_ends_before_it_does_anything(work: Work) -> None:
    started: list[Thread] = []

    class Interrupted(ForwardingHost):
        def start_thread(self, target: Callable[[], None], name: str) -> Thread:
            started.append(super().start_thread(target, name))
            if len(started) == 1:
                raise KeyboardInterrupt
            return started[-1]

    service = ServiceThread(work, host=Interrupted(), name="service")
    with pytest.raises(KeyboardInterrupt):
        service.ensure()
    started[0].join(PATIENCE)
    assert not started[0].is_alive()
    assert work.threads == []
    service.ensure()
    work.give(None)
    assert service.join(PATIENCE)
    assert work.threads == [started[1]]


def test_it_does_not_wait_for_itself(service: ServiceThread, work: Work) -> None:
    joined: queue.SimpleQueue[object] = queue.SimpleQueue()
    service.ensure()
    work.give(lambda: joined.put((service.is_current(), service.join())))
    assert joined.get(timeout=PATIENCE) == (True, False)
    assert not service.is_current()
