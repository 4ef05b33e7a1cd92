"""In debug mode, a publication that waits and so blocks an event loop is reported."""

import asyncio
import contextlib
import queue
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pytest

from ringbuffer import (
    AsyncQueue,
    Disruptor,
    ProducerThreadError,
    ProducerType,
    Queue,
    RingBuffer,
)
from ringbuffer.messaging import (
    ChannelEventBus,
    EventBus,
    InMemoryQueueOptions,
    QueueMode,
    RingBufferEventBus,
    TransportEnvelope,
    create_queue,
)

#: How long a call of a test waits, in seconds.
SHORT = 1e-4

#: Something full: a call that waits for free capacity, at most so many seconds.
type Put = Callable[[float], object]


@contextmanager
def full_ring(kind: ProducerType) -> Generator[Put]:
    ring = RingBuffer.of_values(2, kind)
    with ring.poller():
        ring.publish_values("ab")
        yield lambda timeout: ring.publish_value("c", timeout=timeout)


@contextmanager
def full_ring_of_events() -> Generator[Put]:
    ring: RingBuffer[list[int]] = RingBuffer(2, list)
    with ring.poller():
        ring.next(2)
        yield lambda timeout: ring.next(timeout=timeout)


@contextmanager
def full_disruptor() -> Generator[Put]:
    """A disruptor whose handlers do not run yet."""
    disruptor = Disruptor.of_values(2)
    disruptor.handle_events_with(lambda value, sequence, end: None)
    disruptor.ring.publish_values("ab")
    yield lambda timeout: disruptor.publish_values("c", timeout=timeout)


@contextmanager
def full_messages(mode: QueueMode) -> Generator[Put]:
    message = TransportEnvelope("message", b"")
    with create_queue(InMemoryQueueOptions(mode=mode, buffer_size=2)) as messages:
        assert messages.enqueue_sync(message)
        assert messages.enqueue_sync(message)
        yield lambda timeout: messages.enqueue_sync(message, timeout=timeout)
        messages.close(drain=False)


@contextmanager
def full_bus(kind: type[ChannelEventBus] | type[RingBufferEventBus]) -> Generator[Put]:
    opened = threading.Event()
    with kind(buffer_size=2) as bus:
        fill(bus, opened)
        yield lambda timeout: bus.publish_sync("event", timeout=timeout)
        opened.set()


def fill(bus: EventBus, opened: threading.Event) -> None:
    """Let a handler wait for `opened`, and fill the bus behind it."""
    entered = threading.Event()

    def handle(event: str) -> None:
        entered.set()
        opened.wait()

    bus.subscribe(str, handle, own_thread=True)
    bus.publish_sync("first")
    entered.wait()
    while bus.try_publish("event"):
        pass


@contextmanager
def full_queue(made: Queue[str]) -> Generator[Put]:
    made.put("a")
    yield lambda timeout: made.put("b", timeout=timeout)


@contextmanager
def full_queue_for_many() -> Generator[Put]:
    made: Queue[str] = Queue(1)
    made.put("a")
    yield lambda timeout: made.put_many("b", timeout=timeout)


FULL: dict[str, Callable[[], AbstractContextManager[Put]]] = {
    "ring of one producer": lambda: full_ring(ProducerType.SINGLE),
    "ring of several producers": lambda: full_ring(ProducerType.MULTI),
    "ring": lambda: full_ring(ProducerType.AUTO),
    "claim": full_ring_of_events,
    "disruptor": full_disruptor,
    "messages in a channel": lambda: full_messages(QueueMode.CHANNEL),
    "messages in a ring": lambda: full_messages(QueueMode.RING_BUFFER),
    "channel bus": lambda: full_bus(ChannelEventBus),
    "ring bus": lambda: full_bus(RingBufferEventBus),
    "queue": lambda: full_queue(Queue(1)),
    "queue of a loop": lambda: full_queue(AsyncQueue[str](1).sync),
    "many items": full_queue_for_many,
}


@pytest.fixture(params=FULL)
def full(request: pytest.FixtureRequest) -> AbstractContextManager[Put]:
    return FULL[request.param]()


def warned(call: Callable[[], object], *, debug: bool) -> list[warnings.WarningMessage]:
    """The warnings of a call that a task makes, in a loop with or without debug mode."""

    async def task() -> None:
        with contextlib.suppress(TimeoutError, queue.Full):
            call()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(task(), debug=debug)
    return caught


