import logging
import threading
import traceback

import pytest

from ringbuffer import (
    AlertError,
    BatchEventProcessor,
    ConsumerFailedError,
    DeadlockError,
    FatalExceptionHandler,
    IgnoringExceptionHandler,
    LoggingExceptionHandler,
    ProcessorState,
    ProducerType,
    RingBuffer,
    TimeoutBlockingWaitStrategy,
)
from tests.support.threads import PATIENCE, Background
from tests.unit.processors.kit import (
    Cell,
    Recorder,
    new_ring,
    publish,
    publish_batch,
    wait_for_sequence,
)


class Broken(Exception):
    pass


class Noting:
    """An exception handler that notes and carries on."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int, object]] = []
        self.others: list[str] = []

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        value = event.value if isinstance(event, Cell) else event
        self.events.append((repr(error), sequence, value))

    def handle_on_start_exception(self, error: Exception) -> None:
        self.others.append(f"start {error!r}")

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        self.others.append(f"shutdown {error!r}")


def failing_at(*sequences: int, error: type[BaseException] = Broken) -> Recorder:
    def react(sequence: int) -> None:
        if sequence in sequences:
            raise error(sequence)

    return Recorder(react)


def test_the_exception_handler_gets_the_failed_event_and_its_sequence_and_the_next_follows() -> (
    None
):
    ring, handler, noting = new_ring(), failing_at(1, 2), Noting()
    with BatchEventProcessor(
        ring, ring.new_barrier(), handler, exception_handler=noting
    ) as processor:
        wait_for_sequence(ring, processor, publish(ring, range(10, 15)))
    assert handler.values == [10, 13, 14]
    assert noting.events == [("Broken(1)", 1, 11), ("Broken(2)", 2, 12)]
    assert processor.failure is None
    assert not ring.is_closed


def test_a_failure_on_the_last_event_advances_the_sequence() -> None:
    ring, handler = new_ring(), failing_at(0)
    with BatchEventProcessor(
        ring, ring.new_barrier(), handler, exception_handler=Noting()
    ) as processor:
        wait_for_sequence(ring, processor, publish(ring, [1]))
    assert handler.values == []


def test_a_failure_on_a_batch_is_reported_with_the_batch() -> None:
    ring, noting = new_ring(), Noting()

    class Handler:
        def on_batch(self, events: list[Cell], first_sequence: int) -> None:
            raise Broken(len(events))

    processor = BatchEventProcessor(ring, ring.new_barrier(), Handler(), exception_handler=noting)
    publish_batch(ring, [1, 2])
    with processor:
        wait_for_sequence(ring, processor, 1)
    ((error, sequence, events),) = noting.events
    assert (error, sequence) == ("Broken(2)", 0)
    assert isinstance(events, list)
    assert [event.value for event in events] == [1, 2]


def test_an_alert_error_of_a_handler_is_a_failure_and_no_halt() -> None:
    ring, handler, noting = new_ring(), failing_at(0, error=AlertError), Noting()
    with BatchEventProcessor(ring, ring.new_barrier(), handler, exception_handler=noting):
        publish(ring, [1, 2])
        handler.wait_for(1)
    assert handler.sequences == [1]
    assert noting.events == [("AlertError(0)", 0, 1)]


def test_an_alert_error_that_is_fatal_is_fatal() -> None:
    ring, handler = new_ring(), failing_at(0, error=AlertError)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert isinstance(processor.failure, AlertError)


def test_the_logging_handler_logs_and_carries_on(caplog: pytest.LogCaptureFixture) -> None:
    ring, handler = new_ring(), failing_at(0)
    with BatchEventProcessor(
        ring,
        ring.new_barrier(),
        handler,
        exception_handler=LoggingExceptionHandler(logging.WARNING),
    ):
        publish(ring, [1, 2])
        handler.wait_for(1)
    (record,) = [each for each in caplog.records if each.name == "ringbuffer"]
    assert record.levelno == logging.WARNING
    assert "handler failed on sequence 0" in record.getMessage()
    assert record.exc_info


def test_the_ignoring_handler_mentions_it_for_debugging_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = IgnoringExceptionHandler()
    with caplog.at_level(logging.INFO, "ringbuffer"):
        handler.handle_event_exception(Broken(), 1, None)
        handler.handle_on_start_exception(Broken())
        handler.handle_on_shutdown_exception(Broken())
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, "ringbuffer"):
        handler.handle_event_exception(Broken(), 1, None)
        handler.handle_on_start_exception(Broken())
        handler.handle_on_shutdown_exception(Broken())
    assert len(caplog.records) == 3


@pytest.mark.parametrize("kind", ProducerType)
@pytest.mark.parametrize("error", [Broken, SystemExit, KeyboardInterrupt])
def test_a_consumer_that_dies_closes_the_ring_and_wakes_blocked_producers(
    kind: ProducerType, error: type[BaseException]
) -> None:
    ring = new_ring(2, kind)
    filled = threading.Event()

    def react(sequence: int) -> None:
        assert filled.wait(PATIENCE)
        raise error("at last")

    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder(react), name="doomed")
    processor.start()

    def produce() -> None:
        publish(ring, range(2))
        filled.set()
        publish(ring, range(2, 1000))

    with pytest.raises(
        ConsumerFailedError, match=f"consumer 'doomed' died of {error.__name__}: at last"
    ) as caught:
        Background(produce).start().join()
    assert processor.join(PATIENCE)
    assert isinstance(caught.value.__cause__, error)
    assert isinstance(processor.failure, error)
    assert processor.state is ProcessorState.HALTED
    assert ring.is_closed


def test_refusals_after_a_death_are_fresh_and_do_not_grow() -> None:
    ring = new_ring()
    processor = BatchEventProcessor(ring, ring.new_barrier(), failing_at(0))
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    depths = []
    for _ in range(3):
        with pytest.raises(ConsumerFailedError) as caught:
            ring.next()
        depths.append(len(traceback.extract_tb(caught.value.__traceback__)))
    assert len(set(depths)) == 1


def test_an_exception_handler_that_raises_stops_the_processor() -> None:
    class Worse(FatalExceptionHandler):
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            raise OSError("the log is full") from error

    ring = new_ring()
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), failing_at(1), exception_handler=Worse()
    )
    publish(ring, range(3))
    processor.start()
    assert processor.join(PATIENCE)
    assert isinstance(processor.failure, OSError)
    assert processor.sequence.get() == 0


def test_what_a_dead_consumer_had_finished_is_not_handled_again_and_nothing_is_skipped() -> None:
    ring = new_ring()
    doomed = [2]

    def react(sequence: int) -> None:
        if sequence in doomed:
            raise Broken

    handler = Recorder(react)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish_batch(ring, list(range(5)))
    processor.start()
    assert processor.join(PATIENCE)
    assert processor.sequence.get() == 1
    doomed.clear()
    with processor:
        handler.wait_for(5)
    assert handler.sequences == [0, 1, 2, 3, 4]


def test_a_failure_of_on_start_goes_to_the_exception_handler() -> None:
    class Handler(Recorder):
        def on_start(self) -> None:
            raise Broken("start")

        def on_shutdown(self) -> None:
            raise Broken("shutdown")

    ring, handler, noting = new_ring(), Handler(), Noting()
    with BatchEventProcessor(ring, ring.new_barrier(), handler, exception_handler=noting):
        publish(ring, [1])
        handler.wait_for(1)
    assert noting.others == ["start Broken('start')", "shutdown Broken('shutdown')"]


def test_a_fatal_failure_of_on_start_closes_the_ring(caplog: pytest.LogCaptureFixture) -> None:
    class Handler(Recorder):
        def on_start(self) -> None:
            raise Broken("start")

    ring, handler = new_ring(), Handler()
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    processor.start()
    assert processor.join(PATIENCE)
    assert isinstance(processor.failure, Broken)
    assert ring.is_closed
    assert handler.calls == []


def test_a_failure_of_on_shutdown_is_logged_and_harms_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Handler(Recorder):
        def on_shutdown(self) -> None:
            raise Broken("shutdown")

    ring = new_ring()
    processor = BatchEventProcessor(ring, ring.new_barrier(), Handler())
    with processor:
        pass
    assert processor.failure is None
    assert not ring.is_closed


def test_a_failure_of_on_batch_start_is_reported_and_the_batch_is_still_handled() -> None:
    class Handler(Recorder):
        def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
            raise Broken(batch_size)

    ring, handler, noting = new_ring(), Handler(), Noting()
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, exception_handler=noting)
    publish_batch(ring, [1, 2])
    with processor:
        handler.wait_for(2)
    assert noting.events == [("Broken(2)", 0, None)]


def test_a_failure_of_on_timeout_is_reported_and_advances_nothing() -> None:
    class Handler(Recorder):
        def on_timeout(self, sequence: int) -> None:
            self.note("timeout")
            raise Broken

    ring, handler, noting = (
        new_ring(8, ProducerType.MULTI, TimeoutBlockingWaitStrategy(0.002)),
        Handler(),
        Noting(),
    )
    with BatchEventProcessor(
        ring, ring.new_barrier(), handler, exception_handler=noting
    ) as processor:
        handler.wait_until(lambda: handler.calls.count("timeout") >= 2)
        assert processor.sequence.get() == -1
        publish(ring, [1])
        handler.wait_for(1)
    assert noting.events[0] == ("Broken()", -1, None)


def test_a_failure_after_an_early_release_does_not_take_the_sequence_back() -> None:
    released = []

    class Handler:
        def set_sequence_callback(self, release: object) -> None:
            self.release = release

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            if sequence == 0:
                self.release(3)  # type: ignore[operator]
                raise Broken
            released.append(processor.sequence.get())

    ring = new_ring()
    processor = BatchEventProcessor(ring, ring.new_barrier(), Handler(), exception_handler=Noting())
    publish_batch(ring, list(range(5)))
    with processor:
        wait_for_sequence(ring, processor, 4)
    assert released == [3] * 4


@pytest.mark.parametrize("kind", ProducerType)
def test_publishing_into_its_own_full_ring_is_an_error_and_no_deadlock(kind: ProducerType) -> None:
    ring: RingBuffer[Cell] = new_ring(2, kind)
    noting = Noting()

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            publish(ring, range(10))

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle, exception_handler=noting)
    Background(lambda: publish(ring, [0])).start().join()
    with processor:
        wait_for_sequence(ring, processor, 0)
    assert noting.events[0][0].startswith("DeadlockError")


def test_publishing_from_an_earlier_stage_into_its_own_full_ring_is_an_error_too() -> None:
    ring, noting = new_ring(2), Noting()

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            publish(ring, range(10))

    first = BatchEventProcessor(
        ring, ring.new_barrier(), handle, exception_handler=noting, gating=False
    )
    last = BatchEventProcessor(ring, ring.new_barrier(first.sequence), Recorder())
    publish(ring, [0])
    with first, last:
        wait_for_sequence(ring, last, 1)
    assert noting.events[0][0].startswith("DeadlockError")


def test_publishing_into_another_ring_is_fine() -> None:
    source, target, recorder = new_ring(2), new_ring(2), Recorder()

    def forward(event: Cell, sequence: int, end_of_batch: bool) -> None:
        publish(target, [event.value])

    with (
        BatchEventProcessor(source, source.new_barrier(), forward),
        BatchEventProcessor(target, target.new_barrier(), recorder),
    ):
        publish(source, range(60))
        recorder.wait_for(60)
    assert recorder.values == list(range(60))


def test_a_handler_may_publish_into_its_own_ring_while_there_is_room() -> None:
    ring = new_ring(8)

    def react(sequence: int) -> None:
        if sequence < 20:
            publish(ring, [sequence])

    recorder = Recorder(react)
    with BatchEventProcessor(ring, ring.new_barrier(), recorder):
        publish(ring, [-1])
        recorder.wait_for(21)
    assert recorder.sequences == list(range(21))


def test_a_deadlock_error_names_the_way_out() -> None:
    ring = new_ring(1)
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), lambda event, sequence, last: ring.next()
    )
    publish(ring, [1])
    with pytest.raises(DeadlockError, match="Publish to another ring"):
        processor.run()
