"""Starts, halts, closes and joins that meet."""

import threading
import time
from collections.abc import Callable

import pytest

from ringbuffer import BatchEventProcessor, ProcessorState, ProcessorStateError, RingBuffer
from ringbuffer.host import Event, Thread
from tests.support.forwarding_host import ForwardingHost
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE, Background, together
from tests.unit.processors.kit import Cell, Recorder, new_ring, publish, wait_for_sequence

ROUNDS = 1_000
#: How long something that should end at once may take before it counts as lost.
SOON = 20.0


class NotingEvent:
    """An event that reports the beginning of each wait for it."""

    def __init__(self, inner: Event, note: Callable[[], None]) -> None:
        self._inner, self._note = inner, note

    def set(self) -> None:
        self._inner.set()

    def wait(self, timeout: float | None = None) -> bool:
        self._note()
        return self._inner.wait(timeout)


class Interrupted(ForwardingHost):
    """Lets another thread close the processor at one call of a start; continues when that waits.

    Args:
        moment: the call.
        end: what the other thread does.
    """

    def __init__(self, moment: str, end: Callable[[], bool]) -> None:
        self._moment, self._end = moment, end
        self._starter: int | None = None
        self._arrived = threading.Event()
        self.ended = threading.Event()
        self.stepped_in = False
        self.answer: bool | None = None

    def start_here(self, processor: BatchEventProcessor[Cell]) -> None:
        self._starter = threading.get_ident()
        processor.start()
        self._starter = None

    def event(self) -> Event:
        self._interrupt("event")
        return NotingEvent(super().event(), self._note_wait)

    def start_thread(self, target: Callable[[], None], name: str) -> Thread:
        self._interrupt("start_thread")
        return super().start_thread(target, name)

    def _note_wait(self) -> None:
        self._arrived.set()

    def _interrupt(self, moment: str) -> None:
        if moment == self._moment and self._starter == threading.get_ident():
            self._starter, self.stepped_in = None, True
            threading.Thread(target=self._run, daemon=True).start()
            self._arrived.wait(1.0)

    def _run(self) -> None:
        self.answer = self._end()
        self.ended.set()
        self._arrived.set()


@pytest.mark.parametrize("moment", ["event", "start_thread"])
@pytest.mark.parametrize("earlier_runs", [0, 1])
def test_a_close_that_meets_a_start_waits_until_the_run_has_ended(
    moment: str, earlier_runs: int
) -> None:
    host = Interrupted(moment, lambda: processor.close())
    ring: RingBuffer[Cell] = RingBuffer(8, Cell, host=host)
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder())
    for _ in range(earlier_runs):
        processor.start()
        assert processor.close(PATIENCE)
    host.start_here(processor)
    if not host.stepped_in:  # start() makes no such call, so nothing can come between
        assert processor.close(PATIENCE)
        return
    assert host.ended.wait(SOON), "close() still waits, although the processor has ended"
    assert host.answer is True, "close() did not wait for the end"
    assert processor.close(PATIENCE)  # a close that still came before the start had nothing to end


@repeated(200, 1_000)
def test_a_close_that_races_with_the_first_start_is_back_soon_and_the_processor_has_ended(
    times: int,
) -> None:
    ring = new_ring()
    for number in range(times):
        processor = BatchEventProcessor(ring, ring.new_barrier(), lambda *event: None, gating=False)
        began = time.monotonic()
        _, closed = together(processor.start, lambda processor=processor: processor.close(SOON))  # type: ignore[misc]
        assert time.monotonic() - began < SOON, f"round {number}: close() waited until its timeout"
        assert closed
        assert processor.state is ProcessorState.HALTED


def test_a_processor_in_many_hands_always_ends() -> None:
    ring, recorder = new_ring(), Recorder()
    processor = BatchEventProcessor(ring, ring.new_barrier(), recorder)

    starts = [0, 0]

    def start(who: int) -> None:
        for _ in range(ROUNDS):
            try:
                processor.start()
            except ProcessorStateError:
                continue
            starts[who] += 1

    def halt() -> None:
        for _ in range(ROUNDS):
            processor.halt()

    together(lambda: start(0), lambda: start(1), halt, halt)
    assert sum(starts) > 0
    assert processor.close(PATIENCE)
    if processor.state is ProcessorState.HALT_PENDING:
        processor.start()
    assert processor.state is ProcessorState.HALTED
    with processor:
        publish(ring, range(20))
        recorder.wait_for(20)
    assert recorder.sequences == list(range(20))


