"""Start, drain, halt: no published event is lost, no call hangs; races in a thousand rounds."""

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    ConsumerFailedError,
    Disruptor,
    ProcessorState,
    ProcessorStateError,
    ProducerType,
    RingBufferClosedError,
    WaitStrategy,
)
from ringbuffer.wait import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    LiteBlockingWaitStrategy,
    SleepingWaitStrategy,
    YieldingWaitStrategy,
)
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE, Background, together
from tests.unit.disruptor.kit import Cell, Gate, Keeping, Recorder, Silent, new_disruptor, put
from tests.unit.processors.hosts import ProducerWatch

STRATEGIES: list[Callable[[], WaitStrategy]] = [
    BlockingWaitStrategy,
    AdaptiveWaitStrategy,
    LiteBlockingWaitStrategy,
    SleepingWaitStrategy,
    YieldingWaitStrategy,
]


@repeated(25, 250)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_shutdown_right_after_the_start_loses_nothing(
    strategy: Callable[[], WaitStrategy], times: int
) -> None:
    """A processor whose thread does not run yet counts: its events are handled."""
    for number in range(times):
        disruptor, first, second = new_disruptor(4, strategy=strategy()), Recorder(), Recorder()
        disruptor.handle_events_with(first).then(second)
        for value in range(number % 5):
            disruptor.publish_event(put, value)
        disruptor.start().shutdown()
        assert first.values == second.values == list(range(number % 5))
        assert first.calls == second.calls == ["start", "shutdown"]


@repeated(100, 1000)
def test_a_halt_that_races_with_the_start_ends_every_consumer(times: int) -> None:
    for number in range(times):
        disruptor = new_disruptor(4)
        disruptor.handle_events_with(Recorder()).then(Recorder())

        def start(disruptor: Disruptor[Cell] = disruptor) -> None:
            with contextlib.suppress(ProcessorStateError):  # the halt came first
                disruptor.start()

        if number % 2:
            disruptor.start()
            disruptor.halt()
        else:
            together(start, disruptor.halt)
        assert disruptor.join(PATIENCE)
        with pytest.raises(RingBufferClosedError):
            disruptor.publish_event(put, 1)


def refused(disruptor: Disruptor[Cell]) -> None:
    with pytest.raises(RingBufferClosedError):
        disruptor.publish_event(put, 1)


@repeated(100, 1000)
def test_a_producer_in_a_full_ring_gets_its_error_when_it_is_halted(times: int) -> None:
    for number in range(times):
        disruptor, gate = new_disruptor(1), Gate()
        disruptor.handle_events_with(gate)
        disruptor.start()
        disruptor.publish_event(put, 0)
        assert gate.entered.wait(PATIENCE)
        with Background(partial(refused, disruptor)):
            if number % 2:
                disruptor.halt()
            else:
                with pytest.raises(TimeoutError):
                    disruptor.shutdown(0)
        gate.opened.set()
        assert disruptor.join(PATIENCE)


def test_a_producer_that_already_waits_gets_its_error_at_once() -> None:
    host = ProducerWatch()
    disruptor, gate = Disruptor(Cell, 1, host=host), Gate()
    disruptor.handle_events_with(gate)
    disruptor.start()
    disruptor.publish_event(put, 0)
    assert gate.entered.wait(PATIENCE)
    with Background(partial(refused, disruptor)):
        assert host.waits.wait(PATIENCE)
        disruptor.halt()
    gate.opened.set()
    assert disruptor.join(PATIENCE)


def test_a_shutdown_waits_for_what_was_claimed_and_is_not_published_yet() -> None:
    disruptor, recorder = new_disruptor(), Recorder()
    disruptor.handle_events_with(recorder)
    disruptor.start()
    sequence = disruptor.next()
    with Background(disruptor.shutdown) as shutting_down:
        while not disruptor.ring.is_closed:
            pass
        disruptor.ring[sequence].value = 5
        disruptor.publish(sequence)
        shutting_down.join()
    assert recorder.values == [5]


