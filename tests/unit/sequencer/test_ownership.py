import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    DeadlockError,
    MultiProducerSequencer,
    ProducerThreadError,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.producer import ProducerOps, producer_ops
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import Background
from tests.unit.sequencer.kinds import Kind, each_kind, gated


def single() -> SingleProducerSequencer:
    sequencer, _ = gated(SingleProducerSequencer, 8)
    assert isinstance(sequencer, SingleProducerSequencer)
    return sequencer


def test_a_second_producing_thread_is_refused() -> None:
    sequencer = single()
    producer_ops(sequencer).next()
    thread = Background(lambda: producer_ops(sequencer)).start()
    with pytest.raises(
        ProducerThreadError, match="has a single producer, and that is thread 'MainThread'"
    ):
        thread.join()


def test_using_the_producer_of_another_thread_is_refused() -> None:
    sequencer = single()
    ops = producer_ops(sequencer)
    for claim in (ops.next, ops.try_next):
        with pytest.raises(ProducerThreadError, match="cannot produce"):
            Background(claim).start().join()
    assert sequencer.claimed == -1
    assert ops.next() == 0


def test_the_same_thread_may_ask_again_and_goes_on() -> None:
    sequencer = single()
    producer_ops(sequencer).next(2)
    again = producer_ops(sequencer)
    again.publish(0, 1)
    assert again.next() == 2


def test_a_thread_that_has_ended_is_succeeded() -> None:
    sequencer = single()

    def produce() -> None:
        ops = producer_ops(sequencer)
        ops.publish(ops.next())
        ops.next()

    Background(produce).start().join()
    ops = producer_ops(sequencer)
    ops.publish(1)  # what the former thread claimed and did not publish
    assert ops.next() == 2


def test_production_is_handed_over_by_releasing_it() -> None:
    sequencer = single()
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    sequencer.release_producer()

    def produce() -> None:
        ops = producer_ops(sequencer)
        ops.publish(ops.next())
        with pytest.raises(ProducerThreadError):
            Background(sequencer.release_producer).start().join()
        sequencer.release_producer()

    Background(produce).start().join()
    assert producer_ops(sequencer).next() == 2


def test_a_former_producer_is_refused_at_once() -> None:
    sequencer = single()
    ops = producer_ops(sequencer)
    sequence = ops.next()
    sequencer.release_producer()
    for use in (ops.next, ops.try_next, lambda: ops.publish(sequence)):
        with pytest.raises(ProducerThreadError, match="no thread owns its production now"):
            use()
    producer_ops(sequencer).publish(sequence)
    for use in (ops.next, ops.try_next, lambda: ops.publish(sequence)):
        with pytest.raises(ProducerThreadError, match="this handle of it was released"):
            use()
    assert sequencer.claimed == sequencer.cursor == sequence


@pytest.mark.parametrize("kind", [SingleProducerSequencer, MultiProducerSequencer])
def test_only_whole_numbers_of_slots_are_claimed(kind: Kind) -> None:
    sequencer, _ = gated(kind, 8)
    ops = producer_ops(sequencer)
    for claim in (ops.next, ops.try_next):
        with pytest.raises(TypeError, match=r"must be an integer, not 1\.0"):
            claim(1.0)  # type: ignore[arg-type]
    assert sequencer.claimed == -1


@each_kind
def test_a_timeout_that_is_not_a_number_is_refused(kind: Kind) -> None:
    sequencer, _ = gated(kind, 1)
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    with pytest.raises(ValueError, match="not nan"):
        ops.next(timeout=float("nan"))
    assert sequencer.claimed == 0


def test_a_multi_producer_serves_any_thread() -> None:
    sequencer, _ = gated(MultiProducerSequencer, 8)
    assert [
        Background(lambda: producer_ops(sequencer).next()).start().join() for _ in range(3)
    ] == [0, 1, 2]


def test_a_thread_that_waits_for_its_own_unpublished_claims_gets_an_error() -> None:
    sequencer = SingleProducerSequencer(4, BusySpinWaitStrategy())
    ops = producer_ops(sequencer)
    ops.next(3)
    with pytest.raises(DeadlockError, match="waits for itself; publish first"):
        ops.next(2)
    ops.publish(0, 2)
    assert ops.next(2) == 4


