"""Many threads on one queue: each item once, producers' items in order, no trace of interrupts."""

import dis
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import ringbuffer.queues
from ringbuffer import Queue
from ringbuffer.host import SYSTEM_HOST, Event
from ringbuffer.memory import ProcessMemory
from tests.support.counting import CountingMemory
from tests.support.forwarding_host import ForwardingHost
from tests.support.memories import memories
from tests.support.threads import PATIENCE, Background, together

PRODUCERS = CONSUMERS = 8
EACH = 400

Take = Callable[[Queue[tuple[int, int]]], list[tuple[int, int]]]


@pytest.mark.parametrize("maxsize", [1, 3, 64])
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("yields", [0, 20])
def test_every_item_is_taken_once_and_in_the_order_of_its_producer(
    maxsize: int, many: bool, yields: int
) -> None:
    made: Queue[tuple[int, int]] = Queue(maxsize, yields=yields)

    def produce(producer: int) -> None:
        items = [(producer, number) for number in range(EACH)]
        if many:
            made.put_many(items)
        else:
            for item in items:
                made.put(item)

    def consume() -> list[tuple[int, int]]:
        taken: list[tuple[int, int]] = []
        try:
            while True:
                items = made.get_many(5) if many else [made.get()]
                taken += items
                made.task_done(len(items))
        except queue.ShutDown:
            return taken

    consumers = [Background(consume).start() for _ in range(CONSUMERS)]
    together(*(lambda producer=producer: produce(producer) for producer in range(PRODUCERS)))
    made.join()
    made.shutdown()
    results: list[Any] = [consumer.join() for consumer in consumers]
    counts = Counter(item for result in results for item in result)
    assert counts == Counter(
        (producer, number) for producer in range(PRODUCERS) for number in range(EACH)
    )
    for result in results:
        for producer in range(PRODUCERS):
            own = [number for from_, number in result if from_ == producer]
            assert own == sorted(own)
    assert made.published == made.consumed == PRODUCERS * EACH - 1


def test_a_nonblocking_call_never_waits() -> None:
    """Though others wait, and hold no lock while they do."""
    made: Queue[int] = Queue(1, yields=0)
    waiting = [Background(made.get).start() for _ in range(2)]
    for _ in range(100):
        with pytest.raises(queue.Empty):
            made.get_nowait()
        assert made.qsize() == 0
    made.put(1)
    made.put(2)
    assert sorted(each.join() for each in waiting) == [1, 2]  # type: ignore[type-var]


@pytest.mark.parametrize("memory", memories().values(), ids=memories())
def test_it_is_the_same_over_every_memory(memory: ProcessMemory) -> None:
    counting = CountingMemory(memory)
    made: Queue[int] = Queue(3, memory=counting)
    with Background(lambda: [made.get() for _ in range(1000)]) as getter:
        for number in range(1000):
            made.put(number)
    assert getter.result == list(range(1000))
    assert counting.read_modify_writes() == 0


# -- interrupts -----------------------------------------------------------------------------------


#: After these CPython looks for signals: calls, jumps back, and the beginning of a function.
LOOKS_FOR_SIGNALS = ("CALL", "JUMP_BACKWARD", "RESUME")


class Interrupts:
    """Raises `KeyboardInterrupt` in the package, at moment `at` of those at which it can come.

    It counts the moments of the calling thread.
    """

    def __init__(self, at: int) -> None:
        self.left = at
        self.folder = ringbuffer.queues.__path__[0]
        self.before: dict[FrameType, str] = {}

    def __call__(self, frame: FrameType, event: str, argument: object) -> "Interrupts | None":
        if not frame.f_code.co_filename.startswith(self.folder):
            return None
        frame.f_trace_opcodes = True
        if event == "call":
            self.before[frame] = "RESUME"
        elif event == "opcode":
            before, self.before[frame] = (
                self.before[frame],
                dis.opname[frame.f_code.co_code[frame.f_lasti]],
            )
            if before.startswith(LOOKS_FOR_SIGNALS):
                self.left -= 1
                if self.left == 0:
                    sys.settrace(None)
                    raise KeyboardInterrupt
        return self


def interrupted(call: Callable[[], object], at: int) -> bool:
    """Call it with an interrupt at its moment number `at`; whether there was one."""
    try:
        sys.settrace(Interrupts(at))
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def states(made: Queue[int]) -> tuple[int, list[int]]:
    """What is in it, and that both locks are free: by way of every operation."""
    count = made.qsize()
    items = made.get_many(timeout=0) if count else []
    assert len(items) == count
    assert None not in items, "a hole"
    made.put(7)
    assert made.get() == 7
    assert made.put_many([8, 9]) == 2
    assert made.get_many() == [8, 9]
    return count, items


