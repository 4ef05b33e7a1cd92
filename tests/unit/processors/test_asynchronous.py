"""Coroutine handlers, on the processor's own loop."""

import asyncio
import threading
from typing import Any

import pytest

from ringbuffer import AsyncEventProcessor, BatchEventProcessor, RewindBatch, RingBuffer, WorkerPool
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE
from tests.unit.processors.kit import (
    Cell,
    Recorder,
    new_ring,
    publish,
    publish_batch,
    wait_for_sequence,
)


class AsyncRecorder(Recorder):
    """Every hook is a coroutine function that gives the loop a turn."""

    async def on_start(self) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.note("start")
        self.loop = asyncio.get_running_loop()

    async def on_shutdown(self) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.note("shutdown")

    async def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is self.loop
        super().on_event(event, sequence, end_of_batch)


def test_events_are_awaited_one_by_one_in_order() -> None:
    ring, handler = new_ring(8), AsyncRecorder()
    with AsyncEventProcessor(ring, ring.new_barrier(), handler) as processor:
        publish(ring, range(200))
        wait_for_sequence(ring, processor, 199)
    assert handler.values == handler.sequences == list(range(200))
    assert handler.calls == ["start", "shutdown"]


def test_a_coroutine_function_or_an_object_that_is_called_as_one_will_do() -> None:
    seen: list[int] = []

    async def function(event: Cell, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.value)

    class Called:
        async def __call__(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            seen.append(event.value)

    class Batches:
        async def on_batch(self, events: list[Cell], first: int) -> None:
            await asyncio.sleep(0)
            seen.extend(event.value for event in events)

    def plain(event: Cell, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.value)

    handlers: list[Any] = [function, Called(), Batches(), plain]
    for handler in handlers:
        seen.clear()
        ring = new_ring(8)
        with AsyncEventProcessor(ring, ring.new_barrier(), handler) as processor:
            publish_batch(ring, [1, 2, 3])
            wait_for_sequence(ring, processor, 2)
        assert seen == [1, 2, 3]


def test_tasks_of_a_handler_go_on_while_the_processor_waits_and_are_cancelled_at_its_end() -> None:
    ring = new_ring(8)
    done, cancelled = threading.Event(), threading.Event()
    tasks: set[asyncio.Task[None]] = set()

    async def later() -> None:
        await asyncio.sleep(0.001)
        done.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        tasks.add(asyncio.create_task(later()))

    with AsyncEventProcessor(ring, ring.new_barrier(), handle) as processor:
        publish(ring, [1])
        wait_for_sequence(ring, processor, 0)
        assert done.wait(PATIENCE)  # nothing was published meanwhile
        assert not cancelled.is_set()
    assert cancelled.is_set()


def test_two_processors_do_not_hold_each_other_up() -> None:
    ring = new_ring(8)
    release = threading.Event()

    async def blocking(event: Cell, sequence: int, end_of_batch: bool) -> None:
        assert release.wait(PATIENCE)  # blocks its own loop: a mistake, which hurts no other

    other = AsyncRecorder()
    with (
        AsyncEventProcessor(ring, ring.new_barrier(), blocking),
        AsyncEventProcessor(ring, ring.new_barrier(), other),
    ):
        publish(ring, [1, 2, 3])
        other.wait_for(3)
        release.set()


def test_failures_and_replays_are_those_of_any_processor() -> None:
    ring = new_ring(8)
    calls: list[int] = []
    failed: list[int] = []

    class Keeping:
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            failed.append(sequence)

        def handle_on_start_exception(self, error: Exception) -> None: ...
        def handle_on_shutdown_exception(self, error: Exception) -> None: ...

    async def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        await asyncio.sleep(0)
        calls.append(sequence)
        if calls == [0, 1]:
            raise RewindBatch
        if sequence == 2:
            raise RuntimeError("await and fail")

    processor = AsyncEventProcessor(ring, ring.new_barrier(), handle, exception_handler=Keeping())
    publish_batch(ring, [0, 1, 2, 3])
    with processor:
        wait_for_sequence(ring, processor, 3)
    assert calls == [0, 1, 0, 1, 2, 3]
    assert failed == [2]


@repeated(40, 400)
def test_it_is_halted_and_restarted_like_any_processor(times: int) -> None:
    ring, handler = new_ring(8), AsyncRecorder()
    processor = AsyncEventProcessor(ring, ring.new_barrier(), handler, name="asynchronous")
    for number in range(times):
        processor.start()
        if number % 2:
            publish(ring, [number])
            wait_for_sequence(ring, processor, number // 2)
        assert processor.close(PATIENCE)
    assert len(handler.seen) == times // 2
    for thread in threading.enumerate():
        if thread.name.startswith("asynchronous"):  # the last one has nothing left to do but to end
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_it_may_run_in_the_calling_thread() -> None:
    ring = new_ring(8)

    async def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        processor.halt()

    processor = AsyncEventProcessor(ring, ring.new_barrier(), handle)
    publish(ring, [1])
    processor.run()
    assert processor.sequence.get() == 0


@pytest.mark.parametrize(
    "make", [BatchEventProcessor, lambda ring, barrier, handler: WorkerPool(ring, [handler])]
)
def test_a_consumer_that_cannot_await_refuses_coroutine_functions_and_does_not_gate(
    make: Any,
) -> None:
    ring: RingBuffer[Cell] = new_ring(4)

    async def handle(event: Cell, sequence: int, end_of_batch: bool) -> None: ...

    with pytest.raises(TypeError, match="asynchronous"):
        make(ring, ring.new_barrier(), handle)
    publish(ring, range(10))


def test_a_handler_that_cancels_every_task_of_its_loop_fails_itself_at_most() -> None:
    ring, seen = new_ring(8), list[int]()

    async def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.value)
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])

    errors = CollectingHandler()
    with AsyncEventProcessor(
        ring, ring.new_barrier(), handle, exception_handler=errors
    ) as processor:
        for number in range(20):  # while it waits for the next one
            publish(ring, [number])
            wait_for_sequence(ring, processor, number)
        publish_batch(ring, list(range(20, 24)))  # while the next one is to be handled
        wait_for_sequence(ring, processor, 23)
        assert processor.is_running
    assert sorted([*seen, *errors.values]) == list(range(24))


class CollectingHandler:
    """Goes on after every error of an event, and keeps what the event was."""

    def __init__(self) -> None:
        self.values: list[int] = []

    def handle_event_exception(self, error: BaseException, sequence: int, event: Any) -> None:
        assert isinstance(error, RuntimeError)
        assert "cancelled the handler" in str(error)
        self.values.append(event.value)

    def handle_on_start_exception(self, error: BaseException) -> None:
        raise error

    def handle_on_shutdown_exception(self, error: BaseException) -> None:
        raise error
