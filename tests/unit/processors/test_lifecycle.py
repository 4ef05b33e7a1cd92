import threading
import time

import pytest

from ringbuffer import (
    BatchEventProcessor,
    BlockingWaitStrategy,
    ProcessorState,
    ProcessorStateError,
    RingBuffer,
)
from ringbuffer.host import SystemHost, Thread
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE, Background, together
from tests.unit.processors.kit import (
    Cell,
    Recorder,
    new_ring,
    publish,
    publish_batch,
    wait_for_sequence,
)

in_rounds = repeated(200, 1_000)


def new_processor(ring: RingBuffer[Cell], recorder: Recorder) -> BatchEventProcessor[Cell]:
    return BatchEventProcessor(ring, ring.new_barrier(), recorder)


def test_a_life_goes_from_idle_over_running_to_halted_and_round_again() -> None:
    ring, recorder = new_ring(), Recorder()
    processor = new_processor(ring, recorder)
    states = [processor.state]
    for value in range(3):
        processor.start()
        states.append(processor.state)
        publish(ring, [value])
        recorder.wait_for(value + 1)
        assert processor.is_running
        processor.halt()
        assert processor.join(PATIENCE)
        states.append(processor.state)
    idle, running, halted = ProcessorState.IDLE, ProcessorState.RUNNING, ProcessorState.HALTED
    assert states == [idle, running, halted, running, halted, running, halted]
    assert recorder.sequences == [0, 1, 2]
    assert recorder.calls == ["start", "shutdown"] * 3


def test_what_is_published_while_halted_is_handled_after_the_restart() -> None:
    ring, recorder = new_ring(), Recorder()
    processor = new_processor(ring, recorder)
    with processor:
        publish(ring, [0])
        recorder.wait_for(1)
    publish(ring, [1, 2])
    assert recorder.values == [0]
    with processor:
        recorder.wait_for(3)
    assert recorder.values == [0, 1, 2]


def test_a_running_processor_cannot_be_started() -> None:
    ring = new_ring()
    with new_processor(ring, Recorder()) as processor:
        for start in (processor.start, processor.run):
            with pytest.raises(
                ProcessorStateError, match="is RUNNING; it can be started when it is IDLE or HALTED"
            ):
                start()


