"""The wiring language: what can be said, and what is refused."""

import asyncio
import dis
import inspect
import threading
from typing import Any

import pytest

from ringbuffer import (
    AsyncEventProcessor,
    BatchEventProcessor,
    Disruptor,
    EventProcessor,
    HandlerSpec,
    ProcessorStateError,
    ProducerType,
    RewindAtMost,
    RewindBatch,
    RingBuffer,
    SequenceBarrier,
    Worker,
    WorkerPool,
    YieldingWaitStrategy,
)
from ringbuffer.disruptor.wiring import EventHandlerGroup, Wiring
from tests.unit.disruptor.kit import Cell, Keeping, Named, Recorder, new_disruptor, put


def order_of(disruptor: Disruptor[Any]) -> dict[str, list[str]]:
    """For each consumer what it comes after."""
    return {node.name: [before.name for before in node.after] for node in disruptor.graph.nodes}


def test_a_diamond_is_one_sentence() -> None:
    a, b, c, d = (Named(name) for name in "abcd")
    disruptor = new_disruptor()
    disruptor.handle_events_with(a, b).then(c).then(d)
    assert order_of(disruptor) == {"a": [], "b": [], "c": ["a", "b"], "d": ["c"]}
    with disruptor:
        for number in range(100):
            disruptor.publish_event(put, number)
    for each in (a, b, c, d):
        assert each.values == each.sequences == list(range(100))
        assert each.calls == ["start", "shutdown"]


def test_after_and_and_name_what_comes_before() -> None:
    a, b, c, d, e = (Named(name) for name in "abcde")
    disruptor = new_disruptor()
    first = disruptor.handle_events_with(a)
    second = disruptor.handle_events_with(b)
    first.and_(second).then(c)
    disruptor.after(c, a, a).handle_events_with(d)
    first.and_(first).then(e)
    assert order_of(disruptor) == {"a": [], "b": [], "c": ["a", "b"], "d": ["a", "c"], "e": ["a"]}


def test_functions_objects_coroutines_and_consumers_with_options_can_be_wired() -> None:
    seen: dict[str, list[int]] = {"function": [], "coroutine": [], "batch": [], "named": []}

    def function(event: Cell, sequence: int, end_of_batch: bool) -> None:
        seen["function"].append(event.value)

    async def coroutine(event: Cell, sequence: int, end_of_batch: bool) -> None:
        await asyncio.sleep(0)
        seen["coroutine"].append(event.value)

    class Batch:
        def on_batch(self, events: list[Cell], first: int) -> None:
            assert len(events) <= 2
            seen["batch"].extend(event.value for event in events)

    def named(event: Cell, sequence: int, end_of_batch: bool) -> None:
        assert threading.current_thread().name == "a name"
        seen["named"].append(event.value)

    disruptor = new_disruptor()
    disruptor.handle_events_with(
        function,
        coroutine,
        HandlerSpec(Batch(), max_batch_size=2),
        HandlerSpec(named, name="a name"),
    )
    with disruptor:
        disruptor.publish_events(put, range(8))
    assert seen == {kind: list(range(8)) for kind in seen}
    assert isinstance(disruptor.processor_of(coroutine), AsyncEventProcessor)


def test_options_reach_the_processor() -> None:
    errors, calls = Keeping(), []

    def failing(event: Cell, sequence: int, end_of_batch: bool) -> None:
        calls.append(sequence)
        raise RewindBatch

    disruptor = new_disruptor()
    cpu = next(iter(disruptor.ring.host.available_cpus()), None)
    disruptor.handle_events_with(
        HandlerSpec(failing, cpu=cpu, exception_handler=errors, rewind=RewindAtMost(2))
    )
    with disruptor:
        disruptor.publish_event(put, 1)
    assert calls == [0, 0, 0]
    assert len(errors.errors) == 1


NOT_A_HANDLER: Any = 3