def test_several_threads_can_wait_for_the_same_end() -> None:
    ring = new_ring()
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder())
    processor.start()
    assert (
        together(processor.join, processor.close, lambda: processor.join(PATIENCE), processor.close)
        == [True] * 4
    )


def test_a_join_with_a_limit_says_that_the_run_goes_on() -> None:
    ring = new_ring()
    with BatchEventProcessor(ring, ring.new_barrier(), Recorder()) as processor:
        assert not processor.join(0.001)
        assert not processor.join(0)
        assert processor.is_running
    assert processor.join(0)


def test_nothing_needs_to_be_waited_for_before_the_first_run() -> None:
    ring = new_ring()
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder())
    assert processor.join()
    assert processor.state is ProcessorState.IDLE
    assert not processor.is_running


def test_a_halt_in_on_start_ends_the_run_before_its_first_event() -> None:
    class Reluctant(Recorder):
        def on_start(self) -> None:
            super().on_start()
            processor.halt()

    ring, handler = new_ring(), Reluctant()
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert handler.calls == ["start", "shutdown"]
    assert handler.values == []
    assert processor.failure is None


def test_a_join_from_inside_the_handler_answers_at_once() -> None:
    ring = new_ring()
    answers: list[bool] = []
    processor: BatchEventProcessor[Cell]

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        answers.append(processor.join())

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    with processor:
        wait_for_sequence(ring, processor, publish(ring, [1, 2]))
    assert answers == [False, False]


@pytest.mark.parametrize("hook", ["on_start", "on_shutdown"])
def test_a_close_in_a_hook_does_not_deadlock(hook: str) -> None:
    ring, handler = new_ring(), Recorder()
    answers: list[bool] = []
    processor: BatchEventProcessor[Cell]
    setattr(handler, hook, lambda: answers.append(processor.close()))
    processor = BatchEventProcessor(ring, ring.new_barrier(), handler)
    processor.start()
    assert processor.close(PATIENCE)
    assert answers == [False]


def test_one_handler_can_close_the_processor_of_another() -> None:
    ring, recorder = new_ring(), Recorder()
    other = BatchEventProcessor(ring, ring.new_barrier(), recorder)
    answers: list[bool] = []
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), lambda *event: answers.append(other.close(PATIENCE))
    )
    with processor, other:
        wait_for_sequence(ring, processor, publish(ring, [1]))
        assert other.state is ProcessorState.HALTED
    assert answers == [True]


def test_a_block_that_raises_still_ends_the_processor() -> None:
    ring = new_ring()
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder())
    with pytest.raises(KeyError), processor:
        raise KeyError
    assert processor.state is ProcessorState.HALTED
    assert not ring.is_closed


def test_a_processor_cannot_be_started_from_inside_its_handler() -> None:
    ring = new_ring()
    errors: list[str] = []
    processor: BatchEventProcessor[Cell]

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        for start in (processor.start, processor.run):
            with pytest.raises(ProcessorStateError) as caught:
                start()
            errors.append(str(caught.value))

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    with processor:
        wait_for_sequence(ring, processor, publish(ring, [1]))
    assert len(errors) == 2
    assert processor.failure is None


def test_no_thread_is_left_behind() -> None:
    ring = new_ring()
    processors = [
        BatchEventProcessor(ring, ring.new_barrier(), Recorder(), name=f"mortal-{number}")
        for number in range(5)
    ]
    for processor in processors:
        processor.start()
    for processor in processors:
        processor.halt()
    assert all(processor.join(PATIENCE) for processor in processors)
    for thread in threading.enumerate():
        if thread.name.startswith("mortal-"):
            thread.join(PATIENCE)  # its run is over; the thread itself is about to be
            assert not thread.is_alive()


def test_a_halted_processor_holds_its_place_until_it_is_removed() -> None:
    ring = new_ring(4)
    processor = BatchEventProcessor(ring, ring.new_barrier(), Recorder())
    with processor:
        wait_for_sequence(ring, processor, publish(ring, [0]))
    publish(ring, [1, 2, 3, 4])
    blocked = Background(lambda: publish(ring, [5])).start()
    assert ring.remaining_capacity() == 0
    assert ring.remove_gating_sequence(processor.sequence)
    blocked.join()
    assert not ring.remove_gating_sequence(processor.sequence)
