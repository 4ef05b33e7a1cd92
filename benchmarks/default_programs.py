"""The programs of the scenario `defaults`, like those of the quick start: nothing is tuned."""

import itertools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final

from benchmarks.envelopes import MESSAGES
from benchmarks.peers import Peer
from ringbuffer import Disruptor
from ringbuffer.messaging import InMemoryQueueOptions, QueueMode, TransportEnvelope, create_queue
from ringbuffer.programs.bench.queues import get_each, put_each
from ringbuffer.programs.bench.rings import run, shares
from ringbuffer.programs.bench.scenario import Measurement
from ringbuffer.programs.bench.threads import DEADLINE_SECONDS, together
from ringbuffer.programs.bench.verify import payload, verify

#: Slots of the README's ring, and the capacity of every bounded queue beside it.
SLOTS: Final = 1024

#: Makes the body of a thread that publishes these prices.
type Publish = Callable[[Disruptor[Any], Sequence[int]], Callable[[], None]]
#: Wires handlers; returns what each of those that keep prices has kept.
type Wire = Callable[[Disruptor[Any]], list[bytearray]]


def fill(order: SimpleNamespace, sequence: int, price: int) -> None:
    """The translator: fills an event in place."""
    order.price = price


def keep() -> tuple[bytearray, Callable[[SimpleNamespace, int, bool], None]]:
    """Kept prices, and a handler that keeps the price of each order there."""
    seen = bytearray()

    def on_event(order: SimpleNamespace, sequence: int, end_of_batch: bool) -> None:
        seen.append(order.price)

    return seen, on_event


# -- how the programs publish ----------------------------------------------------------------------


def publish_event(disruptor: Disruptor[Any], prices: Sequence[int]) -> Callable[[], None]:
    """As the README does, on the disruptor itself."""

    def body() -> None:
        for price in prices:
            disruptor.publish_event(fill, price)

    return body


def publish_event_of_a_producer(
    disruptor: Disruptor[Any], prices: Sequence[int]
) -> Callable[[], None]:
    """By the function of the thread's own producer."""

    def body() -> None:
        publish = disruptor.producer().publish_event
        for price in prices:
            publish(fill, price)

    return body


def publish_each(disruptor: Disruptor[Any], prices: Sequence[int]) -> Callable[[], None]:
    """In a loop that fills each event."""

    def body() -> None:
        for order, price in disruptor.publish_each(prices):
            order.price = price

    return body


def publish_values(disruptor: Disruptor[Any], prices: Sequence[int]) -> Callable[[], None]:
    """All values in one call."""

    def body() -> None:
        disruptor.publish_values(prices)

    return body


# -- what consumes ---------------------------------------------------------------------------------


def one_handler(disruptor: Disruptor[Any]) -> list[bytearray]:
    """One consumer."""
    seen, on_event = keep()
    disruptor.handle_events_with(on_event)
    return [seen]


def one_handler_of_values(disruptor: Disruptor[Any]) -> list[bytearray]:
    """One consumer of values."""
    seen = bytearray()

    def on_event(price: int, sequence: int, end_of_batch: bool) -> None:
        seen.append(price)

    disruptor.handle_events_with(on_event)
    return [seen]


def three_handlers(disruptor: Disruptor[Any]) -> list[bytearray]:
    """Three consumers, each of which gets every event."""
    kept = [keep() for _ in range(3)]
    disruptor.handle_events_with(*(on_event for _, on_event in kept))
    return [seen for seen, _ in kept]


def chain(disruptor: Disruptor[Any]) -> list[bytearray]:
    """Three stages; the last one keeps what the first two have computed."""
    seen = bytearray()

    def first(order: SimpleNamespace, sequence: int, end_of_batch: bool) -> None:
        order.left = order.price + 1

    def second(order: SimpleNamespace, sequence: int, end_of_batch: bool) -> None:
        order.right = order.left - 1

    def third(order: SimpleNamespace, sequence: int, end_of_batch: bool) -> None:
        seen.append(order.right)

    disruptor.handle_events_with(first).then(second).then(third)
    return [seen]