@each_kind
def test_a_consumer_that_waits_for_capacity_that_only_it_can_free_gets_an_error(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 4)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(4))
    thread = sequencer.state.enter_consumer(consumer)
    with pytest.raises(DeadlockError, match="the ring of 4 slots that it consumes itself"):
        ops.next()
    consumer.set(0)
    assert ops.next() == 4
    ops.publish(4)
    sequencer.state.leave_consumer(thread, consumer)
    with pytest.raises(TimeoutError):
        ops.next(timeout=0.001)


@each_kind
def test_a_consumer_that_is_not_in_its_own_way_may_wait(kind: Kind) -> None:
    sequencer, slow = gated(kind, 4)
    own = Sequence()
    sequencer.add_gating_sequences(own)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(4))
    own.set(3)
    sequencer.state.enter_consumer(own)
    with pytest.raises(TimeoutError):
        ops.next(timeout=0.001)
    slow.set(0)
    assert ops.next() == 4


def test_a_released_handle_cannot_claim_what_its_successor_claims() -> None:
    sequencer = single()
    stale = producer_ops(sequencer)
    stale.publish(stale.next())
    sequencer.release_producer()
    assert Background(lambda: producer_ops(sequencer).next()).start().join() == 1
    for claim in (stale.next, stale.try_next):
        with pytest.raises(ProducerThreadError):
            claim()
    assert sequencer.claimed == 1


def test_a_released_handle_cannot_take_back_what_its_successor_published() -> None:
    sequencer = single()
    stale = producer_ops(sequencer)
    stale.next(2)
    stale.publish(0)
    sequencer.release_producer()

    def succeed() -> None:
        ops = producer_ops(sequencer)
        ops.publish(1)
        ops.publish(2, ops.next(4))

    Background(succeed).start().join()
    assert sequencer.cursor == 5
    with pytest.raises((ProducerThreadError, ValueError)):
        stale.publish(1)
    assert sequencer.cursor == 5


def test_the_handle_of_an_ended_thread_is_refused_even_to_a_thread_that_got_its_number() -> None:
    class OneNumber(ScriptedHost):
        """Each thread gets the number of the one that ended before it."""

        def thread_id(self) -> int:
            return 1

    sequencer = SingleProducerSequencer(8, BusySpinWaitStrategy(), host=OneNumber())
    sequencer.add_gating_sequences(Sequence())
    stale = Background(lambda: producer_ops(sequencer)).start().join()
    assert isinstance(stale, ProducerOps)
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    with pytest.raises(ProducerThreadError):
        stale.next()
    assert sequencer.claimed == 0


def test_a_thread_that_takes_over_goes_on_where_the_former_one_stopped() -> None:
    sequencer = single()

    def one_more() -> int:
        ops = producer_ops(sequencer)
        sequence = ops.next()
        ops.publish(sequence)
        sequencer.release_producer()
        return sequence

    assert [Background(one_more).start().join() for _ in range(8)] == list(range(8))
    assert sequencer.cursor == sequencer.claimed == 7


@each_kind
def test_a_consumer_that_has_just_made_its_own_room_may_wait_for_the_others(kind: Kind) -> None:
    sequencer, slow = gated(kind, 4)
    own = Sequence()
    sequencer.add_gating_sequences(own)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(4))
    sequencer.state.enter_consumer(own)
    with pytest.raises(DeadlockError):
        ops.next(timeout=0)
    own.set(0)  # sequence 4 goes into the slot of 0: from here on only the other one is in the way
    with pytest.raises(TimeoutError):
        ops.next(timeout=0)
    with pytest.raises(DeadlockError):
        ops.next(2, timeout=0)
    assert slow.get() == -1


@each_kind
def test_a_consumer_that_blocks_itself_gets_an_error_and_another_thread_does_not(
    kind: Kind,
) -> None:
    sequencer, consumer = gated(kind, 1)

    def produce() -> None:
        ops = producer_ops(sequencer)
        ops.publish(ops.next())
        with pytest.raises(TimeoutError):
            ops.next(timeout=0)

    sequencer.state.enter_consumer(consumer)
    Background(produce).start().join()
