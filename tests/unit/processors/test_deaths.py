"""A consumer that dies takes no producer with it, whatever it dies of and however badly."""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator

import pytest

from ringbuffer import (
    BatchEventProcessor,
    ConsumerFailedError,
    FatalExceptionHandler,
    ProcessorState,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    TimeoutBlockingWaitStrategy,
)
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


class Broken(Exception):
    pass


class Unspeakable(Exception):
    """An error whose own message fails."""

    def __str__(self) -> str:
        raise ValueError("no words")

    __repr__ = __str__


def raising(error: BaseException) -> Callable[[object], object]:
    def react(_: object) -> object:
        raise error

    return react


def die(error: BaseException, ring: RingBuffer[Cell] | None = None) -> BatchEventProcessor[Cell]:
    """A processor that died of its first event."""
    ring = ring or new_ring(2)
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder(raising(error)))
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    return processor


@pytest.fixture
def full_disk() -> Iterator[None]:
    """A log that cannot be written."""

    class Full(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no space left on device")

    handler, logger = Full(), logging.getLogger("ringbuffer")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


def test_an_error_that_cannot_be_printed_still_closes_the_ring() -> None:
    logging.disable(logging.CRITICAL)  # pytest's own capture would fail on it
    try:
        ring = new_ring(2)
        processor = die(Unspeakable(), ring)
    finally:
        logging.disable(logging.NOTSET)
    assert isinstance(processor.failure, Unspeakable)
    assert ring.is_closed, "producers wait forever for a consumer that is dead"
    with pytest.raises(ConsumerFailedError) as caught:
        ring.next(timeout=PATIENCE)
    assert caught.value.__cause__ is processor.failure


@pytest.mark.usefixtures("full_disk")
def test_a_log_that_cannot_be_written_does_not_keep_the_ring_open() -> None:
    ring = new_ring(2)
    die(Broken(), ring)
    assert ring.is_closed, "producers wait forever for a consumer that is dead"


@pytest.mark.parametrize("kind", ProducerType)
def test_a_producer_that_waits_when_the_consumer_dies_is_woken(kind: ProducerType) -> None:
    watch = ProducerWatch()
    ring: RingBuffer[Cell] = RingBuffer(2, Cell, kind, host=watch)

    def react(sequence: int) -> None:
        assert watch.waits.wait(PATIENCE)
        raise Broken

    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder(react))
    processor.start()
    with pytest.raises(ConsumerFailedError) as caught:
        Background(lambda: publish(ring, range(3))).start().join()
    assert caught.value.__cause__ is processor.failure
    assert processor.join(PATIENCE)


def test_all_the_producers_that_wait_get_an_error_each_of_their_own() -> None:
    ring = new_ring(2)
    go_on = threading.Event()

    def react(sequence: int) -> None:
        assert go_on.wait(PATIENCE)
        raise Broken

    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder(react))
    publish(ring, [1, 2])
    errors: list[ConsumerFailedError] = []
    started = threading.Barrier(5)

    def produce() -> None:
        started.wait(PATIENCE)
        with pytest.raises(ConsumerFailedError) as caught:
            ring.next()
        errors.append(caught.value)

    threads = [Background(produce).start() for _ in range(4)]
    processor.start()
    started.wait(PATIENCE)
    go_on.set()
    for thread in threads:
        thread.join()
    assert len({id(error) for error in errors}) == 4
    assert {id(error.__cause__) for error in errors} == {id(processor.failure)}


def test_the_cause_of_many_refusals_does_not_grow() -> None:
    ring = new_ring(2)
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder(raising(Broken())))
    publish(ring, [1])
    with pytest.raises(Broken):  # in this thread: in another one, the trace grows after `join`
        processor.run()
    assert processor.failure is not None
    before = len(traceback.extract_tb(processor.failure.__traceback__))
    refusals = []
    for _ in range(50):
        with pytest.raises(ConsumerFailedError) as caught:
            ring.try_next()
        refusals.append(caught.value)
    assert len(set(map(id, refusals))) == 50
    assert len(traceback.extract_tb(processor.failure.__traceback__)) == before
    assert processor.failure.__context__ is None


def test_the_refusal_names_the_dead_consumer_its_error_and_its_sequence() -> None:
    ring = new_ring(4)
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), Recorder(lambda sequence: 1 // (2 - sequence)), name="divider"
    )
    publish(ring, range(3))
    processor.start()
    assert processor.join(PATIENCE)
    with pytest.raises(
        ConsumerFailedError,
        match=r"'divider' died of ZeroDivisionError: .* finished up to sequence 1\.",
    ):
        ring.next()


@pytest.mark.parametrize(
    "hook", ["on_start", "set_sequence_callback", "on_batch_start", "on_timeout"]
)
@pytest.mark.parametrize("error", [Broken(), SystemExit(3)], ids=repr)
def test_a_hook_that_kills_the_processor_closes_the_ring(hook: str, error: BaseException) -> None:
    ring = new_ring(8, strategy=TimeoutBlockingWaitStrategy(0.002))
    handler = Recorder()
    setattr(handler, hook, lambda *_: raising(error)(None))
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    if hook != "on_timeout":
        publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert processor.failure is error
    assert processor.state is ProcessorState.HALTED
    assert processor.sequence.get() == -1
    assert handler.values == []
    with pytest.raises(ConsumerFailedError) as caught:
        ring.next()
    assert caught.value.__cause__ is error


