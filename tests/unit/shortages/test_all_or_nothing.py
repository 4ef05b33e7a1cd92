"""A shortage of anything at a start: the caller gets the error, nothing is left, a retry succeeds.

Each scenario is tried again and again: in the n-th round the n-th request of a kind, and every one
after it, is refused, until there is a round in which nothing was refused.
"""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, ClassVar

import pytest

from ringbuffer import Disruptor, RingBuffer
from ringbuffer.diagnostics import Endpoint, StallDetector
from ringbuffer.messaging import (
    ChannelQueue,
    InMemoryQueueOptions,
    QueueMode,
    RingBufferQueue,
    TransportEnvelope,
)
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.pipeline import Timer
from ringbuffer.processors import (
    AsyncEventProcessor,
    BatchEventProcessor,
    EventProcessor,
    WorkerPool,
)
from ringbuffer.readers import EventPoller, EventStream
from tests.support.short_system import ShortSystem, resources, wait_for_resources
from tests.support.threads import PATIENCE

#: More requests than any scenario makes.
ENOUGH = 200


class Notes:
    """Handlers that note what they get, in each of the forms that there are."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self._changed = threading.Condition()

    def note(self, thing: object) -> None:
        with self._changed:
            self.seen.append(thing)
            self._changed.notify_all()

    def event(self, event: object, sequence: int, end_of_batch: bool) -> None:
        self.note(event)

    async def async_event(self, event: object, sequence: int, end_of_batch: bool) -> None:
        self.note(event)

    async def async_note(self, thing: object) -> None:
        self.note(thing)

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, PATIENCE), self.seen


class Scenario(ABC):
    """Something that is started.

    `__init__` makes what is there before, without a shortage; `start` is tried; `works` uses what
    was started, and `end` ends everything.
    """

    kinds: ClassVar[tuple[str, ...]] = ("thread", "loop", "memory")

    def __init__(self, system: ShortSystem) -> None:
        self.system = system
        self.notes = Notes()

    @abstractmethod
    def start(self) -> object: ...

    def left(self) -> object:
        """What would show a leak: it must be the same before and after a failed start."""
        return None

    @abstractmethod
    def works(self) -> None: ...

    def end(self) -> None:  # noqa: B027 - most need it, not all
        pass


class OnRing(Scenario):
    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.ring: RingBuffer[Any] = RingBuffer.of_values(8, memory=system.memory, host=system.host)

    def left(self) -> object:
        state = self.ring.sequencer.state
        return (
            self.ring.gating_sequences,
            state.gating.members,
            state.consumers(),
            state._listeners,
            self.ring.is_closed,
        )

    def publish(self, *values: object) -> None:
        self.ring.producer().publish_values(values, PATIENCE)


class StartProcessor(OnRing):
    """A processor's thread."""

    processor: EventProcessor[Any]

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.processor = self.make()

    def make(self) -> EventProcessor[Any]:
        return BatchEventProcessor(self.ring, self.ring.new_barrier(), self.notes.event)

    def start(self) -> object:
        self.processor.start()
        return self.processor

    def left(self) -> object:
        return super().left(), self.processor.is_running

    def works(self) -> None:
        self.publish(*range(20))
        self.notes.wait_for(20)

    def end(self) -> None:
        assert self.processor.close(PATIENCE)


class StartAsyncProcessor(StartProcessor):
    """A processor's thread, its loop, and the thread that waits beside it."""

    def make(self) -> EventProcessor[Any]:
        return AsyncEventProcessor(self.ring, self.ring.new_barrier(), self.notes.async_event)


class RunAsyncProcessor(StartAsyncProcessor):
    """The same in the calling thread."""

    def start(self) -> object:
        event = self.notes.async_event

        def run() -> None:
            try:
                self.processor.run()
            except BaseException as error:
                failures.append(error)

        failures: list[BaseException] = []
        thread = threading.Thread(target=run)
        thread.start()
        # It is running from when it gets what it needs, and consumes only when it has it.
        while not self.ring.sequencer.state.consumers() and thread.is_alive():
            thread.join(0.001)
        if not self.ring.sequencer.state.consumers():
            raise failures[0]
        return event


