"""`BusLane`: a bus under load, with queues in front of it.

    front producers --> [ ringbuffer.Queue ] --> pump --> [ RingBufferQueue ] --.
                                                                                v
                                                        entrance, some consumers
                                                                                |
                                                                                v
    publishers --------------------------------------------------------> [ bus ] --> handlers

The controller's thread makes it, does the faults, collects the dead letters and closes it.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from ringbuffer import Queue
from ringbuffer.errors import RingBufferError
from ringbuffer.messaging import (
    Acknowledgement,
    DeadLetterQueue,
    InMemoryQueueOptions,
    LockedDelivery,
    QueueMode,
    RingBufferQueue,
    TransportEnvelope,
)
from ringbuffer.messaging.bus import (
    BusCloseReport,
    ChannelEventBus,
    RingBufferEventBus,
    Subscription,
)
from ringbuffer.messaging.pipeline import (
    AsyncPipelineConsumer,
    Pipeline,
    PipelineConsumer,
    RetryPolicy,
)
from ringbuffer.programs.stress.watch import PATIENCE, stuck, until
from tests.soak.handlers import BusEntrance, Handler
from tests.soak.ledger import Account, Expected, open_ends, settle
from tests.soak.message import Fates, Message, Odd, opened
from tests.soak.plan import BusPlan, FaultPlan, HandlerPlan
from tests.soak.producers import FrontProducer, Producer, Publisher, Pump

_LOG: Final = logging.getLogger("tests.soak")
#: The most handlers, and consumers at the entrance, at a time.
MOST_HANDLERS: Final = 7
MOST_CONSUMERS: Final = 4
#: The name of the entrance, in letters.
ENTRANCE: Final = "entrance"


@dataclass(eq=False, slots=True)
class Subscriber:
    """A handler, and what it must have got: for each publisher the bounds, see `Expected`."""

    plan: HandlerPlan
    handler: Handler
    subscription: Subscription
    low: dict[int, int]
    sure_from: dict[int, int]
    sure_to: dict[int, int] | None = None
    high: dict[int, int] | None = None
    is_drained: bool = True
    dead: set[tuple[int, int]] = field(default_factory=set)


class BusLane:
    """One round of one bus. Controller's thread only; any thread may ask `published`, `backlog`."""

    def __init__(self, plan: BusPlan) -> None:
        self.name: Final = plan.lane
        self.counts: Final[Counter[str]] = Counter()
        #: Of handlers that have faults in their accounts.
        self.details: Final[list[str]] = []
        self._plan: Final = plan
        self._letters: Final = DeadLetterQueue()
        self._bus: Final = (
            RingBufferEventBus(plan.size, wait_strategy=plan.waiting, name=plan.lane)
            if plan.lane == "ring bus"
            else ChannelEventBus(plan.size, name=plan.lane)
        )
        self._subscribers: Final[dict[str, Subscriber]] = {}
        self._front: Final[Queue[Message]] = Queue(plan.front_size)
        self._queue: Final = RingBufferQueue(
            InMemoryQueueOptions(
                mode=QueueMode.RING_BUFFER,
                buffer_size=plan.queue_size,
                wait_strategy=plan.queue_waiting,
            ),
            name=f"{plan.lane} queue",
        )
        entrance = plan.entrance
        self._entrance: Final = BusEntrance(
            Fates(entrance.salt, 20, entrance.fails, entrance.dies), self._bus
        )
        self._consumer: Final[PipelineConsumer | AsyncPipelineConsumer] = (
            AsyncPipelineConsumer(self._pipeline("later"), self._entrance.later, name=ENTRANCE)
            if entrance.is_coroutine
            else PipelineConsumer(self._pipeline("later"), self._entrance, name=ENTRANCE)
        )
        self._dead_at_entrance: Final[set[tuple[int, int]]] = set()
        #: Whether what comes by the front comes in order: one consumer, that never tries again and
        #: is never another.
        self._front_is_ordered = entrance.consumers == 1 and not (entrance.fails or entrance.dies)
        self._publishers: Final = [
            Publisher(number, self._bus, way) for number, way in enumerate(plan.publishers)
        ]
        first = len(self._publishers)
        self._front_producers: Final = [
            FrontProducer(first + each, self._front) for each in range(plan.front_producers)
        ]
        for handler in plan.handlers:
            self._subscribe(handler)
        self._consumers_added = 0
        for _ in range(entrance.consumers):
            self._add_consumer()
        self._pump: Final = Pump(self._front, self._queue)
        for producer in self._producers:
            producer.start()

    # -- looking ----------------------------------------------------------------------------------

    @property
    def _producers(self) -> list[Producer]:
        return [*self._publishers, *self._front_producers]

    @property
    def published(self) -> int:
        """How many messages the producers have published by now."""
        return sum(producer.done for producer in self._producers)

    @property
    def backlog(self) -> int:
        """How many deliveries, envelopes and messages wait now."""
        waiting = sum(each.waiting for each in self._bus.metrics().handlers.values())
        return waiting + self._queue.depth + self._front.qsize()

    # -- faults -----------------------------------------------------------------------------------

    def do(self, fault: FaultPlan) -> None:
        self.counts[fault.what] += 1
        what, which = fault.what, fault.which
        # The first two handlers stay.
        leaving = [each for each in list(self._subscribers.values())[2:] if each.high is None]
        consumers = self._queue.consumers
        if what == "subscribe" and len(leaving) + 2 < MOST_HANDLERS:
            self._subscribe(fault.handler)
        elif what.startswith("unsubscribe") and leaving:
            self._unsubscribe(leaving[which % len(leaving)], drain=what == "unsubscribe")
        elif what == "kill a publisher":
            self._publishers[which % len(self._publishers)].kill()
        elif what == "kill a producer in front":
            self._front_producers[which % len(self._front_producers)].kill()
        elif what == "add a consumer" and len(consumers) < MOST_CONSUMERS:
            self._front_is_ordered = False
            self._add_consumer()
        elif what == "remove a consumer" and len(consumers) > 1:
            self._remove_consumer(which)
        else:
            self.counts[what] -= 1

    def _subscribe(self, plan: HandlerPlan) -> None:
        handler = Handler(Fates(plan.salt, plan.slow, plan.fails, plan.dies))
        name = f"handler {len(self._subscribers)}"
        # A ring counts as published what is so without a gap: who comes while a claim is open may
        # get what was behind it.
        low = {
            each.number: each.done if self.name == "channel bus" else 0 for each in self._publishers
        }
        call = handler.later if plan.is_coroutine else handler
        pipeline = None if plan.pipeline == "none" else self._pipeline(plan.pipeline)
        subscription = self._bus.subscribe(
            Odd if plan.only_odd else Message, call, name=name, pipeline=pipeline
        )
        sure_from = {each.number: each.started for each in self._publishers}
        self._subscribers[name] = Subscriber(plan, handler, subscription, low, sure_from)

    def _unsubscribe(self, subscriber: Subscriber, drain: bool) -> None:
        sure_to = {each.number: each.done for each in self._publishers}
        if not subscriber.subscription.unsubscribe(drain=drain, timeout=PATIENCE):
            raise stuck(f"{subscriber.subscription.name} of the {self.name} did not end")
        subscriber.high = {each.number: each.started for each in self._publishers}
        subscriber.sure_to, subscriber.is_drained = (
            sure_to if drain else subscriber.sure_from,
            drain,
        )

    def _add_consumer(self) -> None:
        """Every other consumer acknowledges its messages."""
        self._consumers_added += 1
        consumer = self._consumer
        if self._consumers_added % 2:
            self._queue.add_consumer(consumer)
        elif isinstance(consumer, AsyncPipelineConsumer):

            async def later(delivery: LockedDelivery) -> None:
                await consumer(delivery.envelope)
                delivery.ack()

            self._queue.add_consumer(later, acknowledgement=Acknowledgement())
        else:

            def handle(delivery: LockedDelivery) -> None:
                consumer(delivery.envelope)
                delivery.ack()

            self._queue.add_consumer(handle, acknowledgement=Acknowledgement())

    def _remove_consumer(self, which: int) -> None:
        consumers = self._queue.consumers
        if not self._queue.remove_consumer(consumers[which % len(consumers)], timeout=PATIENCE):
            raise stuck(f"a consumer of the {self.name} did not end")

    def _pipeline(self, kind: str) -> Pipeline:
        if kind == "letters":
            return Pipeline().use_error_handling(self._letters)
        delay = 0.002 if kind == "later" else 0
        return Pipeline.standard(
            dead_letters=self._letters, retry=RetryPolicy(4, delay=delay, max_delay=0.02), log=_LOG
        )

    # -- dead letters -----------------------------------------------------------------------------

    def tick(self) -> None:
        """Collect the dead letters. Replay every third to a handler that now accepts it."""
        for letter in self._letters.list():
            subscriber = self._subscribers.get(letter.handler)
            if letter.number % 3 == 0:
                if subscriber is not None and isinstance(letter.message, Message):
                    subscriber.handler.heal(letter.message)
                try:
                    self._letters.replay(letter)
                    self.counts["letters replayed"] += 1
                    continue
                except RingBufferError:  # its handler is gone
                    self.counts["letters that could not be replayed"] += 1
            self._bury(letter.handler, letter.message)
            self._letters.discard(letter)

    def _bury(self, handler: str, message: object) -> None:
        self.counts["letters"] += 1
        if handler == ENTRANCE:
            assert isinstance(message, TransportEnvelope)
            inside = opened(message)
            self._dead_at_entrance.add((inside.producer, inside.number))
        else:
            assert isinstance(message, Message)
            self._subscribers[handler].dead.add((message.producer, message.number))

    # -- the end ----------------------------------------------------------------------------------

    def stop(self) -> None:
        for producer in self._producers:
            producer.stop()

    def finish(self) -> Account:
        """Let everything end, from the front to the back, and account for it."""
        account = Account()
        for producer in self._producers:
            producer.join()
        self._front.shutdown()
        self._pump.join()
        queue = self._queue.close(timeout=PATIENCE)
        until(lambda: self._consumer.returning == 0, f"{self.name}: retries at the entrance")
        account.misreported += (
            queue.discarded + queue.unfinished + self._pump.refused + self._queue.failed
        )
        self._consumer.close(PATIENCE)
        self.tick()
        report = self._bus.close(drain=self._plan.drains, timeout=PATIENCE)
        for letter in self._letters.list():
            self._bury(letter.handler, letter.message)
        account.misreported += len(report.still_running) + self._letters.dropped
        account.misreported += sum(each.wrong_results for each in self._publishers)
        account.torn += self._entrance.torn
        for subscriber in self._subscribers.values():
            settled = self._settled(subscriber, report)
            if settled.faults:
                self.details.append(self._detail(subscriber, settled))
            account.add(settled)
        self.counts["messages"] += self.published
        self.counts["lives of producers"] += sum(each.lives for each in self._producers)
        self.counts["dead at the entrance"] += len(self._dead_at_entrance)
        self.counts["abandoned retries"] += report.abandoned
        return account

    def _settled(self, subscriber: Subscriber, report: BusCloseReport) -> Account:
        was_whole = subscriber.high is None
        is_drained = subscriber.is_drained if not was_whole else self._plan.drains
        expected = []
        for publisher in self._publishers:
            number, count = publisher.number, publisher.done
            sure_from = subscriber.sure_from[number]
            sure_to = count if subscriber.sure_to is None else subscriber.sure_to[number]
            high = count if subscriber.high is None else min(count, subscriber.high[number])
            expected.append(
                Expected(
                    number,
                    subscriber.low[number],
                    sure_from,
                    sure_to if is_drained else sure_from,
                    high,
                    subscriber.plan.only_odd,
                )
            )
        is_first = subscriber in list(self._subscribers.values())[:2]
        for producer in self._front_producers:
            absent = frozenset(
                number for each, number in self._dead_at_entrance if each == producer.number
            )
            sure = producer.done if is_first and is_drained else 0
            expected.append(
                Expected(
                    producer.number,
                    0,
                    0,
                    sure,
                    producer.done,
                    subscriber.plan.only_odd,
                    self._front_is_ordered,
                    absent,
                )
            )
        has_letters = subscriber.plan.pipeline != "none"
        account = settle(
            subscriber.handler.ledger,
            expected,
            subscriber.dead,
            has_letters=has_letters,
            may_discard=not is_drained,
        )
        if not has_letters and account.failed != subscriber.subscription.failed:
            account.misreported += 1
        if was_whole:
            self._check_report(subscriber, account, report, is_first)
        return account

    def _detail(self, subscriber: Subscriber, account: Account) -> str:
        until = (
            "to the end"
            if subscriber.high is None
            else f"until it was unsubscribed, drained: {subscriber.is_drained}"
        )
        return (
            f"{self.name}, {subscriber.subscription!r}, {until}: {account.faults}; open ends "
            f"{open_ends(subscriber.handler.ledger, subscriber.dead)}; {subscriber.plan}; "
            f"entrance {self._plan.entrance}"
        )

    def _check_report(
        self, subscriber: Subscriber, account: Account, report: BusCloseReport, is_first: bool
    ) -> None:
        """What the bus says it left must be what did not arrive, and what was to be tried again."""
        reported = report.unhandled.get(subscriber.subscription.name, 0)
        if self._plan.drains:
            account.misreported += reported
            return
        if not is_first:
            return
        step = 2 if subscriber.plan.only_odd else 1
        published = sum(len(range(step - 1, each.done, step)) for each in self._producers)
        at_entrance = sum(number % 2 or step == 1 for _, number in self._dead_at_entrance)
        missing = published - at_entrance - account.arrived
        left = missing + account.discarded
        account.discarded = left
        # A ring counts also what is in it for others; a queue to each handler has nothing that is
        # not its own.
        is_right = reported >= left if self.name == "ring bus" else reported == left
        account.misreported += not is_right
