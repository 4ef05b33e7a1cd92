"""Consumers that answer, or do not, while others come and go: each message is done exactly once.

Producers put numbered messages into a queue. Handlers acknowledge, reject, raise, or keep a message
until its lock expires; another thread answers some of those it finds. Consumers are removed and
added meanwhile. Every message is acknowledged once, and the report of the close is exact.
"""

import functools
import random
import threading
from collections import Counter

import pytest

from ringbuffer.messaging import (
    Acknowledgement,
    InMemoryQueue,
    InMemoryQueueOptions,
    LockedDelivery,
    QueueMode,
    TransportEnvelope,
    create_queue,
)
from tests.stress.kit import REPORT, rounds
from tests.support.threads import PATIENCE, none_are_left

PRODUCERS, MESSAGES = 3, 400


class Ledger:
    """Which messages are done, and how often each was delivered. Any thread."""

    def __init__(self, shape: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self.deliveries: Counter[str] = Counter()
        self.late: list[LockedDelivery] = []
        self.all_done = threading.Event()
        self._lock = threading.Lock()
        self._shape = shape

    def handle(self, delivery: LockedDelivery) -> None:
        with self._lock:
            self.deliveries[delivery.envelope.message_type] += 1
            fate = self._shape.random()
        if fate < 0.05:
            raise ValueError("a handler that fails")
        if fate < 0.1:
            delivery.reject()
        elif fate < 0.15:
            with self._lock:
                self.late.append(delivery)  # another thread answers, or the lock expires
        else:
            self.acknowledge(delivery)

    def acknowledge(self, delivery: LockedDelivery) -> None:
        if delivery.ack():
            with self._lock:
                self.done[delivery.envelope.message_type] += 1
                if len(self.done) == PRODUCERS * MESSAGES:
                    self.all_done.set()

    def answer_late(self) -> None:
        with self._lock:
            late, self.late = self.late, []
        for delivery in late[::2]:
            self.acknowledge(delivery)


def produce(queue: InMemoryQueue, producer: int) -> None:
    for number in range(MESSAGES):
        envelope = TransportEnvelope(f"{producer}/{number}")
        assert queue.enqueue_sync(envelope, timeout=PATIENCE)


@pytest.mark.parametrize("mode", list(QueueMode), ids=lambda mode: mode.value)
def test_every_message_is_acknowledged_once(mode: QueueMode) -> None:
    before = threading.enumerate()
    for shape in rounds():
        queue = create_queue(InMemoryQueueOptions(mode, 1 << shape.randrange(8)))
        ledger = Ledger(random.Random(shape.random()))
        options = Acknowledgement(
            lock_timeout=0.005, max_deliveries=None, prefetch=shape.randrange(1, 9)
        )

        add = functools.partial(queue.add_consumer, ledger.handle, acknowledgement=options)
        consumers = [add() for _ in range(shape.randrange(1, 4))]
        threads = [
            threading.Thread(target=produce, args=(queue, each)) for each in range(PRODUCERS)
        ]
        for thread in threads:
            thread.start()
        while not ledger.all_done.wait(0.001):
            ledger.answer_late()
            consumers.append(add())
            assert queue.remove_consumer(consumers.pop(0), timeout=PATIENCE)
        for thread in threads:
            thread.join()
        report = queue.close(timeout=PATIENCE)
        REPORT["events"] += sum(ledger.deliveries.values())
        REPORT["lost or doubled"] += sum(count != 1 for count in ledger.done.values())
        assert set(ledger.done.values()) == {1}
        assert len(ledger.done) == PRODUCERS * MESSAGES == queue.message_count
        assert (report.discarded, report.unfinished, queue.depth) == (0, 0, 0)
    assert none_are_left(before)
