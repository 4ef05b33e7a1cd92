"""Children of this process, each with a time limit; and one of everything that refuses in them."""

import contextlib
import os
import pickle
import select
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ringbuffer import (
    AsyncQueue,
    BlockingWaitStrategy,
    Disruptor,
    LiteBlockingWaitStrategy,
    ProducerType,
    Queue,
    RingBuffer,
)
from ringbuffer.diagnostics import StallDetector
from ringbuffer.diagnostics.endpoint import Endpoint
from ringbuffer.messaging import InMemoryQueueOptions, QueueMode, TransportEnvelope, create_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.pipeline import AsyncPipelineConsumer, Pipeline, PipelineConsumer

#: Seconds until the system kills a child that hangs.
LIMIT = 60

MESSAGE = TransportEnvelope("t", b"")


def queue_options(is_ring: bool) -> InMemoryQueueOptions:
    """Of a small queue in one of the two modes."""
    return InMemoryQueueOptions(
        mode=QueueMode.RING_BUFFER if is_ring else QueueMode.CHANNEL, buffer_size=64
    )


def ended(child: int) -> int:
    """Wait for a child, and return its status. One that hangs is killed."""
    timer = threading.Timer(LIMIT, os.kill, (child, signal.SIGKILL))
    timer.start()
    try:
        return os.waitpid(child, 0)[1]
    finally:
        timer.cancel()


def in_child(call: Callable[[], Any]) -> Any:
    """Return what `call` returns in a forked child, or raise what it raises.

    A child that hangs is killed, which is an error.
    """
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LIMIT)
        try:
            said: object = ("returned", call())
        except BaseException as error:
            said = ("raised", error)
        with os.fdopen(into, "wb") as pipe:
            try:
                pipe.write(pickle.dumps(said))
            except Exception as error:
                pipe.write(pickle.dumps(("raised", AssertionError(f"{said!r}: {error!r}"))))
        os._exit(0)
    os.close(into)
    if not select.select([out], [], [], LIMIT)[0]:
        os.kill(child, signal.SIGKILL)  # it hung within the fork, before it had its alarm
    with os.fdopen(out, "rb") as pipe:
        text = pipe.read()
    status = ended(child)
    assert not os.WIFSIGNALED(status), f"the child hung, or died: signal {os.WTERMSIG(status)}"
    how, what = pickle.loads(text)
    if how == "raised":
        raise what
    return what


def name_of_error(call: Callable[[], object]) -> str:
    """The name of the class of what `call` raises; else "returned"."""
    try:
        call()
    except BaseException as error:
        return type(error).__name__
    return "returned"


class Held:
    """A handler that waits in each event until it is let go on."""

    def __init__(self) -> None:
        self.handled = 0
        self.entered, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, *event: object) -> None:
        self.entered.set()
        assert self.may_go_on.wait(LIMIT)
        self.handled += 1


async def coroutine(event: object) -> None:
    """A handler that does nothing."""


@contextlib.contextmanager
def everything() -> Iterator[dict[str, Any]]:
    """One of each object that refuses in a child; consumers run."""
    with contextlib.ExitStack() as stack:
        made: dict[str, Any] = {}
        for kind in ProducerType:
            for strategy in (BlockingWaitStrategy, LiteBlockingWaitStrategy):
                disruptor = Disruptor.of_values(
                    8, kind, strategy(), name=f"{kind.value} {strategy.__name__}"
                )
                disruptor.handle_events_with(lambda value, sequence, end_of_batch: None)
                stack.enter_context(disruptor)
                made[disruptor.name] = disruptor
        ring = RingBuffer.of_values(8)
        pooled = Disruptor.of_values(8, name="pooled")
        pooled.handle_events_with_worker_pool(lambda value, sequence, end_of_batch: None)
        stack.enter_context(pooled)
        made |= {
            "pooled": pooled,
            "ring": ring,
            "sequencer": ring.sequencer,
            "barrier": ring.new_barrier(),
            "producer": ring.producer(),
            "poller": stack.enter_context(ring.poller()),
            "processor": next(iter(made.values())).graph.nodes[0].runner,
            "pool": pooled.graph.nodes[0].runner,
            "queue": Queue[int](8),
            "async queue": AsyncQueue[int](8),
        }
        for name, bus in (("channel bus", ChannelEventBus(8)), ("ring bus", RingBufferEventBus(8))):
            stack.enter_context(bus)
            bus.subscribe(int, lambda event: None)
            bus.subscribe(str, coroutine)
            made[name] = bus
        for name in ("channel queue", "ring queue"):
            queue = stack.enter_context(
                create_queue(queue_options(name == "ring queue"), name=name)
            )
            made[name] = queue
            made[f"consumer of the {name}"] = queue.add_consumer(lambda envelope: None)
        made["pipeline"] = stack.enter_context(PipelineConsumer(Pipeline(), lambda message: None))
        made["async pipeline"] = stack.enter_context(AsyncPipelineConsumer(Pipeline(), coroutine))
        made["stall detector"] = stack.enter_context(StallDetector(ring))
        made["endpoint"] = stack.enter_context(Endpoint(ring))
        yield made
