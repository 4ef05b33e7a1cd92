"""Messages flow from a queue through a pipeline to a bus, its handlers, and on.

Each arrives once, in order, with its correlation.
"""

import asyncio
import logging
from collections.abc import Generator
from functools import partial
from typing import Any

import pytest

from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.pipeline import Pipeline, caused_by_current, current_delivery
from tests.support.threads import PATIENCE, together
from tests.unit.messaging.bus.kit import Recorder
from tests.unit.messaging.integration.kit import (
    Paid,
    Placed,
    PlacedByTelephone,
    System,
    message,
    number_of,
)


def test_messages_of_a_queue_become_events_in_their_order(system: System) -> None:
    queue, bus, handler = system.queue(), system.bus(), Recorder()
    bus.subscribe(Placed, handler)
    queue.add_consumer(
        system.consumer(lambda envelope: bus.publish_sync(Placed(number_of(envelope))))
    )
    for number in range(200):
        queue.enqueue_sync(message(number), PATIENCE)
    system.finish()
    assert handler.numbers == list(range(200))


def test_of_competing_consumers_one_publishes_each_message(system: System) -> None:
    queue, bus, handlers = system.queue(), system.bus(), [Recorder(), Recorder()]
    for handler in handlers:
        bus.subscribe(Placed, handler)
    publish = system.consumer(lambda envelope: bus.publish_sync(Placed(number_of(envelope))))
    for _ in range(4):
        queue.add_consumer(publish)
    for number in range(200):
        queue.enqueue_sync(message(number), PATIENCE)
    system.finish()
    assert handlers[0].numbers == handlers[1].numbers  # in whatever order, it is one
    assert sorted(handlers[0].numbers) == list(range(200))
    assert system.metrics.of("consumer").succeeded == 200


def test_coroutines_all_the_way(system: System) -> None:
    queue, bus = system.queue(8), system.bus(8, system.pipeline())
    seen: list[int] = []

    async def publish(envelope: TransportEnvelope) -> None:
        await bus.publish(Placed(number_of(envelope)), timeout=PATIENCE)

    async def handle(event: Placed) -> None:
        await asyncio.sleep(0)
        seen.append(event.number)

    async def main() -> None:
        for number in range(100):
            assert await queue.enqueue(message(number), PATIENCE)
        await queue.aclose()
        assert (await bus.aclose()).is_complete

    bus.subscribe(Placed, handle)
    queue.add_consumer(system.async_consumer(publish))
    asyncio.run(main())
    assert seen == list(range(100))


def test_a_handler_of_the_bus_sends_on_to_another_queue(system: System) -> None:
    orders, invoices = system.queue(8, "orders"), system.queue(8, "invoices")
    bus, got = system.bus(8), Recorder()
    orders.add_consumer(
        lambda envelope: bus.publish_sync(Placed(number_of(envelope)), timeout=PATIENCE)
    )
    bus.subscribe(
        Placed,
        lambda event: invoices.enqueue_sync(message(event.number * 10), PATIENCE),
        name="invoice",
    )
    invoices.add_consumer(got)
    for number in range(100):
        orders.enqueue_sync(message(number), PATIENCE)
    assert orders.close(timeout=PATIENCE).unfinished == 0
    assert bus.close(timeout=PATIENCE).is_complete
    assert invoices.close(timeout=PATIENCE).discarded == 0
    assert [number_of(envelope) for envelope in got.seen] == [number * 10 for number in range(100)]


def test_a_conversation_goes_through_queues_and_buses(system: System) -> None:
    orders, invoices = system.queue(name="orders"), system.queue(name="invoices")
    bus, got, identities = system.bus(pipeline=system.pipeline()), Recorder(), []

    def invoice(event: Placed) -> None:
        current = current_delivery()
        assert current is not None
        identities.append(current.identity)
        invoices.enqueue_sync(caused_by_current(TransportEnvelope("invoice")))

    orders.add_consumer(
        system.consumer(lambda envelope: bus.publish_sync(Placed(number_of(envelope))))
    )
    bus.subscribe(Placed, invoice)
    invoices.add_consumer(got)
    first = message(1, correlation_id="request 7")
    orders.enqueue_sync(first)
    assert orders.close(timeout=PATIENCE).unfinished == 0
    assert bus.close(timeout=PATIENCE).is_complete
    invoices.close(timeout=PATIENCE)
    (event,), (last,) = identities, got.seen
    assert event is not None
    assert event.causation_id == first.message_id
    assert last.causation_id == event.message_id
    assert event.correlation_id == last.correlation_id == "request 7"
    assert event.conversation_id == last.conversation_id == first.conversation_id


