"""Functions for children of `multiprocessing` and of executors, which `spawn` can import."""

import asyncio
from typing import Any

from ringbuffer import AsyncQueue, Disruptor, ProducerType, Queue
from ringbuffer.messaging import create_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from tests.unit.forks.kit import MESSAGE, queue_options

#: Inherited by a forked child, and made anew by a spawned one.
parents: list[Any] = []
own: list[Any] = []


def work() -> int:
    """Make and use one of each kind; how many events were handled."""
    handled: list[object] = []
    for kind in ProducerType:
        disruptor = Disruptor.of_values(8, kind)
        disruptor.handle_events_with(lambda value, sequence, end_of_batch: handled.append(value))
        with disruptor:
            disruptor.publish_values(range(20))
    for bus in (ChannelEventBus(8), RingBufferEventBus(8)):

        async def later(event: int) -> None:
            handled.append(event)

        with bus:
            bus.subscribe(int, handled.append)
            bus.subscribe(int, later)
            for number in range(10):
                bus.publish_sync(number)
    for is_ring in (False, True):
        chosen = queue_options(is_ring)
        with create_queue(chosen) as messages:
            messages.add_consumer(handled.append)
            for _ in range(10):
                messages.enqueue_sync(MESSAGE)
    queue = Queue[int](4)
    queue.put(1)
    handled.append(queue.get())

    async def both_ways() -> None:
        items = AsyncQueue[int](4)
        await items.put(1)
        handled.append(await items.get())

    asyncio.run(both_ways())
    return len(handled)


#: How many events `work` handles.
HANDLED = len(ProducerType) * 20 + 2 * 2 * 10 + 2 * 10 + 2


def use_parents() -> str:
    """The result of a call of the parent's disruptor; "none" if the child has not inherited it."""
    for disruptor in parents:
        try:
            disruptor.publish_value(1)
        except Exception as error:
            return type(error).__name__
    return "none"


def report(connection: Any) -> None:
    """The body of a child."""
    connection.send((use_parents(), work()))
    connection.close()


def start_own() -> None:
    """The initializer of an executor's process: a disruptor of its own."""
    seen: list[int] = []
    disruptor = Disruptor.of_values(64, drain_at_exit=5)
    disruptor.handle_events_with(lambda value, sequence, end_of_batch: seen.append(value))
    disruptor.start()
    own[:] = [disruptor, seen]


def publish_to_own(value: int) -> int:
    """A task of an executor: publishes, waits until it is handled, and returns it."""
    disruptor, seen = own
    disruptor.publish_value(value)
    while disruptor.backlog:
        pass
    return int(seen[-1])
