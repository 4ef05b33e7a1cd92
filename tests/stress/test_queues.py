"""Queues between many threads and loops, of drawn sizes: each item once, in order by producer."""

import asyncio
import itertools
import queue
from collections.abc import Callable
from random import Random

from ringbuffer import AsyncQueue
from tests.stress.kit import REPORT, rounds
from tests.support.threads import Background

Item = tuple[int, int]


def test_queues() -> None:
    for shape in rounds():
        one_queue(shape)


def one_queue(shape: Random) -> None:
    """Producers and consumers of drawn kinds on one queue, which is shut down after all puts."""
    made: AsyncQueue[Item] = AsyncQueue(shape.choice([1, 2, 3, 7, 64, 1000]))
    producers, consumers, each = shape.randint(1, 4), shape.randint(1, 4), shape.randint(1, 2000)
    puts, gets = [put_ones, put_slices, put_in_loop], [get_ones, get_slices, get_in_loop]
    getting = [
        Background(taker(shape.choice(gets), made, shape.randint(1, 50))).start()
        for _ in range(consumers)
    ]
    putting = [
        Background(putter(shape.choice(puts), made, number, each)).start()
        for number in range(producers)
    ]
    for thread in putting:
        thread.join()
    made.sync.join()
    made.shutdown()
    results = [thread.join() for thread in getting]
    count(results, producers, each)


def count(results: list[object], producers: int, each: int) -> None:
    lost, disordered, everything = 0, 0, []
    for result in results:
        assert isinstance(result, list)
        everything += result
        for producer in range(producers):
            own = [number for from_, number in result if from_ == producer]
            disordered += sum(later <= earlier for earlier, later in itertools.pairwise(own))
    expected = [(producer, number) for producer in range(producers) for number in range(each)]
    lost += sorted(everything) != expected
    REPORT["events"] += len(everything)
    REPORT["lost or doubled"] += lost
    REPORT["out of order or torn"] += disordered
    assert not lost
    assert not disordered


def putter(
    put: Callable[[AsyncQueue[Item], list[Item]], None],
    made: AsyncQueue[Item],
    producer: int,
    each: int,
) -> Callable[[], None]:
    return lambda: put(made, [(producer, number) for number in range(each)])


def taker(
    get: Callable[[AsyncQueue[Item], int, list[Item]], None], made: AsyncQueue[Item], most: int
) -> Callable[[], list[Item]]:
    def take() -> list[Item]:
        taken: list[Item] = []
        try:
            get(made, most, taken)
        except (queue.ShutDown, asyncio.QueueShutDown):
            return taken
        raise AssertionError("it ends only when the queue does")

    return take


def put_ones(made: AsyncQueue[Item], items: list[Item]) -> None:
    for item in items:
        made.sync.put(item)


def put_slices(made: AsyncQueue[Item], items: list[Item]) -> None:
    assert made.sync.put_many(iter(items)) == len(items)


def put_in_loop(made: AsyncQueue[Item], items: list[Item]) -> None:
    async def put() -> None:
        for item in items:
            await made.put(item)

    asyncio.run(put())


def get_ones(made: AsyncQueue[Item], most: int, taken: list[Item]) -> None:
    while True:
        taken.append(made.sync.get())
        made.task_done()


def get_slices(made: AsyncQueue[Item], most: int, taken: list[Item]) -> None:
    while True:
        items = made.sync.get_many(most)
        taken += items
        made.task_done(len(items))


def get_in_loop(made: AsyncQueue[Item], most: int, taken: list[Item]) -> None:
    async def get() -> None:
        while True:
            taken.append(await made.get())
            made.task_done()

    asyncio.run(get())
