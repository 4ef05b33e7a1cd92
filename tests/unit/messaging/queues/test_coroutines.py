"""Queues and event loops: coroutine handlers, and producers that await; the same in both queues."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from ringbuffer.messaging import CloseReport, InMemoryQueue, TransportEnvelope
from tests.support.threads import PATIENCE, together
from tests.unit.messaging.queues.kit import Held, Make, Notes, message, number_of, put, wait_until


def run(coroutine: Coroutine[Any, Any, object]) -> object:
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE))


class TestHandlers:
    def test_a_coroutine_function_is_awaited_one_message_after_the_other(self, make: Make) -> None:
        queue, notes = make(), Notes()
        running = 0

        async def handle(envelope: TransportEnvelope) -> None:
            nonlocal running
            running += 1
            await asyncio.sleep(0)
            assert running == 1
            running -= 1
            notes(envelope)

        queue.add_consumer(handle)
        put(queue, *range(100))
        assert notes.wait_for(100) == list(range(100))
        assert queue.failed == 0

    def test_an_object_that_is_called_as_a_coroutine_function_is_awaited_too(
        self, make: Make
    ) -> None:
        queue, notes = make(), Notes()

        class Handler:
            async def __call__(self, envelope: TransportEnvelope) -> None:
                await asyncio.sleep(0)
                notes(envelope)

        queue.add_consumer(Handler())
        put(queue, 0)
        notes.wait_for(1)

    def test_what_it_raises_is_counted_and_the_next_message_comes(
        self, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        queue, notes = make(), Notes()

        async def handle(envelope: TransportEnvelope) -> None:
            await asyncio.sleep(0)
            notes(envelope)
            if number_of(envelope) == 0:
                raise LookupError("the first")
            if number_of(envelope) == 1:
                raise asyncio.CancelledError

        consumer = queue.add_consumer(handle)
        put(queue, 0, 1, 2)
        assert notes.wait_for(3) == [0, 1, 2]
        wait_until(lambda: consumer.failed == 2)
        assert "LookupError: the first" in caplog.text

    def test_tasks_that_it_starts_run_on_while_there_is_no_message(self, make: Make) -> None:
        queue = make()
        ticks = Notes()
        tasks = set()

        async def tick() -> None:
            for number in range(20):
                ticks.note(number)
                await asyncio.sleep(1e-3)

        async def handle(envelope: TransportEnvelope) -> None:
            tasks.add(asyncio.create_task(tick()))

        queue.add_consumer(handle)
        put(queue, 0)
        assert ticks.wait_for(20) == list(range(20))

    def test_tasks_that_it_starts_get_turns_while_there_are_always_messages(
        self, make: Make
    ) -> None:
        queue, notes = make(64), Notes()
        tasks, seen = set(), list[int]()

        async def look() -> None:
            seen.append(len(notes.numbers))

        async def handle(envelope: TransportEnvelope) -> None:
            notes(envelope)
            if number_of(envelope) == 0:
                tasks.add(asyncio.create_task(look()))

        put(queue, *range(64))
        queue.add_consumer(handle)
        notes.wait_for(64)
        queue.close()
        assert seen
        assert seen[0] < 64

    def test_plain_functions_and_coroutine_functions_share_the_messages(self, make: Make) -> None:
        queue, notes = make(), Notes()

        async def handle(envelope: TransportEnvelope) -> None:
            await asyncio.sleep(0)
            notes(envelope)

        queue.add_consumer(notes)
        queue.add_consumer(handle)
        put(queue, *range(300))
        assert sorted(notes.wait_for(300)) == list(range(300))

    def test_it_can_be_removed_while_it_waits_and_leaves_no_thread(self, make: Make) -> None:
        queue, notes = make(), Notes()

        async def handle(envelope: TransportEnvelope) -> None:
            notes(envelope)

        before = threading.active_count()
        consumer = queue.add_consumer(handle)
        put(queue, 0)
        notes.wait_for(1)
        assert queue.remove_consumer(consumer, PATIENCE)
        wait_until(lambda: threading.active_count() <= before)

    def test_it_may_close_the_queue_that_it_takes_from(self, make: Make) -> None:
        queue = make()
        reports: list[CloseReport] = []

        async def handle(envelope: TransportEnvelope) -> None:
            reports.append(await queue.aclose())

        put(queue, 0, 1)
        consumer = queue.add_consumer(handle)
        assert consumer.join(PATIENCE)
        assert consumer.failed == 0
        assert reports == [CloseReport(handled=0, discarded=1, unfinished=1)]


class TestProducers:
    def test_where_there_is_room_it_completes_without_giving_the_loop_a_turn(
        self, make: Make
    ) -> None:
        queue = make()
        coroutine = queue.enqueue(message(0))
        with pytest.raises(StopIteration) as stop:
            coroutine.send(None)
        assert stop.value.value is True
        assert queue.depth == 1

    def test_while_it_waits_for_room_other_tasks_run(self, make: Make) -> None:
        queue, notes = make(1), Notes()
        put(queue, 0)

        async def main() -> None:
            waiting = asyncio.create_task(queue.enqueue(message(1)))
            for _ in range(50):
                await asyncio.sleep(0)
            assert not waiting.done()
            queue.add_consumer(notes)
            assert await waiting is True

        run(main())
        assert notes.wait_for(2) == [0, 1]

    def test_a_cancelled_one_has_enqueued_nothing_and_left_no_hole(self, make: Make) -> None:
        queue, notes = make(1), Notes()
        put(queue, 0)

        async def main() -> None:
            first, second, third = (
                asyncio.create_task(queue.enqueue(message(number))) for number in (1, 2, 3)
            )
            await asyncio.sleep(5e-3)
            first.cancel()
            third.cancel()
            for cancelled in (first, third):
                with pytest.raises(asyncio.CancelledError):
                    await cancelled
            assert queue.message_count == 1
            queue.add_consumer(notes)
            assert await second is True
            assert await queue.enqueue(message(4)) is True

        run(main())
        assert notes.wait_for(3) == [0, 2, 4]
        assert queue.message_count == 3

    def test_one_that_is_cancelled_at_any_moment_has_enqueued_once_or_not_at_all(
        self, make: Make
    ) -> None:
        queue, notes = make(2), Notes()
        queue.add_consumer(notes)
        accepted: list[int] = []

        async def send(number: int) -> None:
            if await queue.enqueue(message(number)):
                accepted.append(number)

        async def main() -> None:
            for number in range(0, 400, 4):
                tasks = [asyncio.create_task(send(number + index)) for index in range(4)]
                for _ in range(number % 7):
                    await asyncio.sleep(0)
                tasks[number % 3].cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        run(main())
        queue.close()
        assert notes.numbers == accepted

    def test_it_refuses_in_time_and_nothing_is_enqueued(self, make: Make) -> None:
        queue = make(1)
        put(queue, 0)

        async def main() -> None:
            for timeout in (0, 0.01, -1):
                with pytest.raises(
                    TimeoutError,
                    match=r"no room in the queue 'queue' of 1 messages within .* s; nothing",
                ):
                    await queue.enqueue(message(1), timeout=timeout)
            with pytest.raises(TypeError, match="timeout must be"):
                await queue.enqueue(message(1), timeout="1")  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="is not a TransportEnvelope"):
                await queue.enqueue(b"")  # type: ignore[arg-type]

        run(main())
        assert queue.message_count == 1

    def test_tasks_that_wait_get_their_room_in_the_order_in_which_they_came(
        self, make: Make
    ) -> None:
        queue, notes = make(1), Notes()
        put(queue, 0)

        async def main() -> None:
            tasks = [asyncio.create_task(queue.enqueue(message(number))) for number in range(1, 20)]
            await asyncio.sleep(2e-3)
            queue.add_consumer(notes)
            late = asyncio.create_task(queue.enqueue(message(20)))
            assert all(await asyncio.gather(*tasks, late))

        run(main())
        assert notes.wait_for(21) == list(range(21))

    def test_a_waiting_put_gets_false_when_the_queue_is_closed(self, make: Make) -> None:
        queue = make(1)
        put(queue, 0)

        async def main() -> None:
            waiting = [asyncio.create_task(queue.enqueue(message(number))) for number in (1, 2)]
            await asyncio.sleep(2e-3)
            assert await queue.aclose(drain=False) == CloseReport(
                handled=0, discarded=1, unfinished=0
            )
            assert await asyncio.gather(*waiting) == [False, False]
            assert await queue.enqueue(message(3)) is False

        run(main())

    def test_a_close_that_is_awaited_lets_the_loop_run(self, make: Make) -> None:
        queue, held = make(), Held()
        queue.add_consumer(held)
        put(queue, 0)
        held.wait_begun()

        async def main() -> object:
            closing = asyncio.create_task(queue.aclose())
            while not queue.is_closed:
                await asyncio.sleep(0)
            held.let_go.set()
            return await closing

        assert run(main()) == CloseReport(handled=0, discarded=0, unfinished=0)

    def test_loops_of_several_threads_share_a_queue(self, make: Make) -> None:
        queue, notes = make(4), Notes()
        queue.add_consumer(notes)

        async def send(first: int) -> None:
            for number in range(first, 300, 3):
                assert await queue.enqueue(message(number))

        together(*(lambda first=first: run(send(first)) for first in range(3)))
        assert sorted(notes.wait_for(300)) == list(range(300))

    def test_one_thread_may_run_one_loop_after_the_other(self, make: Make) -> None:
        queue, notes = make(1), Notes()
        put(queue, 0)

        async def give_up() -> None:
            asyncio.create_task(queue.enqueue(message(98))).add_done_callback(
                lambda task: task.cancelled()
            )
            with pytest.raises(TimeoutError):
                await queue.enqueue(message(99), timeout=2e-3)

        async def send() -> None:
            waiting = asyncio.create_task(queue.enqueue(message(1)))
            await asyncio.sleep(0)
            queue.add_consumer(notes)
            await waiting

        run(give_up())
        run(send())
        assert notes.wait_for(2) == [0, 1]

    def test_a_coroutine_handler_that_waits_for_its_own_room_gets_an_error(
        self, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        queue = make(1)

        async def handle(envelope: TransportEnvelope) -> None:
            if number_of(envelope) == 0:
                await queue.enqueue(message(1))
                await queue.enqueue(message(2))

        queue.add_consumer(handle)
        put(queue, 0)
        wait_until(lambda: queue.failed == 1)
        assert "DeadlockError" in caplog.text

    def test_a_task_that_a_handler_has_started_may_wait_for_room_that_the_handler_makes(
        self, make: Make
    ) -> None:
        queue, notes = make(1), Notes()
        tasks: set[asyncio.Task[bool]] = set()

        async def handle(envelope: TransportEnvelope) -> None:
            if number_of(envelope) == 0:
                tasks.update(
                    asyncio.create_task(queue.enqueue(message(number))) for number in range(1, 10)
                )
                await asyncio.sleep(2e-3)
            notes(envelope)

        queue.add_consumer(handle)
        put(queue, 0)
        assert notes.wait_for(10) == list(range(10))
        assert queue.failed == 0


def test_it_is_a_queue(make: Make) -> None:
    queue: InMemoryQueue = make()
    assert queue.name == "queue"


# -- what the handler's own loop outlives ---------------------------------------------------------


async def raise_in_a_task(error: BaseException) -> None:
    async def raise_it() -> None:
        raise error

    task = asyncio.get_running_loop().create_task(raise_it())
    task.add_done_callback(lambda task: task.exception())
    for _ in range(3):
        await asyncio.sleep(0)


async def cancel_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def cancel_itself_later() -> None:
    """When it waits for the next message: what that wait brings must not be lost."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().call_later(0.001, task.cancel)


