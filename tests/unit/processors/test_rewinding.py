"""Rewinding: a batch is replayed, from what was not released, as its strategy says."""

import threading
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    RewindAfterPause,
    RewindAlways,
    RewindAtMost,
    RewindBatch,
    RingBuffer,
)
from tests.support.threads import PATIENCE
from tests.unit.processors.kit import Recorder, new_ring, publish_batch, wait_for_sequence


class Rewinding(Recorder):
    """Asks for its batch again at `sequence`, `times` times."""

    def __init__(self, sequence: int, times: int) -> None:
        super().__init__(self.maybe)
        self.at, self.times = sequence, times
        self.replays: list[int] = []

    def maybe(self, sequence: int) -> None:
        if sequence == self.at and self.times:
            self.times -= 1
            raise RewindBatch

    def on_rewind(self, sequence: int) -> None:
        self.replays.append(sequence)


class Keeping:
    """An exception handler that keeps what it gets, and goes on."""

    def __init__(self) -> None:
        self.errors: list[tuple[type[BaseException], int]] = []

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        self.errors.append((type(error), sequence))

    def handle_on_start_exception(self, error: Exception) -> None:
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        raise error


def handle(handler: Any, values: list[int], **options: Any) -> BatchEventProcessor[Any]:
    """Give one batch to `handler`."""
    ring = new_ring(8)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, **options)
    publish_batch(ring, values)
    with processor:
        wait_for_sequence(ring, processor, len(values) - 1)
    return processor


@pytest.mark.parametrize("rewind", [None, RewindAlways(), RewindAtMost(3), RewindAfterPause(1e-4)])
def test_a_batch_is_handled_again_from_its_first_event(rewind: Any) -> None:
    handler, errors = Rewinding(2, 3), Keeping()
    handle(handler, [10, 11, 12, 13], rewind=rewind, exception_handler=errors)
    assert handler.sequences == [0, 1] * 3 + [0, 1, 2, 3]
    assert handler.replays == [0, 0, 0]
    assert errors.errors == []
    assert handler.seen[-1] == (13, 3, True)


def test_the_exception_handler_decides_after_the_last_try_and_the_next_batch_has_all_tries() -> (
    None
):
    ring, errors = new_ring(8), Keeping()
    handler = Rewinding(1, 3)
    processor = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        handler,
        rewind=RewindAtMost(2),
        exception_handler=errors,
        max_batch_size=2,
    )
    publish_batch(ring, [0, 1, 2, 3])
    with processor:
        wait_for_sequence(ring, processor, 3)
        assert handler.sequences == [0, 0, 0, 2, 3]
        assert errors.errors == [(RewindBatch, 1)]
        handler.at, handler.times = 4, 2
        publish_batch(ring, [4])
        wait_for_sequence(ring, processor, 4)
    assert handler.sequences == [0, 0, 0, 2, 3, 4]
    assert len(errors.errors) == 1


def test_what_was_released_early_is_not_replayed() -> None:
    class Releasing(Rewinding):
        def set_sequence_callback(self, release: Any) -> None:
            self.release = release

        def maybe(self, sequence: int) -> None:
            if sequence == 1:
                self.release(1)
            super().maybe(sequence)

    handler = Releasing(3, 2)
    handle(handler, [0, 1, 2, 3])
    assert handler.sequences == [0, 1, 2, 2, 2, 3]
    assert handler.replays == [2, 2]


def test_the_tries_of_a_batch_are_counted_on_after_a_part_of_it_was_released() -> None:
    class Releasing(Rewinding):
        def set_sequence_callback(self, release: Any) -> None:
            self.release = release

        def maybe(self, sequence: int) -> None:
            if sequence == 1:
                self.release(sequence)
            super().maybe(sequence)

    handler, errors = Releasing(3, 3), Keeping()
    handle(handler, [0, 1, 2, 3, 4], rewind=RewindAtMost(2), exception_handler=errors)
    assert handler.replays == [2, 2]
    assert handler.sequences == [0, 1, 2, 2, 2, 4]
    assert errors.errors == [(RewindBatch, 3)]