def test_conversations_of_many_messages_do_not_mix(system: System) -> None:
    queue, bus = system.queue(), system.bus(pipeline=system.pipeline())
    found: list[tuple[int, str | None]] = []

    def handle(event: Placed) -> None:
        current = current_delivery()
        assert current is not None
        assert current.identity is not None
        found.append((event.number, current.identity.correlation_id))

    publish = system.consumer(lambda envelope: bus.publish_sync(Placed(number_of(envelope))))
    bus.subscribe(Placed, handle)
    for _ in range(3):
        queue.add_consumer(publish)
    for number in range(90):
        queue.enqueue_sync(message(number, correlation_id=f"request {number}"), PATIENCE)
    system.finish()
    assert sorted(found) == [(number, f"request {number}") for number in range(90)]


def test_an_envelope_that_is_published_stays_the_same_message(system: System) -> None:
    queue, bus, got = system.queue(), system.bus(pipeline=system.pipeline()), Recorder()
    queue.add_consumer(lambda envelope: bus.publish_sync(envelope))
    bus.subscribe(TransportEnvelope, got)
    sent = [message(number) for number in range(20)]
    for envelope in sent:
        queue.enqueue_sync(envelope)
    system.finish()
    assert got.seen == sent


def test_logs_of_both_hops_name_the_same_correlation(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    queue, bus = system.queue(), system.bus(pipeline=system.pipeline())
    queue.add_consumer(
        system.consumer(lambda envelope: bus.publish_sync(Placed(number_of(envelope))))
    )
    bus.subscribe(Placed, lambda event: None, name="handler")
    with caplog.at_level(logging.DEBUG, "ringbuffer.messaging"):
        queue.enqueue_sync(message(1, correlation_id="request 7"))
        system.finish()
    texts = [
        record.getMessage()
        for record in caplog.records
        if "correlation request 7" in record.getMessage()
    ]
    assert sorted(text.split()[0] for text in texts) == ["consumer", "handler"]


def test_a_request_gets_its_reply(system: System) -> None:
    requests, replies = system.queue(name="requests"), system.queue(name="replies")
    bus, got = system.bus(pipeline=system.pipeline()), Recorder()

    def answer(envelope: TransportEnvelope) -> None:
        assert envelope.reply_to == "replies"
        replies.enqueue_sync(
            caused_by_current(message(number_of(envelope) ** 2, destination=envelope.reply_to))
        )

    requests.add_consumer(system.consumer(lambda envelope: bus.publish_sync(envelope)))
    bus.subscribe(TransportEnvelope, answer)
    replies.add_consumer(got)
    sent = {
        each.message_id: each
        for each in (message(number, reply_to="replies") for number in range(10))
    }
    for envelope in sent.values():
        requests.enqueue_sync(envelope)
    assert requests.close(timeout=PATIENCE).unfinished == 0
    assert bus.close(timeout=PATIENCE).is_complete
    replies.close(timeout=PATIENCE)
    assert len(got.seen) == 10
    for reply in got.seen:
        assert number_of(reply) == number_of(sent[reply.causation_id]) ** 2


def test_two_queues_feed_one_bus_and_each_keeps_its_order(system: System) -> None:
    bus, handler = system.bus(), Recorder()
    bus.subscribe(Placed, handler)
    queues = [system.queue(name=name) for name in ("a", "b")]
    for queue in queues:
        queue.add_consumer(
            lambda envelope: bus.publish_sync(Placed(number_of(envelope)), timeout=PATIENCE)
        )

    def send(queue: Any, start: int) -> None:
        for number in range(start, start + 150):
            queue.enqueue_sync(message(number), PATIENCE)

    together(partial(send, queues[0], 0), partial(send, queues[1], 1000))
    system.finish()
    for start in (0, 1000):
        assert [n for n in handler.numbers if start <= n < start + 150] == list(
            range(start, start + 150)
        )
    assert len(handler.numbers) == 300


def test_one_message_fans_out_to_ten_handlers(system: System) -> None:
    queue, bus, handlers = system.queue(), system.bus(), [Recorder() for _ in range(10)]
    for handler in handlers:
        bus.subscribe(Placed, handler)
    queue.add_consumer(
        lambda envelope: bus.publish_sync(Placed(number_of(envelope)), timeout=PATIENCE)
    )
    for number in range(100):
        queue.enqueue_sync(message(number), PATIENCE)
    system.finish()
    assert all(handler.numbers == list(range(100)) for handler in handlers)


def test_a_handler_publishes_what_follows_and_the_bus_drains_all_of_it(system: System) -> None:
    queue, bus, paid = system.queue(), system.bus(256), Recorder()
    bus.subscribe(Placed, lambda event: bus.publish_sync(Paid(event.number)), name="pay")
    bus.subscribe(Paid, paid)
    queue.add_consumer(
        lambda envelope: bus.publish_sync(Placed(number_of(envelope)), timeout=PATIENCE)
    )
    for number in range(50):
        queue.enqueue_sync(message(number), PATIENCE)
    system.finish()
    assert paid.numbers == list(range(50))


def test_handlers_of_a_base_class_get_what_consumers_derive_from_it(system: System) -> None:
    queue, bus, every, telephone = system.queue(), system.bus(), Recorder(), Recorder()
    bus.subscribe(Placed, every)
    bus.subscribe(PlacedByTelephone, telephone)

    def publish(envelope: TransportEnvelope) -> None:
        kind = PlacedByTelephone if envelope.source == "telephone" else Placed
        bus.publish_sync(kind(number_of(envelope)))

    queue.add_consumer(system.consumer(publish))
    for number in range(10):
        queue.enqueue_sync(message(number, source="telephone" if number % 2 else None))
    system.finish()
    assert every.numbers == list(range(10))
    assert telephone.numbers == [1, 3, 5, 7, 9]


def test_many_producers_many_consumers_many_handlers_lose_nothing(system: System) -> None:
    queue, bus = system.queue(32), system.bus(32)
    handlers = [Recorder() for _ in range(5)]
    for handler in handlers:
        bus.subscribe(Placed, handler)
    publish = system.consumer(
        lambda envelope: bus.publish_sync(Placed(number_of(envelope)), timeout=PATIENCE)
    )
    for _ in range(5):
        queue.add_consumer(publish)

    def send(start: int) -> None:
        for number in range(start, start + 100):
            assert queue.enqueue_sync(message(number), PATIENCE)

    together(*(partial(send, start) for start in range(0, 1000, 100)))
    system.finish()
    assert all(sorted(handler.numbers) == list(range(1000)) for handler in handlers)
    assert system.metrics.of("consumer").succeeded == 1000
    assert bus.metrics().handled == 5000


def test_a_stage_of_the_users_own_is_put_around_consumers_and_handlers_alike(
    system: System,
) -> None:
    log: list[tuple[str, str]] = []

    class Note:
        def around(self, delivery: Delivery) -> Generator[None, object, object]:
            log.append((delivery.handler, type(delivery.message).__name__))
            return (yield)

    pipeline = Pipeline(Note())
    queue, bus = system.queue(), system.bus(pipeline=pipeline)

    async def handle(event: Placed) -> None: ...

    bus.subscribe(Placed, handle)
    queue.add_consumer(
        system.consumer(lambda envelope: bus.publish_sync(Placed(number_of(envelope))), pipeline)
    )
    queue.enqueue_sync(message(1))
    system.finish()
    assert log == [("consumer", "TransportEnvelope"), ("handle", "Placed")]


def test_one_metrics_stage_counts_for_everybody(system: System) -> None:
    queue, bus = system.queue(), system.bus(pipeline=system.pipeline())
    bus.subscribe(Placed, lambda event: None, name="a")
    bus.subscribe(Placed, lambda event: None, name="b")
    queue.add_consumer(
        system.consumer(lambda envelope: bus.publish_sync(Placed(number_of(envelope))))
    )
    for number in range(20):
        queue.enqueue_sync(message(number))
    system.finish()
    by_handler = system.metrics.by_handler()
    assert {name: times.succeeded for name, times in by_handler.items()} == {
        "consumer": 20,
        "a": 20,
        "b": 20,
    }
    assert all(times.seconds > 0 for times in by_handler.values())
