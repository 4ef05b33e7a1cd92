"""Interrupts at awkward moments: some thread finishes what was begun."""

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    Disruptor,
    LiteBlockingWaitStrategy,
    ProducerType,
    RewindAfterPause,
    RewindBatch,
    RingBuffer,
)
from ringbuffer.host import SYSTEM_HOST, Condition, Event
from ringbuffer.processors.processor import EventProcessor
from tests.support.forwarding_host import ForwardingHost
from tests.support.threads import PATIENCE, Background
from tests.unit.processors.kit import Recorder, new_ring, publish, publish_batch, wait_for_sequence


class InterruptedStart(ForwardingHost):
    """An interrupt comes when the new thread exists already, and may or may not have begun."""

    def __init__(self, thread_runs_first: bool) -> None:
        self.interrupts = 1
        self.runs, self.go = threading.Event(), threading.Event()
        self.thread_runs_first = thread_runs_first

    def start_thread(self, target: Callable[[], None], name: str) -> Any:
        if not self.interrupts:
            return super().start_thread(target, name)
        self.interrupts -= 1

        def run() -> None:
            if not self.thread_runs_first:
                assert self.go.wait(PATIENCE)
            self.runs.set()
            target()

        super().start_thread(run, name)
        if self.thread_runs_first:
            assert self.runs.wait(PATIENCE)
            assert self.in_run.wait(PATIENCE)
        raise KeyboardInterrupt

    in_run = threading.Event()


@pytest.mark.parametrize("thread_runs_first", [False, True])
def test_a_start_that_is_interrupted_leaves_no_second_run_behind(thread_runs_first: bool) -> None:
    host = InterruptedStart(thread_runs_first)
    host.in_run = threading.Event()
    ring = RingBuffer.of_values(16, host=host)
    seen: list[int] = []

    class Handler:
        def on_start(self) -> None:
            host.in_run.set()

        def on_event(self, value: int, sequence: int, end_of_batch: bool) -> None:
            seen.append(value)

    processor = BatchEventProcessor(ring, ring.new_barrier(), Handler())
    with pytest.raises(KeyboardInterrupt):
        processor.start()
    assert processor.join(PATIENCE)
    processor.start()
    host.go.set()
    ring.publish_values(range(5))
    wait_for_sequence(ring, processor, 4)
    assert processor.close(PATIENCE)
    assert seen == list(range(5))


class NotingEvents(ForwardingHost):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def event(self) -> Event:
        self.events.append(SYSTEM_HOST.event())
        return self.events[-1]


def test_a_late_halt_of_one_run_does_not_end_the_pauses_of_the_next() -> None:
    """Step by step: a halt of run 1 has set the state; run 1 ends and run 2 begins meanwhile."""
    ring = new_ring(4)
    asked = threading.Semaphore(0)

    def never(event: object, sequence: int, end_of_batch: bool) -> None:
        asked.release()
        raise RewindBatch

    processor = BatchEventProcessor(ring, ring.new_barrier(), never, rewind=RewindAfterPause(0.2))
    publish(ring, [1])
    for _ in range(3):
        processor.start()
        halts = [Background(processor.halt).start() for _ in range(3)]
        for halt in halts:
            halt.join()
        assert processor.join(PATIENCE)
    while asked.acquire(blocking=False):
        pass
    processor.start()
    assert asked.acquire(timeout=PATIENCE)
    assert not asked.acquire(timeout=0.05)  # it pauses
    assert processor.close(PATIENCE)


class InterruptingCondition:
    def __init__(self, inner: Condition, host: "InterruptingHost") -> None:
        self._inner, self._host = inner, host

    def __enter__(self) -> object:
        if self._host.interrupt and threading.current_thread() is threading.main_thread():
            self._host.interrupt = False
            raise KeyboardInterrupt
        return self._inner.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inner.__exit__(kind, error, trace)

    def wait(self, timeout: float | None = None) -> bool:
        return self._inner.wait(timeout)

    def notify_all(self) -> None:
        self._inner.notify_all()