class MakeProcessor(OnRing):
    """A processor gates the ring from when it is made."""

    def start(self) -> object:
        self.processor = BatchEventProcessor(self.ring, self.ring.new_barrier(), self.notes.event)
        return self.processor

    def works(self) -> None:
        with self.processor:
            self.publish(*range(20))
            self.notes.wait_for(20)


class MakePool(OnRing):
    """A pool gates the ring from when it is made, and each of its workers has words of its own."""

    def start(self) -> object:
        self.pool = WorkerPool(self.ring, [self.notes.event] * 3)
        return self.pool

    def works(self) -> None:
        self.pool.start()
        self.publish(*range(20))
        self.notes.wait_for(20)

    def end(self) -> None:
        assert self.pool.close(PATIENCE)


class StartPool(MakePool):
    """The threads of a pool's workers."""

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        super().start()

    def start(self) -> object:
        self.pool.start()
        return self.pool

    def left(self) -> object:
        return (
            super().left(),
            [worker.is_running for worker in self.pool.workers],
            len(self.pool._share.busy),
        )

    def works(self) -> None:
        self.publish(*range(20))
        self.notes.wait_for(20)


class AddWorker(StartPool):
    """A worker that joins a pool that runs."""

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.pool.start()
        pause = threading.Event()
        while len(self.ring.sequencer.state.consumers()) < 3:  # until their threads have begun
            pause.wait(0.001)

    def start(self) -> object:
        return self.pool.add(self.notes.event)


class StartDisruptor(Scenario):
    """All consumers of a graph: handlers, coroutine functions and pools."""

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.disruptor: Disruptor[Any] = Disruptor.of_values(
            8, memory=system.memory, host=system.host
        )
        self.wire(self.disruptor)
        self.disruptor.publish_value("early")

    def wire(self, wiring: Any) -> None:
        notes = self.notes
        first = wiring.handle_events_with(notes.event, notes.async_event)
        first.handle_events_with_worker_pool(
            lambda event, sequence, end: notes.note(event), name="pool"
        )

    def start(self) -> object:
        return self.disruptor.start()

    def left(self) -> object:
        ring, graph = self.disruptor.ring, self.disruptor.graph
        running = [processor.is_running for node in graph.nodes for processor in node.processors]
        return (
            ring.gating_sequences,
            ring.is_closed,
            ring.sequencer.state.consumers(),
            graph.names(),
            running,
        )

    def works(self) -> None:
        for number in range(20):
            self.disruptor.publish_value(number)
        self.disruptor.shutdown(PATIENCE)
        assert len(self.notes.seen) == 3 * 21

    def end(self) -> None:
        self.disruptor.halt()
        assert self.disruptor.join(PATIENCE)


class WireDisruptor(StartDisruptor):
    """A stage of consumers gates the ring from when it is wired."""

    def wire(self, wiring: Any) -> None:
        wiring.handle_events_with(lambda event, sequence, end: self.notes.note(event))

    def start(self) -> object:
        return self.disruptor.handle_events_with(self.notes.event, self.notes.async_event)

    def works(self) -> None:
        self.disruptor.start().shutdown(PATIENCE)
        assert len(self.disruptor.graph.nodes) == 3


class WirePool(WireDisruptor):
    """So does a pool, with all of its workers."""

    def start(self) -> object:
        return self.disruptor.handle_events_with_worker_pool(
            Notes().event, Notes().event, name="pool"
        )

    def works(self) -> None:
        self.disruptor.start().shutdown(PATIENCE)
        assert len(self.disruptor.graph.nodes) == 2


class AddLive(StartDisruptor):
    """Consumers that join a disruptor that runs."""

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.disruptor.start()
        self.notes.wait_for(3)

    def start(self) -> object:
        added = Notes()
        with self.disruptor.live() as live:
            live.handle_events_with(added.event).then(added.async_event)
        return added

    def works(self) -> None:
        super().works()
        assert len(self.disruptor.graph.nodes) == 5


