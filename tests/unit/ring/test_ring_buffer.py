import threading

import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    ProducerThreadError,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    Sequence,
    SingleProducerSequencer,
)
from tests.support.threads import Background
from tests.unit.processors.kit import Cell, new_ring

each_type = pytest.mark.parametrize("kind", ProducerType)


@each_type
def test_the_events_are_made_once_and_in_advance(kind: ProducerType) -> None:
    made: list[Cell] = []

    def make() -> Cell:
        made.append(Cell())
        return made[-1]

    ring = RingBuffer(4, make, kind)
    assert len(made) == 4
    for sequence in range(12):
        assert ring[sequence] is ring.get(sequence) is made[sequence % 4]


@each_type
@pytest.mark.parametrize("size", [0, 3, -2])
def test_a_wrong_size_is_refused_before_any_event_is_made(kind: ProducerType, size: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        RingBuffer(size, lambda: pytest.fail("made an event"), kind)


@pytest.mark.parametrize("factory", [None, 5, "Cell"])
def test_a_factory_must_be_callable(factory: object) -> None:
    with pytest.raises(TypeError, match="event_factory must be callable"):
        RingBuffer(4, factory)  # type: ignore[arg-type]


def test_a_factory_must_make_something() -> None:
    with pytest.raises(TypeError, match="event_factory returned None"):
        RingBuffer(4, lambda: None)


def test_there_is_no_event_before_the_first() -> None:
    with pytest.raises(ValueError, match="sequences start at 0; there is no event at -1"):
        new_ring().get(-1)


@each_type
def test_a_ring_tells_where_things_stand(kind: ProducerType) -> None:
    ring = new_ring(4, kind, BusySpinWaitStrategy())
    consumer = Sequence()
    ring.add_gating_sequences(consumer)
    assert (ring.buffer_size, ring.cursor, ring.remaining_capacity(), ring.minimum_gating_sequence) == (4, -1, 4, -1)
    ring.publish(0, ring.next(2))
    ring.publish(ring.try_next())
    assert (ring.cursor, ring.remaining_capacity()) == (2, 1)
    assert ring.is_available(2)
    assert not ring.is_available(3)
    assert ring.has_available_capacity(1)
    assert not ring.has_available_capacity(2)
    assert repr(ring) == "RingBuffer(buffer_size=4, cursor=2, free=1)"
    assert ring.new_barrier().wait_for(0) == 2
    with pytest.raises(TimeoutError):
        ring.next(2, timeout=0.001)
    assert ring.remove_gating_sequence(consumer)
    assert ring.minimum_gating_sequence == 2


@each_type
def test_each_thread_has_one_producer(kind: ProducerType) -> None:
    ring = new_ring(4, kind)
    producer = ring.producer()
    assert ring.producer() is producer
    assert ring.next() == 0
    assert producer.next() == 1
    assert producer[0] is producer.get(0) is ring[0]


def test_threads_have_producers_of_their_own_where_there_may_be_many() -> None:
    ring = new_ring(4)
    producer = ring.producer()
    assert Background(ring.producer).start().join() is not producer


def test_a_second_thread_is_refused_where_there_may_be_one() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    ring.producer()
    for call in (ring.producer, ring.next, ring.try_next, lambda: ring.publish(0)):
        with pytest.raises(ProducerThreadError):
            Background(call).start().join()


def test_a_thread_that_only_reads_does_not_take_the_production() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    assert Background(lambda: ring[3]).start().join() is ring[3]
    assert ring.next() == 0


def test_a_producer_can_be_used_in_a_with_block_and_then_handed_over() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    with ring.producer() as producer:
        producer.publish(producer.next())
        assert not producer.released
    assert producer.released

    def produce() -> int:
        with ring.producer() as producer:
            sequence = producer.next()
            producer.publish(sequence)
            return sequence

    assert Background(produce).start().join() == 1
    assert ring.producer() is not producer
    assert ring.next() == 2


def test_releasing_a_producer_among_many_changes_nothing() -> None:
    ring = new_ring(4)
    with ring.producer() as producer:
        pass
    assert ring.producer() is producer
    assert producer.next() == 0


def test_only_the_owner_can_release_the_production() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    producer = ring.producer()
    with pytest.raises(ProducerThreadError):
        Background(producer.release).start().join()
    assert not producer.released


@each_type
def test_a_closed_ring_takes_no_claims(kind: ProducerType) -> None:
    ring = new_ring(4, kind)
    ring.close()
    assert ring.is_closed
    with pytest.raises(RingBufferClosedError):
        ring.next()


def test_what_a_ring_is_made_of_is_open_to_those_who_build_below_it() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    assert isinstance(ring.sequencer, SingleProducerSequencer)
    assert ring.slots.view()[2] is ring[2]
    assert ring.memory.cell(3).load() == 3
    assert ring.host.thread_id() == threading.get_ident()
