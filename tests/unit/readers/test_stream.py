"""`EventStream`: a ring as an asynchronous iterator."""

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    ConsumerFailedError,
    ProducerType,
    RingBuffer,
    Sequence,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
)
from ringbuffer.wait import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    LiteBlockingWaitStrategy,
    SleepingWaitStrategy,
    YieldingWaitStrategy,
)
from tests.support.threads import PATIENCE, Background

STRATEGIES: list[Callable[[], WaitStrategy]] = [
    BlockingWaitStrategy,
    AdaptiveWaitStrategy,
    LiteBlockingWaitStrategy,
    SleepingWaitStrategy,
    YieldingWaitStrategy,
    lambda: TimeoutBlockingWaitStrategy(0.001),
]


def run[T](main: Callable[[], Awaitable[T]]) -> T:
    async def limited() -> T:
        async with asyncio.timeout(PATIENCE):
            return await main()

    return asyncio.run(limited())


def stream_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ring stream")]


def wait_for_no_stream_threads() -> None:
    for thread in stream_threads():
        thread.join(PATIENCE)
        assert not thread.is_alive()


async def collect(ring: RingBuffer[Any], **options: Any) -> list[Any]:
    seen: list[Any] = []
    async for batch in ring.stream(**options):
        seen += batch
    return seen


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("kind", list(ProducerType))
def test_every_value_comes_once_and_in_order_until_the_ring_is_closed(
    kind: ProducerType, strategy: Callable[[], WaitStrategy]
) -> None:
    ring = RingBuffer.of_values(16, kind, strategy())
    joined = threading.Event()

    def produce() -> None:
        assert joined.wait(PATIENCE)
        ring.publish_values(range(2000), timeout=PATIENCE)
        ring.close()

    async def main() -> list[int]:
        task = asyncio.create_task(collect(ring))
        await asyncio.sleep(0)  # it has joined the ring
        joined.set()
        return await task

    with Background(produce):
        assert run(main) == list(range(2000))
    wait_for_no_stream_threads()
    assert ring.slots.view() == [None] * 16


def test_several_streams_of_one_loop_and_a_dependency_between_them() -> None:
    ring = RingBuffer.of_values(8)

    async def main() -> None:
        first = ring.stream()
        second = ring.stream(first.sequence, max_batch_size=3)
        seen: list[int] = []

        async def follow() -> None:
            async for batch in second:
                assert len(batch) <= 3
                assert second.first_sequence == len(seen)
                assert first.sequence.get() >= second.first_sequence + len(batch) - 1
                seen.extend(batch)

        async def lead() -> int:
            return sum([len(batch) async for batch in first])

        def produce() -> None:
            ring.publish_values(range(500), timeout=PATIENCE)
            ring.close()

        leading, _, _ = await asyncio.gather(lead(), follow(), asyncio.to_thread(produce))
        assert leading == 500
        assert seen == list(range(500))

    run(main)
    wait_for_no_stream_threads()


def test_a_stream_that_always_has_something_lets_other_tasks_run() -> None:
    ring = RingBuffer.of_values(64)

    async def main() -> None:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        stream = ring.stream(max_batch_size=1)
        ring.publish_values(range(64))
        task = asyncio.create_task(other())
        for number in range(64):
            assert await anext(stream) == [number]
        task.cancel()
        await stream.aclose()
        assert turns >= 63

    run(main)


def test_a_batch_is_finished_when_the_next_is_asked_for() -> None:
    ring = RingBuffer.of_values(4)

    async def main() -> None:
        async with ring.stream() as stream:
            ring.publish_values("ab")
            assert await anext(stream) == ["a", "b"]
            assert ring.remaining_capacity() == 2
            waiting = asyncio.create_task(anext(stream))
            await asyncio.sleep(0)
            assert ring.remaining_capacity() == 4
            ring.publish_value("c")
            assert await waiting == ["c"]
            assert ring.remaining_capacity() == 3
        assert ring.remaining_capacity() == 4

    run(main)


def test_skipped_values_do_not_appear() -> None:
    ring = RingBuffer.of_values(8)

    async def main() -> list[Any]:
        stream = ring.stream()
        for number in range(6):
            sequence = ring.next()
            ring.producer()[sequence] = number
            (ring.skip if number in (0, 2, 3, 5) else ring.publish)(sequence)
        ring.close()
        return [(stream.first_sequence, batch) async for batch in stream]

    assert run(main) == [(1, [1]), (4, [4])]


def test_a_wait_may_be_cancelled_and_taken_up_again() -> None:
    ring = RingBuffer.of_values(4)

    async def main() -> None:
        async with ring.stream() as stream:
            for number in range(20):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(stream), 0.001)
                ring.publish_value(number)
                assert await anext(stream) == [number]

    run(main)
    wait_for_no_stream_threads()


def test_two_tasks_cannot_share_a_stream() -> None:
    ring = RingBuffer.of_values(4)

    async def main() -> None:
        async with ring.stream() as stream:
            waiting = asyncio.create_task(anext(stream))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await anext(stream)
            ring.publish_value(1)
            assert await waiting == [1]

    run(main)


def test_a_closed_stream_is_at_its_end() -> None:
    ring = RingBuffer.of_values(4)

    async def main() -> None:
        stream = ring.stream()
        ring.publish_value(1)
        await stream.aclose()
        await stream.aclose()
        assert [batch async for batch in stream] == []
        assert ring.publish_values(range(10), timeout=1) == 10

    run(main)


