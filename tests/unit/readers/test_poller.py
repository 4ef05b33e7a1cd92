"""`EventPoller`: consuming in the caller's thread."""

from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    DeadlockError,
    EventPoller,
    PollState,
    ProducerType,
    RingBuffer,
    Sequence,
    WorkerPool,
)
from tests.support.threads import PATIENCE
from tests.unit.producer.kit import Box, boxes, each_kind, shown, values


def fill(ring: RingBuffer[Box], *numbers: object) -> None:
    for number in numbers:
        ring.publish_event(lambda event, sequence, value: setattr(event, "value", value), number)


def nothing(event: object, sequence: int, end_of_batch: bool) -> None:
    raise AssertionError("there was nothing to handle")


@each_kind
def test_a_poll_says_what_it_found(kind: ProducerType) -> None:
    ring = RingBuffer(4, Box, kind)
    before = Sequence()
    poller = ring.poller(before)
    assert poller.poll(nothing) is PollState.IDLE
    fill(ring, "a", "b")
    assert poller.poll(nothing) is PollState.GATING
    before.set(0)
    seen: list[tuple[Any, int, bool]] = []
    assert (
        poller.poll(lambda event, sequence, last: seen.append((event.value, sequence, last)))
        is PollState.PROCESSING
    )
    assert seen == [("a", 0, True)]
    assert poller.poll(nothing) is PollState.GATING
    before.set(1)
    assert shown(poller) == ["b"]
    assert poller.poll(nothing) is PollState.IDLE


def test_end_of_batch_is_said_of_the_last_one_that_is_shown() -> None:
    ring, poller = boxes(8)
    fill(ring, "a", "b")
    ring.skip(ring.next())
    fill(ring, "c")
    ring.skip(ring.next())
    seen: list[tuple[Any, int, bool]] = []
    poller.poll(lambda event, sequence, last: seen.append((event.value, sequence, last)))
    assert seen == [("a", 0, False), ("b", 1, False), ("c", 3, True)]
    assert poller.sequence.get() == 4


class Handler:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_event(self, event: Box, sequence: int, end_of_batch: bool) -> None:
        self.seen.append(event.value)


def test_a_handler_may_be_an_object_and_a_poll_may_be_limited() -> None:
    ring, poller = boxes(8)
    fill(ring, *range(5))
    handler = Handler()
    assert poller.poll(handler, 2) is PollState.PROCESSING
    assert handler.seen == [0, 1]
    assert ring.remaining_capacity() == 5
    poller.poll(handler, limit=100)
    assert handler.seen == [0, 1, 2, 3, 4]


def test_a_handler_that_returns_false_gets_no_more_in_this_poll() -> None:
    ring, poller = boxes(8)
    fill(ring, *range(5))
    seen: list[int] = []

    def two(event: Box, sequence: int, end_of_batch: bool) -> bool:
        seen.append(event.value)
        return len(seen) % 2 != 0

    poller.poll(two)
    assert seen == [0, 1]
    assert poller.sequence.get() == 1
    poller.poll(two)
    poller.poll(two)
    assert seen == [0, 1, 2, 3, 4]


def test_the_event_on_which_a_handler_raises_comes_again() -> None:
    ring, poller = boxes(8)
    fill(ring, *range(3))
    ring.skip(ring.next())
    fill(ring, 4)
    seen: list[int] = []

    def fail_once(event: Box, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.value)
        if seen.count(1) == 1 and event.value == 1:
            raise RuntimeError("once")

    with pytest.raises(RuntimeError, match="once"):
        poller.poll(fail_once)
    assert poller.sequence.get() == 0
    poller.poll(fail_once)
    assert seen == [0, 1, 1, 2, 4]
    assert poller.sequence.get() == 4


def test_take_finishes_an_event_when_the_next_is_asked_for() -> None:
    ring, poller = values(8)
    ring.publish_values(range(6))
    assert list(poller.take(2)) == [0, 1]
    for value in poller.take():
        if value == 3:
            break
    assert poller.sequence.get() == 3
    taken = poller.take()
    assert next(taken) == 4
    assert poller.sequence.get() == 3
    assert list(taken) == [5]
    assert list(poller.take()) == []


def test_take_passes_over_what_is_skipped_also_after_it_was_left() -> None:
    ring, poller = values(8)
    for number in range(6):
        sequence = ring.next()
        ring.producer()[sequence] = number
        (ring.skip if number in (1, 4, 5) else ring.publish)(sequence)
    for _ in poller.take():
        break
    assert list(poller.take()) == [2, 3]
    assert poller.sequence.get() == 5


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_at_least_one(limit: int) -> None:
    _, poller = boxes(4)
    with pytest.raises(ValueError, match="limit must be 1 or more"):
        poller.poll(nothing, limit)
    with pytest.raises(ValueError, match="limit must be 1 or more"):
        list(poller.take(limit))


def test_a_closed_poller_does_not_gate_and_polls_no_more() -> None:
    ring = RingBuffer(2, Box)
    with ring.poller() as poller:
        fill(ring, 1, 2)
        assert ring.remaining_capacity() == 0
    assert ring.remaining_capacity() == 2
    with pytest.raises(RuntimeError, match="closed"):
        poller.poll(nothing)
    with pytest.raises(RuntimeError, match="closed"):
        list(poller.take())


