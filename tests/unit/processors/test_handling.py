import threading

import pytest

from ringbuffer import BatchEventProcessor, ProducerType, TimeoutBlockingWaitStrategy, WaitStrategy
from tests.support.threads import PATIENCE, Background
from tests.unit.processors.kit import (
    Cell,
    Recorder,
    new_ring,
    publish,
    publish_batch,
    wait_for_sequence,
)
from tests.unit.wait.strategies import STRATEGIES


@pytest.mark.parametrize("kind", ProducerType)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_event_once_and_in_order_with_every_strategy(
    kind: ProducerType, strategy: str
) -> None:
    ring, recorder = new_ring(8, kind, STRATEGIES[strategy]()), Recorder()
    with BatchEventProcessor(ring, ring.new_barrier(), recorder):
        publish(ring, range(200))
        publish_batch(ring, list(range(200, 207)))
        recorder.wait_for(207)
    assert recorder.values == recorder.sequences == list(range(207))
    assert recorder.seen[-1][2]


def test_the_end_of_a_batch_is_the_last_event_available() -> None:
    ring, recorder = new_ring(), Recorder()
    processor = BatchEventProcessor(ring, ring.new_barrier(), recorder)
    publish_batch(ring, [1, 2, 3])
    with processor:
        recorder.wait_for(3)
    assert recorder.seen == [(1, 0, False), (2, 1, False), (3, 2, True)]


def test_a_function_will_do_as_a_handler() -> None:
    ring = new_ring()
    seen: list[tuple[int, int, bool]] = []

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        seen.append((event.value, sequence, end_of_batch))

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    assert processor.name.endswith("handle")
    with processor:
        wait_for_sequence(ring, processor, publish(ring, [5]))
    assert seen == [(5, 0, True)]


def test_events_published_before_the_start_are_handled() -> None:
    ring, recorder = new_ring(), Recorder()
    processor = BatchEventProcessor(ring, ring.new_barrier(), recorder)
    publish(ring, range(8))
    with processor:
        recorder.wait_for(8)
    assert recorder.values == list(range(8))


def test_a_producer_does_not_lap_a_processor_that_is_not_started_yet() -> None:
    ring = new_ring(4)
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder())
    publish(ring, range(4))
    with pytest.raises(TimeoutError):
        ring.next(timeout=0.001)
    assert processor.sequence.get() == -1


def test_a_processor_that_joins_a_running_ring_starts_after_the_cursor() -> None:
    ring, recorder = new_ring(4), Recorder()
    publish(ring, range(10))
    with BatchEventProcessor(ring, ring.new_barrier(), recorder) as processor:
        assert processor.sequence.get() >= 9
        publish(ring, range(10, 13))
        recorder.wait_for(3)
    assert recorder.sequences == [10, 11, 12]


def test_a_processor_that_does_not_gate_starts_at_the_cursor_too() -> None:
    ring = new_ring(4)
    publish(ring, range(10))
    assert (
        BatchEventProcessor(ring, ring.new_barrier(), Recorder(), gating=False).sequence.get() == 9
    )
    assert ring.minimum_gating_sequence == 9


def test_the_hooks_are_called_in_order_and_in_one_thread() -> None:
    ring = new_ring()
    calls: list[tuple[str, str]] = []

    class Handler:
        def on_start(self) -> None:
            self.note("start")

        def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
            self.note(f"batch {batch_size}/{queue_depth}")

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            self.note(f"event {sequence}")

        def on_shutdown(self) -> None:
            self.note("shutdown")

        def note(self, call: str) -> None:
            calls.append((call, threading.current_thread().name))

    processor = BatchEventProcessor(
        ring, ring.new_barrier(), Handler(), max_batch_size=2, name="worker"
    )
    publish_batch(ring, [0, 1, 2])
    with processor:
        wait_for_sequence(ring, processor, 2)
    assert [call for call, _ in calls] == [
        "start",
        "batch 2/3",
        "event 0",
        "event 1",
        "batch 1/1",
        "event 2",
        "shutdown",
    ]
    assert {name for _, name in calls} == {"worker"} == {processor.name}


def test_a_batch_is_never_larger_than_its_limit() -> None:
    ring, recorder = new_ring(16), Recorder()
    processor = BatchEventProcessor(ring, ring.new_barrier(), recorder, max_batch_size=3)
    publish_batch(ring, list(range(8)))
    with processor:
        recorder.wait_for(8)
    assert [sequence for _, sequence, end in recorder.seen if end] == [2, 5, 7]


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_of_nothing_is_refused(size: int) -> None:
    ring = new_ring()
    with pytest.raises(ValueError, match="max_batch_size must be 1 or more"):
        BatchEventProcessor(ring, ring.new_barrier(), Recorder(), max_batch_size=size)
    assert ring.remaining_capacity() == 8


class Batches:
    def __init__(self) -> None:
        self.seen: list[tuple[int, list[int]]] = []

    def on_batch(self, events: list[Cell], first_sequence: int) -> None:
        self.seen.append((first_sequence, [event.value for event in events]))


def test_a_batch_handler_gets_all_that_is_available_at_once() -> None:
    ring, batches = new_ring(), Batches()
    processor = BatchEventProcessor(ring, ring.new_barrier(), batches)
    publish_batch(ring, [1, 2, 3])
    with processor:
        wait_for_sequence(ring, processor, 2)
        publish_batch(ring, list(range(8)))  # the whole ring, round its end
        wait_for_sequence(ring, processor, 10)
    assert batches.seen[0] == (0, [1, 2, 3])
    assert [value for _, values in batches.seen[1:] for value in values] == list(range(8))
    assert sum(len(values) for _, values in batches.seen) == 11