def test_closing_from_another_task_ends_the_wait() -> None:
    ring = RingBuffer.of_values(4)

    async def main() -> None:
        stream = ring.stream()
        waiting = asyncio.create_task(collect_from(stream))
        await asyncio.sleep(0.001)
        await stream.aclose()
        assert await waiting == []

    async def collect_from(stream: Any) -> list[Any]:
        return [batch async for batch in stream]

    run(main)


def test_a_stream_without_references_lets_the_producers_continue() -> None:
    ring = RingBuffer.of_values(2)

    async def main() -> None:
        ring.publish_value("before")
        ring.stream()  # never used
        waited = False
        for _ in range(3):
            stream = ring.stream()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.001)
            waited = True
            del stream
        assert waited

    run(main)
    gc.collect()
    wait_for_no_stream_threads()
    assert ring.publish_values(range(10), timeout=PATIENCE) == 10


def test_the_death_of_another_consumer_is_reported_after_everything_was_handed_out() -> None:
    ring = RingBuffer.of_values(4)

    class Silent:
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            raise error

        def handle_on_start_exception(self, error: Exception) -> None: ...
        def handle_on_shutdown_exception(self, error: Exception) -> None: ...

    def die(value: object, sequence: int, end_of_batch: bool) -> None:
        if value == 2:
            raise RuntimeError("dead")

    async def main() -> None:
        seen: list[int] = []
        stream = ring.stream()
        doomed = BatchEventProcessor(ring, ring.new_barrier(), die, exception_handler=Silent())
        ring.publish_values(range(3))
        doomed.start()
        with pytest.raises(ConsumerFailedError, match="dead"):
            async for batch in stream:
                seen.extend(batch)
        assert seen == [0, 1, 2]

    run(main)


def test_what_was_claimed_before_the_close_still_comes() -> None:
    ring = RingBuffer.of_values(4)

    async def main() -> None:
        stream = ring.stream()
        sequence = ring.next()
        ring.close()
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.001)
        assert not waiting.done()
        ring.producer()[sequence] = "late"
        ring.publish(sequence)
        assert await waiting == ["late"]
        assert [batch async for batch in stream] == []

    run(main)


def test_a_stream_of_events_depends_on_the_given_consumers() -> None:
    ring = RingBuffer.of_values(4)
    before = Sequence()

    async def main() -> None:
        async with ring.stream(before) as stream:
            ring.publish_values("ab")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.001)
            before.set(0)
            ring.sequencer.signal()
            assert await anext(stream) == ["a"]

    run(main)


def test_a_batch_size_is_at_least_one() -> None:
    ring = RingBuffer.of_values(4)
    with pytest.raises(ValueError, match="max_batch_size must be 1 or more"):
        ring.stream(max_batch_size=0)
    assert ring.remaining_capacity() == 4


def test_a_loop_that_is_gone_harms_no_other_waiter() -> None:
    ring = RingBuffer.of_values(4)
    stream = None

    async def main() -> None:
        nonlocal stream
        stream = ring.stream()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.001)

    run(main)
    ring.publish_value(1)  # wakes the bridge, whose loop is closed
    assert stream is not None
    asyncio.run(stream.aclose())
    wait_for_no_stream_threads()


def test_a_stream_behind_a_consumer_that_died_ends_where_that_one_stopped() -> None:
    ring = RingBuffer.of_values(4)

    class Silent:
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            raise error

        def handle_on_start_exception(self, error: Exception) -> None: ...
        def handle_on_shutdown_exception(self, error: Exception) -> None: ...

    def die(value: object, sequence: int, end_of_batch: bool) -> None:
        if value == 1:
            raise RuntimeError("dead")

    async def main() -> None:
        seen: list[int] = []
        doomed = BatchEventProcessor(
            ring, ring.new_barrier(), die, exception_handler=Silent(), max_batch_size=1
        )
        stream = ring.stream(doomed.sequence)
        ring.publish_values(range(3))
        doomed.start()
        with pytest.raises(ConsumerFailedError, match="dead"):
            async for batch in stream:
                seen.extend(batch)
        assert seen == [0]

    run(main)


def test_a_stream_behind_a_stream_that_was_left_ends_with_the_ring() -> None:
    ring = RingBuffer.of_values(4)

    async def main() -> None:
        first = ring.stream()
        second = ring.stream(first.sequence)
        ring.publish_values(range(3))
        assert await anext(first) == [0, 1, 2]
        await first.aclose()
        ring.publish_values([3])
        ring.close()
        assert [batch async for batch in second] == [[0, 1, 2]]

    run(main)


@pytest.mark.parametrize("who", ["processor", "stream"])
def test_a_callback_about_the_end_of_a_consumer_finds_that_it_has_stopped(who: str) -> None:
    """The callback looks once, and is not called again."""
    ring, told = RingBuffer.of_values(4), list[bool]()
    processor = BatchEventProcessor(ring, ring.new_barrier(), lambda value, sequence, last: None)

    async def main() -> None:
        stream = ring.stream()
        ring.sequencer.state.add_close_listener(lambda: told.append(stream.sequence.has_stopped))
        ring.publish_values([1])
        assert await anext(stream) == [1]
        ring.close()
        assert [batch async for batch in stream] == []

    if who == "stream":
        run(main)
    else:
        ring.sequencer.state.add_close_listener(lambda: told.append(processor.sequence.has_stopped))
        processor.start()
        ring.close()
        assert processor.close(PATIENCE)
    assert told[0] is False
    assert told[-1] is True