def test_a_poller_that_is_closed_by_its_own_handler_ends_quietly() -> None:
    ring, poller = boxes(4)
    fill(ring, 1, 2)
    poller.poll(lambda event, sequence, last: poller.close())
    assert ring.remaining_capacity() == 4


def test_a_handler_that_fills_the_ring_that_it_polls_gets_an_error() -> None:
    ring, poller = boxes(2)
    fill(ring, 1, 2)

    def publish(event: Box, sequence: int, end_of_batch: bool) -> None:
        fill(ring, 3)

    with pytest.raises(DeadlockError):
        poller.poll(publish)
    assert shown(poller) == [1, 2]
    fill(ring, 3)
    assert shown(poller) == [3]


def test_others_may_depend_on_a_poller() -> None:
    ring, first = boxes(4)
    second: EventPoller[Box] = ring.poller(first.sequence)
    fill(ring, 1)
    assert shown(second) == []
    assert shown(first) == shown(second) == [1]


# -- the end --------------------------------------------------------------------------------------


class Silent:
    """An exception handler that ends the processor, and says nothing."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        raise error

    def handle_on_start_exception(self, error: Exception) -> None: ...

    def handle_on_shutdown_exception(self, error: Exception) -> None: ...


def die_of(*numbers: object) -> Callable[[Box, int, bool], None]:
    def handle(event: Box, sequence: int, end_of_batch: bool) -> None:
        if event.value in numbers:
            raise RuntimeError("dead")

    return handle


@each_kind
def test_a_poller_of_a_closed_ring_has_ended_when_it_has_everything(kind: ProducerType) -> None:
    ring = RingBuffer(4, Box, kind)
    poller = ring.poller()
    fill(ring, "a")
    late = ring.next()
    ring.close()
    assert shown(poller) == ["a"]
    assert poller.poll(nothing) is PollState.IDLE
    ring.publish(late)
    assert poller.poll(lambda event, sequence, last: None) is PollState.PROCESSING
    assert poller.poll(nothing) is PollState.ENDED
    assert poller.poll(nothing) is PollState.ENDED


def test_a_poller_behind_a_dead_consumer_gets_what_that_one_has_finished_and_has_ended() -> None:
    ring: RingBuffer[Box] = RingBuffer(4, Box)
    doomed = BatchEventProcessor(
        ring, ring.new_barrier(), die_of("b"), exception_handler=Silent(), max_batch_size=1
    )
    poller = ring.poller(doomed.sequence)
    fill(ring, "a", "b", "c")
    assert poller.poll(nothing) is PollState.GATING
    doomed.start()
    assert doomed.join(PATIENCE)
    assert shown(poller) == ["a"]
    assert poller.poll(nothing) is PollState.ENDED


def test_a_poller_behind_a_consumer_that_was_halted_waits_for_it_while_the_ring_is_open() -> None:
    ring: RingBuffer[Box] = RingBuffer(4, Box)
    first = BatchEventProcessor(ring, ring.new_barrier(), die_of())
    poller = ring.poller(first.sequence)
    first.start()
    assert first.close(PATIENCE)
    fill(ring, "a")
    assert poller.poll(nothing) is PollState.GATING
    ring.close()
    assert poller.poll(nothing) is PollState.ENDED
    first.start()  # it finishes what there is, though the ring is closed
    while poller.poll(lambda event, sequence, last: None) is not PollState.PROCESSING:
        pass
    assert first.close(PATIENCE)


@pytest.mark.parametrize("survivors", [0, 1])
def test_a_poller_behind_a_pool_has_ended_when_a_worker_died_of_the_next_event(
    survivors: int,
) -> None:
    ring: RingBuffer[Box] = RingBuffer(4, Box)
    pool = WorkerPool(ring, [die_of("b")], exception_handler=Silent(), max_chunk=1)
    poller = ring.poller(pool.sequence)
    fill(ring, "a", "b", "c")
    assert poller.poll(nothing) is PollState.GATING
    (doomed,) = pool.workers
    doomed.start()
    assert doomed.join(PATIENCE)
    for _ in range(survivors):
        other = pool.add(die_of())
        other.start()
        while ring.sequencer.cursor > pool.claimed:
            pass
        assert other.is_running
    assert shown(poller) == ["a"]
    assert poller.poll(nothing) is PollState.ENDED
    assert pool.close(PATIENCE)


def test_a_poller_behind_a_pool_waits_while_a_worker_is_left() -> None:
    ring: RingBuffer[Box] = RingBuffer(4, Box)
    pool = WorkerPool(ring, [die_of(), die_of()], max_chunk=1)
    poller = ring.poller(pool.sequence)
    first, second = pool.workers
    for worker in (first, second):
        worker.start()
    assert first.close(PATIENCE)
    ring.next()
    ring.close()
    assert poller.poll(nothing) is PollState.IDLE
    assert second.close(PATIENCE)
    assert poller.poll(nothing) is PollState.ENDED
