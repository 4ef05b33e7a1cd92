"""`AsyncQueue`: the interface of `asyncio.Queue`, between tasks, loops and threads."""

import asyncio
import copy
import queue
import random
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import pytest

import ringbuffer
from ringbuffer import AsyncQueue
from ringbuffer.queues.async_queue import LoopWaiter
from tests.support.threads import PATIENCE, Background, together


def run[T](main: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(main, PATIENCE)

    return asyncio.run(limited())


async def settle() -> None:
    """Let every task go on that can, until all wait for something from outside."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_items_come_out_in_order_and_waiters_are_served() -> None:
    async def main() -> None:
        made: AsyncQueue[int] = AsyncQueue(2)
        taken: list[int] = []

        async def consume() -> None:
            for _ in range(100):
                taken.append(await made.get())
                made.task_done()

        consumer = asyncio.create_task(consume())
        for number in range(100):
            await made.put(number)
            assert made.qsize() <= 2
        await made.join()
        await consumer
        assert taken == list(range(100))

    run(main())


def test_with_room_or_an_item_nothing_is_awaited() -> None:
    """A coroutine that need not wait ends at its first step: no loop is needed."""
    made: AsyncQueue[int] = AsyncQueue(2)

    def ends_at_once(coroutine: Coroutine[Any, Any, object]) -> object:
        with pytest.raises(StopIteration) as stopped:
            coroutine.send(None)
        return stopped.value.value

    ends_at_once(made.put(1))
    assert ends_at_once(made.put_many([2])) == 1
    assert ends_at_once(made.get()) == 1
    assert ends_at_once(made.get_many()) == [2]


def test_without_waiting_it_raises_what_asyncio_raises() -> None:
    made: AsyncQueue[int] = AsyncQueue(1)
    with pytest.raises(asyncio.QueueEmpty):
        made.get_nowait()
    made.put_nowait(1)
    with pytest.raises(asyncio.QueueFull):
        made.put_nowait(2)
    assert made.get_nowait() == 1


def test_its_other_face_raises_what_threads_know() -> None:
    made: AsyncQueue[int] = AsyncQueue(1)
    made.sync.put(1)
    with pytest.raises(queue.Full):
        made.sync.put(2, timeout=0)
    assert made.get_nowait() == 1
    with pytest.raises(queue.Empty):
        made.sync.get_nowait()


def test_a_bound_is_needed() -> None:
    with pytest.raises(ValueError, match="there is no queue without a bound"):
        AsyncQueue()


def test_get_many_checks_its_arguments() -> None:
    with pytest.raises(ValueError, match="max_items must be 1 or more"):
        run(AsyncQueue[int](1).get_many(0))


def test_many_items_go_through_while_a_consumer_takes() -> None:
    async def main() -> None:
        made: AsyncQueue[int] = AsyncQueue(7)
        putting = asyncio.create_task(made.put_many(iter(range(1000))))
        taken: list[int] = []
        while len(taken) < 1000:
            taken += await made.get_many(5)
        assert await putting == 1000
        assert taken == list(range(1000))

    run(main())


def test_what_an_iterable_gave_before_it_failed_is_put() -> None:
    def breaks() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    made: AsyncQueue[int] = AsyncQueue(2)
    with pytest.raises(LookupError):
        run(made.put_many(breaks()))
    assert made.sync.get_many() == [1]


@pytest.mark.parametrize("how", ["shutdown", "cancel"])
def test_put_many_says_how_far_it_came(how: str) -> None:
    async def main() -> None:
        made: AsyncQueue[int] = AsyncQueue(2)

        async def put() -> None:
            with pytest.raises((asyncio.QueueShutDown, asyncio.CancelledError)) as caught:
                await made.put_many([0, 1, 2, 3])
            error: Any = caught.value
            assert (error.published, error.unpublished) == (2, (2, 3))
            assert isinstance(
                error, asyncio.CancelledError if how == "cancel" else ringbuffer.PublicationError
            )

        putting = asyncio.create_task(put())
        await settle()
        if how == "shutdown":
            made.shutdown()
        else:
            putting.cancel()
        await putting
        assert await made.get_many() == [0, 1]

    run(main())


@pytest.mark.parametrize("immediate", [False, True])
def test_a_shutdown_wakes_everybody_and_refuses_what_comes(immediate: bool) -> None:
    async def main() -> None:
        empty: AsyncQueue[int] = AsyncQueue(1)
        full: AsyncQueue[int] = AsyncQueue(1)
        await full.put(1)
        calls: list[Awaitable[object]] = [
            empty.get(),
            empty.get_many(),
            full.put(2),
            full.put_many([2]),
        ]
        waiting = [asyncio.ensure_future(call) for call in calls]
        joining = asyncio.create_task(full.join())
        await settle()
        empty.shutdown(immediate)
        full.shutdown(immediate)
        for each in waiting:
            with pytest.raises(asyncio.QueueShutDown):
                await each
        assert full.is_shutdown
        with pytest.raises(asyncio.QueueShutDown):
            full.put_nowait(3)
        if not immediate:
            assert full.get_nowait() == 1
            full.task_done()
        with pytest.raises(asyncio.QueueShutDown):
            full.get_nowait()
        await joining
        assert full.unfinished_tasks == 0

    run(main())


# -- cancellation ---------------------------------------------------------------------------------


def test_one_that_is_cancelled_when_it_was_woken_wakes_the_next() -> None:
    async def main() -> None:
        made: AsyncQueue[int] = AsyncQueue(1)
        first, second = asyncio.create_task(made.get()), asyncio.create_task(made.get())
        await settle()
        made.put_nowait(7)  # wakes the first
        first.cancel()
        assert await second == 7
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not made._ring.putting.waiting

    run(main())


def test_the_same_for_one_that_waits_for_room() -> None:
    async def main() -> None:
        made: AsyncQueue[int] = AsyncQueue(1)
        await made.put(0)
        first, second = asyncio.create_task(made.put(1)), asyncio.create_task(made.put(2))
        await settle()
        assert made.get_nowait() == 0
        first.cancel()
        await second
        assert made.get_nowait() == 2

    run(main())


@pytest.mark.parametrize("seed", range(5))
def test_random_cancellations_lose_and_double_nothing(seed: int) -> None:
    """What was put is got, and what a cancelled task was to put is not there."""
    chance = random.Random(seed)

    async def main() -> None:
        made: AsyncQueue[int] = AsyncQueue(chance.choice([1, 2, 3]))
        put: list[int] = []
        got: list[int] = []

        async def producer(first: int) -> None:
            for number in range(first, first + 20):
                await made.put(number)
                put.append(number)

        async def consumer() -> None:
            while True:
                got.append(await made.get())

        producers = [asyncio.create_task(producer(100 * number)) for number in range(10)]
        consumers = [asyncio.create_task(consumer()) for _ in range(10)]
        for _ in range(150):
            await asyncio.sleep(0)
            chance.choice(producers).cancel() if chance.random() < 0.05 else None
            victim = chance.randrange(len(consumers))
            consumers[victim].cancel()
            consumers[victim] = asyncio.create_task(consumer())
        await asyncio.gather(*producers, return_exceptions=True)
        while not made.empty():
            await asyncio.sleep(0)
        for each in consumers:
            each.cancel()
        await asyncio.gather(*consumers, return_exceptions=True)
        assert sorted(got) == sorted(put)
        assert not made._ring.putting.waiting
        assert not made._ring.getting.waiting

    run(main())


# -- loops and threads ----------------------------------------------------------------------------


@pytest.mark.parametrize("maxsize", [1, 16])
def test_several_loops_and_threads_share_it(maxsize: int) -> None:
    """Two loops and two threads put, and as many take: each item once, each producer's in order."""
    made: AsyncQueue[tuple[int, int]] = AsyncQueue(maxsize)
    taken: list[list[tuple[int, int]]] = [[] for _ in range(4)]

    async def produce(producer: int) -> None:
        for number in range(300):
            await made.put((producer, number))

    async def consume(consumer: int) -> None:
        try:
            while True:
                taken[consumer].append(await made.get())
        except asyncio.QueueShutDown:
            pass

    def produce_in_thread(producer: int) -> None:
        for number in range(300):
            made.sync.put((producer, number))

    def consume_in_thread(consumer: int) -> None:
        try:
            while True:
                taken[consumer].append(made.sync.get())
        except queue.ShutDown:
            pass

    consumers = [
        Background(lambda: run(consume(0))).start(),
        Background(lambda: run(consume(1))).start(),
        Background(lambda: consume_in_thread(2)).start(),
        Background(lambda: consume_in_thread(3)).start(),
    ]
    together(
        lambda: run(produce(0)),
        lambda: run(produce(1)),
        lambda: produce_in_thread(2),
        lambda: produce_in_thread(3),
    )
    made.shutdown()
    for consumer in consumers:
        consumer.join()
    assert sorted(item for own in taken for item in own) == [
        (p, n) for p in range(4) for n in range(300)
    ]
    for own in taken:
        for producer in range(4):
            numbers = [number for from_, number in own if from_ == producer]
            assert numbers == sorted(numbers)


def test_a_task_of_a_loop_that_was_closed_is_passed_over() -> None:
    made: AsyncQueue[int] = AsyncQueue(1)
    loop = asyncio.new_event_loop()

    async def enter() -> LoopWaiter:
        waiter = LoopWaiter()
        assert made._ring.await_item(waiter)
        return waiter

    waiter = loop.run_until_complete(enter())
    loop.close()
    second: list[int] = []
    entered = threading.Event()

    async def get() -> None:
        task = asyncio.create_task(made.get())
        await settle()
        entered.set()
        second.append(await task)

    with Background(lambda: run(get())):
        assert entered.wait(PATIENCE)
        made.sync.put(7)
    assert second == [7]
    assert not waiter.future.done()


def test_a_waiter_may_be_woken_twice_and_when_it_is_gone() -> None:
    async def main() -> None:
        waiter = LoopWaiter()
        assert waiter.set()
        assert waiter.set()
        await waiter.future
        gone = LoopWaiter()
        gone.future.cancel()
        assert gone.set()

    run(main())


def test_it_is_as_public_as_the_other() -> None:
    made: AsyncQueue[int] = AsyncQueue(2)
    made.put_nowait(1)
    made.put_nowait(2)
    assert (made.maxsize, made.qsize(), made.full(), made.empty()) == (2, 2, True, False)
    assert repr(made) == "<AsyncQueue of 2 items, maxsize=2>"
    made.shutdown()
    assert repr(made) == "<AsyncQueue of 2 items, maxsize=2, shut down>"
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(made)
    call: Callable[[], object] = lambda: made.task_done(3)  # noqa: E731
    with pytest.raises(ValueError, match="too many times"):
        call()