@pytest.mark.parametrize("call", ["start", "run"])
def test_a_run_that_gets_what_it_needs_is_in_progress_and_one_that_lacks_it_has_ended(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no other thread can start it meanwhile, and a halt ends it."""
    ring, recorder = new_ring(), Recorder()
    processor = new_processor(ring, recorder)
    begins: list[bool] = []

    def prepare() -> None:
        begins.append(processor.is_running)
        with pytest.raises(ProcessorStateError, match="is RUNNING"):
            processor.start()
        assert not ring.sequencer.state.consumers()  # it consumes only when it has everything
        raise MemoryError("none is left")

    with monkeypatch.context() as patch:
        patch.setattr(processor, "_prepare", prepare)
        with pytest.raises(MemoryError, match="none is left"):
            getattr(processor, call)()
    assert begins == [True]
    assert not processor.is_running
    assert processor.join(0)
    assert processor.failure is None
    with processor:
        publish(ring, [7])
        recorder.wait_for(1)
    assert recorder.values == [7]


def test_of_many_threads_that_start_one_wins() -> None:
    for _ in range(50):
        ring, recorder = new_ring(), Recorder()
        processor = new_processor(ring, recorder)

        def start(processor: BatchEventProcessor[Cell] = processor) -> bool:
            try:
                processor.start()
            except ProcessorStateError:
                return False
            return True

        assert sum(map(bool, together(start, start, start))) == 1
        publish(ring, [1])
        recorder.wait_for(1)
        assert processor.close(PATIENCE)
        assert recorder.calls == ["start", "shutdown"]


def test_a_halt_before_the_first_run_is_honoured() -> None:
    for start in ("run", "start"):
        ring, recorder = new_ring(), Recorder()
        processor = new_processor(ring, recorder)
        publish(ring, [1])
        processor.halt()
        processor.halt()
        assert processor.state is ProcessorState.HALT_PENDING
        getattr(processor, start)()
        assert processor.join(PATIENCE)
        assert processor.state.name == "HALTED"
        assert recorder.calls == []
        assert recorder.values == []
        with processor:
            recorder.wait_for(1)


def test_halting_twice_does_not_halt_the_next_run() -> None:
    ring, recorder = new_ring(), Recorder()
    processor = new_processor(ring, recorder)
    processor.start()
    assert processor.close(PATIENCE)
    processor.halt()
    assert processor.close(PATIENCE)
    with processor:
        publish(ring, [1])
        recorder.wait_for(1)


@in_rounds
def test_a_halt_that_races_with_a_start_is_never_lost(times: int) -> None:
    ring = new_ring(8, strategy=BlockingWaitStrategy())
    for _ in range(times):
        processor = BatchEventProcessor(ring, ring.new_barrier(), lambda *event: None, gating=False)
        together(processor.start, processor.halt)
        assert processor.join(PATIENCE)
        assert processor.state is ProcessorState.HALTED


@in_rounds
def test_a_halt_right_after_a_restart_is_never_lost(times: int) -> None:
    ring = new_ring(8, strategy=BlockingWaitStrategy())
    processor = BatchEventProcessor(ring, ring.new_barrier(), lambda *event: None)
    for _ in range(times):
        processor.start()
        assert processor.close(PATIENCE)


def test_halts_in_the_middle_of_things_lose_nothing_and_double_nothing() -> None:
    ring, recorder = new_ring(4), Recorder()
    processor = new_processor(ring, recorder)
    with Background(lambda: publish(ring, range(2_000))):
        for _ in range(100):
            processor.start()
            assert processor.close(PATIENCE)
        with processor:
            recorder.wait_for(2_000)
    assert recorder.values == list(range(2_000))


def test_a_halt_lets_the_batch_finish_and_leaves_the_rest_in_the_ring() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def react(sequence: int) -> None:
        entered.set()
        assert go_on.wait(PATIENCE)

    ring, recorder = new_ring(8), Recorder(react)
    processor = BatchEventProcessor(ring, ring.new_barrier(), recorder, max_batch_size=3)
    publish_batch(ring, list(range(8)))
    processor.start()
    assert entered.wait(PATIENCE)
    processor.halt()
    assert processor.state is ProcessorState.HALTING
    assert not processor.join(0.001)
    with pytest.raises(ProcessorStateError, match="is HALTING"):
        processor.start()
    go_on.set()
    assert processor.join(PATIENCE)
    assert recorder.sequences == [0, 1, 2]
    with processor:
        recorder.wait_for(8)
    assert recorder.sequences == list(range(8))


def test_closing_from_inside_the_handler_does_not_deadlock() -> None:
    ring = new_ring()
    answers: list[bool] = []
    processor: BatchEventProcessor[Cell]

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        answers.append(processor.close())

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    processor.start()
    publish(ring, [1])
    assert processor.join(PATIENCE)
    assert answers == [False]
    assert processor.sequence.get() == 0


def test_a_processor_can_run_in_the_calling_thread() -> None:
    ring = new_ring()
    threads: list[threading.Thread] = []

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        threads.append(threading.current_thread())
        if sequence == 2:
            processor.halt()

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    publish(ring, range(3))
    processor.run()
    assert threads == [threading.current_thread()] * 3
    assert processor.state is ProcessorState.HALTED


def test_running_in_the_calling_thread_raises_what_stopped_it() -> None:
    ring = new_ring()

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise OSError("no disk")

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    publish(ring, [1])
    with pytest.raises(OSError, match="no disk"):
        processor.run()
    assert isinstance(processor.failure, OSError)


def test_another_thread_can_join_a_run_in_a_thread_that_lives_on() -> None:
    ring, recorder = new_ring(), Recorder()
    processor = new_processor(ring, recorder)
    joined = threading.Event()

    def live_on() -> None:
        processor.run()
        assert joined.wait(PATIENCE)

    with Background(live_on):
        publish(ring, [1])
        recorder.wait_for(1)
        assert processor.close(PATIENCE)
        joined.set()


def test_a_thread_that_cannot_be_started_leaves_the_processor_startable() -> None:
    class Exhausted(SystemHost):
        refuse = True

        def start_thread(self, target: object, name: str) -> Thread:  # type: ignore[override]
            if self.refuse:
                raise RuntimeError("can't start new thread")
            return SystemHost.start_thread(target, name)  # type: ignore[arg-type]

    host = Exhausted()
    ring: RingBuffer[Cell] = RingBuffer(8, Cell, host=host)
    recorder = Recorder()
    processor = new_processor(ring, recorder)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        processor.start()
    assert not processor.is_running
    host.refuse = False
    with processor:
        publish(ring, [1])
        recorder.wait_for(1)


def test_an_alert_that_is_not_a_halt_stops_nothing_and_is_soon_over() -> None:
    ring, recorder = new_ring(), Recorder()
    with new_processor(ring, recorder) as processor:
        for value in range(3):
            processor.barrier.alert()
            deadline = time.monotonic() + PATIENCE
            # Otherwise the processor would raise and catch it forever
            while processor.barrier.is_alerted:
                assert time.monotonic() < deadline
            publish(ring, [value])
            recorder.wait_for(value + 1)
    assert processor.failure is None
    assert recorder.values == [0, 1, 2]


def test_halting_one_processor_does_not_stop_its_siblings() -> None:
    ring, first, second = new_ring(), Recorder(), Recorder()
    with new_processor(ring, first) as halted, new_processor(ring, second):
        assert halted.close(PATIENCE)
        publish(ring, [1])
        second.wait_for(1)
    assert first.values == []


def test_a_processor_describes_itself() -> None:
    ring = new_ring()
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder())
    assert repr(processor) == "BatchEventProcessor('Recorder', IDLE, sequence=-1)"
    with processor:
        wait_for_sequence(ring, processor, publish(ring, [1]))