def diamond(disruptor: Disruptor[Any]) -> list[bytearray]:
    """`journal` and `replicate`, and `execute` after both."""
    kept = [keep() for _ in range(3)]
    journal, replicate, execute = (on_event for _, on_event in kept)
    disruptor.handle_events_with(journal, replicate).then(execute)
    return [seen for seen, _ in kept]


# -- runs ------------------------------------------------------------------------------------------


def ours(
    count: int, publish: Publish, wire: Wire, producers: int = 1, holds_values: bool = False
) -> Measurement:
    """One run of a Disruptor."""
    prices = payload(count)
    disruptor: Disruptor[Any] = (
        Disruptor.of_values(SLOTS) if holds_values else Disruptor(SimpleNamespace, SLOTS)
    )
    kept = wire(disruptor)
    bodies = [publish(disruptor, share) for share in shares(prices, producers)]
    measured = run(disruptor, *bodies, deliveries=count * len(kept))
    for seen in kept:
        verify("Disruptor", seen, prices, ordered=producers == 1)
    return measured


def by_queues(
    count: int, peer: Peer, producers: int = 1, consumers: int = 1, stages: int = 1
) -> Measurement:
    """One run of queues of orders: a queue for each consumer, or for each stage."""
    prices = payload(count)
    channels = [peer.open(SLOTS) for _ in range(consumers * stages)]
    kept = [bytearray() for _ in range(consumers)]

    def produce(share: Sequence[int]) -> Callable[[], None]:
        def body() -> None:
            puts = [channel.producer() for channel in channels[:consumers]]
            for price in share:
                order = SimpleNamespace(price=price)
                for put in puts:
                    put(order)

        return body

    def consume(number: int) -> Callable[[], None]:
        def body() -> None:
            get, keep_price = channels[-1 - number].consumer(), kept[number].append
            for _ in itertools.repeat(None, count):
                keep_price(get().price)

        return body

    def stage(number: int) -> Callable[[], None]:
        def body() -> None:
            get, put = channels[number].consumer(), channels[number + 1].producer()
            for _ in itertools.repeat(None, count):
                order = get()
                order.left = order.price + 1
                put(order)

        return body

    elapsed = together(
        *(produce(share) for share in shares(prices, producers)),
        *(stage(number) for number in range(stages - 1)),
        *(consume(number) for number in range(consumers)),
    )
    for seen in kept:
        verify(peer.name, seen, prices, ordered=producers == 1)
    return elapsed.run(count * consumers)


def of_values(peer: Peer) -> Callable[[int], Measurement]:
    """Runs of a queue of small integers, where nothing is allocated."""

    def body(count: int) -> Measurement:
        prices = payload(count)
        channel = peer.open(SLOTS)
        seen = bytearray()
        elapsed = together(put_each(channel, prices), get_each(channel, count, seen))
        verify(peer.name, seen, prices)
        return elapsed.run(count)

    return body


def by_message_queue(count: int, mode: QueueMode) -> Measurement:
    """One run of a message queue, with the quick start's `enqueue_sync`."""
    priorities = payload(count)
    messages = list(itertools.islice(itertools.cycle(MESSAGES), count))
    seen = bytearray()

    def handle(envelope: TransportEnvelope) -> None:
        seen.append(envelope.priority)

    queue = create_queue(InMemoryQueueOptions(mode))
    queue.add_consumer(handle)

    def producer() -> None:
        for envelope in messages:
            queue.enqueue_sync(envelope)

    with queue:
        elapsed = together(producer, finish=lambda: queue.close(timeout=DEADLINE_SECONDS))
    verify(type(queue).__name__, seen, priorities)
    return elapsed.run(count)