def test_a_system_exit_of_on_shutdown_is_fatal_too() -> None:
    ring, handler = new_ring(), Recorder()
    handler.on_shutdown = lambda: raising(SystemExit(1))(None)  # type: ignore[method-assign,assignment]
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    with processor:
        pass
    assert isinstance(processor.failure, SystemExit)
    assert ring.is_closed


def test_a_handler_that_dies_is_shut_down_before_a_join_returns() -> None:
    ring, handler = new_ring(), Recorder(raising(Broken()))
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert handler.calls == ["start", "shutdown"]


def test_an_exception_handler_for_shutdown_that_raises_stops_the_processor() -> None:
    class Strict(FatalExceptionHandler):
        def handle_on_shutdown_exception(self, error: Exception) -> None:
            raise error

    ring, handler = new_ring(), Recorder()
    handler.on_shutdown = lambda: raising(Broken("late"))(None)  # type: ignore[method-assign,assignment]
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler, exception_handler=Strict())
    with processor:
        pass
    assert repr(processor.failure) == "Broken('late')"
    assert ring.is_closed


def test_an_exception_handler_that_exits_stops_the_processor() -> None:
    class Exiting(FatalExceptionHandler):
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            raise SystemExit(4) from error

    ring = new_ring()
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), Recorder(raising(Broken())), exception_handler=Exiting()
    )
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert isinstance(processor.failure, SystemExit)
    assert isinstance(processor.failure.__cause__, Broken)
    assert processor.sequence.get() == -1


@pytest.mark.parametrize("error", [Broken(), SystemExit(), KeyboardInterrupt()], ids=repr)
def test_a_restart_after_a_death_handles_nothing_twice(error: BaseException) -> None:
    ring, dead = new_ring(16), [5]

    def react(sequence: int) -> None:
        if sequence in dead:
            raise error

    handler = Recorder(react)
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish_batch(ring, list(range(10)))
    processor.start()
    assert processor.join(PATIENCE)
    assert processor.failure is error
    assert (handler.sequences, processor.sequence.get()) == (list(range(5)), 4)
    dead.clear()
    with processor:
        assert processor.failure is None
        handler.wait_for(10)
    assert handler.sequences == list(range(10))
    assert ring.is_closed  # a restart finishes what is there; it does not open the ring again


def test_a_batch_that_killed_its_handler_is_handed_over_whole_at_the_restart() -> None:
    seen: list[list[int]] = []

    class Handler:
        def on_batch(self, events: list[Cell], first_sequence: int) -> None:
            seen.append([event.value for event in events])
            if len(seen) == 2:
                raise Broken

    ring = new_ring(8)
    processor = BatchEventProcessor(ring, ring.new_barrier(), Handler(), max_batch_size=3)
    publish_batch(ring, list(range(7)))
    processor.start()
    assert processor.join(PATIENCE)
    assert processor.sequence.get() == 2
    with processor:
        wait_for_sequence(ring, processor, 6)
    assert seen == [[0, 1, 2], [3, 4, 5], [3, 4, 5], [6]]


def test_a_death_in_the_middle_of_a_chain_reaches_the_producer() -> None:
    ring, first, last = new_ring(4), Recorder(), Recorder()
    one = BatchEventProcessor(ring, ring.new_barrier(), first)
    two = BatchEventProcessor(
        ring, ring.new_barrier(one.sequence), Recorder(raising(Broken())), gating=False
    )
    three = BatchEventProcessor(ring, ring.new_barrier(two.sequence), last)
    with one, two, three:
        with pytest.raises(ConsumerFailedError):
            publish(ring, range(100))
        first.wait_for(1)
    assert last.values == []
    assert [one.failure, three.failure] == [None, None]


def test_of_two_deaths_the_first_is_the_reason() -> None:
    ring = new_ring(4)
    publish(ring, [1])
    one = BatchEventProcessor(ring, ring.new_barrier(), Recorder(raising(Broken(1))), gating=False)
    two = BatchEventProcessor(ring, ring.new_barrier(), Recorder(raising(Broken(2))), gating=False)
    for processor in (one, two):
        processor.sequence.set(-1)
        processor.start()
        assert processor.join(PATIENCE)
    with pytest.raises(ConsumerFailedError) as caught:
        ring.next()
    assert caught.value.__cause__ is one.failure


def test_a_ring_that_was_closed_on_purpose_keeps_its_reason() -> None:
    ring = new_ring(4)
    publish(ring, [1])
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), Recorder(raising(Broken())), gating=False
    )
    processor.sequence.set(-1)
    ring.close()
    processor.start()
    assert processor.join(PATIENCE)
    with pytest.raises(RingBufferClosedError) as caught:
        ring.next()
    assert not isinstance(caught.value, ConsumerFailedError)


def test_a_closed_ring_can_be_emptied() -> None:
    ring, recorder = new_ring(8), Recorder()
    processor = BatchEventProcessor(ring, ring.new_barrier(), recorder)
    publish(ring, range(6))
    ring.close()
    with processor:
        recorder.wait_for(6)
    assert recorder.values == list(range(6))


class Replaceable(BatchEventProcessor[Cell]):
    """A consumer without which the program continues."""

    died_of: BaseException | None = None

    def on_death(self, failure: BaseException) -> None:
        self.died_of = failure


def test_a_subclass_decides_what_a_death_does_to_the_ring() -> None:
    ring, error = new_ring(2), Broken()
    processor = Replaceable(ring, ring.new_barrier(), Recorder(raising(error)))
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert processor.died_of is processor.failure is error
    assert not ring.is_closed
