"""Adding and removing consumers while producers run: nothing lost, nothing twice."""

import threading
from collections.abc import Callable
from typing import Any, Self

import pytest

from ringbuffer import (
    Disruptor,
    HandlerSpec,
    ProcessorStateError,
    ProducerType,
    RingBufferClosedError,
)
from tests.support.forwarding_host import ForwardingHost
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE, Background
from tests.unit.disruptor.kit import Cell, Gate, Recorder, new_disruptor, put

each_kind = pytest.mark.parametrize("kind", list(ProducerType), ids=lambda kind: kind.value)


def contiguous(recorder: Recorder) -> list[int]:
    """Its values, which must be a run of sequences, each with its own number."""
    assert recorder.values == recorder.sequences
    if recorder.sequences:
        assert recorder.sequences == list(range(recorder.sequences[0], recorder.sequences[-1] + 1))
    return recorder.values


class Pump:
    """Publishes the sequence's own number into every event, until the block ends."""

    def __init__(self, disruptor: Disruptor[Cell]) -> None:
        self.disruptor = disruptor
        self.last = -1
        self._stop = threading.Event()
        self._thread = Background(self._run)

    def _run(self) -> None:
        with self.disruptor.producer() as producer:
            while not self._stop.is_set():
                self.last = producer.publish_event(
                    lambda event, sequence: put(event, sequence, sequence), timeout=PATIENCE
                )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@each_kind
def test_consumers_that_are_added_at_the_end_miss_nothing_from_then_on(kind: ProducerType) -> None:
    disruptor, first, added = new_disruptor(16, kind), Recorder(), [Recorder() for _ in range(10)]
    disruptor.handle_events_with(first)
    with disruptor, Pump(disruptor) as pump:
        first.wait_for(1)
        for recorder in added:
            with disruptor.live() as live:
                live.handle_events_with(recorder)
            recorder.wait_for(20)
    assert contiguous(first)[-1] == pump.last
    for recorder in added:
        assert contiguous(recorder)[-1] == pump.last
        assert recorder.values[0] > 0


@each_kind
def test_a_whole_stage_is_added_behind_another_and_starts_together(kind: ProducerType) -> None:
    disruptor, first = new_disruptor(16, kind), Recorder()
    disruptor.handle_events_with(first)
    with disruptor, Pump(disruptor) as pump:
        for _ in range(10):
            stage = [Recorder() for _ in range(3)]
            early: list[int] = []

            def last_of_stage(
                event: Cell,
                sequence: int,
                end_of_batch: bool,
                stage: list[Recorder] = stage,
                early: list[int] = early,
            ) -> None:
                early.extend(1 for each in stage if disruptor.sequence_of(each).get() < sequence)
                early.extend(1 for each in stage if each.sequences[0] != stage[0].sequences[0])

            with disruptor.live() as live:
                live.after(first).then(*stage).then(last_of_stage)
                live.after(*stage).handle_events_with_worker_pool(
                    Recorder(), Recorder(), name="pool"
                )
            for recorder in stage:
                recorder.wait_for(20)
            names = {
                node.name: [before.name for before in node.after] for node in disruptor.graph.nodes
            }
            assert names["pool"] == ["Recorder"] * 3
            disruptor.remove(last_of_stage, PATIENCE)
            disruptor.remove(disruptor.graph.nodes[-1].runner, PATIENCE)
            for recorder in stage:
                disruptor.remove(recorder, PATIENCE)
                contiguous(recorder)
            assert early == []
    assert contiguous(first)[-1] == pump.last
    assert len(disruptor.graph.nodes) == 1


@repeated(100, 1000)
@each_kind
def test_consumers_come_and_go_while_a_producer_runs(kind: ProducerType, times: int) -> None:
    disruptor, first = new_disruptor(16, kind), Recorder()
    disruptor.handle_events_with(first)
    with disruptor, Pump(disruptor) as pump:
        for number in range(times):
            recorder = Recorder()
            with disruptor.live() as live:
                (live.after(first) if number % 2 else live).handle_events_with(recorder)
            if number % 3 == 0:
                recorder.wait_for(1)
            disruptor.remove(recorder, PATIENCE)
            contiguous(recorder)
            assert recorder.calls[-1:] == ["shutdown"] or recorder.calls == []
    assert contiguous(first)[-1] == pump.last


def test_a_removed_consumer_holds_up_no_producer() -> None:
    disruptor, first, slow = new_disruptor(2), Recorder(), Gate()
    disruptor.handle_events_with(first, slow)
    with disruptor:
        disruptor.publish_events(put, [0, 1])
        assert slow.entered.wait(PATIENCE)
        with pytest.raises(TimeoutError):
            disruptor.publish_event(put, 2, timeout=0.001)
        with pytest.raises(TimeoutError, match="did not end within"):
            disruptor.remove(slow, 0.001)
        slow.opened.set()
        disruptor.remove(slow, PATIENCE)
        for number in range(2, 50):
            disruptor.publish_event(put, number, timeout=PATIENCE)
    assert first.values == list(range(50))
    assert slow.values in ([0], [0, 1])


def test_one_worker_is_removed_by_its_handler_or_itself() -> None:
    disruptor, workers = new_disruptor(8), [Recorder() for _ in range(4)]
    disruptor.handle_events_with_worker_pool(*workers)
    with disruptor:
        disruptor.publish_event(put, 0)
        disruptor.remove(workers[0], PATIENCE)
        disruptor.remove(disruptor.processor_of(workers[1]), PATIENCE)
        for number in range(1, 50):
            disruptor.publish_event(put, number, timeout=PATIENCE)
    assert sorted(value for worker in workers for value in worker.values) == list(range(50))
    assert len(disruptor.graph.nodes[0].processors) == 2