class InterruptingHost(ForwardingHost):
    interrupt = False

    def condition(self) -> Condition:
        return InterruptingCondition(SYSTEM_HOST.condition(), self)


def test_a_lite_signal_that_is_interrupted_does_not_silence_those_after_it() -> None:
    host = InterruptingHost()
    ring = RingBuffer.of_values(8, wait_strategy=LiteBlockingWaitStrategy(host=host))
    recorder: list[int] = []
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), lambda value, sequence, last: recorder.append(value)
    )
    with processor:
        ring.publish_value(0)
        wait_for_sequence(ring, processor, 0)
        for number in range(1, 50):
            host.interrupt = True
            with contextlib.suppress(KeyboardInterrupt):
                ring.publish_value(number)
            host.interrupt = False  # it did not come if no consumer waited
            ring.sequencer.signal()
            wait_for_sequence(ring, processor, number)
    assert recorder == list(range(50))


def test_what_a_retiring_producer_has_claimed_is_known_at_every_moment() -> None:
    ring = RingBuffer.of_values(16, ProducerType.SINGLE)
    wrong: list[int] = []
    stop = threading.Event()
    claimed = [-1]

    def watch() -> None:
        while not stop.is_set():
            least, now = claimed[0], ring.sequencer.claimed
            if now < least:
                wrong.append(now)

    with Background(watch):
        for number in range(2000):
            with ring.producer() as producer:
                producer.publish_value(number)
                claimed[0] = number
        stop.set()
    assert wrong == []


def test_a_drain_in_the_middle_of_a_handover_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The producer has retired, and none has taken over: its events must still be handled."""
    from ringbuffer.sequencer import single_producer

    held, go, gate = threading.Event(), threading.Event(), threading.Event()
    retire = single_producer.SingleProducerSequencer._retire

    def slowly(self: Any, producer: Any) -> None:
        retire(self, producer)
        held.set()
        assert go.wait(PATIENCE)

    monkeypatch.setattr(single_producer.SingleProducerSequencer, "_retire", slowly)
    disruptor = Disruptor.of_values(16, ProducerType.SINGLE)
    seen: list[int] = []

    def handle(value: int, sequence: int, end_of_batch: bool) -> None:
        assert gate.wait(PATIENCE)
        seen.append(value)

    def produce() -> None:
        with disruptor.producer() as producer:
            producer.publish_values(range(10))

    disruptor.handle_events_with(handle)
    disruptor.start()
    with Background(produce):
        assert held.wait(PATIENCE)
        assert disruptor.ring.sequencer.claimed == 9
        with Background(disruptor.shutdown) as ending:
            gate.set()
            ending.join()
        go.set()
    assert seen == list(range(10))


def test_a_processor_says_what_it_was_asked_too_early() -> None:
    ring, other = new_ring(4), new_ring(4)
    with pytest.raises(ValueError, match="waits for the events of another ring"):
        BatchEventProcessor(ring, other.new_barrier(), Recorder())
    publish_batch(ring, [1])
    for wrong in ("x", True, object()):
        with pytest.raises(TypeError, match="timeout must be a number"):
            BatchEventProcessor(ring, ring.new_barrier(), Recorder()).join(wrong)  # type: ignore[arg-type]
    assert isinstance(BatchEventProcessor(ring, ring.new_barrier(), Recorder()), EventProcessor)
    assert BatchEventProcessor(ring, ring.new_barrier(), Recorder()).join(float("inf"))


def test_a_processor_whose_making_is_interrupted_by_a_repr_gates_no_producer() -> None:
    # `repr` looks for signals, so a handler may raise in it.
    class Interrupted(str):
        __slots__ = ()

        def __repr__(self) -> str:
            raise KeyboardInterrupt

    ring = RingBuffer.of_values(8)
    with pytest.raises(KeyboardInterrupt):
        BatchEventProcessor(ring, ring.new_barrier(), print, name=Interrupted("a"))
    assert ring.gating_sequences == ()