class MakePoller(OnRing):
    def start(self) -> object:
        self.poller: EventPoller[Any] = self.ring.poller()
        return self.poller

    def works(self) -> None:
        self.publish(1, 2)
        self.poller.poll(self.notes.event)
        assert self.notes.seen == [1, 2]
        self.poller.close()


class MakeStream(OnRing):
    """A stream, and its first wait."""

    stream: EventStream[Any] | None = None

    def start(self) -> object:
        async def first() -> list[Any]:
            self.stream = stream = self.ring.stream()
            loop = asyncio.get_running_loop()
            loop.call_later(0.01, lambda: self.ring.producer().publish_value("here"))
            try:
                return await anext(stream)
            except BaseException:
                await stream.aclose()
                raise

        return asyncio.run(first())

    def left(self) -> object:
        state = self.ring.sequencer.state
        return self.ring.gating_sequences, state.consumers(), state._listeners

    def works(self) -> None:
        assert self.stream is not None
        asyncio.run(self.stream.aclose())


class RingBus(Scenario):
    """A handler of a bus over a ring."""

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.bus: Any = self.make()
        self.other = Notes()
        self.bus.subscribe(str, self.other.note)

    def make(self) -> Any:
        return RingBufferEventBus(8, memory=self.system.memory, host=self.system.host)

    def handler(self) -> Callable[[Any], object]:
        return self.notes.note

    def start(self) -> object:
        return self.bus.subscribe(int, self.handler())

    def left(self) -> object:
        ring = getattr(self.bus, "ring", None)
        gating = (
            ()
            if ring is None
            else (ring.gating_sequences, ring.sequencer.state._listeners, ring.is_closed)
        )
        return self.bus.subscriptions, gating, getattr(self.bus._transport, "_receiving", None)

    def works(self) -> None:
        for number in range(20):
            self.bus.publish_sync(number, timeout=PATIENCE)
        self.bus.publish_sync("text")
        self.notes.wait_for(20)
        self.other.wait_for(1)

    def end(self) -> None:
        assert self.bus.close(timeout=PATIENCE).is_complete


class RingBusCoroutine(RingBus):
    """A coroutine function of a bus on a ring: the bus's loop, its thread, the waiting thread."""

    def handler(self) -> Callable[[Any], Coroutine[Any, Any, None]]:
        return self.notes.async_note


class ChannelBus(RingBus):
    """A handler of a bus of queues."""

    def make(self) -> Any:
        return ChannelEventBus(8, host=self.system.host)


class ChannelBusCoroutine(ChannelBus):
    """A coroutine function of a bus of queues."""

    def handler(self) -> Callable[[Any], Coroutine[Any, Any, None]]:
        return self.notes.async_note


class RingQueueConsumer(Scenario):
    """A consumer of a queue over a ring."""

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.queue: Any = self.make()
        self.queue.enqueue_sync(message(0))

    def make(self) -> Any:
        options = InMemoryQueueOptions(QueueMode.RING_BUFFER, 8)
        return RingBufferQueue(options, memory=self.system.memory, host=self.system.host)

    def start(self) -> object:
        return self.queue.add_consumer(self.handler())

    def handler(self) -> Any:
        return self.notes.note

    def left(self) -> object:
        turns = self.queue._followers
        return (
            self.queue.consumers,
            turns.lead[0],
            list(turns._line),
            turns.attention,
            turns._stopping,
        )

    def works(self) -> None:
        for number in range(1, 20):
            assert self.queue.enqueue_sync(message(number), PATIENCE)
        self.notes.wait_for(20)

    def end(self) -> None:
        assert self.queue.close(timeout=PATIENCE).unfinished == 0


class RingQueueCoroutine(RingQueueConsumer):
    """A coroutine function of a queue on a ring: its loop, its thread, the waiting thread."""

    def handler(self) -> Any:
        return self.notes.async_note


class ChannelQueueConsumer(RingQueueConsumer):
    """A consumer of a queue on the standard library's."""

    def make(self) -> Any:
        return ChannelQueue(InMemoryQueueOptions(buffer_size=8), host=self.system.host)


class ChannelQueueCoroutine(ChannelQueueConsumer):
    """A coroutine function of a queue on the standard library's."""

    def handler(self) -> Any:
        return self.notes.async_note