def test_a_shutdown_that_takes_too_long_halts_and_says_what_is_left() -> None:
    disruptor, gate, after = new_disruptor(), Gate(), Recorder()
    gate.__qualname__ = "slow"  # type: ignore[attr-defined]
    disruptor.handle_events_with(gate).then(after)
    disruptor.start()
    disruptor.publish_events(put, range(5))
    assert gate.entered.wait(PATIENCE)
    started = time.monotonic()
    with pytest.raises(TimeoutError) as caught:
        disruptor.shutdown(0.05)
    assert time.monotonic() - started < PATIENCE / 2
    message = str(caught.value)
    assert "slow has 5 events to handle, from 0 on" in message
    assert "Recorder has 5 events to handle" in message
    assert "slow has not ended its batch" in message
    assert disruptor.backlog == 0  # no consumer will handle them any more
    gate.opened.set()
    assert disruptor.join(PATIENCE)
    assert disruptor.processor_of(gate).state is ProcessorState.HALTED  # type: ignore[union-attr]


def test_a_dead_consumer_does_not_delay_the_shutdown_and_is_reported() -> None:
    disruptor, healthy, behind, silent = new_disruptor(), Recorder(), Recorder(), Silent()

    def dying(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 2:
            raise RuntimeError("died at 2")

    disruptor.set_default_exception_handler(silent)
    disruptor.handle_events_with(healthy)
    disruptor.handle_events_with(dying).then(behind)
    disruptor.publish_events(put, range(5))
    disruptor.start()
    for _ in range(2):
        with pytest.raises(
            ConsumerFailedError, match=r"'.*dying' of 'disruptor' died of RuntimeError: died at 2"
        ) as caught:
            disruptor.shutdown(PATIENCE)
        assert isinstance(caught.value.__cause__, RuntimeError)
    assert healthy.values == list(range(5))
    assert behind.values == [0, 1]
    assert disruptor.backlog == 0


def test_a_halted_consumer_does_not_hold_up_the_shutdown_either() -> None:
    disruptor, first, second = new_disruptor(), Recorder(), Recorder()
    disruptor.handle_events_with(first).then(second)
    disruptor.start()
    disruptor.processor_of(first).close(PATIENCE)
    disruptor.publish_events(put, range(3))
    assert disruptor.backlog == 0
    disruptor.shutdown(PATIENCE)
    assert first.values == second.values == []


def test_a_dead_worker_keeps_its_events_and_the_others_handle_the_rest() -> None:
    disruptor, other, silent = new_disruptor(16), Recorder(), Silent()
    begun = threading.Event()

    def dying(event: Cell, sequence: int, end_of_batch: bool) -> None:
        begun.set()
        raise RuntimeError("a worker died")

    def patient(event: Cell, sequence: int, end_of_batch: bool) -> None:
        assert begun.wait(PATIENCE)  # or it might handle everything before the other one begins
        other.on_event(event, sequence, end_of_batch)

    disruptor.set_default_exception_handler(silent)
    disruptor.handle_events_with_worker_pool(dying, patient, max_chunk=2)
    disruptor.publish_events(put, range(16))
    disruptor.start()
    with pytest.raises(ConsumerFailedError, match="a worker died"):
        disruptor.shutdown(PATIENCE)
    (pool,) = (node.runner for node in disruptor.graph.nodes)
    kept = [
        sequence
        for worker in disruptor.graph.nodes[0].processors
        for sequence in getattr(worker, "unfinished", ())
    ]
    assert 1 <= len(kept) <= 2
    assert sorted(other.sequences + kept) == list(range(16))
    assert pool.sequence.get() == kept[0] - 1


def test_backlog_counts_what_is_published_and_not_handled() -> None:
    disruptor, gate = new_disruptor(), Gate()
    disruptor.handle_events_with(gate)
    assert disruptor.backlog == 0
    disruptor.publish_events(put, range(3))
    assert disruptor.backlog == 3
    disruptor.next()  # claimed, not published
    assert disruptor.backlog == 3
    disruptor.start()
    gate.opened.set()
    gate.wait_for(3)
    with pytest.raises(TimeoutError):
        disruptor.shutdown(0.01)  # the claim is never published


def test_a_disruptor_is_started_once() -> None:
    disruptor, recorder = new_disruptor(), Recorder()
    disruptor.handle_events_with(recorder)
    assert not disruptor.is_running
    with disruptor:
        assert disruptor.is_running
        with pytest.raises(ProcessorStateError, match="started once"):
            disruptor.start()
    assert not disruptor.is_running
    for again in (disruptor.start, disruptor.__enter__):
        with pytest.raises(ProcessorStateError, match="make a new one"):
            again()
    disruptor.shutdown()
    disruptor.halt()
    assert disruptor.join(0)


def test_of_many_starts_at_once_one_wins() -> None:
    for _ in range(50):
        disruptor = new_disruptor()
        disruptor.handle_events_with(Recorder())

        def start(disruptor: Disruptor[Cell] = disruptor) -> bool:
            try:
                disruptor.start()
            except ProcessorStateError:
                return False
            return True

        assert sum(map(bool, together(start, start, start))) == 1
        disruptor.shutdown()


def test_a_shutdown_before_the_start_refuses_to_lose_events() -> None:
    disruptor, recorder = new_disruptor(), Recorder()
    disruptor.handle_events_with(recorder)
    disruptor.publish_event(put, 1)
    with pytest.raises(ProcessorStateError, match="never started, and 1 events wait"):
        disruptor.shutdown()
    disruptor.start().shutdown()
    assert recorder.values == [1]
    never = new_disruptor()
    never.handle_events_with(Recorder())
    never.shutdown()


def test_a_handler_may_halt_everything_and_may_not_wait_for_itself() -> None:
    disruptor = new_disruptor()
    caught: list[ProcessorStateError] = []

    def last_one(event: Cell, sequence: int, end_of_batch: bool) -> None:
        try:
            disruptor.shutdown()
        except ProcessorStateError as error:
            caught.append(error)
        disruptor.halt()

    disruptor.handle_events_with(last_one)
    disruptor.start()
    disruptor.publish_event(put, 1)
    assert disruptor.join(PATIENCE)
    assert "cannot wait for its own end" in str(caught[0])


def test_the_block_s_own_error_is_the_one_that_is_seen() -> None:
    disruptor, recorder = new_disruptor(), Recorder()
    disruptor.handle_events_with(recorder)
    with pytest.raises(KeyError), disruptor:
        disruptor.publish_events(put, range(4))
        raise KeyError
    assert recorder.values == [0, 1, 2, 3]

    def die(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError("dead")

    failing = new_disruptor()
    failing.set_default_exception_handler(Silent())
    failing.handle_events_with(die)
    with pytest.raises(KeyError) as caught, failing:
        failing.publish_event(put, 1)
        assert failing.processor_of(die).join(PATIENCE)
        raise KeyError
    assert "died of RuntimeError: dead" in caught.value.__notes__[0]


def test_an_interrupt_does_not_wait_for_the_backlog() -> None:
    disruptor, gate = new_disruptor(), Gate()
    disruptor.handle_events_with(gate)
    with pytest.raises(KeyboardInterrupt), disruptor:
        disruptor.publish_events(put, range(4))
        assert gate.entered.wait(PATIENCE)
        raise KeyboardInterrupt
    gate.opened.set()
    assert disruptor.join(PATIENCE)


def test_if_one_consumer_cannot_be_started_none_stays() -> None:
    class NoThreads(ProducerWatch):
        count = 0

        def start_thread(self, target: Callable[[], None], name: str) -> Any:
            self.count += 1
            if self.count == 2:
                raise RuntimeError("can't start new thread")
            return super().start_thread(target, name)

    disruptor = Disruptor(Cell, 4, host=NoThreads())
    recorders = [Recorder(), Recorder(), Recorder()]
    disruptor.handle_events_with(*recorders)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        disruptor.start()
    assert disruptor.join(PATIENCE)
    assert not disruptor.is_running
    disruptor.publish_event(put, 1)
    disruptor.start().shutdown(PATIENCE)  # the shortage is over
    assert [recorder.values for recorder in recorders] == [[1]] * 3


def test_a_ready_processor_that_runs_already_is_left_running() -> None:
    disruptor, recorder = new_disruptor(), Recorder()
    processor = BatchEventProcessor(disruptor.ring, disruptor.ring.new_barrier(), recorder)
    disruptor.handle_events_with(processor)
    processor.start()
    with disruptor:
        disruptor.publish_event(put, 1)
    assert recorder.values == [1]
    assert recorder.calls == ["start", "shutdown"]


def test_exception_handlers_by_handler_and_by_default_also_while_running() -> None:
    def first(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError("first")

    def second(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError("second")

    def worker(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError("worker")

    handlers = {
        name: Keeping() for name in ("default", "for second", "later default", "for worker")
    }
    disruptor = new_disruptor()
    disruptor.handle_events_with(first)
    disruptor.set_default_exception_handler(handlers["default"])
    disruptor.handle_events_with(second)
    disruptor.handle_events_with_worker_pool(worker)
    disruptor.handle_exceptions_for(second, handlers["for second"])
    barrier = disruptor.after(first, second, worker).as_sequence_barrier()
    with disruptor:
        disruptor.publish_event(put, 1)
        barrier.wait_for(0)
        disruptor.set_default_exception_handler(handlers["later default"])
        disruptor.publish_event(put, 2)
        barrier.wait_for(1)
        disruptor.handle_exceptions_for(worker, handlers["for worker"])
        disruptor.publish_event(put, 3)
    texts = {
        name: sorted(str(error) for error in handler.errors) for name, handler in handlers.items()
    }
    assert texts == {
        "default": ["first", "worker"],
        "for second": ["second"] * 3,
        "later default": ["first", "first", "worker"],
        "for worker": ["worker"],
    }
    with pytest.raises(ValueError, match="does not consume here"):
        disruptor.handle_exceptions_for(put, handlers["default"])


@pytest.mark.parametrize("kind", list(ProducerType))
def test_many_producers_or_one_and_a_shutdown_at_the_end_account_for_everything(
    kind: ProducerType,
) -> None:
    for _ in range(20):
        disruptor = new_disruptor(16, kind)
        recorders = [Recorder(), Recorder()]
        disruptor.handle_events_with(recorders[0]).then(recorders[1])
        count = 1 if kind is ProducerType.SINGLE else 3

        def produce(disruptor: Disruptor[Cell] = disruptor) -> None:
            with disruptor.producer() as producer:
                for number in range(50):
                    producer.publish_event(put, number, timeout=PATIENCE)

        disruptor.start()
        together(*[produce] * count)
        disruptor.shutdown(PATIENCE)
        for recorder in recorders:
            assert sorted(recorder.values) == sorted(list(range(50)) * count)


def test_producers_that_race_with_the_shutdown_lose_nothing_that_was_accepted() -> None:
    """A publication that returned before `shutdown` began is handled; one that raised is not."""
    for number in range(100):
        disruptor, recorder = new_disruptor(8), Recorder()
        disruptor.handle_events_with(recorder)
        published: list[int] = []
        ready = threading.Event()

        disruptor.start()
        with Background(
            partial(publish_until_refused, disruptor, published, ready, 20 + number % 7)
        ) as producer:
            assert ready.wait(PATIENCE)
            before = len(published)
            disruptor.shutdown(PATIENCE)
            producer.join()
        assert recorder.values == list(range(len(recorder.values)))
        assert before <= len(recorder.values) <= len(published)


def publish_until_refused(
    disruptor: Disruptor[Cell], published: list[int], ready: threading.Event, enough: int
) -> None:
    while True:
        try:
            disruptor.publish_event(put, len(published))
        except RingBufferClosedError:
            return
        published.append(len(published))
        if len(published) > enough:
            ready.set()
