"""A signal handler closes what its own thread uses, at each point at which CPython may run it."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ringbuffer import Disruptor, ProducerType, RingBufferClosedError
from ringbuffer.errors import DeadlockError
from ringbuffer.messaging import TransportEnvelope, create_queue
from ringbuffer.messaging.bus.channel_bus import ChannelEventBus
from ringbuffer.messaging.bus.results import BusClosedError
from ringbuffer.messaging.bus.ring_bus import RingBufferEventBus
from ringbuffer.messaging.options import InMemoryQueueOptions, ProducerMode, QueueMode
from ringbuffer.producer import producer_ops
from tests.support.handler import HandlerPoints
from tests.support.threads import PATIENCE
from tests.unit.messaging.queues.kit import wait_until

ENVELOPE = TransportEnvelope("t", b"x")
#: More points than any of these calls has.
MOST = 2_000

#: `make test` tries each sixth point; `make verify` tries all of them.
each_step = pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.verify)])

pytestmark = pytest.mark.timeout(300)


def each_point(
    make: Callable[[], tuple[Callable[[], object], Callable[[], object], Callable[[], None]]],
    step: int,
) -> int:
    """For each `step`-th point: a call, a handler at the point, and a check.

    Returns the number of points, rounded up to the next that would be tried.
    """
    with HandlerPoints() as watched:
        for number in range(0, MOST, step):
            call, handler, check = make()
            came = watched.watch(call, number, handler)
            check()
            if not came:
                return number
    raise AssertionError("the call never ends")


QUEUES = {
    "channel": InMemoryQueueOptions(mode=QueueMode.CHANNEL, buffer_size=8),
    "ring": InMemoryQueueOptions(mode=QueueMode.RING_BUFFER, buffer_size=8),
    "ring of one producer": InMemoryQueueOptions(
        mode=QueueMode.RING_BUFFER, buffer_size=8, producer_mode=ProducerMode.SINGLE
    ),
}


@each_step
@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("through", ["enqueue_sync", "sender", "enqueue_many"])
def test_a_queue_says_exactly_what_became_of_its_messages(
    kind: str, through: str, step: int
) -> None:
    def make() -> tuple[Callable[[], object], Callable[[], object], Callable[[], None]]:
        queue = create_queue(QUEUES[kind])
        handled: list[TransportEnvelope] = []
        queue.add_consumer(handled.append)
        puts: dict[str, Callable[[TransportEnvelope], int]] = {
            "enqueue_sync": queue.enqueue_sync,
            "sender": queue.sender(),
            "enqueue_many": lambda envelope: queue.enqueue_many([envelope] * 5),
        }
        put = puts[through]
        accepted = [put(ENVELOPE)]

        def call() -> None:
            accepted.append(put(ENVELOPE))

        def close() -> None:
            with contextlib.suppress(DeadlockError):
                queue.close(timeout=PATIENCE)

        def check() -> None:
            report = queue.close(timeout=PATIENCE)
            assert report.unfinished == 0
            assert sum(accepted) == len(handled) + report.discarded, (
                f"{accepted}, {len(handled)} handled, {report}"
            )

        return call, close, check

    assert each_point(make, step) >= 3


@each_step
@pytest.mark.parametrize("kind", ["ring", "ring of one producer"])
def test_a_ring_that_is_full_says_it_too(kind: str, step: int) -> None:
    """The put waits for capacity, which a consumer frees then."""

    def make() -> tuple[Callable[[], object], Callable[[], object], Callable[[], None]]:
        queue: Any = create_queue(replace(QUEUES[kind], buffer_size=1))
        stalls = queue._ring.sequencer.state.claim_stalls
        begun, go_on = threading.Event(), threading.Event()
        handled: list[TransportEnvelope] = []

        def handle(envelope: TransportEnvelope) -> None:
            begun.set()
            assert go_on.wait(PATIENCE)
            handled.append(envelope)

        queue.add_consumer(handle)
        accepted = [queue.enqueue_sync(ENVELOPE)]
        assert begun.wait(PATIENCE)
        accepted.append(queue.enqueue_sync(ENVELOPE))

        def free_capacity() -> None:
            wait_until(
                lambda: queue.is_closed or any(each.wanted for each in stalls.by_thread().values())
            )
            go_on.set()

        freeing = threading.Thread(target=free_capacity)
        freeing.start()

        def call() -> None:
            accepted.append(queue.enqueue_sync(ENVELOPE, timeout=PATIENCE))

        def close() -> None:
            go_on.set()
            begun = time.monotonic()
            with contextlib.suppress(DeadlockError):
                queue.close(timeout=PATIENCE)
            assert time.monotonic() - begun < PATIENCE, "it has waited for its own thread"

        def check() -> None:
            report = queue.close(timeout=PATIENCE)
            freeing.join()
            assert report.unfinished == 0
            assert sum(accepted) == len(handled) + report.discarded, (
                f"{accepted}, {len(handled)} handled, {report}"
            )

        return call, close, check

    assert each_point(make, step) >= 3


@each_step
@pytest.mark.parametrize("kind", ProducerType, ids=lambda kind: kind.value)
def test_a_disruptor_handles_what_was_published_and_ends(kind: ProducerType, step: int) -> None:
    def make() -> tuple[Callable[[], object], Callable[[], object], Callable[[], None]]:
        disruptor = Disruptor.of_values(8, kind)
        handled: list[Any] = []
        disruptor.handle_events_with(lambda value, sequence, end_of_batch: handled.append(value))
        disruptor.start()
        publish = disruptor.producer().publish_value
        publish(0)
        accepted = [0]

        def call() -> None:
            try:
                publish(1)
            except RingBufferClosedError:
                return
            accepted.append(1)

        def shut_down() -> None:
            try:
                disruptor.shutdown(PATIENCE)
            except DeadlockError:
                return
            assert handled == [0], "it has waited for what was published"

        def check() -> None:
            disruptor.shutdown(PATIENCE)
            assert disruptor.join(PATIENCE)
            assert handled == accepted

        return call, shut_down, check

    assert each_point(make, step) >= 3


@each_step
@pytest.mark.parametrize("bus_type", [ChannelEventBus, RingBufferEventBus])
@pytest.mark.parametrize("through", ["publish_sync", "publisher", "publish_sync and wait"])
def test_a_bus_handles_what_was_published_and_ends(bus_type: Any, through: str, step: int) -> None:
    def make() -> tuple[Callable[[], object], Callable[[], object], Callable[[], None]]:
        bus = bus_type(8)
        handled: list[int] = []
        bus.subscribe(int, handled.append)
        publish = {
            "publish_sync": bus.publish_sync,
            "publisher": bus.publisher(),
            "publish_sync and wait": partial(bus.publish_sync, wait=True),
        }[through]
        publish(0)
        accepted = [0]

        def call() -> None:
            try:
                publish(1)
            except BusClosedError:
                return
            accepted.append(1)

        def close() -> None:
            with contextlib.suppress(DeadlockError):
                bus.close(timeout=PATIENCE)

        def check() -> None:
            report = bus.close(timeout=PATIENCE)
            assert (report.unhandled, report.still_running) == ({}, ())
            assert handled == accepted

        return call, close, check

    assert each_point(make, step) >= 3


@each_step
@pytest.mark.parametrize("bus_type", [ChannelEventBus, RingBufferEventBus])
def test_a_bus_that_is_closed_in_the_middle_of_its_close_ends(bus_type: Any, step: int) -> None:
    def make() -> tuple[Callable[[], object], Callable[[], object], Callable[[], None]]:
        bus = bus_type(8)
        handled: list[int] = []
        bus.subscribe(int, handled.append)
        bus.publish_sync(0)

        def close() -> None:
            with contextlib.suppress(DeadlockError):
                bus.close(timeout=PATIENCE)

        def check() -> None:
            assert bus.close(timeout=PATIENCE).is_complete
            assert handled == [0]

        return close, close, check

    assert each_point(make, step) >= 3


def test_a_queue_closes_in_time_although_a_producer_is_held_up_inside() -> None:
    queue: Any = create_queue(QUEUES["ring"])
    queue.add_consumer(lambda envelope: None)
    claimed, let_go = threading.Event(), threading.Event()

    def claim() -> None:
        """As a producer that is held up between its claim and its publication."""
        ops = producer_ops(queue._ring.sequencer)
        sequence = ops.next()
        claimed.set()
        assert let_go.wait(PATIENCE)
        ops.skip(sequence)

    thread = threading.Thread(target=claim)
    thread.start()
    assert claimed.wait(PATIENCE)
    assert queue.close(timeout=0.05).discarded == 1
    let_go.set()
    thread.join(PATIENCE)
    assert queue.sender()(ENVELOPE) is False
