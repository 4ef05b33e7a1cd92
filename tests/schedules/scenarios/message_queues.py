"""Queues of messages on the ring: taking turns, removal, the end."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ringbuffer.messaging import (
    Acknowledgement,
    InMemoryQueueOptions,
    LockedDelivery,
    ProducerMode,
    QueueMode,
    TransportEnvelope,
    WaitStrategyKind,
)
from ringbuffer.messaging.queues import CloseReport, Consumer, RingBufferQueue
from tests.schedules.explore import Scenario
from tests.schedules.memory import stored
from tests.schedules.world import World

#: Made once: every run sees the same ones.
MESSAGES = [
    TransportEnvelope(
        "number",
        str(number).encode(),
        message_id=str(number),
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
    )
    for number in range(6)
]


class Watched:
    """A queue, what was accepted, what each consumer handled, and what the close said."""

    def __init__(
        self, world: World, size: int, producers: ProducerMode, wait: WaitStrategyKind
    ) -> None:
        options = InMemoryQueueOptions(
            QueueMode.RING_BUFFER, size, wait_strategy=wait, producer_mode=producers
        )
        self.world = world
        self.queue = RingBufferQueue(options, name="q", memory=world.memory, host=world.host)
        ring: Any = self.queue._ring
        world.names_of(ring)
        world.name(ring.taken, "taken")
        self.accepted: list[int] = []
        self.handled: dict[str, list[int]] = {}
        self.report: CloseReport | None = None
        #: Called after each message.
        self.then: Callable[[], object] = lambda: None
        #: Kept, for when a thread's own is gone is for the system to say, and a run must do the
        #: same each time.
        self.senders: set[object] = set()
        world.checks.append(self.check)

    @property
    def count(self) -> int:
        return sum(map(len, self.handled.values()))

    def consumer(self, name: str) -> Consumer:
        own = self.handled.setdefault(name, [])

        def handle(envelope: TransportEnvelope) -> None:
            own.append(int(envelope.body))
            self.then()

        return self.queue.add_consumer(handle, name=name)

    def batch_consumer(self, name: str, size: int, age: float = 0) -> Consumer:
        own = self.handled.setdefault(name, [])

        def handle(messages: list[TransportEnvelope]) -> None:
            assert 0 < len(messages) <= size, f"a batch of {len(messages)}"
            own.extend(int(each.body) for each in messages)

        return self.queue.add_consumer(handle, name=name, max_batch_size=size, max_batch_age=age)

    def producer(self, name: str, *numbers: int) -> None:
        def produce() -> None:
            for number in numbers:
                self.enqueue(number)

        self.world.task(name, produce)

    def enqueue(self, number: int) -> None:
        if self.queue.enqueue_sync(MESSAGES[number]):
            self.accepted.append(number)
        self.senders.add(self.queue._own.sender)

    def enqueue_many(self, *numbers: int) -> None:
        count = self.queue.enqueue_many([MESSAGES[number] for number in numbers])
        self.accepted.extend(numbers[:count])
        self.senders.add(self.queue._own.sender)

    def close(self, drain: bool = True) -> None:
        self.report = self.queue.close(drain)

    def check(self) -> None:
        handled = sorted(number for own in self.handled.values() for number in own)
        assert self.report is not None
        assert len(handled) == len(set(handled)), f"handled twice: {self.handled}"
        assert set(handled) <= set(self.accepted), (
            f"accepted {self.accepted}, handled {self.handled}"
        )
        lost = len(self.accepted) - len(handled) - self.report.discarded
        assert lost == 0, f"accepted {self.accepted}, handled {self.handled}, {self.report}"
        for own in self.handled.values():
            assert own == sorted(own), f"out of order: {self.handled}"
        held = [value for value in stored(self.queue._ring.slots.view()) if value is not None]
        assert not held, f"the ring still holds {held}"
        assert self.report.unfinished == 0
        assert self.queue.depth == 0


def shared(consumers: int, messages: int, wait: WaitStrategyKind) -> Callable[[World], None]:
    """Each message goes to exactly one consumer; the last one joins late. Then a draining close."""

    def build(world: World) -> None:
        watched = Watched(world, 2, ProducerMode.MULTI, wait)
        for number in range(messages - 1):
            watched.enqueue(number)
        for name in "ab"[:consumers]:
            watched.consumer(name)

        def produce_and_close() -> None:
            watched.enqueue(messages - 1)
            watched.close()
            assert watched.report is not None
            assert watched.report.discarded == 0, f"{watched.report}"

        world.task("p", produce_and_close)

    return build


def closed(producers: ProducerMode, drain: bool, consumes: bool) -> Callable[[World], None]:
    """A close at any moment: accepted messages are handled or discarded; waiting puts get False."""

    def build(world: World) -> None:
        watched = Watched(world, 1, producers, WaitStrategyKind.BUSY_SPIN)
        if consumes:
            watched.consumer("a")
        watched.producer("p", 0, 1)
        if producers is ProducerMode.MULTI and not consumes:
            watched.producer("r", 2)
        world.task("closer", lambda: watched.close(drain))

    return build


def late_sender(world: World) -> None:
    """A thread puts its first message during a close, which does not know the thread's sender."""
    watched = Watched(world, 1, ProducerMode.MULTI, WaitStrategyKind.BUSY_SPIN)
    watched.producer("p", 0)
    world.task("closer", lambda: watched.close(False))


