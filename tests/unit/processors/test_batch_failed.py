"""`BatchFailed`: a handler of whole batches says which event failed; the others are handled."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import (
    BatchEventProcessor,
    BatchFailed,
    Disruptor,
    FailureAction,
    FatalExceptionHandler,
    HandlerSpec,
    RewindBatch,
    RingBuffer,
)
from tests.support.integers import Index
from tests.support.threads import PATIENCE
from tests.unit.processors.kit import Recorder, new_ring, publish_batch, wait_for_sequence
from tests.unit.processors.test_failed_events import Deciding


class Rows:
    """Stores the rows of a batch, up to the first that it cannot store."""

    def __init__(self, bad: set[int], with_cause: bool = True) -> None:
        self.bad, self.with_cause = bad, with_cause
        self.stored: list[int] = []
        self.calls: list[int] = []

    def on_batch(self, rows: list[Any], first: int) -> None:
        self.calls.append(first)
        for index, row in enumerate(rows):
            value = row if isinstance(row, int) else row.value
            if value in self.bad:
                failure = ValueError(f"row {value}")
                raise BatchFailed(index) from (failure if self.with_cause else None)
            self.stored.append(value)


def run(ring: RingBuffer[Any], handler: Any, deciding: Any, count: int) -> None:
    """A processor gets so many events, numbered from 0, in one batch."""
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, exception_handler=deciding)
    publish_batch(ring, list(range(count)))
    with processor:
        wait_for_sequence(ring, processor, count - 1)


@pytest.mark.parametrize("bad", [{0}, {3}, {7}, {2, 3}, {0, 7}, set(range(8)), {1, 4, 6}])
def test_only_the_event_that_failed_goes_to_the_exception_handler(bad: set[int]) -> None:
    ring, rows, deciding = new_ring(8), Rows(bad), Deciding(None)
    run(ring, rows, deciding, 8)
    assert rows.stored == [value for value in range(8) if value not in bad]
    assert [(sequence, event.value) for sequence, event in deciding.calls] == [  # type: ignore[attr-defined]
        (each, each) for each in sorted(bad)
    ]
    failed_at = [
        (failure.hook, failure.first, failure.last)
        for failure in deciding.failures
        if failure is not None
    ]
    assert failed_at == [("on_batch", each, each) for each in sorted(bad)]


def test_the_exception_handler_gets_the_cause_or_else_the_error_itself() -> None:
    errors: list[Exception] = []

    class Keeping(Deciding):
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            errors.append(error)

    for with_cause in (True, False):
        ring = new_ring(4)
        run(ring, Rows({1}, with_cause), Keeping(None), 2)
    assert [type(error) for error in errors] == [ValueError, BatchFailed]
    assert str(errors[0]) == "row 1"
    assert str(errors[1]) == "the event at index 1 of the batch failed"


def test_without_it_the_whole_batch_is_one_failure() -> None:
    class Failing:
        def on_batch(self, rows: list[Any], first: int) -> None:
            raise ValueError

    ring, deciding = new_ring(8), Deciding(None)
    run(ring, Failing(), deciding, 4)
    ((sequence, events),) = deciding.calls
    assert sequence == 0
    assert isinstance(events, list)
    assert len(events) == 4


@pytest.mark.parametrize("index", [4, 100])
def test_an_index_behind_the_batch_fails_the_whole_batch(index: int) -> None:
    class Failing:
        def on_batch(self, rows: list[Any], first: int) -> None:
            raise BatchFailed(index)

    ring, deciding = new_ring(8), Deciding(None)
    run(ring, Failing(), deciding, 4)
    assert [
        (failure.first, failure.last) for failure in deciding.failures if failure is not None
    ] == [(0, 3)]


@pytest.mark.parametrize(
    ("index", "error"), [(-1, ValueError), (1.0, TypeError), ("1", TypeError), (True, TypeError)]
)
def test_an_index_that_cannot_be_one_is_refused(index: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="index must be"):
        BatchFailed(index)
    assert BatchFailed(Index(3)).index == 3  # type: ignore[arg-type]


def test_what_comes_before_the_event_is_finished_when_the_exception_handler_is_asked() -> None:
    positions: list[int] = []
    ring = new_ring(8)

    class Looking(Deciding):
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            positions.append(processor.sequence.get())

    processor = BatchEventProcessor(
        ring, ring.new_barrier(), Rows({2, 5}), exception_handler=Looking(None)
    )
    publish_batch(ring, list(range(8)))
    with processor:
        wait_for_sequence(ring, processor, 7)
    assert positions == [1, 4]


def test_a_fatal_exception_handler_stops_at_the_event_and_it_comes_again_at_the_next_start() -> (
    None
):
    ring, rows = new_ring(8), Rows({2})
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), rows, exception_handler=FatalExceptionHandler()
    )
    publish_batch(ring, list(range(4)))
    processor.start()
    assert processor.join(PATIENCE)
    assert isinstance(processor.failure, ValueError)
    assert processor.sequence.get() == 1
    rows.bad = set()
    with processor:
        wait_for_sequence(ring, processor, 3)
    assert rows.stored == [0, 1, 2, 3]


def test_later_stages_skip_the_one_event_alone() -> None:
    rows, after = Rows({1, 5}), Recorder()
    disruptor = Disruptor.of_values(16)
    seen: list[int] = []
    disruptor.set_default_exception_handler(Deciding(FailureAction.SKIP))
    disruptor.handle_events_with(rows).then(lambda value, sequence, end: seen.append(value))
    disruptor.ring.publish_values(range(8))
    with disruptor:
        pass
    assert rows.stored == seen == [0, 2, 3, 4, 6, 7]
    assert after.seen == []


def test_the_rest_may_be_replayed_and_what_is_finished_is_not() -> None:
    class Replaying(Rows):
        def on_batch(self, rows: list[Any], first: int) -> None:
            if first == 3 and self.calls.count(3) < 2:
                self.calls.append(first)
                raise RewindBatch
            super().on_batch(rows, first)

    ring, rows, deciding = new_ring(8), Replaying({2}), Deciding(None)
    run(ring, rows, deciding, 6)
    assert rows.stored == [0, 1, 3, 4, 5]
    assert rows.calls == [0, 3, 3, 3]
    assert len(deciding.calls) == 1


def test_pieces_between_skipped_events_count_from_their_own_first_event() -> None:
    ring, rows, deciding = new_ring(8), Rows({4}), Deciding(None)
    processor = BatchEventProcessor(ring, ring.new_barrier(), rows, exception_handler=deciding)
    publish_batch(ring, [0, 1])
    ring.skip(ring.next())
    publish_batch(ring, [3, 4, 5])
    with processor:
        wait_for_sequence(ring, processor, 5)
    assert rows.stored == [0, 1, 3, 5]
    assert [sequence for sequence, _ in deciding.calls] == [4]


def test_workers_say_it_too() -> None:
    handlers = [Rows({3, 8, 21}) for _ in range(2)]
    deciding = Deciding(FailureAction.SKIP)
    disruptor = Disruptor.of_values(32)
    after: list[int] = []
    disruptor.handle_events_with_worker_pool(
        *(HandlerSpec(each, exception_handler=deciding) for each in handlers), max_chunk=8
    ).then(lambda value, sequence, end: after.append(value))
    with disruptor:
        disruptor.ring.publish_values(range(30))
    good = [value for value in range(30) if value not in {3, 8, 21}]
    assert sorted(handlers[0].stored + handlers[1].stored) == good == after
    assert sorted(sequence for sequence, _ in deciding.calls) == [3, 8, 21]


def test_a_coroutine_says_it_too() -> None:
    rows = Rows({1})

    class Asynchronous:
        async def on_batch(self, events: list[Any], first: int) -> None:
            rows.on_batch(events, first)

    disruptor = Disruptor.of_values(8)
    disruptor.set_default_exception_handler(Deciding(None))
    disruptor.handle_events_with(Asynchronous())
    disruptor.ring.publish_values(range(4))
    with disruptor:
        pass
    assert rows.stored == [0, 2, 3]


@given(
    bad=st.sets(st.integers(0, 30)),
    size=st.sampled_from([1, 4, 8]),
    limit=st.integers(1, 8),
    skips=st.booleans(),
)
def test_every_row_is_stored_once_or_reported_once(
    bad: set[int], size: int, limit: int, skips: bool
) -> None:
    rows, deciding = Rows(bad), Deciding(FailureAction.SKIP if skips else None)
    after: list[int] = []
    disruptor = Disruptor.of_values(size)
    disruptor.set_default_exception_handler(deciding)
    last: Callable[[int, int, bool], None] = lambda value, sequence, end: after.append(value)  # noqa: E731
    disruptor.handle_events_with(HandlerSpec(rows, max_batch_size=limit)).then(last)
    with disruptor:
        disruptor.ring.publish_values(range(30))
    good = [value for value in range(30) if value not in bad]
    assert rows.stored == good
    assert [event for _, event in deciding.calls] == sorted(bad & set(range(30)))
    assert after == (good if skips else list(range(30)))