def test_when_a_batch_is_given_up_the_rest_of_it_has_all_its_tries() -> None:
    class Twice(Rewinding):
        def maybe(self, sequence: int) -> None:
            if sequence == 2 and self.at == 1:
                self.at, self.times = 2, 1
            super().maybe(sequence)

    handler, errors = Twice(1, 2), Keeping()
    handle(handler, [0, 1, 2, 3], rewind=RewindAtMost(1), exception_handler=errors)
    assert handler.replays == [0, 2]
    assert handler.sequences == [0, 0, 2, 3]
    assert errors.errors == [(RewindBatch, 1)]


def test_whole_batches_are_replayed_too_and_may_have_grown() -> None:
    ring = new_ring(8)
    seen: list[list[int]] = []

    class Batches:
        def on_batch(self, events: list[Any], first: int) -> None:
            seen.append([event.value for event in events])
            if len(seen) == 1:
                publish_batch(ring, [3, 4])
                raise RewindBatch

    processor = BatchEventProcessor(ring, ring.new_barrier(), Batches())
    publish_batch(ring, [0, 1, 2])
    with processor:
        wait_for_sequence(ring, processor, 4)
    assert seen == [[0, 1, 2], [0, 1, 2, 3, 4]]


def test_skipped_events_do_not_appear_in_a_replay_either() -> None:
    ring = new_ring(8)
    handler = Rewinding(4, 2)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish_batch(ring, [0, 1])
    ring.skip(ring.next())
    publish_batch(ring, [3, 4])
    ring.skip(ring.next())
    with processor:
        wait_for_sequence(ring, processor, 5)
    assert handler.sequences == [0, 1, 3] * 3 + [4]
    assert handler.seen[-1][2]


def test_a_list_that_was_handled_is_not_replayed_with_the_one_behind_a_skipped_event() -> None:
    ring = new_ring(8)
    seen: list[list[int]] = []

    class Batches:
        failures = 2

        def on_batch(self, events: list[Any], first: int) -> None:
            if first == 3 and self.failures:
                self.failures -= 1
                raise RewindBatch
            seen.append([event.value for event in events])

    processor = BatchEventProcessor(ring, ring.new_barrier(), Batches())
    publish_batch(ring, [0, 1])
    ring.skip(ring.next())
    publish_batch(ring, [3, 4])
    with processor:
        wait_for_sequence(ring, processor, 4)
    assert seen == [[0, 1], [3, 4]]


@pytest.mark.parametrize("rewind", [RewindAlways(), RewindAfterPause(3600)])
def test_a_processor_that_is_to_halt_does_not_replay_forever(rewind: Any) -> None:
    ring: RingBuffer[Any] = new_ring(8)
    asked = threading.Event()

    def never(event: object, sequence: int, end_of_batch: bool) -> None:
        asked.set()
        raise RewindBatch

    processor = BatchEventProcessor(ring, ring.new_barrier(), never, rewind=rewind)
    publish_batch(ring, [0, 1])
    for _ in range(20):
        asked.clear()
        processor.start()
        assert asked.wait(PATIENCE)
        assert processor.close(PATIENCE)
    assert processor.failure is None
    assert processor.sequence.get() == -1


def test_strategies_and_exception_handlers_may_be_replaced_while_running() -> None:
    ring, first, second = new_ring(8), Keeping(), Keeping()
    seen: list[int] = []

    def fail(event: Any, sequence: int, end_of_batch: bool) -> None:
        seen.append(sequence)
        raise RewindBatch

    processor = BatchEventProcessor(
        ring, ring.new_barrier(), fail, rewind=RewindAtMost(0), exception_handler=first
    )
    with processor:
        publish_batch(ring, [0])
        wait_for_sequence(ring, processor, 0)
        processor.rewind_strategy, processor.exception_handler = RewindAtMost(1), second
        publish_batch(ring, [1])
        wait_for_sequence(ring, processor, 1)
    assert seen == [0, 1, 1]
    assert first.errors == [(RewindBatch, 0)]
    assert second.errors == [(RewindBatch, 1)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RewindAtMost(-1), "times must be 0 or more"),
        (lambda: RewindAfterPause(0), "positive number of seconds"),
        (lambda: RewindAfterPause(float("inf")), "positive number of seconds"),
        (lambda: RewindAfterPause(float("nan")), "positive number of seconds"),
    ],
)
def test_wrong_strategies_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
