"""The first producer claims alone, until another one comes or the ring is closed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ringbuffer import (
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    Sequence,
)
from ringbuffer.errors import ClaimTimeoutError, InsufficientCapacityError
from ringbuffer.memory import ProcessMemory
from ringbuffer.producer import producer_ops
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer
from tests.support.counting import CountingMemory
from tests.support.memories import ordered_memories

#: The longest that another thread takes, in seconds. Less than the time of a test with a fault.
DEADLINE = 15.0
#: The longest that a test with several busy threads takes, in seconds.
PATIENCE = 60.0


def in_another_thread[T](call: Callable[[], T]) -> T:
    """What `call` returns there. A thread that never ends fails the test, and does not hold it."""
    results: list[T | BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    assert results, "the other thread waits forever"
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def fill(event: list[object], sequence: int, value: object) -> None:
    event[0] = value


def of_events(size: int) -> tuple[RingBuffer[list[object]], Sequence, BiasedProducerSequencer]:
    ring: RingBuffer[list[object]] = RingBuffer(size, lambda: [None], ProducerType.AUTO)
    consumer = Sequence()
    ring.add_gating_sequences(consumer)
    sequencer = ring.sequencer
    assert isinstance(sequencer, BiasedProducerSequencer)
    return ring, consumer, sequencer


def test_the_first_producer_claims_without_an_atomic_read_modify_write() -> None:
    memory = CountingMemory(ProcessMemory())
    sequencer = BiasedProducerSequencer(64, memory=memory)
    ops = producer_ops(sequencer)
    before = memory.read_modify_writes()
    for n in (1, 2, 3):
        high = ops.next(n)
        ops.publish(high - n + 1, high)
    assert ops.try_next() == 6
    assert memory.read_modify_writes() == before
    assert not sequencer.is_revoked


def test_once_a_lap_the_owner_raises_its_grant_and_stays_alone() -> None:
    ring, consumer, sequencer = of_events(4)
    for sequence in range(40):
        ring.publish_event(fill, sequence)
        consumer.set(sequence)
    assert sequencer.claimed == sequencer.published() == 39
    # Other processors than x86-64 need an operation of the library for each word, so no producer
    # claims alone there.
    assert sequencer.is_revoked != ProcessMemory().words_in_one_step


def test_when_another_producer_comes_both_claim_on_and_each_claim_is_another() -> None:
    ring, _, sequencer = of_events(16)
    producer = ring.producer()
    assert [producer.next(), producer.next()] == [0, 1]
    theirs = in_another_thread(lambda: [ring.producer().next(2), ring.producer().next()])
    assert theirs == [3, 4]
    assert sequencer.is_revoked
    assert [producer.next(), producer.try_next(3), producer.publish_event(fill, "x")] == [5, 8, 9]
    assert sequencer.claimed == 9


def test_what_the_owner_has_claimed_is_published_after_another_has_come() -> None:
    ring, _, sequencer = of_events(8)
    producer = ring.producer()
    first, last = producer.next(), producer.next(2)
    assert in_another_thread(lambda: ring.publish_event(fill, "theirs")) == 3
    assert sequencer.published() == -1
    producer.publish(first)
    producer.publish(last - 1, last)
    assert sequencer.published() == 3


@pytest.mark.parametrize("way", ["try_publish_event", "try_next", "next"])
def test_a_refused_claim_of_the_owner_holds_up_no_other_producer(way: str) -> None:
    ring, consumer, _ = of_events(1)
    producer = ring.producer()
    assert producer.publish_event(fill, "mine") == 0
    with pytest.raises((InsufficientCapacityError, ClaimTimeoutError)):
        if way == "try_publish_event":
            producer.try_publish_event(fill, "refused")
        elif way == "try_next":
            producer.try_next()
        else:
            producer.next(timeout=0)
    # The owner lives on, and does nothing meanwhile.
    with pytest.raises(InsufficientCapacityError):
        in_another_thread(lambda: ring.try_publish_event(fill, "theirs"))
    consumer.set(0)
    assert in_another_thread(lambda: ring.publish_event(fill, "theirs")) == 1


@pytest.mark.parametrize("way", ["publish_event", "publish_each", "next"])
def test_a_second_thread_that_uses_the_producer_of_the_owner_after_it_revokes(way: str) -> None:
    ring, _, sequencer = of_events(16)
    producer = ring.producer()
    producer.publish_event(fill, "mine")

    def use() -> None:
        if way == "publish_event":
            assert producer.publish_event(fill, "theirs") == 1
        elif way == "next":
            producer.publish(producer.next())
        else:
            for _ in producer.publish_each("x"):
                pass

    in_another_thread(use)
    assert sequencer.is_revoked
    assert producer.publish_event(fill, "mine") == 2
    assert sequencer.published() == 2


def test_a_loop_goes_on_when_another_producer_comes_in_its_middle() -> None:
    ring, _, _ = of_events(16)
    for _, number in ring.publish_each(range(4)):
        if number == 1:
            in_another_thread(lambda: ring.publish_event(fill, "theirs"))
    assert ring.sequencer.published() == 4


def test_a_closed_ring_has_no_owner_and_its_last_claim_is_final() -> None:
    ring, _, sequencer = of_events(8)
    ring.publish_event(fill, 0)
    ring.close()
    assert sequencer.is_revoked
    with pytest.raises(RingBufferClosedError):
        ring.publish_event(fill, 1)
    with pytest.raises(RingBufferClosedError):
        ring.producer().next()
    assert sequencer.claimed == sequencer.published() == 0


def test_a_ring_that_is_closed_before_anybody_produces_refuses_the_first() -> None:
    ring, _, _ = of_events(8)
    ring.close()
    with pytest.raises(RingBufferClosedError):
        ring.publish_event(fill, 1)


@pytest.mark.parametrize("memory", ordered_memories().values(), ids=ordered_memories())
def test_where_a_signal_handler_could_run_in_a_store_no_thread_claims_alone(
    memory: ProcessMemory,
) -> None:
    sequencer = BiasedProducerSequencer(8, memory=memory)
    assert sequencer.is_revoked
    assert producer_ops(sequencer).next() == 0


def test_an_owner_that_has_ended_is_not_waited_for() -> None:
    ring, _, _ = of_events(8)
    in_another_thread(lambda: ring.publish_event(fill, "theirs"))
    assert ring.publish_event(fill, "mine") == 1


@pytest.mark.parametrize("size", [1, 4, 1024])
def test_producers_that_come_one_after_the_other_lose_and_repeat_nothing(size: int) -> None:
    """The first has published for a while, and goes on meanwhile."""
    share, producers = 2_000, 3
    ring, consumer, sequencer = of_events(size)
    barrier = ring.new_barrier()
    comes = [threading.Event() for _ in range(producers)]

    def produce(who: int) -> None:
        assert comes[who].wait(PATIENCE)
        for number in range(share):
            if number == share // 4 and who + 1 < producers:
                comes[who + 1].set()
            ring.publish_event(fill, (who, number))

    with ThreadPoolExecutor(producers) as pool:
        done = [pool.submit(produce, who) for who in range(producers)]
        comes[0].set()
        got: list[object] = []
        while len(got) < share * producers:
            high = barrier.wait_for(len(got))
            got.extend(ring.get(sequence)[0] for sequence in range(len(got), high + 1))
            consumer.set(high)
        for each in done:
            each.result(PATIENCE)
    assert sequencer.claimed == share * producers - 1
    for who in range(producers):
        of_one = [value for value in got if isinstance(value, tuple) and value[0] == who]
        assert of_one == [(who, number) for number in range(share)]


def test_without_room_the_owner_is_refused_as_any_producer() -> None:
    ring, _, _ = of_events(2)
    ring.publish_event(fill, 0)
    ring.publish_event(fill, 1)
    with pytest.raises(InsufficientCapacityError):
        ring.try_publish_event(fill, 2)
