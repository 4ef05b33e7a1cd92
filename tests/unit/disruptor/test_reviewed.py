"""Attempts of demanding users: calls inside handlers, removed consumers, all wrong arguments."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ringbuffer import (
    AggregateEventHandler,
    BatchEventProcessor,
    ConsumerFailedError,
    DeadlockError,
    Disruptor,
    HandlerSpec,
    LoggingExceptionHandler,
    ProcessorStateError,
    ProducerThreadError,
    ProducerType,
    RewindBatch,
    RingBuffer,
    Sequence,
    Worker,
    WorkerPool,
)
from ringbuffer.disruptor import lifecycle
from tests.support.threads import PATIENCE, Background
from tests.unit.disruptor.kit import (
    Cell,
    Gate,
    Keeping,
    Named,
    Recorder,
    Silent,
    new_disruptor,
    put,
)
from tests.unit.processors.kit import new_ring, publish, publish_batch


def test_a_handler_may_change_the_graph_while_it_is_being_removed() -> None:
    disruptor, other, late = new_disruptor(), Recorder(), Recorder()
    entered = threading.Event()

    def busy(event: Cell, sequence: int, end_of_batch: bool) -> None:
        entered.set()
        while not disruptor.graph.nodes[0].is_leaving:
            pass
        disruptor.remove(other, PATIENCE)
        with disruptor.live() as live:
            live.handle_events_with(late)

    disruptor.handle_events_with(busy)
    disruptor.handle_events_with(other)
    with disruptor:
        disruptor.publish_event(put, 1)
        assert entered.wait(PATIENCE)
        disruptor.remove(busy, PATIENCE)
        disruptor.publish_event(put, 2)
    assert late.values == [2]


def test_nothing_can_be_built_on_what_was_removed() -> None:
    disruptor, first = new_disruptor(2), Named("first")
    group = disruptor.handle_events_with(first)
    disruptor.remove(first)
    for wire in (group.then, group.handle_events_with_worker_pool):
        with pytest.raises(
            ProcessorStateError, match="nothing can come after first: it was removed"
        ):
            wire(Recorder())
    for number in range(10):
        disruptor.publish_event(put, number, timeout=PATIENCE)


def test_a_removal_between_the_wiring_and_its_end_is_noticed() -> None:
    disruptor, first, second = new_disruptor(2), Recorder(), Recorder()
    disruptor.handle_events_with(first, second)

    class Factory:
        def create_processor(
            self, ring: RingBuffer[Cell], barrier: Any
        ) -> BatchEventProcessor[Cell]:
            disruptor.remove(first)
            return BatchEventProcessor(ring, barrier, Recorder())

    with disruptor:
        with pytest.raises(ProcessorStateError, match="it was removed"), disruptor.live() as live:
            live.after(first).then(Factory())
        for number in range(10):
            disruptor.publish_event(put, number, timeout=PATIENCE)
    assert len(disruptor.graph.nodes) == 1


def test_a_factory_that_returns_a_wired_processor_is_refused_and_changes_no_gating() -> None:
    disruptor = new_disruptor(2)
    kept: list[BatchEventProcessor[Cell]] = []

    class Factory:
        def create_processor(
            self, ring: RingBuffer[Cell], barrier: Any
        ) -> BatchEventProcessor[Cell]:
            if not kept:
                kept.append(BatchEventProcessor(ring, barrier, Recorder()))
            return kept[0]

    disruptor.handle_events_with(Factory())
    with pytest.raises(ValueError, match="does not wait at the barrier"):
        disruptor.handle_events_with(Factory())
    assert kept[0].sequence in disruptor.ring.gating_sequences


def test_a_worker_that_wants_to_remove_itself_goes_on() -> None:
    disruptor = new_disruptor(4)
    caught: list[Exception] = []

    def worker(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            try:
                disruptor.remove(worker)
            except ProcessorStateError as error:
                caught.append(error)

    other = Recorder()
    disruptor.handle_events_with_worker_pool(worker, other)
    with disruptor:
        while not caught:
            disruptor.publish_event(put, 1, timeout=PATIENCE)
            if disruptor.sequence_of(worker).get() >= 0:
                break
        assert all(processor.is_running for processor in disruptor.graph.nodes[0].processors)


def test_the_last_worker_goes_with_its_pool() -> None:
    disruptor, worker = new_disruptor(2), Recorder()
    disruptor.handle_events_with_worker_pool(worker)
    with disruptor:
        with pytest.raises(ProcessorStateError, match="last worker of its pool"):
            disruptor.remove(worker)
        runner = disruptor.processor_of(worker)
        assert isinstance(runner, Worker)
        second = Recorder()
        runner.pool.add(second)
        disruptor.publish_event(put, 1)
        disruptor.remove(worker, PATIENCE)
        disruptor.remove(runner.pool, PATIENCE)
        for number in range(10):
            disruptor.publish_event(put, number, timeout=PATIENCE)
    assert worker.values + second.values == [1]


def test_workers_may_share_a_function() -> None:
    disruptor, seen = new_disruptor(), []

    def work(event: Cell, sequence: int, end_of_batch: bool) -> None:
        seen.append(event.value)

    disruptor.handle_events_with_worker_pool(work, work, work)
    with disruptor:
        disruptor.publish_events(put, range(8))
    assert sorted(seen) == list(range(8))


def test_a_worker_that_resumes_may_release_early() -> None:
    class Releasing:
        failures = 1

        def set_sequence_callback(self, release: Any) -> None:
            self.release = release

        def on_batch_start(self, size: int, depth: int) -> None:
            starts.append(size)

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            if self.failures and sequence == 2:
                self.failures -= 1
                raise RuntimeError("once")
            self.release(sequence)

    starts: list[int] = []
    ring = new_ring(16)
    pool = WorkerPool(ring, [Releasing()], exception_handler=Silent())
    publish_batch(ring, list(range(8)))
    pool.start()
    assert pool.join(PATIENCE)
    pool.start()
    ring.new_barrier(pool.sequence).wait_for(7)
    assert pool.close(PATIENCE)
    assert pool.workers[0].failure is None
    assert starts == [8, 6]


def test_a_claim_has_an_owner_at_every_moment_so_nothing_is_drained_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker is stopped right after its claim; a thread that reads the backlog finds it."""
    disruptor, done = new_disruptor(), []
    disruptor.handle_events_with_worker_pool(lambda event, sequence, last: done.append(sequence))
    (node,) = disruptor.graph.nodes
    looked: list[int] = []
    share = node.runner._share  # type: ignore[union-attr]
    work_type: Any = type(share.work)
    view = work_type.view

    class Stopping:
        def __init__(self, inner: Any) -> None:
            self._inner, self.word, self.fetch_add = inner, inner.word, inner.fetch_add

        def compare_and_set(self, expected: int, desired: int) -> bool:
            won: bool = self._inner.compare_and_set(expected, desired)
            looked.append(node.left(desired))
            return won

    monkeypatch.setattr(
        work_type, "view", lambda self: Stopping(view(self)) if self is share.work else view(self)
    )
    disruptor.publish_event(put, 1)
    with disruptor:
        pass
    assert done == [0]
    assert looked == [1]


