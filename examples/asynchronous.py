"""A ring in an event loop: `async for` over batches, and a coroutine function as a handler.

Prints:
    streamed: True
    the loop had turns meanwhile: True
    handled by the coroutine: True
"""

import asyncio

from ringbuffer import Disruptor

COUNT = 1000
handled: list[int] = []


async def handle(value: int, sequence: int, end_of_batch: bool) -> None:
    """Runs in its processor's own loop and thread; the next event comes after it has ended."""
    await asyncio.sleep(0)
    handled.append(value)


async def main() -> None:
    """The application's loop, which nothing here blocks."""
    disruptor = Disruptor.of_values(64)
    disruptor.handle_events_with(handle)
    streamed: list[int] = []
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    stream = disruptor.ring.stream()  # from here on it misses nothing
    disruptor.start()
    producing = asyncio.create_task(asyncio.to_thread(disruptor.publish_values, range(COUNT)))
    async with stream:
        async for batch in stream:
            streamed += batch
            if len(streamed) == COUNT:
                break
    await producing
    ticking.cancel()
    await asyncio.to_thread(disruptor.shutdown)
    print("streamed:", streamed == list(range(COUNT)))
    print("the loop had turns meanwhile:", turns > 1)


asyncio.run(main())
print("handled by the coroutine:", handled == list(range(COUNT)))
