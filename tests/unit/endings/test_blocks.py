"""One rule for the end of a `with` block: `KeyboardInterrupt` halts, everything else drains."""

import asyncio
import contextlib
import logging
import threading
from typing import Any

import pytest

from ringbuffer import ConsumerFailedError, Disruptor, Grace
from ringbuffer.ending import USUAL_GRACE, check_grace, drains
from ringbuffer.messaging import TransportEnvelope, create_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.pipeline import (
    AsyncPipelineConsumer,
    Pipeline,
    PipelineConsumer,
    Retry,
    RetryPolicy,
)
from tests.support.threads import PATIENCE
from tests.unit.endings.kit import EVENTS, SUBJECTS, Held

#: How a block may end, but for Ctrl-C.
DRAINING = [None, ValueError("x"), SystemExit(0), GeneratorExit(), asyncio.CancelledError()]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as left."""
    records = [record for record in caplog.records if "left unhandled" in record.getMessage()]
    assert all(
        (record.name, record.levelno) == ("ringbuffer", logging.WARNING) for record in records
    )
    return [record.getMessage() for record in records]


every_subject = pytest.mark.parametrize("make", SUBJECTS.values(), ids=SUBJECTS.keys())


@every_subject
@pytest.mark.parametrize("error", DRAINING, ids=repr)
def test_every_end_but_an_interrupt_drains(
    make: Any, error: BaseException | None, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Held()
    subject, publish = make(handler)

    def use() -> None:
        with contextlib.suppress(type(error) if error else ValueError), subject:
            publish()
            assert handler.entered.wait(PATIENCE)
            handler.may_go_on.set()
            if error is not None:
                raise error

    use()
    assert handler.handled == EVENTS
    assert not caplog.records, "nothing is left, so nothing is logged"


@every_subject
def test_an_interrupt_halts_and_what_is_left_is_logged_once(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Held()
    subject, publish = make(handler)
    with pytest.raises(KeyboardInterrupt), subject:
        publish()
        assert handler.entered.wait(PATIENCE)
        publish()  # after the batch that the handler is in
        # A bus waits for the end of that batch
        threading.Timer(0.05, handler.may_go_on.set).start()
        raise KeyboardInterrupt
    (message,) = told(caplog)
    assert message.startswith("'subject' was ")
    assert handler.handled <= EVENTS


@every_subject
@pytest.mark.parametrize("error", DRAINING, ids=repr)
def test_a_grace_that_ends_is_logged_with_numbers_and_names(
    make: Any, error: BaseException | None, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Held()
    subject, publish = make(handler, grace=0.05)
    with contextlib.suppress(TimeoutError, *([type(error)] if error else [])), subject:
        publish()
        assert handler.entered.wait(PATIENCE)
        if error is not None:
            raise error
    (message,) = told(caplog)
    assert "'subject'" in message
    assert "held has not" in message
    assert any(str(count) in message for count in (EVENTS, EVENTS - 1))
    handler.may_go_on.set()


def test_a_disruptor_whose_grace_ends_raises_the_report_or_adds_it_to_the_error() -> None:
    handler = Held()
    disruptor = Disruptor.of_values(8, grace=0)
    disruptor.handle_events_with(handler)
    with pytest.raises(TimeoutError, match="held has 1 events to handle"), disruptor:
        disruptor.publish_value(1)
        assert handler.entered.wait(PATIENCE)
    second = Disruptor.of_values(8, grace=0)
    second.handle_events_with(Held())
    with pytest.raises(SystemExit) as raised, second:
        second.publish_value(1)
        raise SystemExit(3)
    assert "held has 1 events to handle" in raised.value.__notes__[0]
    handler.may_go_on.set()


def test_what_a_dead_consumer_left_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def fail(value: int, sequence: int, end_of_batch: bool) -> None:
        raise ValueError("no")

    disruptor = Disruptor.of_values(8, name="subject")
    disruptor.handle_events_with(fail)
    with pytest.raises(ConsumerFailedError):
        disruptor.publish_values(range(3))
        with disruptor:
            assert disruptor.join(PATIENCE)
    with pytest.raises(ConsumerFailedError):
        disruptor.shutdown()
    (message,) = told(caplog)
    assert "fail has not finished 3 events, from 0 on" in message


def test_the_usual_grace_limits_exceptional_ends_alone() -> None:
    assert (USUAL_GRACE.after(None), USUAL_GRACE.after(SystemExit())) == (None, 30.0)
    assert (check_grace(2).after(None), check_grace(2).after(ValueError())) == (2, 2)
    assert check_grace(None).after(ValueError()) is None
    assert Grace(1, 2) == check_grace(Grace(1, 2))


def test_only_keyboard_interrupt_halts() -> None:
    class Interrupt(KeyboardInterrupt):
        """As some frameworks derive."""

    assert not drains(KeyboardInterrupt())
    assert not drains(Interrupt())
    assert all(
        drains(error)
        for error in (None, Exception(), SystemExit(), GeneratorExit(), asyncio.CancelledError())
    )


@pytest.mark.parametrize("wrong", ["1", True, float("nan"), -1])
@pytest.mark.parametrize(
    "make",
    [lambda **o: Disruptor.of_values(8, **o), ChannelEventBus, RingBufferEventBus, create_queue],
)
@pytest.mark.parametrize("option", ["grace", "drain_at_exit"])
def test_a_wrong_limit_is_refused_with_its_name_and_value(
    make: Any, option: str, wrong: Any
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"{option} must be .* not {wrong!r}"):
        make(**{option: wrong})


# -- in an event loop -----------------------------------------------------------------------------


ASYNCHRONOUS = {name: make for name, make in SUBJECTS.items() if name != "disruptor"}


@pytest.mark.parametrize("make", ASYNCHRONOUS.values(), ids=ASYNCHRONOUS.keys())
def test_a_task_that_is_cancelled_drains_even_if_it_is_cancelled_again(make: Any) -> None:
    handler = Held()

    async def main() -> None:
        subject, publish = make(handler)
        in_block = asyncio.Event()

        async def use() -> None:
            async with subject:
                publish()
                in_block.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(use())
        await in_block.wait()
        await asyncio.to_thread(handler.entered.wait, PATIENCE)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not task.done()
        handler.may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert handler.handled == EVENTS

    asyncio.run(main())


@pytest.mark.parametrize("make", ASYNCHRONOUS.values(), ids=ASYNCHRONOUS.keys())
def test_a_cancelled_drain_ends_with_the_grace(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    handler = Held()

    async def main() -> None:
        subject, publish = make(handler, grace=Grace(None, 0.05))
        in_block = asyncio.Event()

        async def use() -> None:
            async with subject:
                publish()
                in_block.set()

        task = asyncio.create_task(use())
        await in_block.wait()
        await asyncio.to_thread(handler.entered.wait, PATIENCE)
        task.cancel()  # during the drain of a normal end, which has no limit
        with pytest.raises(asyncio.CancelledError):
            await task
        handler.may_go_on.set()

    asyncio.run(main())


@pytest.mark.parametrize("make", ASYNCHRONOUS.values(), ids=ASYNCHRONOUS.keys())
def test_a_loop_that_ends_lets_its_tasks_drain(make: Any) -> None:
    handler = Held()

    async def main() -> None:
        subject, publish = make(handler)
        in_block = asyncio.Event()

        async def use() -> None:
            async with subject:
                publish()
                in_block.set()
                await asyncio.Event().wait()

        main.task = asyncio.create_task(use())  # type: ignore[attr-defined]
        await in_block.wait()
        asyncio.get_running_loop().call_later(0.05, handler.may_go_on.set)

    asyncio.run(main())
    assert handler.handled == EVENTS


# -- pipelines ------------------------------------------------------------------------------------


def failing_once() -> Any:
    attempts: list[object] = []

    def handle(message: object) -> None:
        attempts.append(message)
        if len(attempts) == 1:
            raise ValueError("the first time")

    handle.attempts = attempts  # type: ignore[attr-defined]
    return handle


def retrying(delay: float) -> Pipeline:
    return Pipeline(Retry(RetryPolicy(delay=delay, jitter=0)))


@pytest.mark.parametrize("error", DRAINING, ids=repr)
def test_a_pipeline_consumer_waits_for_its_retries(error: BaseException | None) -> None:
    handle = failing_once()
    with (
        contextlib.suppress(type(error) if error else ValueError),
        PipelineConsumer(retrying(0.01), handle) as consumer,
    ):
        consumer("message")
        assert len(handle.attempts) == 1
        if error is not None:
            raise error
    assert len(handle.attempts) == 2


@pytest.mark.parametrize(
    ("error", "grace"), [(KeyboardInterrupt(), 60), (SystemExit(), 0)], ids=repr
)
def test_a_pipeline_consumer_that_does_not_wait_logs_what_is_left(
    error: BaseException, grace: float, caplog: pytest.LogCaptureFixture
) -> None:
    handle = failing_once()
    with (
        contextlib.suppress(type(error)),
        PipelineConsumer(retrying(600), handle, name="pay", grace=grace) as consumer,
    ):
        consumer("message")
        raise error
    assert len(handle.attempts) == 1
    (message,) = told(caplog)
    assert message == "'pay' was closed; left unhandled: 1 messages were waiting for a retry"


def test_a_coroutine_function_is_tried_again_at_the_end_of_an_async_block() -> None:
    attempts: list[object] = []

    async def handle(message: object) -> None:
        attempts.append(message)
        if len(attempts) == 1:
            raise ValueError("the first time")

    async def main() -> None:
        async with AsyncPipelineConsumer(retrying(0.01), handle) as consumer:
            await consumer("message")
            assert len(attempts) == 1

    asyncio.run(main())
    assert len(attempts) == 2


def test_a_queue_ends_with_an_async_block_too() -> None:
    handled: list[object] = []

    async def main() -> None:
        async with create_queue() as queue:
            queue.add_consumer(handled.append)
            await queue.enqueue(TransportEnvelope("t", b""))

    asyncio.run(main())
    assert len(handled) == 1
