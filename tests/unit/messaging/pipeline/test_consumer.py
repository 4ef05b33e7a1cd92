"""Pipelines around whatever consumes: results, retries that leave and come back, and the end."""

import asyncio
import gc
import logging
import threading
from collections.abc import Generator
from typing import Any

import pytest

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.dead_letters import DeadLetter, DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery, RetryLater
from ringbuffer.messaging.pipeline import (
    AsyncPipelineConsumer,
    ConsumerClosedError,
    Pipeline,
    PipelineConsumer,
    RetryPolicy,
    current_delivery,
)
from tests.support.manual_host import ManualHost
from tests.support.threads import PATIENCE
from tests.unit.messaging.bus.kit import Recorder


def pipeline(letters: DeadLetterQueue, attempts: int = 3) -> Pipeline:
    return (
        Pipeline()
        .use_correlation()
        .use_error_handling(letters)
        .use_retry(RetryPolicy(attempts, delay=10, jitter=0))
    )


def broken(message: object) -> None:
    raise OSError(message)


def test_a_consumer_returns_what_the_handler_returns() -> None:
    consumer = PipelineConsumer(Pipeline(), lambda message: message * 2, name="twice")
    assert consumer.name == "twice"
    assert consumer(21) == 42
    assert consumer.returning == 0


def test_an_envelope_is_its_own_identity() -> None:
    found: list[Any] = []
    envelope = TransportEnvelope("order", correlation_id="request 7")

    def handler(message: object) -> None:
        current = current_delivery()
        assert current is not None
        found.append(current.identity)

    consumer = PipelineConsumer(Pipeline().use_correlation(), handler)
    consumer(envelope)
    consumer("text")
    assert (found[0].message_id, found[0].correlation_id) == (envelope.message_id, "request 7")
    assert found[1].correlation_id is None


def test_what_no_stage_keeps_is_raised() -> None:
    with pytest.raises(OSError, match="7"):
        PipelineConsumer(Pipeline(), broken)(7)


def test_a_message_comes_back_until_its_attempts_are_used_up() -> None:
    host, letters, recorder = ManualHost(), DeadLetterQueue(), Recorder(broken)
    consumer = PipelineConsumer(pipeline(letters), recorder, host=host)
    assert consumer("a") is None
    assert consumer.returning == 1
    host.advance(10)
    recorder.wait_for(2)
    wait_until(lambda: consumer.returning == 1 and consumer._timer._waiting != [])
    host.advance(20)
    recorder.wait_for(3)
    wait_until(lambda: len(letters) == 1)
    (letter,) = letters.list()
    assert letter.attempts == 3
    assert consumer.close(PATIENCE) == 0


def wait_until(condition: Any) -> None:
    deadline = SYSTEM_HOST.monotonic() + PATIENCE
    while not condition():
        assert SYSTEM_HOST.monotonic() < deadline
        SYSTEM_HOST.yield_now()


def test_what_fails_after_the_end_is_kept_at_once() -> None:
    letters = DeadLetterQueue()
    with PipelineConsumer(pipeline(letters), broken) as consumer:
        pass
    assert consumer("a") is None
    assert len(letters) == 1
    with pytest.raises(ConsumerClosedError, match="closed"):
        letters.replay()
    assert len(letters) == 1


def test_a_delivery_that_is_not_kept_is_logged_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    consumer = PipelineConsumer(
        Pipeline().use_retry(RetryPolicy(delay=10)), broken, host=ManualHost()
    )
    consumer("a")
    assert consumer.close(PATIENCE) == 1
    assert "'a' will not be retried" in caplog.text


def test_a_consumer_ends_if_its_dead_letters_cannot_be_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class FullQueue(DeadLetterQueue):
        def add(self, delivery: Delivery, error: BaseException) -> DeadLetter:
            raise RuntimeError("the disk is full")

    consumer = PipelineConsumer(pipeline(FullQueue()), broken, host=ManualHost())
    for message in ("a", "b"):
        consumer(message)
    assert consumer.close(PATIENCE) == 2
    assert consumer.returning == 0
    for message in ("a", "b"):
        assert (
            f"{message!r} of handler 'broken' will not be retried, and could not be kept"
            in caplog.text
        )


# -- coroutine functions --------------------------------------------------------------------------


async def broken_later(message: object) -> None:
    await asyncio.sleep(0)
    raise OSError(message)


def test_a_coroutine_function_is_awaited_and_returns() -> None:
    async def twice(message: int) -> int:
        await asyncio.sleep(0)
        return message * 2

    async def main() -> None:
        assert await AsyncPipelineConsumer(Pipeline(), twice)(21) == 42
        with pytest.raises(OSError, match="7"):
            await AsyncPipelineConsumer(Pipeline(), broken_later)(7)

    asyncio.run(main())


def test_a_coroutine_function_is_retried_in_its_loop_and_replayed_there() -> None:
    host, letters = ManualHost(), DeadLetterQueue()
    loops: list[Any] = []
    is_broken = [True]

    async def handler(message: object) -> None:
        loops.append(asyncio.get_running_loop())
        if is_broken[0]:
            raise OSError

    async def main() -> None:
        consumer = AsyncPipelineConsumer(pipeline(letters, 2), handler, host=host)
        await consumer("a")
        host.advance(10)
        await until(lambda: len(letters) == 1)
        assert letters.list()[0].attempts == 2
        is_broken[0] = False
        letters.replay()
        await until(lambda: len(loops) == 3)
        assert set(loops) == {asyncio.get_running_loop()}
        assert consumer.close(PATIENCE) == 0

    asyncio.run(main())