@pytest.mark.parametrize("call", ["put", "get", "put_many", "get_many", "put_nowait", "get_nowait"])
@pytest.mark.parametrize("start", range(3))
def test_an_interrupt_at_any_moment_leaves_no_lock_held_and_no_hole(call: str, start: int) -> None:
    """Either nothing has happened, or the call has done what it should."""
    at, was_interrupted = 0, True
    while was_interrupted:
        at += 1
        made: Queue[int] = Queue(3)
        for _ in range(start):  # the ring is used from here on
            made.put(0)
            made.get()
        made.put_many([1, 2])
        calls: dict[str, tuple[Callable[[], object], list[list[int]]]] = {
            "put": (lambda made=made: made.put(3), [[1, 2], [1, 2, 3]]),  # type: ignore[misc]
            "put_nowait": (lambda made=made: made.put_nowait(3), [[1, 2], [1, 2, 3]]),  # type: ignore[misc]
            "put_many": (lambda made=made: made.put_many([3]), [[1, 2], [1, 2, 3]]),  # type: ignore[misc]
            "get": (lambda made=made: made.get(), [[1, 2], [2]]),  # type: ignore[misc]
            "get_nowait": (lambda made=made: made.get_nowait(), [[1, 2], [2]]),  # type: ignore[misc]
            "get_many": (lambda made=made: made.get_many(), [[1, 2], []]),  # type: ignore[misc]
        }
        act, allowed = calls[call]
        was_interrupted = interrupted(act, at)
        assert states(made)[1] in (allowed if was_interrupted else allowed[1:]), (
            f"interrupted at moment {at}"
        )
    assert at > 3


class Woken:
    """A thread that waits; `is_awake` says whether it was woken."""

    is_awake = False

    def set(self) -> None:
        self.is_awake = True


@pytest.mark.parametrize("call", ["put", "put_nowait", "put_many", "get", "get_nowait", "get_many"])
def test_an_interrupted_call_that_took_effect_has_woken_the_waiting_thread(call: str) -> None:
    """After the call no other call would wake it: so the wake-up must not come last."""
    at, was_interrupted, happened = 0, True, set[bool]()
    while was_interrupted:
        at += 1
        made: Queue[int] = Queue(1)
        calls: dict[str, Callable[[], object]] = {
            "put": lambda made=made: made.put(3),  # type: ignore[misc]
            "put_nowait": lambda made=made: made.put_nowait(3),  # type: ignore[misc]
            "put_many": lambda made=made: made.put_many([3]),  # type: ignore[misc]
            "get": lambda made=made: made.get(),  # type: ignore[misc]
            "get_nowait": lambda made=made: made.get_nowait(),  # type: ignore[misc]
            "get_many": lambda made=made: made.get_many(),  # type: ignore[misc]
        }
        waiter = Woken()
        if call.startswith("put"):
            assert made._ring.await_item(waiter)
        else:
            made.put(1)
            assert made._ring.await_room(waiter)
        before = made.qsize()
        was_interrupted = interrupted(calls[call], at)
        has_happened = made.qsize() != before
        assert waiter.is_awake or not has_happened, (
            f"interrupted at moment {at}: done, but the waiting thread is not woken"
        )
        happened.add(has_happened)
    assert happened == {False, True}


class InterruptedSleep(ForwardingHost):
    """The first event that is waited on raises `KeyboardInterrupt`, when it was set or before."""

    def __init__(self, wait_first: bool) -> None:
        self.wait_first = wait_first
        self.waits = threading.Event()
        self.left = 1

    def event(self) -> Event:
        event = SYSTEM_HOST.event()
        if not self.left:
            return event
        self.left -= 1
        host = self

        class Interrupted:
            def set(self) -> None:
                event.set()

            def wait(self, timeout: float | None = None) -> bool:
                host.waits.set()
                if host.wait_first:
                    event.wait()
                raise KeyboardInterrupt

        return Interrupted()


def test_a_wait_that_is_interrupted_leaves_no_waiter_behind() -> None:
    made: Queue[int] = Queue(1, yields=0, host=InterruptedSleep(wait_first=False))
    with pytest.raises(KeyboardInterrupt):
        made.get()
    with Background(made.get) as getter:
        made.put(1)
    assert getter.result == 1
    assert not made._ring.putting.waiting


def test_one_that_is_interrupted_when_it_was_woken_wakes_the_next() -> None:
    host = InterruptedSleep(wait_first=True)
    made: Queue[int] = Queue(1, yields=0, host=host)
    first = Background(made.get).start()
    assert host.waits.wait(PATIENCE)
    second = Background(made.get).start()
    while len(made._ring.putting.waiting) < 2:
        pass  # the second enters
    made.put(1)
    with pytest.raises(KeyboardInterrupt):
        first.join()
    assert second.join() == 1


def test_a_waker_that_is_interrupted_has_woken() -> None:
    made: Queue[int] = Queue(1, yields=0)

    class Once:
        """Raises in the first `set`, before it has done anything."""

        sets = 0

        def set(self) -> None:
            self.sets += 1
            if self.sets == 1:
                raise KeyboardInterrupt

    waiter = Once()
    assert made._ring.await_item(waiter)
    with pytest.raises(KeyboardInterrupt):
        made.put(1)
    assert waiter.sets == 2
    assert made.qsize() == 0
    made.put(2)
    assert made.get() == 2


class Broken:
    """A sequence whose store is interrupted."""

    def __init__(self, word: Any) -> None:
        self._word = word

    def __getitem__(self, index: int) -> int:
        value: int = self._word[index]
        return value

    def __setitem__(self, index: int, value: int) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("call", ["get", "get_many"])
def test_an_item_whose_taking_is_interrupted_is_still_there(call: str) -> None:
    made: Queue[int] = Queue(4, yields=0)
    made.put_many([1, 2])
    ring: Any = made._ring
    word = ring.getting.own
    ring.getting.own = Broken(word)
    with pytest.raises(KeyboardInterrupt):
        ring.poll() if call == "get" else ring.poll_many(2)
    ring.getting.own = word
    assert ring.poll_many(2) == [1, 2]
