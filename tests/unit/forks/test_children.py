"""Children that make their own objects; start methods of `multiprocessing`; forking handlers."""

import asyncio
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest

from ringbuffer import (
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    Disruptor,
    ForkedProcessError,
)
from ringbuffer.messaging import create_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.pipeline import Pipeline, PipelineConsumer, Retry, RetryPolicy
from tests.support.threads import PATIENCE
from tests.unit.endings.programs import run
from tests.unit.forks import children
from tests.unit.forks.kit import LIMIT, MESSAGE, ended, everything, in_child, queue_options

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

START_METHODS = ["fork", "forkserver", "spawn"]


def test_new_objects_work_in_a_child() -> None:
    with everything():
        assert in_child(children.work) == children.HANDLED


def test_new_objects_work_in_a_child_of_a_child() -> None:
    with everything():
        assert in_child(lambda: in_child(children.work)) == children.HANDLED


def test_a_wait_strategy_of_the_parent_serves_a_new_ring_of_the_child() -> None:
    strategy = BlockingWaitStrategy()

    def work() -> int:
        handled: list[int] = []
        disruptor = Disruptor.of_values(8, wait_strategy=strategy)
        disruptor.handle_events_with(lambda value, sequence, end_of_batch: handled.append(value))
        with disruptor:
            disruptor.publish_values(range(20))
        return len(handled)

    parent = Disruptor.of_values(8, wait_strategy=strategy)
    parent.handle_events_with(lambda value, sequence, end_of_batch: None)
    with parent:
        assert in_child(work) == 20
        parent.publish_values(range(20))


# -- multiprocessing ------------------------------------------------------------------------------


@pytest.fixture
def parents() -> Iterator[None]:
    disruptor = Disruptor.of_values(8)
    disruptor.handle_events_with(lambda value, sequence, end_of_batch: None)
    with disruptor:
        children.parents[:] = [disruptor]
        yield
        children.parents.clear()


@pytest.mark.usefixtures("parents")
@pytest.mark.parametrize("method", START_METHODS)
def test_a_process_of_multiprocessing_works_with_its_own_objects(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=children.report, args=(sending,))
    process.start()
    sending.close()
    try:
        assert receiving.poll(LIMIT), "the child hangs"
        parents, handled = receiving.recv()
    finally:
        process.join(PATIENCE)
        process.kill()
    assert (parents, handled) == (
        "ForkedProcessError" if method == "fork" else "none",
        children.HANDLED,
    )
    assert process.exitcode == 0


@pytest.mark.usefixtures("parents")
@pytest.mark.parametrize("method", START_METHODS)
def test_an_executor_whose_initializer_makes_a_disruptor(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context, initializer=children.start_own) as executor:
        assert list(executor.map(children.publish_to_own, range(10), timeout=LIMIT)) == list(
            range(10)
        )


def test_the_error_survives_the_way_back_from_a_child() -> None:
    error = pickle.loads(pickle.dumps(ForkedProcessError("text")))
    assert (type(error), error.args) == (ForkedProcessError, ("text",))


# -- a handler forks, and returns in the child ----------------------------------------------------


def disruptor(strategy: Any) -> Any:
    def start(handler: Any) -> Callable[[], object]:
        made = Disruptor.of_values(8, wait_strategy=strategy())
        made.handle_events_with(handler)
        made.start()
        made.publish_value(1)
        return made.shutdown

    return start


def pool(handler: Any) -> Callable[[], object]:
    made = Disruptor.of_values(8)
    made.handle_events_with_worker_pool(handler)
    made.start()
    made.publish_value(1)
    return made.shutdown


def bus(kind: type[ChannelEventBus | RingBufferEventBus]) -> Any:
    def start(handler: Any) -> Callable[[], object]:
        made = kind(8)
        made.subscribe(int, handler)
        made.publish_sync(1)
        return made.close

    return start


def queue(is_ring: bool) -> Any:
    def start(handler: Any) -> Callable[[], object]:
        chosen = queue_options(is_ring)
        made = create_queue(chosen)
        made.add_consumer(handler)
        made.enqueue_sync(MESSAGE)
        made.enqueue_sync(MESSAGE)
        return made.close

    return start


def retries(handler: Any) -> Callable[[], object]:
    attempts: list[object] = []

    def fail_first(message: object) -> None:
        attempts.append(message)
        if len(attempts) == 1:
            raise ValueError("the first time")
        handler(message)

    made = PipelineConsumer(Pipeline(Retry(RetryPolicy(delay=0.01))), fail_first)
    made("message")
    return lambda: made.__exit__(None, None, None)


FORKING = {
    "disruptor": disruptor(BlockingWaitStrategy),
    "spinning": disruptor(BusySpinWaitStrategy),
    "pool": pool,
    "channel bus": bus(ChannelEventBus),
    "ring bus": bus(RingBufferEventBus),
    "channel queue": queue(False),
    "ring queue": queue(True),
    "retries": retries,
}


@pytest.mark.parametrize("start", FORKING.values(), ids=FORKING.keys())
def test_a_handler_that_forks_and_returns_leaves_its_loop_in_the_child(start: Any) -> None:
    out, into = os.pipe()
    made: list[int] = []

    def fork_once(*event: object) -> None:
        if made:
            os.write(into, b"." if os.getpid() == parent else b"!")
            return
        child = os.fork()
        made.append(child)
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LIMIT)  # a child that hangs is killed

    parent = os.getpid()
    end = start(fork_once)
    end()
    status = ended(made[0])
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        assert b"!" not in pipe.read(), "a message was handled in the child too"
    assert not os.WIFSIGNALED(status), f"the child hung: signal {os.WTERMSIG(status)}"


@pytest.mark.parametrize(
    "start",
    [each for name, each in FORKING.items() if name not in ("pool", "retries")],
    ids=[name for name in FORKING if name not in ("pool", "retries")],
)
def test_a_coroutine_function_that_forks_leaves_the_loop_of_the_parent_awake(start: Any) -> None:
    """The child returns first. The parent's loop must then still see what wakes it."""
    statuses: list[int] = []
    outcomes = SimpleQueue[bool]()

    async def fork_once(*event: object) -> None:
        if statuses:
            return
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LIMIT)
            return
        statuses.append(ended(child))
        # Another thread wakes the loop, by the file that the child has too.
        await asyncio.get_running_loop().run_in_executor(None, int)
        outcomes.put(True)

    end = start(fork_once)
    assert outcomes.get(timeout=LIMIT)
    end()
    assert not os.WIFSIGNALED(statuses[0]), f"the child hung: signal {os.WTERMSIG(statuses[0])}"


# -- the end of a child ---------------------------------------------------------------------------


def test_a_child_does_not_report_what_its_parent_left_open() -> None:
    program = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from ringbuffer import Disruptor

def start(name):
    disruptor = Disruptor.of_values(8, name=name)
    disruptor.handle_events_with(lambda value, sequence, end_of_batch: None)
    disruptor.start()
    return disruptor

parents = start("the parent's")
if os.fork() == 0:
    own = start("the child's")
    warnings.simplefilter("always", ResourceWarning)
    sys.exit(7)
_, status = os.wait()
parents.shutdown()
sys.exit(os.waitstatus_to_exitcode(status))
"""
    ended = run(program)
    assert ended.returncode == 7
    assert 'ResourceWarning: "the child\'s" was started and never closed' in ended.stderr
    assert "the parent's" not in ended.stderr