def test_a_stream_behind_a_consumer_that_ends_ends_too() -> None:
    async def main(how: str) -> list[int]:
        disruptor: Disruptor[Any] = Disruptor.of_values(8)
        disruptor.set_default_exception_handler(Silent())

        def first(value: int, sequence: int, end_of_batch: bool) -> None:
            if value == 3 and how == "death":
                raise RuntimeError("dead")

        disruptor.handle_events_with(first)
        seen: list[int] = []
        stream = disruptor.ring.stream(disruptor.sequence_of(first))
        disruptor.publish_values(range(5))
        disruptor.start()
        if how == "halt":
            while disruptor.backlog:
                await asyncio.sleep(0)
            disruptor.processor_of(first).halt()
            disruptor.processor_of(first).join(PATIENCE)
            disruptor.publish_value(5)
            disruptor.halt()
        try:
            async with asyncio.timeout(PATIENCE):
                async for batch in stream:
                    seen += batch
        finally:
            disruptor.halt()
        return seen

    assert asyncio.run(main("halt")) == list(range(5))
    with pytest.raises(ConsumerFailedError):
        asyncio.run(main("death"))


def test_two_streams_behind_the_same_consumer_do_not_wait_for_each_other() -> None:
    async def main() -> tuple[list[int], list[int]]:
        disruptor: Disruptor[Any] = Disruptor.of_values(8)
        disruptor.handle_events_with(first := Quiet())
        streams = [disruptor.ring.stream(disruptor.sequence_of(first)) for _ in range(2)]
        disruptor.start()
        processor = disruptor.processor_of(first)
        assert processor.close(PATIENCE)
        disruptor.publish_values(range(3))
        disruptor.halt()

        async def read(stream: Any) -> list[int]:
            return [value async for batch in stream for value in batch]

        async with asyncio.timeout(PATIENCE):
            one, two = await asyncio.gather(*map(read, streams))
        return one, two

    assert asyncio.run(main()) == ([], [])


