"""A handler that publishes into the ring it consumes gets an error if it would wait for itself."""

import threading
from collections.abc import Callable

import pytest

from ringbuffer import (
    BatchEventProcessor,
    DeadlockError,
    InsufficientCapacityError,
    ProducerType,
    RingBuffer,
)
from tests.support.threads import PATIENCE, Background
from tests.unit.processors.hosts import ProducerWatch
from tests.unit.processors.kit import Cell, Recorder, new_ring, publish, wait_for_sequence

#: Long enough for every claim that can succeed, on a busy machine too.
LIMIT = 30.0


def attempt(call: Callable[[], object], results: list[object]) -> None:
    try:
        results.append(call())
    except Exception as error:
        results.append(error)


def test_a_handler_that_others_overtake_while_it_waits_gets_the_error_too() -> None:
    """One handler waits for a later stage, not a deadlock; then another producer takes the slot.

    From then on the handler waits for the slot of the event it is handling.
    """
    overtaken = threading.Event()
    handler_thread: list[int] = []

    def in_wait() -> None:
        if [threading.get_ident()] == handler_thread:
            assert overtaken.wait(PATIENCE)

    watch = ProducerWatch(in_wait)
    ring: RingBuffer[Cell] = RingBuffer(4, Cell, host=watch)
    results: list[object] = []
    later_may_go_on = threading.Event()

    def first(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 1:
            handler_thread.append(threading.get_ident())
            attempt(lambda: ring.next(timeout=LIMIT), results)

    def later(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            assert later_may_go_on.wait(PATIENCE)

    one = BatchEventProcessor(ring, ring.new_barrier(), first, max_batch_size=1, gating=False)
    two = BatchEventProcessor(ring, ring.new_barrier(one.sequence), later, max_batch_size=1)
    publish(ring, range(4))
    with one, two:
        # The handler waits for sequence 4, for which only stage two must move
        assert watch.waits.wait(PATIENCE)
        later_may_go_on.set()
        assert publish(ring, [4]) == 4  # ... and another producer gets it
        overtaken.set()
        wait_for_sequence(ring, two, 4)
    (result,) = results
    assert isinstance(result, DeadlockError), f"the handler waited for itself: {result!r}"


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_claim_of_several_slots_counts_the_event_that_is_being_handled(count: int) -> None:
    ring: RingBuffer[Cell] = new_ring(4)
    results: list[object] = []
    handle = Recorder(
        lambda sequence: (
            attempt(lambda: ring.next(count, LIMIT), results) if sequence == 0 else None
        )
    )
    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    # All but `count - 1` slots: one slot is missing, the one in hand
    publish(ring, range(5 - count))
    with processor:
        wait_for_sequence(ring, processor, 4 - count)
    assert isinstance(results[0], DeadlockError)


@pytest.mark.parametrize("kind", ProducerType)
def test_try_next_in_a_handler_says_that_there_is_no_free_capacity(kind: ProducerType) -> None:
    ring = new_ring(2, kind)
    results: list[object] = []
    recorder = Recorder(lambda sequence: attempt(ring.try_next, results))
    processor = BatchEventProcessor(ring, ring.new_barrier(), recorder, max_batch_size=1)
    # Its thread has ended: the production is free
    Background(lambda: publish(ring, [1, 2])).start().join()
    with processor:
        wait_for_sequence(ring, processor, 1)
    assert isinstance(results[0], InsufficientCapacityError)


def test_a_handler_may_wait_for_a_later_stage() -> None:
    ring: RingBuffer[Cell] = new_ring(2)

    def forward(sequence: int) -> None:
        if sequence == 1:
            publish(ring, [2])

    first, last = Recorder(forward), Recorder()
    one = BatchEventProcessor(ring, ring.new_barrier(), first, max_batch_size=1, gating=False)
    two = BatchEventProcessor(ring, ring.new_barrier(one.sequence), last)
    publish(ring, [0, 1])
    with one, two:
        last.wait_for(3)
    assert last.values == [0, 1, 2]


def test_a_thread_that_was_a_consumer_may_wait_for_room_again() -> None:
    ring, other = new_ring(2), Recorder()
    processor: BatchEventProcessor[Cell]
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), Recorder(lambda sequence: processor.halt()), max_batch_size=1
    )
    publish(ring, [1, 2])
    processor.run()  # in this thread, for one event
    second = BatchEventProcessor(ring, ring.new_barrier(), other)
    assert publish(ring, [3]) == 2
    with pytest.raises(TimeoutError):
        ring.next(timeout=0.001)
    with processor, second:
        assert publish(ring, [4]) == 3
        processor.join(PATIENCE)
    assert second.failure is None


def test_early_release_makes_room_for_what_a_handler_publishes_itself() -> None:
    class Echo(Recorder):
        def set_sequence_callback(self, release: Callable[[int], None]) -> None:
            self.release = release

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            super().on_event(event, sequence, end_of_batch)
            self.release(sequence)
            if sequence < 20:
                publish(ring, [sequence + 1])

    ring, echo = new_ring(1), Echo()
    with BatchEventProcessor(ring, ring.new_barrier(), echo) as processor:
        publish(ring, [0])
        echo.wait_for(21)
    assert echo.values == echo.sequences == list(range(21))
    assert processor.failure is None