async def cancel_everybody() -> None:
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    "misdeed",
    [
        lambda: raise_in_a_task(SystemExit(3)),
        lambda: raise_in_a_task(KeyboardInterrupt()),
        cancel_itself,
        cancel_itself_later,
        cancel_everybody,
    ],
    ids=[
        "SystemExit",
        "KeyboardInterrupt",
        "cancels itself",
        "cancels itself later",
        "cancels all",
    ],
)
def test_nothing_that_a_coroutine_function_does_ends_its_consumer(
    make: Make, misdeed: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    queue, notes = make(4), Notes()

    async def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)
        await misdeed()

    consumer = queue.add_consumer(handle)
    for number in range(20):
        put(queue, number)
        if number % 3 == 0:  # it waits for the next one
            notes.wait_for(number + 1)
    assert notes.wait_for(20) == list(range(20))
    assert consumer.is_alive
    assert consumer.failure is None
    assert queue.close(timeout=PATIENCE).unfinished == 0


def test_a_task_that_a_message_has_left_behind_cannot_cancel_the_next_ones(make: Make) -> None:
    """Each message changes its context, so the next one gets a new task.

    That task is cancelled before its first step.
    """
    queue, notes = make(4), Notes()
    variable: ContextVar[int] = ContextVar("variable")

    async def handle(envelope: TransportEnvelope) -> None:
        variable.set(number_of(envelope))
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        notes(envelope)

    consumer = queue.add_consumer(handle)
    put(queue, *range(20))
    assert notes.wait_for(20) == list(range(20))
    assert consumer.is_alive
    assert queue.close(timeout=PATIENCE).unfinished == 0