class Quiet:
    def on_event(self, value: int, sequence: int, end_of_batch: bool) -> None: ...


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_stream_waits_for_a_sequence_that_may_still_be_advanced(by_hand: bool) -> None:
    """That of a poller, which runs only at times, or a user's: close the ring, and lose nothing."""

    async def main() -> list[int]:
        ring = RingBuffer.of_values(8)
        poller, own = ring.poller(), Sequence()
        seen: list[int] = []
        async with (
            asyncio.timeout(PATIENCE),
            ring.stream(own if by_hand else poller.sequence) as stream,
        ):
            ring.publish_values(range(3))
            list(poller.take(1))
            own.set(0)
            ring.close()
            async for batch in stream:
                seen += batch
                list(poller.take(1))
                own.set(own.get() + 1)
                ring.sequencer.signal()
        return seen

    assert asyncio.run(main()) == [0, 1, 2]


def test_a_wait_for_itself_in_a_take_or_a_stream_is_an_error() -> None:
    ring = RingBuffer.of_values(2)
    with ring.poller() as poller:
        ring.publish_values([1, 2])
        with pytest.raises(DeadlockError):
            for value in poller.take():
                ring.publish_value(value)
        ring.publish_value(4)
        assert len(list(poller.take())) == 2

    async def main() -> None:
        async with ring.stream() as stream:
            ring.publish_values([1, 2])
            with pytest.raises(DeadlockError):
                async for batch in stream:
                    ring.publish_values(batch)
                    ring.publish_value("one too many")

    asyncio.run(main())
    ring.publish_values(range(10))


def test_a_poller_hands_out_one_thing_at_a_time() -> None:
    ring = RingBuffer.of_values(8)
    poller = ring.poller()
    ring.publish_values(range(4))
    caught: list[str] = []

    def nested(value: int, sequence: int, end_of_batch: bool) -> None:
        for again in (lambda: poller.poll(nested), lambda: list(poller.take())):
            with pytest.raises(RuntimeError, match="handing out events already"):
                again()
        caught.append(str(value))

    poller.poll(nested)
    assert caught == ["0", "1", "2", "3"]
    poller.close()


def test_a_poll_handler_that_closes_its_own_poller_may_publish() -> None:
    ring = RingBuffer.of_values(2)
    poller = ring.poller()
    ring.publish_value(1)

    def close_and_go_on(value: int, sequence: int, end_of_batch: bool) -> None:
        poller.close()
        ring.publish_values(range(10), timeout=1)

    poller.poll(close_and_go_on)
    assert ring.cursor == 10
    assert ring.remaining_capacity() == 2


def test_consumers_that_are_added_after_a_halt_are_not_started() -> None:
    disruptor = new_disruptor()
    disruptor.handle_events_with(Recorder())
    disruptor.start()
    late = Recorder()
    with pytest.raises(ProcessorStateError, match="make a new one"), disruptor.live() as live:
        disruptor.halt()
        live.handle_events_with(late)
    assert disruptor.join(PATIENCE)
    assert late.calls == []