def test_a_batch_that_goes_round_the_end_is_in_order() -> None:
    ring, batches = new_ring(), Batches()
    processor = BatchEventProcessor(ring, ring.new_barrier(), batches)
    publish_batch(ring, [0] * 5)
    with processor:
        wait_for_sequence(ring, processor, 4)
    publish_batch(ring, list(range(8)))
    with processor:
        wait_for_sequence(ring, processor, 12)
    assert batches.seen[-1] == (5, list(range(8)))


@pytest.mark.parametrize("handler", [None, 3, object(), "text"])
def test_what_cannot_handle_events_is_refused(handler: object) -> None:
    ring = new_ring()
    with pytest.raises(TypeError, match="is not an event handler"):
        BatchEventProcessor(ring, ring.new_barrier(), handler)  # type: ignore[arg-type]
    assert ring.remaining_capacity() == 8


def test_a_handler_gets_its_events_in_one_way_only() -> None:
    class Both(Batches):
        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None: ...

    ring = new_ring()
    with pytest.raises(TypeError, match="has both on_event and on_batch"):
        BatchEventProcessor(ring, ring.new_barrier(), Both())


def test_a_hook_that_cannot_be_called_is_refused() -> None:
    class Wrong(Batches):
        on_start = 3

    ring = new_ring()
    with pytest.raises(TypeError, match=r"on_start of .* must be a method, not 3"):
        BatchEventProcessor(ring, ring.new_barrier(), Wrong())


def timing_out() -> WaitStrategy:
    return TimeoutBlockingWaitStrategy(0.002)


def test_a_timeout_is_reported_and_advances_nothing() -> None:
    ring = new_ring(8, ProducerType.SINGLE, timing_out())

    class Handler(Recorder):
        def on_timeout(self, sequence: int) -> None:
            self.note(f"timeout after {sequence}")

    handler = Handler()
    with BatchEventProcessor(ring, ring.new_barrier(), handler) as processor:
        handler.wait_until(lambda: handler.calls.count("timeout after -1") >= 2)
        assert processor.sequence.get() == -1
        publish(ring, [7])
        handler.wait_until(lambda: "timeout after 0" in handler.calls)
    assert handler.values == [7]


def test_a_handler_that_does_not_care_for_timeouts_is_left_alone() -> None:
    ring, recorder = new_ring(8, ProducerType.SINGLE, timing_out()), Recorder()
    with BatchEventProcessor(ring, ring.new_barrier(), recorder) as processor:
        assert ring.new_barrier().wait_for(0) == -1  # at least one timeout has passed
        publish(ring, [7])
        recorder.wait_for(1)
    assert processor.failure is None


class Releasing:
    """Releases each event when it is handled, and stops at one of them until the test continues."""

    def __init__(self, stop_at: int) -> None:
        self.stop_at = stop_at
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.errors: list[str] = []

    def set_sequence_callback(self, release: object) -> None:
        self.release = release

    def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
        self.release(sequence)  # type: ignore[operator]
        if sequence == self.stop_at:
            for wrong in (sequence - 1, 100):
                try:
                    self.release(wrong)  # type: ignore[operator]
                except ValueError as error:
                    self.errors.append(str(error))
            self.reached.set()
            assert self.go_on.wait(PATIENCE)


def test_early_release_makes_room_before_the_batch_is_done() -> None:
    ring, handler = new_ring(4), Releasing(stop_at=2)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish_batch(ring, list(range(4)))
    with processor:
        assert handler.reached.wait(PATIENCE)
        assert processor.sequence.get() == 2
        assert ring.remaining_capacity() == 3
        assert publish(ring, range(3)) == 6
        handler.go_on.set()
        wait_for_sequence(ring, processor, 6)
    assert len(handler.errors) == 2
    assert "the batch goes up to 3, and 2 is released already" in handler.errors[0]


def test_early_release_wakes_a_later_stage() -> None:
    ring, handler, later = new_ring(4), Releasing(stop_at=1), Recorder()
    first = BatchEventProcessor(ring, ring.new_barrier(), handler, gating=False)
    second = BatchEventProcessor(ring, ring.new_barrier(first.sequence), later)
    publish_batch(ring, list(range(4)))
    with second, first:
        later.wait_for(2)
        assert later.sequences == [0, 1]
        handler.go_on.set()
        later.wait_for(4)


def test_stages_see_every_event_after_the_ones_they_depend_on() -> None:
    # publisher -> {a, b} -> c -> d, in a ring of 4
    ring = new_ring(4)
    order: list[tuple[str, int]] = []
    lock = threading.Lock()

    def stage(
        name: str, *after: BatchEventProcessor[Cell], gating: bool = False
    ) -> BatchEventProcessor[Cell]:
        def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
            with lock:
                order.append((name, event.value))

        barrier = ring.new_barrier(*(processor.sequence for processor in after))
        return BatchEventProcessor(ring, barrier, handler=handle, name=name, gating=gating)

    a, b = stage("a"), stage("b")
    c = stage("c", a, b)
    d = stage("d", c, gating=True)
    with a, b, c, d:
        wait_for_sequence(ring, d, publish(ring, range(100)))
    position = {entry: index for index, entry in enumerate(order)}
    assert len(order) == len(position) == 400
    for value in range(100):
        assert (
            max(position["a", value], position["b", value])
            < position["c", value]
            < position["d", value]
        )


def test_a_blocked_producer_goes_on_when_a_handler_is_done() -> None:
    ring = new_ring(1)
    recorder = Recorder()
    with (
        BatchEventProcessor(ring, ring.new_barrier(), recorder),
        Background(lambda: publish(ring, range(50))),
    ):
        recorder.wait_for(50)
    assert recorder.values == list(range(50))
