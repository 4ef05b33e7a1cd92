"""In both queues, each message is handled in a context of its own, which begins empty."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from ringbuffer.messaging import InMemoryQueue, TransportEnvelope
from ringbuffer.messaging.pipeline import Pipeline, PipelineConsumer, RetryPolicy, current_delivery
from tests.support.threads import PATIENCE
from tests.unit.messaging.queues.kit import Make, Notes, number_of, put, wait_until

tenant: ContextVar[str] = ContextVar("tenant", default="none")
kinds = pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])


def handler(
    react: Callable[[TransportEnvelope], object], is_async: bool
) -> Callable[[TransportEnvelope], Any]:
    async def handle(envelope: TransportEnvelope) -> None:
        await asyncio.sleep(0)
        react(envelope)

    return handle if is_async else react


def in_context(call: Callable[[], object], value: str) -> None:
    def run() -> None:
        tenant.set(value)
        call()

    copy_context().run(run)


@kinds
def test_a_handler_sees_no_context_of_the_thread_that_added_it_or_of_a_producer(
    make: Make, is_async: bool
) -> None:
    queue, notes, values = make(), Notes(), []

    def react(envelope: TransportEnvelope) -> None:
        values.append(tenant.get())
        notes(envelope)

    in_context(lambda: queue.add_consumer(handler(react, is_async)), "adder")
    in_context(lambda: put(queue, 0, 1), "producer")
    notes.wait_for(2)
    assert values == ["none", "none"]


@kinds
def test_what_a_handler_sets_for_one_message_it_does_not_see_at_the_next(
    make: Make, is_async: bool
) -> None:
    queue, notes, values = make(), Notes(), []

    def react(envelope: TransportEnvelope) -> None:
        values.append(tenant.get())
        number = number_of(envelope)
        if number % 3 != 1:
            tenant.set(f"message {number}")
        notes(envelope)
        if number == 5:
            raise KeyError(number)

    consumer = queue.add_consumer(handler(react, is_async))
    put(queue, *range(12))
    notes.wait_for(12)
    assert values == ["none"] * 12
    assert queue.close(timeout=PATIENCE).unfinished == 0
    assert consumer.failed == 1


def test_a_loop_goes_on_where_the_handler_changes_its_context_and_so_do_its_tasks(
    make: Make,
) -> None:
    """A task that one message has started continues in its context during the next messages."""
    queue, notes, ended = make(), Notes(), []

    async def outlive() -> None:
        while len(notes.wait_for(0)) < 5:
            await asyncio.sleep(0)
        ended.append(tenant.get())

    tasks: list[asyncio.Task[None]] = []

    async def handle(envelope: TransportEnvelope) -> None:
        tenant.set(f"message {number_of(envelope)}")
        if not tasks:
            tasks.append(asyncio.create_task(outlive()))
        await asyncio.sleep(0)
        notes(envelope)

    queue.add_consumer(handle)
    put(queue, *range(5))
    notes.wait_for(5)
    wait_until(lambda: ended == ["message 0"])


@kinds
def test_a_pipeline_around_a_queues_handler_sees_each_message_alone(
    make: Make, is_async: bool
) -> None:
    queue, notes, values = make(), Notes(), []

    def react(envelope: TransportEnvelope) -> None:
        delivery = current_delivery()
        values.append(
            (
                number_of(envelope),
                None if delivery is None else delivery.message is envelope,
                tenant.get(),
            )
        )
        tenant.set("set")
        notes(envelope)
        if len(values) == 1:
            raise OSError

    with PipelineConsumer(
        Pipeline().use_correlation().use_retry(RetryPolicy(3, delay=1e-3, jitter=0)), react
    ) as consumer:
        queue.add_consumer(consumer)
        put(queue, 0)
        notes.wait_for(2)  # the second time in the thread for retries
        put(queue, 1)
        notes.wait_for(3)
    assert values == [(0, True, "none"), (0, True, "none"), (1, True, "none")]


def test_two_queues_whose_handlers_take_turns_have_a_context_each(make: Make) -> None:
    queues: list[InMemoryQueue] = [make(), make()]
    notes = Notes()
    wrong: list[object] = []

    def handler_of(name: str) -> Callable[[TransportEnvelope], Any]:
        async def handle(envelope: TransportEnvelope) -> None:
            if tenant.get() != "none":
                wrong.append(tenant.get())
            mine = f"{name} {number_of(envelope)}"
            tenant.set(mine)
            for _ in range(3):
                await asyncio.sleep(0)
                if tenant.get() != mine:
                    wrong.append((mine, tenant.get()))
            notes(envelope)

        return handle

    for queue, name in zip(queues, "ab", strict=True):
        queue.add_consumer(handler_of(name))
        put(queue, *range(6))
    notes.wait_for(12)
    assert wrong == []
