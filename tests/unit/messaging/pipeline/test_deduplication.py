"""The stage `Deduplication`: each envelope succeeds once in each handler."""

import asyncio
import gc
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from ringbuffer.messaging import TransportEnvelope, create_queue
from ringbuffer.messaging.bus import RingBufferEventBus
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery, RetryLater
from ringbuffer.messaging.pipeline import (
    AsyncPipelineConsumer,
    Deduplication,
    DuplicateInProgressError,
    Pipeline,
    PipelineConsumer,
    RetryPolicy,
)
from ringbuffer.messaging.pipeline.stage import put_around
from tests.support.manual_host import ManualHost
from tests.support.threads import PATIENCE, Background, together

ORDER = TransportEnvelope("order", b"7")


class Plain:
    """A handler around which a stage is put, called in this thread."""

    def __init__(self, stage: Deduplication, handler: Callable[[Any], object]) -> None:
        self.deliver: Callable[[object], object] = PipelineConsumer(
            Pipeline(stage), handler, name="handler"
        )


class Awaited:
    """The same for a coroutine function, in a loop of its own for each message."""

    def __init__(self, stage: Deduplication, handler: Callable[[Any], object]) -> None:
        async def coroutine(message: object) -> object:
            await asyncio.sleep(0)
            return handler(message)

        consumer = AsyncPipelineConsumer(Pipeline(stage), coroutine, name="handler")

        async def call(message: object) -> object:
            return await consumer(message)

        self.deliver: Callable[[object], object] = lambda message: asyncio.run(call(message))


either = pytest.mark.parametrize("kind", [Plain, Awaited])
type Kind = type[Plain | Awaited]


class Handler:
    """Notes its messages; raises the given errors first."""

    def __init__(self, *errors: BaseException) -> None:
        self.got: list[object] = []
        self._errors = list(errors)

    def __call__(self, message: object) -> str:
        self.got.append(message)
        if self._errors:
            raise self._errors.pop(0)
        return "handled"


@either
def test_a_duplicate_is_not_handled(kind: Kind) -> None:
    stage, handler = Deduplication(), Handler()
    deliver = kind(stage, handler).deliver
    other = TransportEnvelope("order", b"7")
    assert [deliver(each) for each in (ORDER, ORDER, other, ORDER)] == [
        "handled",
        None,
        "handled",
        None,
    ]
    assert handler.got == [ORDER, other]
    assert (stage.duplicates, stage.remembered) == (2, 2)


@either
@pytest.mark.parametrize("error", [OSError(), KeyboardInterrupt(), asyncio.CancelledError()])
def test_a_message_that_failed_is_handled_when_it_comes_again(
    kind: Kind, error: BaseException
) -> None:
    stage, handler = Deduplication(), Handler(error)
    deliver = kind(stage, handler).deliver
    with pytest.raises(type(error)):
        deliver(ORDER)
    assert stage.remembered == 0
    assert (deliver(ORDER), deliver(ORDER)) == ("handled", None)
    assert handler.got == [ORDER, ORDER]


def test_a_message_that_is_to_be_retried_is_handled_when_it_comes_again() -> None:
    stage, handler = Deduplication(), Handler(OSError())
    call = Pipeline(stage).use_retry(RetryPolicy(3, delay=5)).around(handler)
    first = Delivery(ORDER, None, "handler", lambda delivery, delay: None)
    with pytest.raises(RetryLater):
        call(first)
    assert call(Delivery(ORDER, None, "handler")) == "handled"
    assert call(first) is None


def test_a_dead_letter_is_replayed_to_the_handler() -> None:
    letters, handler = DeadLetterQueue(), Handler(OSError())
    pipeline = Pipeline().use_deduplication().use_error_handling(letters)
    consumer = PipelineConsumer(pipeline, handler)
    assert (consumer(ORDER), len(letters)) == (None, 1)
    assert letters.replay(to=lambda letter: consumer(letter.message)) == 1
    assert (consumer(ORDER), len(letters), len(handler.got)) == (None, 0, 2)


def test_a_duplicate_is_refused_while_the_first_is_being_handled() -> None:
    begun, goes_on, stage = Event(), Event(), Deduplication()

    def slow(message: object) -> str:
        begun.set()
        assert goes_on.wait(PATIENCE)
        return "handled"

    consumer = PipelineConsumer(Pipeline(stage), slow, name="slow")
    first = Background(lambda: consumer(ORDER), "first").start()
    assert begun.wait(PATIENCE)
    with pytest.raises(DuplicateInProgressError, match=f"{ORDER.message_id} is being handled by"):
        consumer(ORDER)
    assert stage.duplicates == 0
    goes_on.set()
    assert first.join() == "handled"
    assert consumer(ORDER) is None


