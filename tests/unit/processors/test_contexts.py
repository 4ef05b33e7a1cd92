"""Contexts of consumers' threads begin empty, wherever the consumer is made, started or fed."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from ringbuffer import Disruptor
from ringbuffer.host import SYSTEM_HOST
from tests.support.threads import PATIENCE

tenant: ContextVar[str] = ContextVar("tenant", default="none")


def in_context[T](value: str, call: Callable[[], T]) -> T:
    def run() -> T:
        tenant.set(value)
        return call()

    return copy_context().run(run)


def test_a_thread_of_the_hosts_begins_with_an_empty_context() -> None:
    seen: list[str] = []
    thread = in_context(
        "starter", lambda: SYSTEM_HOST.start_thread(lambda: seen.append(tenant.get()), "thread")
    )
    thread.join(PATIENCE)
    assert seen == ["none"]


@pytest.mark.parametrize("kind", ["function", "pool", "coroutine"])
def test_a_consumer_sees_the_context_of_neither_its_maker_nor_its_starter_nor_a_producer(
    kind: str,
) -> None:
    seen: list[str] = []

    async def handle_async(event: object, sequence: int, end_of_batch: bool) -> None:
        seen.append(tenant.get())

    def handle(event: object, sequence: int, end_of_batch: bool) -> None:
        seen.append(tenant.get())

    def made() -> Disruptor[Any]:
        disruptor: Disruptor[Any] = Disruptor.of_values(8)
        if kind == "pool":
            disruptor.handle_events_with_worker_pool(handle)
        else:
            disruptor.handle_events_with(handle if kind == "function" else handle_async)
        return disruptor

    disruptor = in_context("maker", made)
    in_context("starter", disruptor.start)
    in_context("producer", lambda: disruptor.publish_value(1))
    in_context("end", lambda: disruptor.shutdown(PATIENCE))
    assert seen == ["none"]


def test_what_a_coroutine_function_sets_ends_with_the_event_and_a_plain_one_keeps_it() -> None:
    plain: list[str] = []
    asynchronous: list[str] = []

    def handle(event: object, sequence: int, end_of_batch: bool) -> None:
        plain.append(tenant.get())
        tenant.set(f"event {event}")

    class Asynchronous:
        def on_start(self) -> None:
            tenant.set("thread")

        async def on_event(self, event: object, sequence: int, end_of_batch: bool) -> None:
            asynchronous.append(tenant.get())
            tenant.set(f"event {event}")
            await asyncio.sleep(0)
            asynchronous.append(tenant.get())

    disruptor: Disruptor[Any] = Disruptor.of_values(8)
    disruptor.handle_events_with(handle, Asynchronous())
    with disruptor:
        for number in range(3):
            disruptor.publish_value(number)
    assert plain == ["none", "event 0", "event 1"]
    assert asynchronous == ["thread", "event 0", "thread", "event 1", "thread", "event 2"]


def test_a_stream_is_read_in_the_context_of_the_task_that_reads() -> None:
    disruptor: Disruptor[Any] = Disruptor.of_values(8)
    seen: list[str] = []

    async def read() -> None:
        tenant.set("reader")
        async with disruptor.ring.stream() as stream:
            threading.Thread(
                target=in_context, args=("producer", lambda: disruptor.publish_value(1))
            ).start()
            await anext(stream)
            seen.append(tenant.get())

    asyncio.run(read())
    assert seen == ["reader"]
    disruptor.halt()