class CloseQueueInLoop(RingQueueConsumer):
    """`aclose` closes in a thread of its own."""

    kinds: ClassVar[tuple[str, ...]] = ("thread",)

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        super().start()

    def start(self) -> object:
        return asyncio.run(self.queue.aclose(timeout=PATIENCE))

    def left(self) -> object:
        return self.queue.is_closed

    def works(self) -> None:
        assert self.queue.is_closed
        self.notes.wait_for(1)


class CloseBusInLoop(RingBus):
    """`aclose` closes in a thread of its own."""

    kinds: ClassVar[tuple[str, ...]] = ("thread",)

    def start(self) -> object:
        return asyncio.run(self.bus.aclose(timeout=PATIENCE))

    def left(self) -> object:
        return self.bus.is_closed, self.bus.subscriptions

    def works(self) -> None:
        assert self.bus.is_closed


class PutIntoTimer(Scenario):
    """A delivery that waits for its retry."""

    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.timer: Timer[int] = Timer(self.notes.note, host=system.host, name="timer")

    def start(self) -> object:
        return self.timer.put(1, 0)

    def left(self) -> object:
        return self.timer.pending

    def works(self) -> None:
        self.notes.wait_for(1)

    def end(self) -> None:
        self.timer.close()
        assert self.timer.join(PATIENCE)


class StartStallDetector(OnRing):
    def __init__(self, system: ShortSystem) -> None:
        super().__init__(system)
        self.detector = StallDetector(self.ring, after=60.0, host=system.host)

    def start(self) -> object:
        return self.detector.start()

    def works(self) -> None:
        assert self.detector.look() == []

    def end(self) -> None:
        self.detector.close()


class MakeEndpoint(OnRing):
    """A socket and a thread."""

    endpoint: Endpoint

    def start(self) -> object:
        self.endpoint = Endpoint(self.ring, host=self.system.host)
        return self.endpoint

    def works(self) -> None:
        assert self.endpoint.port

    def end(self) -> None:
        self.endpoint.close()


class MakeThings(Scenario):
    """What starts nothing still needs memory."""

    things: tuple[Any, ...] = ()

    def start(self) -> object:
        memory, host = self.system.memory, self.system.host
        self.things = (
            RingBuffer.of_values(8, memory=memory, host=host),
            Disruptor(list, 8, memory=memory, host=host),
            RingBufferEventBus(8, memory=memory, host=host),
            ChannelEventBus(8, host=host),
        )
        return self.things

    def works(self) -> None:
        assert len(self.things) == 4


def message(number: int) -> TransportEnvelope:
    return TransportEnvelope("number", str(number).encode())


def all_scenarios(base: type[Scenario] = Scenario) -> Iterator[type[Scenario]]:
    for each in base.__subclasses__():
        if each is not OnRing:
            yield each
        yield from all_scenarios(each)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> ShortSystem:
    return ShortSystem(monkeypatch)


@pytest.mark.parametrize("kind", ShortSystem.KINDS)
@pytest.mark.parametrize("make", list(all_scenarios()), ids=lambda make: make.__name__)
def test_a_start_that_runs_short_leaves_nothing_behind_and_succeeds_later(
    make: type[Scenario], kind: str, system: ShortSystem
) -> None:
    if kind not in make.kinds:
        return
    at_first = resources()
    for granted in range(ENOUGH):
        scenario = make(system)
        before, left = resources(), scenario.left()
        failure: Exception | None = None
        with system.short_of(kind, granted):
            try:
                scenario.start()
            except Exception as error:
                failure = error
        refused = system.refused
        if failure is not None:
            assert refused, failure
            assert isinstance(failure, RuntimeError | OSError | MemoryError)
            assert scenario.left() == left, f"after {granted} requests of kind {kind!r}"
            failure.__traceback__ = None  # its frames keep what failed alive
            wait_for_resources(before)
            scenario.start()
        scenario.works()
        scenario.end()
        del scenario
        wait_for_resources(at_first)
        if not refused:
            return
    raise AssertionError(f"more than {ENOUGH} requests")
