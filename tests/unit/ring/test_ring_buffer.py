import threading

import pytest

from ringbuffer import (
    BatchEventProcessor,
    BusySpinWaitStrategy,
    InsufficientCapacityError,
    ProducerThreadError,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    Sequence,
    SingleProducerSequencer,
)
from tests.support.threads import Background, together
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
def test_a_ring_reports_its_positions(kind: ProducerType) -> None:
    ring = new_ring(4, kind, BusySpinWaitStrategy())
    consumer = Sequence()
    ring.add_gating_sequences(consumer)
    assert (
        ring.buffer_size,
        ring.cursor,
        ring.remaining_capacity(),
        ring.minimum_gating_sequence,
    ) == (4, -1, 4, -1)
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


def test_the_parts_of_a_ring_are_open_to_programs_below_it() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    assert isinstance(ring.sequencer, SingleProducerSequencer)
    assert ring.slots.view()[2] is ring[2]
    assert ring.memory.cell(3).load() == 3
    assert ring.host.thread_id() == threading.get_ident()


@each_type
def test_a_factory_that_fails_makes_no_ring(kind: ProducerType) -> None:
    def make() -> Cell:
        raise OSError("no memory for events")

    with pytest.raises(OSError, match="no memory for events"):
        RingBuffer(4, make, kind)


def test_a_factory_that_makes_nothing_only_sometimes_is_refused_too() -> None:
    made = iter([1, 2, None, 4])
    with pytest.raises(TypeError, match="event_factory returned None"):
        RingBuffer(4, lambda: next(made))


@each_type
def test_an_event_may_be_anything_even_something_false(kind: ProducerType) -> None:
    ring: RingBuffer[list[int]] = RingBuffer(2, list, kind)
    sequence = ring.next()
    ring[sequence].append(5)
    ring.publish(sequence)
    assert ring.get(sequence) == [5]
    assert ring[1] == []
    assert ring[2] is ring[0]


@each_type
def test_the_smallest_ring_has_one_slot(kind: ProducerType) -> None:
    ring, consumer = new_ring(1, kind), Sequence()
    ring.add_gating_sequences(consumer)
    for sequence in range(5):
        assert ring.next() == sequence
        ring.publish(sequence)
        assert ring.remaining_capacity() == 0
        with pytest.raises(InsufficientCapacityError):
            ring.try_next()
        consumer.set(sequence)
        assert ring.remaining_capacity() == 1


@each_type
@pytest.mark.parametrize("count", [0, -1, 5])
def test_a_claim_of_an_impossible_number_is_refused(kind: ProducerType, count: int) -> None:
    ring = new_ring(4, kind)
    for call in (ring.next, ring.try_next, ring.has_available_capacity):
        with pytest.raises(ValueError, match=rf"cannot claim {count} slots of a ring of 4"):
            call(count)
    assert ring.next() == 0


@each_type
def test_a_claim_that_times_out_leaves_no_hole(kind: ProducerType) -> None:
    ring, consumer = new_ring(2, kind), Sequence()
    ring.add_gating_sequences(consumer)
    ring.publish(0, ring.next(2))
    for _ in range(3):
        with pytest.raises(TimeoutError, match="Nothing was claimed"):
            ring.next(timeout=0.0005)
    consumer.set(1)
    assert ring.next() == 2


def test_any_thread_can_claim_and_another_can_publish_where_there_may_be_many() -> None:
    ring = new_ring(8)
    claimed = [Background(lambda: ring.next(2)).start().join() for _ in range(3)]
    assert claimed == [1, 3, 5]
    Background(lambda: ring.publish(4, 5)).start().join()
    Background(lambda: ring.publish(0, 1)).start().join()
    assert ring.new_barrier().wait_for(0) == 1
    assert [ring.is_available(sequence) for sequence in range(6)] == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]
    ring.publish(2, 3)
    assert ring.new_barrier().wait_for(2) == 5


def test_many_threads_publish_through_the_ring_itself() -> None:
    ring = new_ring(256)

    def produce() -> list[int]:
        mine = []
        for _ in range(50):
            sequence = ring.next()
            ring[sequence].value = sequence
            ring.publish(sequence)
            mine.append(sequence)
        return mine

    claims = together(*[produce] * 4)
    assert sorted(sequence for mine in claims for sequence in mine) == list(range(200))  # type: ignore[attr-defined]
    assert ring.new_barrier().wait_for(199) == 199
    assert [ring[sequence].value for sequence in range(200)] == list(range(200))


def test_a_consumer_reads_through_the_ring_where_there_is_one_producer() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    seen: list[bool] = []
    processor = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        lambda event, sequence, end: seen.append(ring.get(sequence) is event is ring[sequence]),
    )
    with processor:
        ring.publish(0, ring.next(3))
        assert ring.new_barrier(processor.sequence).wait_for(2) == 2
    assert seen == [True] * 3


def test_a_consumer_may_not_publish_where_another_thread_is_the_producer() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), lambda event, sequence, end: ring.next()
    )
    ring.publish(ring.next())
    processor.start()
    assert processor.join()
    assert isinstance(processor.failure, ProducerThreadError)


def test_a_thread_that_has_ended_leaves_the_production_to_the_next() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    Background(lambda: ring.publish(ring.next())).start().join()
    sequence = ring.next()
    assert sequence == 1
    ring.publish(sequence)
    assert ring.cursor == 1


def test_a_released_producer_is_of_no_more_use() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    with ring.producer() as producer:
        producer.publish(producer.next())
    Background(ring.next).start().join()
    with pytest.raises(ProducerThreadError):
        producer.next(4)


def test_a_block_that_raises_releases_the_production_too() -> None:
    ring = new_ring(4, ProducerType.SINGLE)
    with pytest.raises(KeyError), ring.producer():
        raise KeyError
    assert Background(ring.next).start().join() == 0


@each_type
def test_two_rings_have_nothing_in_common(kind: ProducerType) -> None:
    one, two = new_ring(4, kind), new_ring(4, kind)
    assert one.producer() is not two.producer()
    one.publish(one.next())
    one.close()
    assert (two.cursor, two.is_closed, two.next()) == (-1, False, 0)


@each_type
def test_closing_twice_keeps_the_first_reason(kind: ProducerType) -> None:
    ring = new_ring(4, kind)
    ring.close(RingBufferClosedError("lunch"))
    ring.close()
    with pytest.raises(RingBufferClosedError, match="lunch"):
        ring.try_next()
