"""Queues, a bus and pipelines together, all in Channel mode or all over rings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging import (
    InMemoryQueue,
    InMemoryQueueOptions,
    QueueMode,
    TransportEnvelope,
    WaitStrategyKind,
    create_queue,
)
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.pipeline import (
    AsyncPipelineConsumer,
    Metrics,
    Pipeline,
    PipelineConsumer,
    RetryPolicy,
)
from tests.support.threads import PATIENCE
from tests.unit.messaging.bus.kit import Bus


@dataclass(frozen=True, slots=True)
class Placed:
    number: int


@dataclass(frozen=True, slots=True)
class PlacedByTelephone(Placed):
    pass


@dataclass(frozen=True, slots=True)
class Paid:
    number: int


def message(number: int, **values: Any) -> TransportEnvelope:
    return TransportEnvelope("order", str(number).encode(), **values)


def number_of(envelope: TransportEnvelope) -> int:
    return int(envelope.body)


class System:
    """Makes the parts of one mode; closes the parts that a test leaves open, queues first."""

    def __init__(self, mode: QueueMode) -> None:
        self.mode = mode
        self.host: Host = SYSTEM_HOST
        self.letters = DeadLetterQueue()
        self.metrics = Metrics()
        self.queues: list[InMemoryQueue] = []
        self.buses: list[Bus] = []
        self.consumers: list[Any] = []

    def queue(self, size: int = 64, name: str = "queue") -> InMemoryQueue:
        options = InMemoryQueueOptions(
            self.mode, size, wait_strategy=WaitStrategyKind.LITE_BLOCKING
        )
        queue = create_queue(options, name=name, host=self.host)
        self.queues.append(queue)
        return queue

    def bus(self, size: int = 64, pipeline: Pipeline | None = None) -> Bus:
        kind: Any = ChannelEventBus if self.mode is QueueMode.CHANNEL else RingBufferEventBus
        bus: Bus = kind(size, pipeline=pipeline, host=self.host)
        self.buses.append(bus)
        return bus

    def pipeline(self, retry: RetryPolicy | None = None, **more: Any) -> Pipeline:
        """All stages, with the system's letters and metrics."""
        return Pipeline.standard(
            dead_letters=self.letters,
            metrics=self.metrics,
            retry=RetryPolicy(2, delay=0) if retry is None else retry,
            host=self.host,
            **more,
        )

    def consumer(
        self,
        handler: Callable[[Any], object],
        pipeline: Pipeline | None = None,
        name: str = "consumer",
    ) -> Any:
        consumer = PipelineConsumer(
            self.pipeline() if pipeline is None else pipeline, handler, name=name, host=self.host
        )
        self.consumers.append(consumer)
        return consumer

    def async_consumer(
        self, handler: Any, pipeline: Pipeline | None = None, name: str = "consumer"
    ) -> Any:
        stages = self.pipeline() if pipeline is None else pipeline
        consumer = AsyncPipelineConsumer(stages, handler, name=name, host=self.host)
        self.consumers.append(consumer)
        return consumer

    def finish(self) -> None:
        """Close in the order in which messages go: everything that was sent is handled."""
        for queue in self.queues:
            report = queue.close(timeout=PATIENCE)
            assert (report.discarded, report.unfinished) == (0, 0)
        for bus in self.buses:
            assert bus.close(timeout=PATIENCE).is_complete
        for consumer in self.consumers:
            assert consumer.close(PATIENCE) == 0

    def abandon(self) -> None:
        """Close whatever is open, however it stands."""
        for queue in self.queues:
            queue.close(drain=False, timeout=PATIENCE)
        for bus in self.buses:
            bus.close(drain=False, timeout=PATIENCE)
        for consumer in self.consumers:
            consumer.close(PATIENCE)


def wait_until(bus: Bus, condition: Callable[[], bool]) -> None:
    """Look again and again, by the real clock."""
    deadline = SYSTEM_HOST.monotonic() + PATIENCE
    while not condition():
        assert SYSTEM_HOST.monotonic() < deadline
        SYSTEM_HOST.yield_now()


@pytest.fixture(params=[QueueMode.CHANNEL, QueueMode.RING_BUFFER], ids=["channel", "ring"])
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    made = System(request.param)
    yield made
    made.abandon()
