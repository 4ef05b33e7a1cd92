"""A signal handler halts what its own thread starts, halts or joins, at each possible point."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import BatchEventProcessor, Disruptor, ProcessorStateError, RingBuffer, WorkerPool
from tests.support.handler import HandlerPoints
from tests.support.threads import PATIENCE

#: More points than any of these calls has.
MOST = 2_000
CALLS: dict[str, Callable[[Any], object]] = {
    "start": lambda runner: runner.start(),
    "halt": lambda runner: runner.halt(),
    "join": lambda runner: runner.join(0),
}

#: `make test` tries each fourth point; `make verify` tries all of them.
each_step = pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.verify)])

pytestmark = pytest.mark.timeout(300)


def ignore(value: object, sequence: int, end_of_batch: bool) -> None:
    """A handler."""


def also_ignore(value: object, sequence: int, end_of_batch: bool) -> None:
    """Another."""


def processor() -> BatchEventProcessor[Any]:
    ring = RingBuffer.of_values(8)
    return BatchEventProcessor(ring, ring.new_barrier(), ignore)


def pool() -> WorkerPool[Any]:
    return WorkerPool(RingBuffer.of_values(8), [ignore, also_ignore])


def disruptor() -> Disruptor[Any]:
    made = Disruptor.of_values(8)
    made.handle_events_with(ignore).then_handle_events_with_worker_pool(also_ignore)
    return made


def each_point(make: Callable[[], Any], call: Callable[[Any], object], step: int) -> int:
    """Halt in a handler at each `step`-th point of a call, and check that all has ended.

    Returns the number of points, rounded up to the next that would be tried.
    """
    with HandlerPoints() as watched:
        for number in range(0, MOST, step):
            subject = make()

            def do(subject: Any = subject) -> None:
                # It was halted before the call had begun
                with contextlib.suppress(ProcessorStateError):
                    call(subject)

            came = watched.watch(do, number, subject.halt)
            if not came:
                subject.halt()
            assert subject.join(PATIENCE), f"it runs on, although it was halted at point {number}"
            if not came:
                return number
    raise AssertionError("the call never ends")


@each_step
@pytest.mark.parametrize("make", [processor, pool, disruptor])
@pytest.mark.parametrize("name", CALLS)
def test_everything_ends_that_a_handler_halts_within_a_call(
    make: Callable[[], Any], name: str, step: int
) -> None:
    def made() -> Any:
        runner = make()
        if name != "start":
            runner.start()
        return runner

    assert each_point(made, CALLS[name], step) >= 3


@each_step
def test_a_disruptor_ends_that_a_handler_halts_while_a_consumer_leaves_it(step: int) -> None:
    assert each_point(lambda: disruptor().start(), lambda made: made.remove(ignore), step) >= 3


@each_step
def test_a_worker_that_is_added_does_not_run_when_a_handler_has_halted_its_pool(step: int) -> None:
    def started() -> WorkerPool[Any]:
        made = pool()
        made.start()
        return made

    assert each_point(started, lambda made: made.add(ignore), step) >= 3
