"""The peers' part of the throughput scenarios: threads that put into queues and get from them."""

import itertools
from collections.abc import Callable, Iterable, Sequence

from ringbuffer.programs.bench.peers import STANDARD, OpenQueue, Peer, available
from ringbuffer.programs.bench.rings import CAPACITY, shares
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import payload, verify


def put_each(channel: OpenQueue, values: Iterable[object]) -> Callable[[], None]:
    """The body of a thread that puts one value after the other."""

    def body() -> None:
        put = channel.producer()
        for value in values:
            put(value)

    return body


def get_each(channel: OpenQueue, count: int, seen: bytearray) -> Callable[[], None]:
    """The body of a thread that gets `count` values, and keeps them."""

    def body() -> None:
        get = channel.consumer()
        for _ in itertools.repeat(None, count):
            seen.append(get())

    return body


def one_queue(peer: Peer, producers: int) -> Callable[[int], Measurement]:
    """Runs producers that put into one queue, and one consumer that gets."""

    def body(count: int) -> Measurement:
        values = payload(count)
        channel = peer.open(CAPACITY)
        seen = bytearray()
        puts = [put_each(channel, share) for share in shares(values, producers)]
        elapsed = together(*puts, get_each(channel, count, seen))
        verify(peer.name, seen, values, ordered=producers == 1)
        return elapsed.run(count)

    return body


def one_queue_a_consumer(peer: Peer, consumers: int) -> Callable[[int], Measurement]:
    """Runs a producer that puts every value into one queue for each consumer.

    This is how a program with queues alone implements multicast.
    """

    def body(count: int) -> Measurement:
        values = payload(count)
        channels = [peer.open(CAPACITY) for _ in range(consumers)]
        kept = [bytearray() for _ in channels]

        def put_everywhere() -> None:
            puts = [channel.producer() for channel in channels]
            for value in values:
                for put in puts:
                    put(value)

        gets = [
            get_each(channel, count, seen) for channel, seen in zip(channels, kept, strict=True)
        ]
        elapsed = together(put_everywhere, *gets)
        for seen in kept:
            verify(peer.name, seen, values)
        return elapsed.run(count * consumers)

    return body


def contenders(
    body: Callable[[Peer], Callable[[int], Measurement]],
    *,
    producers: int = 1,
    consumers: int = 1,
    peers: Sequence[Peer] = STANDARD,
) -> tuple[tuple[Contender, ...], dict[str, str]]:
    """A contender for each peer that can run with these threads, and why the others cannot."""
    able, absent = [], {}
    for peer in peers:
        reason = available(peer)
        if reason is None and (producers > peer.most_producers or consumers > peer.most_consumers):
            reason = (
                f"it is made for {peer.most_producers} producer(s) "
                f"and {peer.most_consumers} consumer(s)"
            )
        if reason is None:
            able.append(Contender(peer.name, body(peer), Role.PEER))
        else:
            absent[peer.name] = reason
    return tuple(able), absent
