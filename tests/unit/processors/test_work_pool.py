"""Work pools: each event exactly once, while workers halt, die, join and leave."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbuffer import (
    BatchEventProcessor,
    ConsumerFailedError,
    DeadlockError,
    ProcessorStateError,
    ProducerType,
    RewindAfterPause,
    RewindBatch,
    RingBuffer,
    Worker,
    WorkerPool,
)
from tests.support.examples import examples
from tests.support.repetition import repeated
from tests.support.threads import PATIENCE
from tests.unit.processors.kit import Cell, Recorder, new_ring, publish, publish_batch


def drain(ring: RingBuffer[Any], pool: WorkerPool[Any], sequence: int) -> None:
    assert ring.new_barrier(pool.sequence).wait_for(sequence) >= sequence


def handled(*recorders: Recorder) -> list[int]:
    return sorted(value for recorder in recorders for value in recorder.values)


@settings(max_examples=examples(15, 60), deadline=None)
@given(
    workers=st.integers(1, 5),
    exponent=st.integers(0, 5),
    kind=st.sampled_from(ProducerType),
    max_chunk=st.integers(1, 20),
    batches=st.lists(st.integers(1, 16), min_size=1, max_size=25),
)
def test_each_event_goes_to_exactly_one_worker(
    workers: int, exponent: int, kind: ProducerType, max_chunk: int, batches: list[int]
) -> None:
    ring = new_ring(1 << exponent, kind)
    recorders = [Recorder() for _ in range(workers)]
    pool = WorkerPool(ring, recorders, max_chunk=max_chunk)
    after = Recorder()
    behind = BatchEventProcessor(ring, ring.new_barrier(pool.sequence), after)
    pool.start()
    total = 0
    with behind:
        for batch in batches:
            n = min(batch, ring.buffer_size)
            publish_batch(ring, list(range(total, total + n)))
            total += n
        ring.new_barrier(behind.sequence).wait_for(total - 1)
        assert pool.close(PATIENCE)
    assert handled(*recorders) == after.values == list(range(total))
    for recorder in recorders:
        assert recorder.sequences == sorted(recorder.sequences)
        assert recorder.calls == ["start", "shutdown"]
    assert pool.sequence.get() == total - 1


def test_a_stage_behind_a_pool_never_overtakes_a_slow_worker() -> None:
    ring = new_ring(16)
    release, blocked = threading.Event(), threading.Event()

    def slow(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if event.value == 0:
            blocked.set()
            assert release.wait(PATIENCE)

    others = Recorder()
    pool = WorkerPool(ring, [slow], max_chunk=1)
    after = Recorder()
    with BatchEventProcessor(ring, ring.new_barrier(pool.sequence), after):
        publish(ring, [0])
        pool.start()
        assert blocked.wait(PATIENCE)
        pool.add(others)
        publish(ring, range(1, 10))
        others.wait_for(9)
        assert (pool.sequence.get(), after.seen) == (-1, [])
        assert ring.remaining_capacity() == 6
        release.set()
        after.wait_for(10)
        assert pool.close(PATIENCE)
    assert pool.sequence.get() == 9


def test_a_chunk_leaves_something_for_the_others() -> None:
    ring = new_ring(64)
    sizes: list[int] = []

    class Sizes:
        def on_batch_start(self, size: int, depth: int) -> None:
            assert size <= depth
            sizes.append(size)

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None: ...

    pool = WorkerPool(ring, [Sizes(), Recorder()], max_chunk=8)
    publish_batch(ring, list(range(64)))
    pool.workers[0].start()
    drain(ring, pool, 63)
    assert pool.close(PATIENCE)
    assert sizes[0] == 8
    assert sizes[-1] == 1  # half of what is left, and so on
    assert sum(sizes) == 64


@repeated(300, 1_200)
def test_workers_that_are_halted_and_started_at_random_lose_nothing(times: int) -> None:
    """Hundreds of halts; in `make verify` more than a thousand."""
    ring = new_ring(16)
    recorders = [Recorder() for _ in range(3)]
    pool = WorkerPool(ring, recorders, max_chunk=4)
    pool.start()
    for number in range(times):
        publish(ring, [number])
        worker = pool.workers[number % 3]
        assert worker.close(PATIENCE)
        assert list(worker.unfinished) == []
        worker.start()
    drain(ring, pool, times - 1)
    assert pool.close(PATIENCE)
    assert handled(*recorders) == list(range(times))


def test_workers_come_and_go_while_producers_run() -> None:
    ring = new_ring(16)
    recorders = [Recorder()]
    pool = WorkerPool(ring, recorders, max_chunk=4)
    pool.start()
    for number in range(1000):
        publish(ring, [number])
        if number % 5 == 0:
            recorders.append(Recorder())
            pool.add(recorders[-1])
        elif number % 5 == 3:
            pool.remove(pool.workers[0], PATIENCE)
    drain(ring, pool, 999)
    assert pool.close(PATIENCE)
    assert handled(*recorders) == list(range(1000))
    assert len(pool.workers) == 1


def test_a_pool_without_workers_loses_nothing() -> None:
    ring, recorder = new_ring(4), Recorder()
    pool: WorkerPool[Cell] = WorkerPool(ring, name="empty")
    pool.start()
    publish(ring, range(4))
    with pytest.raises(TimeoutError):
        ring.next(timeout=0.001)
    pool.add(recorder)
    drain(ring, pool, 3)
    pool.remove(pool.workers[0])
    publish(ring, [4])
    pool.add(recorder)
    drain(ring, pool, 4)
    assert pool.close(PATIENCE)
    assert recorder.values == list(range(5))


class Dying(Recorder):
    """Dies on one value, once."""

    def __init__(self, value: int) -> None:
        super().__init__()
        self.poison: int | None = value

    def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
        if event.value == self.poison:
            self.poison = None
            raise RuntimeError("poison")
        super().on_event(event, sequence, end_of_batch)


def test_what_a_dead_worker_had_claimed_is_handled_when_it_is_started_again() -> None:
    ring = new_ring(16)
    dying, other = Dying(2), Recorder()
    pool = WorkerPool(ring, [dying], max_chunk=4)
    publish_batch(ring, list(range(8)))
    pool.start()
    assert pool.join(PATIENCE)
    (dead,) = pool.workers
    assert isinstance(dead.failure, RuntimeError)
    assert list(dead.unfinished) == [2, 3]
    with pytest.raises(ConsumerFailedError):
        ring.next()
    worker = pool.add(other)
    other.wait_for(4)
    assert other.values == [4, 5, 6, 7]
    assert pool.sequence.get() == 1
    with pytest.raises(
        ProcessorStateError, match=r"has claimed events that it has not finished, range\(2, 4\)"
    ):
        pool.remove(dead)
    dead.start()
    drain(ring, pool, 7)
    pool.remove(dead, PATIENCE)
    assert handled(dying, other) == list(range(8))
    assert pool.workers == (worker,)
    assert pool.close(PATIENCE)


@pytest.mark.parametrize("pause", [1e-5, 3600])
def test_a_worker_that_is_halted_during_a_replay_keeps_its_chunk(pause: float) -> None:
    ring = new_ring(8)
    asked, fine = threading.Event(), threading.Event()
    seen: list[int] = []

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if not fine.is_set() and sequence == 1:
            asked.set()
            raise RewindBatch
        seen.append(sequence)

    pool = WorkerPool(ring, [handle], rewind=RewindAfterPause(pause))
    publish_batch(ring, [0, 1, 2])
    pool.start()
    assert asked.wait(PATIENCE)
    assert pool.close(PATIENCE)
    assert list(pool.workers[0].unfinished) == [0, 1, 2]
    fine.set()
    seen.clear()
    pool.start()
    drain(ring, pool, 2)
    assert pool.close(PATIENCE)
    assert seen == [0, 1, 2]


def test_an_early_release_within_a_chunk_moves_the_pool() -> None:
    ring = new_ring(8)
    released: list[int] = []

    class Releasing:
        def set_sequence_callback(self, release: Callable[[int], None]) -> None:
            self.release = release

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            self.release(sequence)
            released.append(pool.sequence.get())

    pool = WorkerPool(ring, [Releasing()])
    publish_batch(ring, [0, 1, 2])
    pool.start()
    drain(ring, pool, 2)
    assert pool.close(PATIENCE)
    assert released == [0, 1, 2]


def test_a_worker_that_fills_its_own_ring_gets_an_error() -> None:
    ring = new_ring(1)
    errors: list[Exception] = []

    class Keeping:
        def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
            errors.append(error)

        def handle_on_start_exception(self, error: Exception) -> None: ...
        def handle_on_shutdown_exception(self, error: Exception) -> None: ...

    pool = WorkerPool(
        ring, [lambda event, sequence, last: ring.next()], exception_handler=Keeping()
    )
    publish(ring, [0])
    pool.start()
    drain(ring, pool, 0)
    assert pool.close(PATIENCE)
    assert isinstance(errors[0], DeadlockError)


def test_removing_refuses_strangers_oneself_and_the_slow() -> None:
    ring = new_ring(8)
    entered, release = threading.Event(), threading.Event()
    caught: list[ProcessorStateError] = []

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            try:
                pool.remove(pool.workers[0])
            except ProcessorStateError as error:
                caught.append(error)
        entered.set()
        assert release.wait(PATIENCE)

    pool = WorkerPool(ring, [handle])
    stranger = WorkerPool(ring, [Recorder()]).workers[0]
    with pytest.raises(ValueError, match="not a worker of the pool"):
        pool.remove(stranger)
    publish(ring, [0])
    pool.start()
    assert entered.wait(PATIENCE)
    assert "cannot remove itself" in str(caught[0])
    worker: Worker[Cell] = pool.workers[0]
    with pytest.raises(TimeoutError, match="has not finished its batch"):
        pool.remove(worker, 0.001)
    release.set()
    pool.remove(worker, PATIENCE)
    assert pool.workers == ()


def test_wrong_pools_are_refused_and_gate_nothing() -> None:
    ring: RingBuffer[Cell] = new_ring(2)
    with pytest.raises(ValueError, match="max_chunk must be 1 or more"):
        WorkerPool(ring, max_chunk=0)
    wrong: Any = 3
    with pytest.raises(TypeError, match="is not an event handler"):
        WorkerPool(ring, [Recorder(), wrong])
    publish(ring, range(10))


def test_workers_have_names_and_say_how_they_are() -> None:
    ring = new_ring(2)
    pool = WorkerPool(ring, [Recorder(), Recorder()], name="cooks")
    pool.add(Recorder(), name="head cook")
    assert [worker.name for worker in pool.workers] == ["cooks #1", "cooks #2", "head cook"]
    assert repr(pool) == "WorkerPool('cooks', 3 workers, sequence=-1)"
    assert WorkerPool(ring, [Recorder()]).name == "Recorder"


def test_a_pool_that_joins_a_running_ring_begins_where_it_joins() -> None:
    ring, recorder = new_ring(8), Recorder()
    publish_batch(ring, [0, 1, 2])
    pool = WorkerPool(ring, [recorder])
    publish_batch(ring, [3, 4])
    pool.start()
    while pool.sequence.get() < 4:
        pass
    assert pool.close(PATIENCE)
    assert [value for value, *_ in recorder.seen] == [3, 4]