def test_default_and_own_exception_handlers_of_workers() -> None:
    own, default, late = Keeping(), Keeping(), Keeping()

    def boom(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError("boom")

    def bang(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError("bang")

    for single in (boom, bang):
        disruptor = new_disruptor()
        disruptor.handle_events_with_worker_pool(HandlerSpec(single, exception_handler=own))
        disruptor.set_default_exception_handler(default)
        with disruptor:
            disruptor.publish_event(put, 1)
    assert [str(error) for error in own.errors] == ["boom", "bang"]
    assert default.errors == []
    disruptor = new_disruptor()
    disruptor.handle_events_with_worker_pool(boom, bang)
    disruptor.handle_exceptions_for(boom, own)
    disruptor.set_default_exception_handler(late)
    assert disruptor.processor_of(boom).exception_handler is own  # type: ignore[union-attr]
    assert disruptor.processor_of(bang).exception_handler is late  # type: ignore[union-attr]


class Falsy(list[Any]):
    """Empty, and therefore false: that is not a reason to ignore it."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        self.append(error)

    def handle_on_start_exception(self, error: Exception) -> None: ...
    def handle_on_shutdown_exception(self, error: Exception) -> None: ...


def test_an_exception_handler_that_is_false_is_one() -> None:
    def boom(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise RuntimeError

    falsy = Falsy()
    disruptor = new_disruptor()
    disruptor.handle_events_with(HandlerSpec(boom, exception_handler=falsy))
    with disruptor:
        disruptor.publish_event(put, 1)
    assert len(falsy) == 1


@pytest.mark.parametrize("wrong", ["x", [], True])
def test_an_invalid_timeout_is_refused_before_anything_happens(wrong: Any) -> None:
    disruptor, recorder = new_disruptor(), Recorder()
    disruptor.handle_events_with(recorder)
    disruptor.start()
    calls = (
        lambda: disruptor.shutdown(wrong),
        lambda: disruptor.join(wrong),
        lambda: disruptor.remove(recorder, wrong),
        lambda: disruptor.next(1, wrong),
        lambda: disruptor.publish_event(put, 1, timeout=wrong),
    )
    for call in calls:
        with pytest.raises(TypeError, match="timeout must be a number of seconds"):
            call()
    for not_a_number in (
        lambda: disruptor.shutdown(float("nan")),
        lambda: disruptor.next(1, float("nan")),
    ):
        with pytest.raises(ValueError, match="not nan"):
            not_a_number()
    assert disruptor.is_running
    disruptor.publish_event(put, 1, timeout=float("inf"))
    disruptor.shutdown(float("inf"))
    assert recorder.values == [1]


def test_what_is_raised_around_a_replay_goes_to_the_exception_handler() -> None:
    errors = Keeping()

    class Rewinds:
        asked = 0

        def on_rewind(self, sequence: int) -> None:
            raise RuntimeError("on_rewind")

        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
            self.asked += 1
            if self.asked == 1:
                raise RewindBatch

    disruptor = new_disruptor()
    disruptor.handle_events_with(HandlerSpec(Rewinds(), exception_handler=errors))
    with disruptor:
        disruptor.publish_event(put, 1)
    assert [str(error) for error in errors.errors] == ["on_rewind"]


def test_coroutines_that_would_never_be_awaited_are_refused() -> None:
    async def coroutine(event: Cell, sequence: int, end_of_batch: bool) -> None: ...

    class AsyncStart:
        async def on_start(self) -> None: ...
        def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None: ...

    class AsyncErrors(Keeping):
        async def handle_event_exception(  # type: ignore[override]
            self, error: Exception, sequence: int, event: object
        ) -> None: ...

    def generator(event: Cell, sequence: int, end_of_batch: bool) -> Iterator[None]:
        yield

    ring = new_ring(4)
    with pytest.raises(TypeError, match="asynchronous"):
        BatchEventProcessor(ring, ring.new_barrier(), AsyncStart())
    with pytest.raises(TypeError, match="generator function"):
        BatchEventProcessor(ring, ring.new_barrier(), generator)
    with pytest.raises(TypeError, match="asynchronous"):
        BatchEventProcessor(ring, ring.new_barrier(), Recorder(), exception_handler=AsyncErrors())  # type: ignore[arg-type]
    silent = Silent()
    processor = BatchEventProcessor(
        ring, ring.new_barrier(), lambda *event: coroutine(*event), exception_handler=silent
    )
    publish(ring, [1])
    processor.start()
    assert processor.join(PATIENCE)
    assert "returned a coroutine" in str(silent.errors[0])
    ring, poller = new_ring(4), None
    poller = ring.poller()
    publish(ring, [1])
    with pytest.raises(TypeError, match="a poll does not await it"):
        poller.poll(coroutine)


def test_a_cancelled_task_in_a_coroutine_handler_is_an_error_like_others() -> None:
    seen: list[int] = []

    async def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            task = asyncio.create_task(asyncio.sleep(10))
            task.cancel()
            await task
        seen.append(sequence)

    errors = Keeping()
    disruptor = new_disruptor()
    disruptor.handle_events_with(HandlerSpec(handle, exception_handler=errors))
    with disruptor:
        disruptor.publish_events(put, range(3))
    assert seen == [1, 2]
    assert "cancelled" in str(errors.errors[0])


def test_translators_that_run_nothing_are_refused_and_show_nothing() -> None:
    async def coroutine(event: Cell, sequence: int, value: int) -> None: ...

    def generator(event: Cell, sequence: int, value: int) -> Iterator[None]:
        yield

    async def asynchronous_generator(event: Cell, sequence: int, value: int) -> Any:
        yield

    disruptor, recorder = new_disruptor(), Recorder()
    disruptor.handle_events_with(recorder)
    with disruptor:
        for translator in (coroutine, generator, asynchronous_generator):
            with pytest.raises(TypeError, match="filled nothing"):
                disruptor.publish_event(translator, 1)
            with pytest.raises(TypeError, match="filled nothing"):
                disruptor.publish_events(translator, [1, 2])
        disruptor.publish_event(put, 7)
    assert recorder.values == [7]


def test_every_handler_of_an_aggregate_is_shut_down() -> None:
    class Fails(Recorder):
        def on_shutdown(self) -> None:
            super().on_shutdown()
            raise RuntimeError("shutdown")

    handlers = [Fails(), Fails(), Recorder()]
    errors = Keeping()
    disruptor = new_disruptor()
    disruptor.handle_events_with(
        HandlerSpec(AggregateEventHandler(*handlers), exception_handler=errors)
    )
    with disruptor:
        pass
    assert [handler.calls for handler in handlers] == [["start", "shutdown"]] * 3
    assert isinstance(errors.errors[0], ExceptionGroup)


def test_a_pool_whose_worker_runs_already_is_started_as_a_whole() -> None:
    disruptor, recorders = new_disruptor(), [Recorder(), Recorder()]
    pool = WorkerPool(disruptor.ring, recorders)
    disruptor.handle_events_with(pool)
    pool.workers[0].start()
    with disruptor:
        assert all(worker.is_running for worker in pool.workers)
        pool.start()


def test_an_exception_that_cannot_say_what_it_is_does_not_hide_the_death() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    def die(event: Cell, sequence: int, end_of_batch: bool) -> None:
        raise Mute

    disruptor = new_disruptor()
    disruptor.set_default_exception_handler(Silent())
    disruptor.handle_events_with(die)
    disruptor.start()
    disruptor.publish_event(put, 1)
    with pytest.raises(ConsumerFailedError, match="died of Mute"):
        disruptor.shutdown(PATIENCE)


def test_a_ring_is_closed_with_an_error_that_producers_can_get() -> None:
    class Special(ConsumerFailedError):
        def __init__(self, one: int, two: int) -> None:
            super().__init__(f"{one} and {two}")

    ring = RingBuffer.of_values(4)
    wrong: Any
    for wrong in ("bye", ValueError("v")):
        with pytest.raises(TypeError, match="is closed with a RingBufferClosedError"):
            ring.close(wrong)
    assert not ring.is_closed
    ring.close(Special(1, 2))
    with pytest.raises(Exception, match="1 and 2"):
        ring.publish_value(1)


def test_a_timeout_says_when_the_reason_is_a_claim_that_was_never_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The consumer ends soon after the halt; on a busy machine that may take its time.
    monkeypatch.setattr(lifecycle, "GRACE", PATIENCE)
    disruptor, recorder = new_disruptor(), Recorder()
    disruptor.handle_events_with(recorder)
    disruptor.start()
    disruptor.next()
    with pytest.raises(
        TimeoutError, match="of the sequences 0 to 0, not all that were claimed were published"
    ) as caught:
        disruptor.shutdown(0.05)
    assert "has not ended" not in str(caught.value)


def test_accounts_of_a_bulk_publication_whose_source_fails_too() -> None:
    ring = RingBuffer.of_values(4)
    poller = ring.poller()

    def source() -> Iterator[int]:
        yield from range(5)
        raise KeyError("source")

    with poller, pytest.raises(TimeoutError) as caught:
        ring.publish_values(source(), timeout=0.01, chunk=4)
    assert (caught.value.published, caught.value.unpublished) == (4, (4,))  # type: ignore[attr-defined]
    assert isinstance(caught.value.__context__, KeyError)
    assert "within 0.01 s in all" in str(caught.value)
    taken = iter(range(10))
    with pytest.raises(ValueError, match="not nan"):
        ring.publish_values(taken, timeout=float("nan"))
    assert next(taken) == 0
    single = RingBuffer.of_values(4, ProducerType.SINGLE)
    producer = single.producer()

    def in_another_thread() -> None:
        with pytest.raises(ProducerThreadError) as refused:
            producer.publish_values(iter(range(3)))
        assert refused.value.unpublished == (0, 1)  # type: ignore[attr-defined]

    with Background(in_another_thread):
        pass


def test_values_may_be_assigned_through_the_ring() -> None:
    ring = RingBuffer.of_values(4)
    with ring.poller() as poller:
        sequence = ring.next()
        ring[sequence] = "x"
        ring.publish(sequence)
        assert list(poller.take()) == ["x"]


def test_logging_is_one_way_to_go_on() -> None:
    gate, disruptor = Gate(), new_disruptor()
    disruptor.set_default_exception_handler(LoggingExceptionHandler())
    gate.opened.set()
    disruptor.handle_events_with(gate)
    with disruptor:
        disruptor.publish_event(put, 1)
    assert gate.values == [1]
