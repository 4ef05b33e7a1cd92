"""Both queues against an abstract one: each message once, in order, and counted at the end."""

import threading

from hypothesis import settings, strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from ringbuffer.messaging import (
    Consumer,
    InMemoryQueue,
    InMemoryQueueOptions,
    QueueMode,
    TransportEnvelope,
    WaitStrategyKind,
)
from ringbuffer.messaging.queues import create_queue
from tests.support.examples import examples
from tests.support.threads import PATIENCE
from tests.unit.messaging.queues.kit import message, number_of, wait_until


class Machine(RuleBasedStateMachine):
    """The abstract queue: the accepted messages, in order. It keeps them while no consumer runs."""

    mode: QueueMode
    consumers = Bundle("consumers")

    @initialize(size=strategies.sampled_from([1, 2, 8]))
    def make(self, size: int) -> None:
        self.size = size
        self.queue: InMemoryQueue = create_queue(
            InMemoryQueueOptions(self.mode, size, wait_strategy=WaitStrategyKind.LITE_BLOCKING)
        )
        self.accepted = 0
        self.waiting = 0
        self.handled: list[int] = []
        self.by_consumer: dict[str, list[int]] = {}
        self.lock = threading.Lock()
        self.closed = False

    def settle(self) -> None:
        if self.queue.consumers:
            self.waiting = 0
            wait_until(lambda: len(self.handled) == self.accepted)

    @rule(target=consumers, fails=strategies.booleans())
    def add(self, fails: bool) -> Consumer | None:
        if self.closed:
            return None
        own: list[int] = []

        def handle(envelope: TransportEnvelope) -> None:
            with self.lock:
                own.append(number_of(envelope))
                self.handled.append(number_of(envelope))
            if fails:
                raise ValueError("as asked")

        consumer = self.queue.add_consumer(handle)
        self.by_consumer[consumer.name] = own
        self.settle()
        return consumer

    @rule(consumer=consumes(consumers))
    def remove(self, consumer: Consumer | None) -> None:
        if consumer is not None and not self.closed:
            assert self.queue.remove_consumer(consumer, PATIENCE)

    @rule(count=strategies.integers(1, 5))
    def enqueue(self, count: int) -> None:
        for _ in range(count):
            full = not self.queue.consumers and self.waiting == self.size
            try:
                accepted = self.queue.enqueue_sync(
                    message(self.accepted), timeout=0 if full else PATIENCE
                )
            except TimeoutError:
                assert full
                assert not self.closed
                return
            assert accepted is not self.closed
            if self.closed:
                return
            assert not full
            self.accepted += 1
            self.waiting += 1
            self.settle()

    @rule(drain=strategies.booleans())
    def close(self, drain: bool) -> None:
        report = self.queue.close(drain, PATIENCE)
        if not self.closed:
            assert report.discarded == self.waiting
            assert report.handled == report.unfinished == 0
            self.waiting, self.closed = 0, True

    @invariant()
    def each_message_once_and_in_order(self) -> None:
        if not hasattr(self, "queue"):
            return
        assert self.queue.depth == self.waiting
        assert self.queue.message_count == self.accepted
        with self.lock:
            assert self.handled == sorted(self.handled)
            assert len(set(self.handled)) == len(self.handled)
            for own in self.by_consumer.values():
                assert own == sorted(own)

    def teardown(self) -> None:
        if hasattr(self, "queue"):
            self.queue.close(False, PATIENCE)


class OnAChannel(Machine):
    mode = QueueMode.CHANNEL


class OnARing(Machine):
    mode = QueueMode.RING_BUFFER


TestChannel = OnAChannel.TestCase
TestRing = OnARing.TestCase
for case in (TestChannel, TestRing):
    case.settings = settings(max_examples=examples(10, 40), stateful_step_count=20, deadline=None)
