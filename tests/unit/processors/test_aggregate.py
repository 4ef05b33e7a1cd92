"""Several handlers in one thread."""

import threading
from typing import Any

import pytest

from ringbuffer import AggregateEventHandler, BatchEventProcessor, RewindBatch
from tests.unit.processors.kit import Recorder, new_ring, publish_batch, wait_for_sequence


class Noting(Recorder):
    def on_batch_start(self, size: int, depth: int) -> None:
        self.note(f"batch {size} of {depth} in {threading.current_thread().name}")

    def on_rewind(self, sequence: int) -> None:
        self.note(f"rewind {sequence}")


def test_each_event_goes_to_each_in_turn_with_every_hook() -> None:
    ring, order = new_ring(8), []
    first, second = Noting(), Recorder()
    failed: list[int] = []

    def between(event: Any, sequence: int, end_of_batch: bool) -> None:
        order.append((len(first.seen), len(second.seen)))
        if sequence == 1 and not failed:
            failed.append(sequence)
            raise RewindBatch

    handler = AggregateEventHandler(first, between, second)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, name="one thread")
    publish_batch(ring, [0, 1])
    with processor:
        wait_for_sequence(ring, processor, 1)
    assert order == [(1, 0), (2, 1), (3, 1), (4, 2)]
    assert second.sequences == [0, 0, 1]
    batch = "batch 2 of 2 in one thread"
    assert first.calls == ["start", batch, "rewind 0", batch, "shutdown"]
    assert second.calls == ["start", "shutdown"]


def test_functions_alone_have_no_hooks() -> None:
    handler: AggregateEventHandler[Any] = AggregateEventHandler(lambda *_: None)
    assert handler.on_start is handler.on_timeout is None


async def asynchronous(event: Any, sequence: int, end_of_batch: bool) -> None: ...


class Batches:
    def on_batch(self, events: list[Any], first: int) -> None: ...


class Releasing(Recorder):
    def set_sequence_callback(self, release: Any) -> None: ...


@pytest.mark.parametrize("handler", [asynchronous, Batches(), Releasing(), 3])
def test_an_object_that_needs_its_own_thread_is_refused(handler: Any) -> None:
    with pytest.raises(TypeError):
        AggregateEventHandler(Recorder(), handler)
    with pytest.raises(ValueError, match="at least one"):
        AggregateEventHandler()