def test_a_wait_in_a_loop_in_debug_mode_is_reported_with_the_line_of_the_caller(
    full: AbstractContextManager[Put],
) -> None:
    with full as put:
        (warning,) = warned(lambda: put(SHORT), debug=True)
    assert warning.category is RuntimeWarning
    assert "blocks the running event loop" in str(warning.message)
    assert warning.filename == __file__


def test_nothing_is_reported_without_debug_mode(full: AbstractContextManager[Put]) -> None:
    with full as put:
        assert warned(lambda: put(SHORT), debug=False) == []


def test_a_call_that_does_not_wait_is_not_reported(full: AbstractContextManager[Put]) -> None:
    with full as put:
        assert warned(lambda: put(0.0), debug=True) == []


def test_a_thread_without_a_loop_is_not_reported(full: AbstractContextManager[Put]) -> None:
    async def task() -> None:
        with contextlib.suppress(TimeoutError, queue.Full, ProducerThreadError):
            await asyncio.to_thread(put, SHORT)

    with full as put, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(task(), debug=True)
    assert caught == []


def test_a_publication_that_finds_capacity_is_not_reported() -> None:
    ring = RingBuffer.of_values(2)
    assert warned(lambda: ring.publish_value("a"), debug=True) == []


def test_what_is_awaited_is_not_reported() -> None:
    async def task() -> None:
        for waiting in (bus.publish("event"), jobs.put("b"), messages.enqueue(message)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await waiting

    opened = threading.Event()
    message = TransportEnvelope("message", b"")
    jobs: AsyncQueue[str] = AsyncQueue(1)
    jobs.put_nowait("a")
    with (
        RingBufferEventBus(buffer_size=2) as bus,
        create_queue(InMemoryQueueOptions(buffer_size=1)) as messages,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        fill(bus, opened)
        messages.enqueue_sync(message)
        asyncio.run(task(), debug=True)
        opened.set()
        messages.close(drain=False)
    assert caught == []


def test_each_line_is_reported_once_by_the_usual_filter() -> None:
    def publish() -> None:
        for _ in range(3):
            with contextlib.suppress(TimeoutError):
                put(SHORT)

    async def task() -> None:
        publish()

    with full_ring_of_events() as put, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        asyncio.run(task(), debug=True)
    assert len(caught) == 1


def test_a_warning_that_is_an_error_claims_nothing(full: AbstractContextManager[Put]) -> None:
    async def task() -> None:
        with pytest.raises(RuntimeWarning, match="blocks the running event loop"):
            put(SHORT)

    with full as put, warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(task(), debug=True)
        with pytest.raises((TimeoutError, queue.Full)):
            put(SHORT)  # it is as full as before


def test_put_many_says_what_it_had_put_before_a_warning_that_is_an_error() -> None:
    made: Queue[int] = Queue(3)

    async def task() -> RuntimeWarning:
        with pytest.raises(RuntimeWarning) as raised:
            made.put_many(range(5), timeout=SHORT)
        return raised.value

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        error = asyncio.run(task(), debug=True)
    assert vars(error) == {"published": 3, "unpublished": (3, 4)}
    assert made.get_many() == [0, 1, 2]


PROGRAM = """
import asyncio
from ringbuffer import Queue

async def task():
    asyncio.get_running_loop().set_debug(False)
    made = Queue(1)
    made.put("a")
    made.put("b", timeout=0.001)

asyncio.run(task())
"""


@pytest.mark.parametrize(("options", "shown"), [(["-X", "dev"], True), ([], False)])
def test_python_s_development_mode_reports_it_too(options: list[str], shown: bool) -> None:
    done = subprocess.run(
        [sys.executable, *options, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Full" in done.stderr
    assert ("blocks the running event loop" in done.stderr) is shown


def test_a_wait_does_not_load_asyncio() -> None:
    program = """
import sys
from ringbuffer import ClaimTimeoutError, RingBuffer

ring = RingBuffer.of_values(2)
poller = ring.poller()
ring.publish_values("ab")
try:
    ring.publish_value("c", timeout=0.001)
except ClaimTimeoutError:
    print("asyncio" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "False\n"