async def until(condition: Any) -> None:
    deadline = SYSTEM_HOST.monotonic() + PATIENCE
    while not condition():
        assert SYSTEM_HOST.monotonic() < deadline
        await asyncio.sleep(0)


def test_what_comes_back_to_a_loop_that_has_ended_is_kept() -> None:
    host, letters = ManualHost(), DeadLetterQueue()
    consumer = AsyncPipelineConsumer(pipeline(letters), broken_later, host=host)

    async def main() -> None:
        await consumer("a")

    asyncio.run(main())
    host.advance(10)
    wait_until(lambda: len(letters) == 1)
    consumer.close(PATIENCE)
    with pytest.raises(ConsumerClosedError):
        letters.replay()


def test_a_retry_that_is_cancelled_with_its_loop_is_kept() -> None:
    host, letters = ManualHost(), DeadLetterQueue()
    tries: list[object] = []

    async def handler(message: object) -> None:
        tries.append(message)
        if len(tries) == 1:
            raise OSError
        await asyncio.Event().wait()

    async def main() -> None:
        await consumer("a")
        host.advance(10)
        await until(lambda: len(tries) == 2)

    consumer = AsyncPipelineConsumer(pipeline(letters), handler, host=host)
    asyncio.run(main())
    assert [letter.error_type for letter in letters.list()] == ["OSError"]
    consumer.close(PATIENCE)


def test_a_retry_that_is_not_kept_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    host = ManualHost()
    stages = Pipeline().use_retry(RetryPolicy(2, delay=10, jitter=0))

    async def main() -> None:
        consumer = AsyncPipelineConsumer(stages, broken_later, host=host)
        await consumer("a")
        host.advance(10)
        await until(lambda: "there is no dead-letter queue" in caplog.text)
        consumer.close(PATIENCE)

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())


def test_a_retry_that_comes_back_while_its_loop_ends_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The loop begins the attempt as one of its last steps, and never continues it.

    asyncio does not complain: the attempt was closed, though its task could not finish.
    """
    letters, host = DeadLetterQueue(), ManualHost()
    attempts: list[object] = []

    async def handler(message: object) -> None:
        attempts.append(message)
        if len(attempts) == 1:
            raise OSError(message)
        await asyncio.get_running_loop().create_future()  # it is never set

    consumer = AsyncPipelineConsumer(pipeline(letters), handler, host=host)

    async def handle() -> None:
        await consumer("order")

    with asyncio.Runner() as runner:
        runner.run(handle())
        host.advance(11)
        wait_until(lambda: consumer.returning == 0)  # the loop has the retry, and does not run
    assert attempts == ["order", "order"]
    assert consumer.close() == 1
    assert [letter.message for letter in letters.list()] == ["order"]
    assert consumer.close() == 0
    gc.collect()
    assert "Task was destroyed" not in caplog.text


class AsksForNonsense:
    """A stage of a user's that puts deliveries aside by itself."""

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        try:
            return (yield)
        except OSError as error:
            raise RetryLater(float("nan")) from error


@pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])
def test_a_message_that_cannot_be_redelivered_is_kept(is_async: bool) -> None:
    letters = DeadLetterQueue()
    pipeline = Pipeline.standard(dead_letters=letters).use(AsksForNonsense())

    def fail(message: object) -> None:
        raise OSError(message)

    async def fail_async(message: object) -> None:
        fail(message)

    async def use() -> None:
        with AsyncPipelineConsumer(pipeline, fail_async) as consumer:
            await consumer("message")

    if is_async:
        asyncio.run(use())
    else:
        with PipelineConsumer(pipeline, fail) as consumer:
            assert consumer("message") is None
            assert consumer.returning == 0
    assert [letter.message for letter in letters.list()] == ["message"]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, MemoryError])
def test_whatever_a_handler_raises_in_the_thread_for_retries_the_next_retry_comes(
    error: type[BaseException],
) -> None:
    seen: list[object] = []
    raised, done = threading.Event(), threading.Event()

    def handle(message: object) -> None:
        seen.append(message)
        if seen.count(message) == 1:
            raise OSError
        if message == "first":
            raised.set()
            raise error
        done.set()

    with PipelineConsumer(
        Pipeline().use_retry(RetryPolicy(2, delay=1e-3, jitter=0)), handle
    ) as consumer:
        consumer("first")
        assert raised.wait(PATIENCE)
        consumer("second")
        assert done.wait(PATIENCE)
    assert seen == ["first", "first", "second", "second"]


def test_a_retry_whose_task_is_cancelled_before_its_first_step_is_kept() -> None:
    letters = DeadLetterQueue()
    attempts: list[object] = []

    async def fail(message: object) -> None:
        attempts.append(message)
        raise OSError(message)

    async def use() -> None:
        stages = (
            Pipeline().use_error_handling(letters).use_retry(RetryPolicy(3, delay=1e-3, jitter=0))
        )
        with AsyncPipelineConsumer(stages, fail) as consumer:
            await consumer("message")
            own = asyncio.current_task()
            # This one runs before the new one's first step
            while len(tasks := asyncio.all_tasks()) == 1:
                await asyncio.sleep(0)
            others = [task for task in tasks if task is not own]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0)
            assert len(letters) == 1

    asyncio.run(use())
    assert attempts == ["message"]
    assert [(letter.message, letter.error_type) for letter in letters.list()] == [
        ("message", "OSError")
    ]
