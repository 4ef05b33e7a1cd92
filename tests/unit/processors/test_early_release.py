"""Slots that a handler gives back before its batch ends."""

import threading
from collections.abc import Callable

import pytest

from ringbuffer import BatchEventProcessor, IgnoringExceptionHandler, RingBuffer
from tests.support.threads import PATIENCE, Background
from tests.unit.processors.hosts import ProducerWatch
from tests.unit.processors.kit import (
    Cell,
    Recorder,
    new_ring,
    publish,
    publish_batch,
    wait_for_sequence,
)


class Releaser(Recorder):
    """Calls `act(release, sequence)` in the place of each event."""

    def __init__(self, act: Callable[[Callable[[int], None], int], object]) -> None:
        super().__init__(lambda sequence: act(self.release, sequence))
        self.callbacks = 0

    def set_sequence_callback(self, release: Callable[[int], None]) -> None:
        self.release = release
        self.callbacks += 1
        self.note("callback")


def test_a_producer_that_waits_goes_on_when_a_handler_releases_slots() -> None:
    watch, went_on = ProducerWatch(), threading.Event()
    ring: RingBuffer[Cell] = RingBuffer(4, Cell, host=watch)

    def act(release: Callable[[int], None], sequence: int) -> None:
        if sequence == 2:
            assert watch.waits.wait(PATIENCE)  # a producer waits for the slots of this very batch
            release(1)
            assert went_on.wait(PATIENCE)

    handler = Releaser(act)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish_batch(ring, list(range(4)))

    def produce() -> None:
        publish(ring, [4, 5])
        went_on.set()

    with processor, Background(produce):
        handler.wait_for(6)
    assert handler.values == list(range(6))


def test_a_batch_handler_can_release_a_part_of_its_batch() -> None:
    steps: list[int] = []

    class Handler:
        def set_sequence_callback(self, release: Callable[[int], None]) -> None:
            self.release = release

        def on_batch(self, events: list[Cell], first_sequence: int) -> None:
            for sequence in range(first_sequence, first_sequence + len(events)):
                self.release(sequence)
                steps.append(ring.remaining_capacity())

    ring = new_ring(4)
    processor = BatchEventProcessor(ring, ring.new_barrier(), Handler())
    publish_batch(ring, list(range(4)))
    with processor:
        wait_for_sequence(ring, processor, 3)
    assert steps == [1, 2, 3, 4]


@pytest.mark.parametrize("wrong", [-2, -1, 3, 7])
def test_a_release_outside_the_batch_is_refused_and_moves_nothing(wrong: int) -> None:
    after: list[int] = []

    def act(release: Callable[[int], None], sequence: int) -> None:
        if sequence == 1:
            release(0)
            with pytest.raises(ValueError, match=f"cannot release up to {wrong}"):
                release(wrong)
            after.append(processor.sequence.get())

    ring, handler = new_ring(8), Releaser(act)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, max_batch_size=3)
    publish_batch(ring, list(range(6)))
    with processor:
        handler.wait_for(6)
    assert after == [0]
    assert processor.failure is None


def test_the_same_release_twice_is_not_an_error() -> None:
    def act(release: Callable[[int], None], sequence: int) -> None:
        release(sequence)
        release(sequence)

    ring, handler = new_ring(8), Releaser(act)
    with BatchEventProcessor(ring, ring.new_barrier(), handler) as processor:
        wait_for_sequence(ring, processor, publish(ring, range(20)))
    assert handler.sequences == list(range(20))


def test_a_wrong_release_that_is_not_caught_is_a_failure_of_the_handler() -> None:
    ring = new_ring(8)
    handler = Releaser(lambda release, sequence: release(sequence + 1))
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert isinstance(processor.failure, ValueError)
    assert processor.sequence.get() == -1


def test_the_sequence_of_a_processor_never_goes_back() -> None:
    """With releases, failures, halts and restarts; watched by a thread of its own."""

    def act(release: Callable[[int], None], sequence: int) -> None:
        if sequence % 3 == 0:
            release(sequence)
        if sequence % 5 == 0:
            raise KeyError(sequence)

    ring, handler = new_ring(8), Releaser(act)
    processor = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        handler,
        exception_handler=IgnoringExceptionHandler(),
        max_batch_size=4,
    )
    back: list[tuple[int, int]] = []

    def watch() -> None:
        before = -1
        while before < 199:
            now = processor.sequence.get()
            if now < before:
                back.append((before, now))
            before = now

    with Background(watch), Background(lambda: publish(ring, range(200))):
        for _ in range(20):
            processor.start()
            assert processor.close(PATIENCE)
        with processor:
            wait_for_sequence(ring, processor, 199)
    assert back == []
    assert handler.sequences == [sequence for sequence in range(200) if sequence % 5]


def test_a_restart_after_a_fatal_error_goes_on_after_what_was_released() -> None:
    def act(release: Callable[[int], None], sequence: int) -> None:
        if sequence == 1 and processor.failure is None and not handler.callbacks > 1:
            release(2)
            raise KeyError

    ring, handler = new_ring(8), Releaser(act)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish_batch(ring, list(range(5)))
    processor.start()
    assert processor.join(PATIENCE)
    assert processor.sequence.get() == 2
    with processor:
        handler.wait_for(3)
    assert handler.sequences == [0, 3, 4]


def test_the_callback_comes_before_on_start_at_every_run() -> None:
    ring, handler = new_ring(8), Releaser(lambda release, sequence: release(sequence))
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    for _ in range(2):
        with processor:
            pass
    assert handler.calls == ["callback", "start", "shutdown"] * 2