def test_a_duplicate_is_refused_while_a_coroutine_handles_the_first() -> None:
    handled: list[object] = []

    async def main() -> None:
        begun, goes_on = asyncio.Event(), asyncio.Event()

        async def slow(message: object) -> None:
            begun.set()
            await goes_on.wait()
            handled.append(message)

        consumer = AsyncPipelineConsumer(Pipeline(Deduplication()), slow)
        first = asyncio.create_task(consumer(ORDER))
        await begun.wait()
        with pytest.raises(DuplicateInProgressError):
            await consumer(ORDER)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        goes_on.set()
        await consumer(ORDER)
        await consumer(ORDER)

    asyncio.run(main())
    assert handled == [ORDER]


def test_a_coroutine_that_is_closed_frees_its_message() -> None:
    stage = Deduplication()

    async def endless(message: object) -> None:
        await asyncio.get_running_loop().create_future()

    call = Pipeline(stage).around_async(endless)

    async def main() -> None:
        steps: Any = call(Delivery(ORDER, None, "handler"))
        steps.send(None)
        assert stage.remembered == 1
        steps.close()

    asyncio.run(main())
    gc.collect()
    assert stage.remembered == 0


def test_an_interrupt_between_the_steps_of_a_stage_ends_the_stage_at_once() -> None:
    """It comes after the stage has begun, and the traceback keeps the stage's frame alive."""
    stage = Deduplication()

    def never(delivery: Delivery) -> object:
        raise AssertionError

    class Interrupting:
        """In the place of the stage's generator: an interrupt comes when `next` has returned."""

        def __init__(self, steps: Any) -> None:
            self.steps = steps

        def __next__(self) -> None:
            next(self.steps)
            raise KeyboardInterrupt

        def close(self) -> None:
            self.steps.close()

    def around(delivery: Delivery) -> Any:
        return Interrupting(stage.around(delivery))

    with pytest.raises(KeyboardInterrupt) as caught:
        put_around(around, never)(Delivery(ORDER, None, "handler"))
    assert caught.value.__traceback__ is not None
    assert stage.remembered == 0


def test_of_threads_that_deliver_the_same_message_one_handles_it() -> None:
    stage, handler = Deduplication(), Handler()
    consumer = PipelineConsumer(Pipeline(stage), handler, name="handler")
    orders = [TransportEnvelope("order") for _ in range(50)]

    def deliver_all() -> int:
        refused = 0
        for order in orders:
            try:
                consumer(order)
            except DuplicateInProgressError:
                refused += 1
        return refused

    refused = together(deliver_all, deliver_all, deliver_all)
    assert len(handler.got) == len(set(handler.got)) == 50
    assert stage.duplicates == 100 - sum(refused)  # type: ignore[arg-type]
    assert stage.remembered == 50


def test_each_handler_of_a_bus_gets_the_message_once() -> None:
    stage, one, other = Deduplication(), Handler(), Handler()
    with RingBufferEventBus(pipeline=Pipeline(stage)) as bus:
        bus.subscribe(TransportEnvelope, one, name="one")
        bus.subscribe(TransportEnvelope, other, name="other")
        bus.publish_all([ORDER, ORDER])
    assert one.got == other.got == [ORDER]


def test_consumers_of_a_queue_share_the_window() -> None:
    handler = Handler()
    consumer = PipelineConsumer(Pipeline().use_deduplication(), handler)
    with create_queue() as queue:
        queue.add_consumer(consumer)
        for _ in range(3):
            queue.enqueue_sync(ORDER)
    assert handler.got == [ORDER]


def test_other_messages_than_envelopes_pass() -> None:
    stage, handler = Deduplication(), Handler()
    deliver = Plain(stage, handler).deliver
    assert (deliver("text"), deliver("text")) == ("handled", "handled")
    assert stage.remembered == 0


# -- the window -----------------------------------------------------------------------------------


def test_the_oldest_messages_are_forgotten() -> None:
    stage, handler = Deduplication(2), Handler()
    deliver = Plain(stage, handler).deliver
    orders = [TransportEnvelope("order", str(number).encode()) for number in range(3)]
    for order in orders:
        deliver(order)
    assert stage.remembered == 2
    assert [deliver(order) for order in (*orders[1:], orders[0])] == [None, None, "handled"]


@pytest.mark.parametrize("max_age", [60, timedelta(minutes=1)])
def test_messages_are_forgotten_after_some_time(max_age: Any) -> None:
    host, handler = ManualHost(), Handler()
    stage = Deduplication(max_age=max_age, host=host)
    deliver = Plain(stage, handler).deliver
    deliver(ORDER)
    host.now = 59.0
    assert deliver(ORDER) is None
    host.now = 60.0
    assert deliver(ORDER) == "handled"
    host.now = 130.0
    deliver(TransportEnvelope("order"))
    assert stage.remembered == 1


@pytest.mark.parametrize(
    ("arguments", "error", "what"),
    [
        ({"capacity": 0}, ValueError, "capacity must be 1 or more"),
        ({"capacity": None}, TypeError, "capacity must be an integer"),
        ({"max_age": 0}, ValueError, "max_age must be a positive number"),
        ({"max_age": "long"}, TypeError, "max_age must be a positive number"),
    ],
)
def test_a_window_out_of_range_is_refused(
    arguments: dict[str, Any], error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what):
        Deduplication(**arguments)
