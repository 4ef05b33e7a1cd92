"""Integers of any kind, by `__index__`, wherever the library accepts one; it keeps an `int`."""

from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    Disruptor,
    HandlerSpec,
    ProducerType,
    RewindAtMost,
    RingBuffer,
    WorkerPool,
)
from ringbuffer.diagnostics import DiagnosticEventHandler, Endpoint
from ringbuffer.messaging import (
    ChannelEventBus,
    DeadLetterQueue,
    InMemoryQueueOptions,
    QueueMode,
    RetryPolicy,
    TransportEnvelope,
)
from tests.support.integers import Derived, Index
from tests.unit.processors.kit import Cell

KINDS = pytest.mark.parametrize("kind", [Index, Derived])
TYPES = pytest.mark.parametrize("producer_type", list(ProducerType))


@KINDS
@TYPES
def test_claims_take_any_integer_and_give_plain_ones(
    kind: Any, producer_type: ProducerType
) -> None:
    ring = RingBuffer(kind(8), Cell, producer_type)
    assert type(ring.buffer_size) is int
    poller = ring.poller()
    producer = ring.producer()
    for claimed in (producer.next(kind(2)), producer.try_next(kind(2)), producer.next(kind(1), 1)):
        assert type(claimed) is int
    producer.publish(0, 4)
    with producer.claim(kind(2)) as batch:
        batch[0].value = 5
    assert producer.publish_events(lambda event, sequence: None, count=kind(1)) == range(7, 8)
    assert ring.has_available_capacity(kind(1)) is False
    poller.poll(lambda event, sequence, end: None, kind(3))
    assert poller.sequence.get() == 2
    assert type(poller.sequence.get()) is int


@KINDS
@TYPES
def test_a_wrong_number_of_slots_is_wrong_in_any_kind(
    kind: Any, producer_type: ProducerType
) -> None:
    ring = RingBuffer(4, Cell, producer_type)
    for n in (0, 5):
        for claim in (ring.next, ring.try_next):
            with pytest.raises(ValueError, match=f"cannot claim {n} slots of a ring of 4"):
                claim(kind(n))
    assert ring.cursor == -1


@KINDS
def test_options_of_consumers_take_any_integer(kind: Any) -> None:
    disruptor = Disruptor(Cell, kind(8))
    cpu = min(disruptor.ring.host.available_cpus())
    handler, worker, counted = (lambda event, sequence, end: None for _ in range(3))
    disruptor.handle_events_with(
        HandlerSpec(handler, cpu=kind(cpu), max_batch_size=kind(2), rewind=RewindAtMost(kind(2)))
    )
    disruptor.handle_events_with_worker_pool(worker, max_chunk=kind(2))
    disruptor.handle_events_with(DiagnosticEventHandler(counted, log_events=kind(4)))
    with disruptor:
        disruptor.publish_events(lambda event, sequence: None, count=kind(5))
    assert disruptor.sequence_of(handler).get() == 4
    ring = RingBuffer.of_values(8)
    assert ring.publish_values(range(5), chunk=kind(2)) == 5
    BatchEventProcessor(ring, ring.new_barrier(), handler, cpu=kind(cpu), max_batch_size=kind(3))
    WorkerPool(ring, [worker], max_chunk=kind(3))
    ring.stream(max_batch_size=kind(3))


@KINDS
def test_messaging_takes_any_integer(kind: Any) -> None:
    options = InMemoryQueueOptions(mode=QueueMode.RING_BUFFER, buffer_size=kind(8))
    envelope = TransportEnvelope("order", priority=kind(3), delivery_count=kind(1))
    assert [
        type(each) for each in (options.buffer_size, envelope.priority, envelope.delivery_count)
    ] == [int, int, int]
    assert len(DeadLetterQueue(kind(4))) == 0
    assert RetryPolicy(kind(4)).max_attempts == 4
    with ChannelEventBus(kind(4)) as bus:
        assert bus.buffer_size == 4


@pytest.mark.parametrize("port", [Index(70_000), -1])
def test_a_port_out_of_range_is_refused(port: Any) -> None:
    with pytest.raises(ValueError, match="port must be from 0 to 65535"):
        Endpoint(port=port)