def test_what_others_come_after_cannot_be_removed_and_goes_on() -> None:
    disruptor, first, second = new_disruptor(2), Recorder(), Recorder()
    second.__qualname__ = "second"  # type: ignore[attr-defined]
    disruptor.handle_events_with(first).then(second)
    with disruptor:
        with pytest.raises(ProcessorStateError, match="remove what comes after it first: second"):
            disruptor.remove(first)
        for number in range(20):
            disruptor.publish_event(put, number, timeout=PATIENCE)
        disruptor.remove(second, PATIENCE)
        disruptor.remove(first, PATIENCE)
    # When it was halted, the ring of two events may have held some that it had not handled.
    assert first.values in [list(range(handled)) for handled in (18, 19, 20)]


def test_before_the_start_a_consumer_can_be_removed_too() -> None:
    disruptor, recorder = new_disruptor(2), Recorder()
    disruptor.handle_events_with(recorder)
    disruptor.remove(recorder)
    for number in range(10):
        disruptor.publish_event(put, number, timeout=1)
    disruptor.handle_events_with(recorder)
    with disruptor:
        disruptor.publish_event(put, 10)
    assert recorder.values == [10]


def test_a_consumer_cannot_remove_itself() -> None:
    disruptor = new_disruptor()
    caught: list[Exception] = []

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        try:
            disruptor.remove(handle)
        except ProcessorStateError as error:
            caught.append(error)

    disruptor.handle_events_with(handle)
    with disruptor:
        disruptor.publish_event(put, 1)
    assert "cannot remove itself" in str(caught[0])


def test_a_block_that_raises_leaves_nothing_behind() -> None:
    disruptor, first, added = new_disruptor(2), Recorder(), Recorder()
    disruptor.handle_events_with(first)
    with disruptor:
        with pytest.raises(KeyError), disruptor.live() as live:
            live.handle_events_with(added).then(Recorder())
            live.handle_events_with_worker_pool(Recorder())
            raise KeyError
        for number in range(20):
            disruptor.publish_event(put, number, timeout=PATIENCE)
        assert len(disruptor.graph.nodes) == 1
        with disruptor.live() as live:
            live.handle_events_with(added)
        disruptor.publish_event(put, 20)
    assert first.values == list(range(21))
    assert added.values == [20]


class FailingHost(ForwardingHost):
    def __init__(self) -> None:
        self.refused = "no thread"

    def start_thread(self, target: Callable[[], None], name: str) -> Any:
        if name == self.refused:
            raise RuntimeError("can't start new thread")
        return super().start_thread(target, name)


def test_if_one_of_a_block_cannot_be_started_none_of_it_stays() -> None:
    host = FailingHost()
    disruptor, first = Disruptor(Cell, 2, host=host), Recorder()
    disruptor.handle_events_with(first)
    with disruptor:
        host.refused = "third"
        with pytest.raises(RuntimeError, match="can't start"), disruptor.live() as live:
            live.handle_events_with(Recorder()).then(
                Recorder(), HandlerSpec(Recorder(), name="third")
            )
        for number in range(20):
            disruptor.publish_event(put, number, timeout=PATIENCE)
        assert len(disruptor.graph.nodes) == 1
    assert first.values == list(range(20))


def test_there_is_one_block_at_a_time_and_only_while_it_runs() -> None:
    disruptor = new_disruptor()
    disruptor.handle_events_with(Recorder())
    with pytest.raises(ProcessorStateError, match="is not running"), disruptor.live():
        pass
    with disruptor:
        with disruptor.live():
            with pytest.raises(ProcessorStateError, match="another live"), disruptor.live():
                pass
            disruptor.handle_events_with(Recorder())
        with pytest.raises(ProcessorStateError, match="was started"):
            disruptor.handle_events_with(Recorder())
    assert len(disruptor.graph.nodes) == 2
    with pytest.raises(ProcessorStateError, match="make a new one"), disruptor.live():
        pass


@each_kind
def test_on_a_ring_of_values_too_and_every_slot_is_cleared(kind: ProducerType) -> None:
    disruptor: Disruptor[Any] = Disruptor.of_values(8, kind)
    seen: dict[int, list[int]] = {0: []}
    disruptor.handle_events_with(lambda value, sequence, last: seen[0].append(value))
    stop = threading.Event()
    published = [0]

    def produce() -> None:
        with disruptor.producer() as producer:
            while not stop.is_set():
                producer.publish_value(published[0], PATIENCE)
                published[0] += 1

    with disruptor:
        with Background(produce):
            for number in range(1, 100):
                values = seen[number] = []

                def handle(
                    value: int, sequence: int, last: bool, values: list[int] = values
                ) -> None:
                    values.append(value)

                with disruptor.live() as live:
                    live.handle_events_with(handle)
                disruptor.remove(handle, PATIENCE)
            stop.set()
        with pytest.raises(ProcessorStateError, match="open"), disruptor.live(), disruptor.live():
            pass
    assert seen[0] == list(range(published[0]))
    for values in seen.values():
        assert not values or values == list(range(values[0], values[-1] + 1))
    assert disruptor.ring.slots.view() == [None] * 8
    with pytest.raises(RingBufferClosedError):
        disruptor.publish_value(1)