class Factory:
    """Makes a processor, or something wrong."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def create_processor(
        self, ring: RingBuffer[Cell], barrier: SequenceBarrier
    ) -> EventProcessor[Cell]:
        processor: EventProcessor[Cell] = self.make(ring, barrier)
        return processor


def test_a_factory_makes_its_processor_behind_what_comes_before() -> None:
    first, second = Named("first"), Named("second")
    factory = Factory(lambda ring, barrier: BatchEventProcessor(ring, barrier, second))
    disruptor = new_disruptor()
    disruptor.handle_events_with(first).then(factory)
    assert order_of(disruptor) == {"first": [], "second": ["first"]}
    assert isinstance(disruptor.processor_of(factory), BatchEventProcessor)
    with disruptor:
        disruptor.publish_event(put, 7)
    assert second.values == [7]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda ring, barrier: "no processor", TypeError, "must return an EventProcessor"),
        (
            lambda ring, barrier: BatchEventProcessor(ring, ring.new_barrier(), Recorder()),
            ValueError,
            "does not wait at the barrier",
        ),
        (
            lambda ring, barrier: BatchEventProcessor(ring, barrier, Recorder(), gating=False),
            ValueError,
            "does not gate",
        ),
        (
            lambda ring, barrier: BatchEventProcessor(ring, barrier, NOT_A_HANDLER),
            TypeError,
            "is not an event handler",
        ),
    ],
)
def test_what_a_factory_makes_wrong_is_refused_and_gates_nothing(
    make: Any, error: type[Exception], message: str
) -> None:
    disruptor, first = new_disruptor(2), Recorder()
    group = disruptor.handle_events_with(first)
    with pytest.raises(error, match=message):
        group.then(Recorder(), Factory(make))
    assert len(disruptor.graph.nodes) == 1
    with disruptor:
        for number in range(10):
            disruptor.publish_event(put, number, timeout=30)
    assert first.values == list(range(10))


def test_processors_and_pools_that_are_made_already_join_the_graph() -> None:
    disruptor = new_disruptor()
    first = Named("first")
    group = disruptor.handle_events_with(first)
    ready = Named("ready")
    processor = BatchEventProcessor(disruptor.ring, group.as_sequence_barrier(), ready)
    workers = [Named("worker"), Named("other")]
    pool = WorkerPool(disruptor.ring, workers, dependents=[disruptor.sequence_of(first)])
    group.then(processor, pool)
    assert order_of(disruptor) == {"first": [], "ready": ["first"], "worker": ["first"]}
    assert disruptor.processor_of(processor) is processor
    assert disruptor.processor_of(workers[1]) is pool.workers[1]
    with disruptor:
        for number in range(50):
            disruptor.publish_event(put, number)
    assert ready.values == list(range(50))
    assert sorted(workers[0].values + workers[1].values) == list(range(50))


def test_a_ready_processor_that_does_not_wait_for_what_it_is_wired_after_is_refused() -> None:
    disruptor = new_disruptor()
    group = disruptor.handle_events_with(Named("first"))
    with pytest.raises(ValueError, match="is to come after first, but does not wait for that"):
        group.then(BatchEventProcessor(disruptor.ring, disruptor.ring.new_barrier(), Recorder()))
    other = new_disruptor()
    with pytest.raises(ValueError, match="consumes another ring"):
        other.handle_events_with(
            BatchEventProcessor(disruptor.ring, disruptor.ring.new_barrier(), Recorder())
        )
    with pytest.raises(ValueError, match="different disruptors"):
        group.and_(other.handle_events_with(Recorder()))


def test_a_pool_shares_and_what_comes_after_it_waits_for_all() -> None:
    workers, after = [Named(f"w{number}") for number in range(3)], Recorder()
    disruptor = new_disruptor()
    disruptor.handle_events_with_worker_pool(
        *workers[:2], HandlerSpec(workers[2], name="third"), max_chunk=2, name="pool"
    ).then_handle_events_with_worker_pool(after)
    pool = disruptor.graph.nodes[0].runner
    assert isinstance(pool, WorkerPool)
    assert [worker.name for worker in pool.workers] == ["pool #1", "pool #2", "third"]
    assert disruptor.sequence_of(workers[0]) is pool.sequence
    assert isinstance(disruptor.processor_of(workers[0]), Worker)
    with disruptor:
        for number in range(200):
            disruptor.publish_event(put, number)
    assert (
        sorted(value for worker in workers for value in worker.values)
        == after.values
        == list(range(200))
    )


async def coroutine(event: Cell, sequence: int, end_of_batch: bool) -> None: ...


@pytest.mark.parametrize(
    ("consumer", "error", "message"),
    [
        (3, TypeError, "is not an event handler"),
        (None, TypeError, "is not an event handler"),
        (
            HandlerSpec(Recorder(), max_batch_size=0),
            ValueError,
            "max_batch_size of 'Recorder' must be 1 or more",
        ),
        (HandlerSpec(Recorder(), cpu=-1), ValueError, "cannot be bound to cpu -1"),
    ],
)
def test_what_cannot_consume_is_refused_with_its_whole_stage(
    consumer: Any, error: type[Exception], message: str
) -> None:
    disruptor = new_disruptor(2)
    for wire in (disruptor.handle_events_with, disruptor.handle_events_with_worker_pool):
        with pytest.raises(error, match=message):
            wire(Recorder(), consumer)
    assert disruptor.graph.nodes == ()
    disruptor.publish_event(put, 1)
    for number in range(10):
        disruptor.publish_event(put, number, timeout=1)


@pytest.mark.parametrize(
    ("worker", "error", "message"),
    [
        (coroutine, TypeError, "asynchronous"),
        (HandlerSpec(Recorder(), max_batch_size=3), ValueError, "give the pool max_chunk"),
        (Factory(None), TypeError, "made of handlers"),
    ],
)
def test_what_cannot_be_a_worker_is_refused(
    worker: Any, error: type[Exception], message: str
) -> None:
    disruptor = new_disruptor(2)
    with pytest.raises(error, match=message):
        disruptor.handle_events_with_worker_pool(Recorder(), worker)
    assert disruptor.graph.nodes == ()
    for number in range(10):
        disruptor.publish_event(put, number, timeout=1)


def test_no_handler_consumes_twice_and_only_consumers_are_found() -> None:
    disruptor, recorder, worker = new_disruptor(), Named("one"), Named("two")
    group = disruptor.handle_events_with(recorder)
    disruptor.handle_events_with_worker_pool(worker)
    for again in (recorder, HandlerSpec(recorder), worker, disruptor.processor_of(recorder)):
        with pytest.raises(ValueError, match="consumes here already"):
            group.then(again)
    twice = Recorder()
    with pytest.raises(ValueError, match="consumes here already"):
        disruptor.handle_events_with(twice, twice)
    for ask in (disruptor.after, disruptor.sequence_of, disruptor.processor_of):
        with pytest.raises(ValueError, match="does not consume here; the consumers are one, two"):
            ask(twice)
    for wire in (disruptor.handle_events_with, disruptor.handle_events_with_worker_pool):
        with pytest.raises(ValueError, match="name at least one"):
            wire()
    with pytest.raises(ValueError, match="needs at least one handler"):
        disruptor.after()


def test_a_disruptor_is_wired_before_it_is_started() -> None:
    disruptor, recorder = new_disruptor(), Recorder()
    group = disruptor.handle_events_with(recorder)
    with disruptor:
        for wire in (disruptor.handle_events_with, group.then, disruptor.after(recorder).then):
            with pytest.raises(ProcessorStateError, match=r"with disruptor.live\(\) as live"):
                wire(Recorder())
        with pytest.raises(ProcessorStateError):
            disruptor.handle_events_with_worker_pool(Recorder())
        assert group.as_sequence_barrier().get() == -1
    assert len(disruptor.graph.nodes) == 1


def test_values_go_through_a_disruptor_too() -> None:
    disruptor = Disruptor.of_values(8, ProducerType.SINGLE, YieldingWaitStrategy(), name="values")
    seen: list[Any] = []
    doubled: list[Any] = []

    def double(value: int, sequence: int, end_of_batch: bool) -> None:
        doubled.append(2 * value)

    class Batches:
        def on_batch(self, values: list[int], first: int) -> None:
            assert first == len(seen)
            seen.extend(values)

    disruptor.handle_events_with(double).then(Batches())
    with disruptor:
        assert disruptor.publish_values(range(100)) == 100
        disruptor.publish_value(100)
        disruptor.try_publish_value(101)
        with disruptor.claim(2) as batch:
            batch[:] = [102, 103]
    assert seen == list(range(104))
    assert doubled == [2 * value for value in seen]
    assert disruptor.ring.slots.view() == [None] * 8


def test_every_way_to_publish_is_there() -> None:
    disruptor, recorder = new_disruptor(16), Recorder()
    disruptor.handle_events_with(recorder)
    with disruptor:
        sequence = disruptor.next()
        disruptor.ring[sequence].value = 0
        disruptor.publish(sequence)
        disruptor.skip(disruptor.try_next())
        disruptor.try_publish_event(put, 2)
        disruptor.try_publish_events(put, [3])
        disruptor.producer().publish_event(put, 4)
    assert recorder.values == recorder.sequences == [0, 2, 3, 4]


class Methods:
    """Two handlers in one object, which says that it equals everything."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    def one(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
        self.seen.append(("one", event.value))

    def two(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
        self.seen.append(("two", event.value))

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_methods_of_one_object_are_handlers_of_their_own() -> None:
    disruptor, methods, errors = new_disruptor(), Methods(), Keeping()
    disruptor.handle_events_with(methods.one).then(methods.two)
    disruptor.handle_exceptions_for(methods.two, errors)
    assert disruptor.sequence_of(methods.one) is not disruptor.sequence_of(methods.two)
    with pytest.raises(ValueError, match="consumes here already"):
        disruptor.handle_events_with(methods.one)
    for stranger in (Methods().one, Methods()):
        with pytest.raises(ValueError, match="does not consume here"):
            disruptor.sequence_of(stranger)
    with disruptor:
        disruptor.publish_event(put, 1)
    assert methods.seen == [("one", 1), ("two", 1)]


@pytest.mark.parametrize("wire", [Wiring, EventHandlerGroup])
def test_wiring_passes_no_consumers_on_in_a_way_that_is_a_point_after_its_effect(
    wire: type[Any],
) -> None:
    # CPython may run a signal handler after `method(*arguments)` has returned: they are wired then.
    # A new barrier has no effect on anything.
    methods = [
        each
        for name, each in vars(wire).items()
        if inspect.isfunction(each) and name != "as_sequence_barrier"
    ]
    names = {each.opname for method in methods for each in dis.get_instructions(method)}
    assert "CALL_FUNCTION_EX" not in names