def removed(wait: WaitStrategyKind) -> Callable[[World], None]:
    """The first of two consumers is removed at any moment; the message goes to either of them."""

    def build(world: World) -> None:
        watched = Watched(world, 2, ProducerMode.MULTI, wait)
        watched.enqueue(0)
        first = watched.consumer("a")
        watched.consumer("b")

        def remove_and_close() -> None:
            assert watched.queue.remove_consumer(first)
            assert not first.is_alive
            watched.close()
            assert watched.report is not None
            assert watched.report.discarded == 0, f"{watched.report}"

        world.task("remover", remove_and_close)

    return build


def answered(consumers: str) -> Callable[[World], None]:
    """Messages without an answer; their consumer is removed, and as many others get them."""

    def build(world: World) -> None:
        count = len(consumers)
        watched = Watched(world, 2, ProducerMode.MULTI, WaitStrategyKind.LITE_BLOCKING)
        held, done = world.host.event(), world.host.event()
        kept: list[object] = []

        def keep(delivery: LockedDelivery) -> None:
            kept.append(delivery)
            if len(kept) == count:
                held.set()

        options = Acknowledgement(lock_timeout=None, prefetch=count)
        first = watched.queue.add_consumer(keep, name="k", acknowledgement=options)
        for number in range(count):
            watched.enqueue(number)
        watched.then = lambda: done.set() if watched.count == count else None

        def remove_and_close() -> None:
            held.wait()
            for name in consumers:
                watched.consumer(name)
            assert watched.queue.remove_consumer(first)
            done.wait()
            watched.close()
            assert watched.report is not None
            assert watched.report.discarded == 0, f"{watched.report}"

        world.task("remover", remove_and_close)

    return build


def batched(world: World) -> None:
    """Chunks of two, for a consumer of batches and one of single messages. Then a draining close.

    The consumer of batches rests at the end of the line, or takes what the other one leaves.
    """
    watched = Watched(world, 4, ProducerMode.MULTI, WaitStrategyKind.BUSY_SPIN)
    watched.batch_consumer("a", 2)
    watched.consumer("b")

    def produce_and_close() -> None:
        watched.enqueue_many(0, 1, 2)
        watched.close()
        assert watched.report is not None
        assert watched.report.discarded == 0, f"{watched.report}"

    world.task("p", produce_and_close)


def batches_closed(age: float) -> Callable[[World], None]:
    """The first batch is the whole ring. Closed at any moment, while a producer waits for it."""

    def build(world: World) -> None:
        watched = Watched(world, 2, ProducerMode.MULTI, WaitStrategyKind.BUSY_SPIN)
        watched.enqueue_many(0, 1)
        watched.batch_consumer("a", 3 if age else 2, age)
        world.task("p", lambda: watched.enqueue_many(2, 3))
        world.task("closer", lambda: watched.close(False))

    return build


def unanswered(world: World) -> None:
    """Closed at any moment, while a message has no answer: it counts as discarded."""
    watched = Watched(world, 2, ProducerMode.MULTI, WaitStrategyKind.LITE_BLOCKING)
    options = Acknowledgement(lock_timeout=None)
    watched.queue.add_consumer(lambda delivery: None, name="k", acknowledgement=options)
    watched.enqueue(0)
    world.task("closer", lambda: watched.close(False))


SCENARIOS = [
    Scenario(
        "queue", "1 consumer, 2 messages, ring 2", shared(1, 2, WaitStrategyKind.BUSY_SPIN), (0, 1)
    ),
    Scenario(
        "queue-shared",
        "2 consumers, 2 messages, ring 2",
        shared(2, 2, WaitStrategyKind.BUSY_SPIN),
        (0, 1),
    ),
    Scenario(
        "queue-asleep",
        "2 consumers that sleep",
        shared(2, 2, WaitStrategyKind.LITE_BLOCKING),
        (0, 1),
    ),
    Scenario(
        "queue-close",
        "closed at any moment, and drained",
        closed(ProducerMode.SINGLE, True, True),
        (0, 1),
    ),
    Scenario(
        "queue-discard",
        "closed at any moment, 2 producers",
        closed(ProducerMode.MULTI, False, False),
        (0, 1),
    ),
    Scenario("queue-answers", "what has no answer goes to another", answered("a"), (0, 1)),
    Scenario("queue-answers-close", "closed without an answer", unanswered, (1, 2)),
    Scenario("queue-answers-more", "what has no answer goes to 2 others", answered("ab"), (0, 1)),
    Scenario("queue-late-sender", "closed while one puts its first message", late_sender, (1, 2)),
    Scenario(
        "queue-remove",
        "the first of 2 consumers is removed",
        removed(WaitStrategyKind.BUSY_SPIN),
        (0, 1),
    ),
    Scenario(
        "queue-remove-asleep",
        "the same while they sleep",
        removed(WaitStrategyKind.LITE_BLOCKING),
        (0, 1),
    ),
    Scenario("queue-batches", "chunks of 2, batches of 2 and single messages", batched, (0, 1)),
    Scenario(
        "queue-batches-close", "closed at any moment, batches of 2", batches_closed(0), (0, 1)
    ),
    Scenario(
        "queue-batches-wait", "the same, and a batch waits for more", batches_closed(5e-3), (0, 1)
    ),
]
