import threading
import traceback

import pytest

from ringbuffer import (
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    ConsumerFailedError,
    RingBufferClosedError,
    Sequence,
    SingleProducerSequencer,
)
from ringbuffer.producer import producer_ops
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import PATIENCE, Background
from tests.unit.sequencer.kinds import Kind, each_kind, gated


@each_kind
def test_a_closed_ring_refuses_every_claim(kind: Kind) -> None:
    sequencer, _ = gated(kind, 4)
    ops = producer_ops(sequencer)
    ops.next()
    assert not sequencer.is_closed
    sequencer.close()
    assert sequencer.is_closed
    for claim in (ops.next, ops.try_next, ops.next):
        with pytest.raises(RingBufferClosedError, match="the ring is closed"):
            claim()
    assert sequencer.claimed == 0


@each_kind
def test_what_was_claimed_before_the_close_can_be_published_and_consumed(kind: Kind) -> None:
    sequencer, _ = gated(kind, 4)
    ops = producer_ops(sequencer)
    ops.next(2)
    sequencer.close()
    ops.publish(0, 1)
    assert sequencer.new_barrier().wait_for(0) == 1


@each_kind
def test_a_producer_that_waits_for_room_is_woken_by_the_close(kind: Kind) -> None:
    closed_at = 130  # in the middle of a park

    def close(number: int) -> None:
        if number == closed_at:
            sequencer.close()

    host = ScriptedHost(close)
    sequencer = kind(1, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    with pytest.raises(RingBufferClosedError):
        ops.next()
    assert host.pauses == closed_at


@each_kind
def test_a_thread_that_waits_for_room_is_woken_by_the_close(kind: Kind) -> None:
    sequencer = kind(1, BlockingWaitStrategy())
    sequencer.add_gating_sequences(Sequence())

    def produce() -> None:
        ops = producer_ops(sequencer)
        ops.publish(ops.next())
        ops.next()

    producer = Background(produce).start()
    sequencer.new_barrier().wait_for(0)
    sequencer.close()
    with pytest.raises(RingBufferClosedError):
        producer.join()


@each_kind
def test_the_first_reason_for_closing_counts_and_every_refusal_is_a_fresh_exception(
    kind: Kind,
) -> None:
    sequencer, _ = gated(kind, 4)
    ops = producer_ops(sequencer)
    reason = ConsumerFailedError("the consumer died")
    reason.__cause__ = OSError("disk full")
    sequencer.close(reason)
    sequencer.close()
    refusals = []
    for _ in range(3):
        with pytest.raises(ConsumerFailedError, match="the consumer died") as caught:
            ops.next()
        refusals.append(caught.value)
    assert len({id(refusal) for refusal in refusals} | {id(reason)}) == 4
    assert len({len(traceback.extract_tb(refusal.__traceback__)) for refusal in refusals}) == 1
    assert all(refusal.__cause__ is reason.__cause__ for refusal in refusals)


@each_kind
def test_a_close_ends_a_park_at_once(kind: Kind) -> None:
    sequencer, _ = gated(kind, 1)
    assert not sequencer.state.was_closed.wait(0)
    sequencer.close()
    assert sequencer.state.was_closed.wait(0)


class ParkForGood(ScriptedHost):
    """Parks end when the event is set and not before; `parked` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.parked = threading.Semaphore(0)

    def yield_now(self) -> None:
        pass

    def event(self) -> "Parking":  # type: ignore[override]
        return Parking(self.parked)


class Parking:
    def __init__(self, parked: threading.Semaphore) -> None:
        self._parked = parked
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def wait(self, timeout: float | None = None) -> bool:
        self._parked.release()
        return self._event.wait(PATIENCE)


@each_kind
def test_a_close_wakes_every_parked_producer_with_an_exception_of_its_own(kind: Kind) -> None:
    host = ParkForGood()
    sequencer = kind(2, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(Sequence())
    first = producer_ops(sequencer)
    first.publish(0, first.next(2))
    if isinstance(sequencer, SingleProducerSequencer):
        sequencer.release_producer()
    count = 1 if kind is SingleProducerSequencer else 8
    producers = [Background(lambda: producer_ops(sequencer).next()).start() for _ in range(count)]
    for _ in producers:
        assert host.parked.acquire(timeout=PATIENCE)
    sequencer.close()
    refusals = []
    for producer in producers:
        with pytest.raises(RingBufferClosedError) as caught:
            producer.join()
        refusals.append(caught.value)
    assert len({id(refusal) for refusal in refusals}) == count
    assert sequencer.claimed == 1


@each_kind
def test_a_close_wins_over_a_deadline_that_passes_at_the_same_moment(kind: Kind) -> None:
    host = ScriptedHost(lambda number: sequencer.close() if host.now >= 0.25 else None)
    sequencer = kind(1, BusySpinWaitStrategy(), host=host)
    sequencer.add_gating_sequences(Sequence())
    ops = producer_ops(sequencer)
    ops.publish(ops.next())
    with pytest.raises(RingBufferClosedError):
        ops.next(timeout=0.25)


@each_kind
def test_a_closed_ring_refuses_claims_even_when_there_is_room(kind: Kind) -> None:
    sequencer, consumer = gated(kind, 4)
    ops = producer_ops(sequencer)
    ops.publish(0, ops.next(3))
    sequencer.close()
    for _ in range(3):
        consumer.set(consumer.get() + 1)
        with pytest.raises(RingBufferClosedError):
            ops.try_next()
        with pytest.raises(RingBufferClosedError):
            ops.next(timeout=1)
    assert sequencer.claimed == 2


@each_kind
def test_a_producer_that_comes_after_the_close_is_refused(kind: Kind) -> None:
    sequencer = kind(4, BusySpinWaitStrategy())
    sequencer.close()
    with pytest.raises(RingBufferClosedError):
        producer_ops(sequencer).next()
