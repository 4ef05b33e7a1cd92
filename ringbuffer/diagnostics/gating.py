"""`Watched`: which consumers hold up a ring, a queue or a bus, and which producers wait.

A stall detector asks this.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ringbuffer.diagnostics.kinds import as_bus, as_message_queue, as_queue, name_of
from ringbuffer.disruptor import Disruptor
from ringbuffer.disruptor.node import Node
from ringbuffer.one_process import OneProcess
from ringbuffer.processors import WorkerPool
from ringbuffer.queues import Queue
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence

if TYPE_CHECKING:  # loads asyncio
    from ringbuffer.messaging import EventBus, InMemoryQueue
    from ringbuffer.messaging.progress import ConsumerProgress

#: In place of a consumer's name: for a queue of messages without consumers, and for a queue that
#: does not know its consumers.
NO_CONSUMER: Final = "no consumer"
ALL_WHO_GET: Final = "getters"

#: A consumer: its name, its sequence, its state, its threads.
type Behind = tuple[str, int, str | None, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Gating:
    """A consumer that holds up its ring: the furthest behind, and not waiting for another one.

    Attributes:
        consumer: its name.
        sequence: the last event that it had finished.
        lag: events published that it had not finished, 1 or more.
        state: its state; None if that is not known.
        threads: the numbers of the threads that work for it; empty if it does not run.
    """

    consumer: str
    sequence: int
    lag: int
    state: str | None
    threads: tuple[int, ...]


class Sight(ABC):
    """A way to look at one kind of thing. Any thread. What is not known is empty."""

    @abstractmethod
    def gating(self) -> tuple[Gating, ...]:
        """Which consumers hold it up now; empty if every event is finished."""

    def waiting_producers(self) -> dict[int, int]:
        """The threads that wait for free capacity, and the sequence that each of them wants."""
        return {}

    def tasks(self) -> dict[str, object]:
        """The tasks of consumers in an event loop, by the consumer's name."""
        return {}


class Watched(OneProcess):
    """A ring, disruptor, queue or bus whose consumers may hold it up. Any thread.

    Args:
        thing: a ring, a disruptor, a queue or a bus of this library, or an object with a `ring`.
        name: its name in reports; the default is its own name.

    Raises:
        TypeError: `thing` is none of these.

    Attributes:
        name: its name in reports.
    """

    def __init__(self, thing: object, name: str | None = None) -> None:
        sight = sight_of(thing)
        if sight is None:
            raise TypeError(
                f"{thing!r} cannot be watched: pass a ring, a disruptor, a queue or a bus of this "
                f"library, or an object with a `ring`"
            )
        self._sight: Final[Sight] = sight
        self.name: Final = name or name_of(thing)

    def gating(self) -> tuple[Gating, ...]:
        """Which consumers hold it up now; empty if every event is finished.

        Of a ring: the consumers that are furthest behind and do not wait for another consumer. Of a
        bus: every handler with unfinished events. Of a queue of messages: every consumer that
        handles a message; or `NO_CONSUMER`, if messages wait and there is no consumer. Of a
        `Queue`, which does not know its consumers: `ALL_WHO_GET`, if items wait.
        """
        return self._sight.gating()

    def waiting_producers(self) -> dict[int, int]:
        """The threads that wait for free capacity in a ring, and the sequence that each wants.

        The ring keeps the last wanted sequence of a thread that no longer waits. It has free
        capacity for that sequence now, so the thread is not reported.
        """
        return self._sight.waiting_producers()

    def tasks(self) -> dict[str, object]:
        """The tasks of consumers in an event loop, by the consumer's name."""
        return self._sight.tasks()


def sight_of(thing: object) -> Sight | None:
    """Choose the way to look at a thing; None if it cannot be watched."""
    if isinstance(thing, Disruptor):
        return DisruptorSight(thing)
    if isinstance(thing, RingBuffer):
        return RingSight(thing)
    ring = getattr(thing, "ring", None)
    if (messages := as_message_queue(thing)) is not None:
        return MessageQueueSight(messages)
    if (bus := as_bus(thing)) is not None:
        return BusSight(bus, ring if isinstance(ring, RingBuffer) else None)
    if isinstance(ring, RingBuffer):
        return RingSight(ring)
    queue = as_queue(thing)
    return None if queue is None else QueueSight(queue)


def can_be_watched(thing: object) -> bool:
    """Whether `Watched` takes it."""
    return sight_of(thing) is not None


class RingSight(Sight):
    """A ring alone, whose graph is not known: all consumers that are furthest behind count."""

    def __init__(self, ring: RingBuffer[Any]) -> None:
        self._ring: Final = ring

    def _behind(self, threads: dict[int, tuple[Sequence, ...]]) -> list[Behind]:
        """The consumers that do not merely wait for another consumer."""
        return [
            (f"consumer {number}", sequence.get(), None, _threads_of(sequence, threads))
            for number, sequence in enumerate(self._ring.gating_sequences, 1)
        ]

    def gating(self) -> tuple[Gating, ...]:
        """See `Sight`. Consumers are read before what is published, so no lag is negative."""
        sequencer = self._ring.sequencer
        behind = self._behind(sequencer.state.consumers())
        published = sequencer.published()
        lowest = min((sequence for _, sequence, _, _ in behind), default=published)
        if lowest >= published:
            return ()
        return tuple(
            Gating(name, sequence, published - sequence, state, own)
            for name, sequence, state, own in behind
            if sequence == lowest
        )

    def waiting_producers(self) -> dict[int, int]:
        """See `Sight`."""
        sequencer = self._ring.sequencer
        if sequencer.is_closed:
            return {}
        waits = sequencer.state.claim_stalls.by_thread()
        lowest = min(sequencer.minimum_gating_sequence, sequencer.published())
        limit = lowest + self._ring.buffer_size
        wishes = {thread: wait.wanted for thread, wait in waits.items()}
        return {thread: at for thread, at in wishes.items() if at is not None and at > limit}


class DisruptorSight(RingSight):
    """A disruptor: a consumer that only waits for another one does not count, the other does."""

    def __init__(self, disruptor: Disruptor[Any]) -> None:
        super().__init__(disruptor.ring)
        self._disruptor: Final = disruptor

    def _behind(self, threads: dict[int, tuple[Sequence, ...]]) -> list[Behind]:
        read = [(node, node.sequence.get()) for node in self._disruptor.graph.nodes]
        reached = dict(read)

        def waits_for_another(node: Node, sequence: int) -> bool:
            before = [reached.get(each, sequence) for each in node.after]
            return bool(before) and min(before) <= sequence

        return [
            (node.name, sequence, node.state, _threads(node, sequence, threads))
            for node, sequence in read
            if not waits_for_another(node, sequence)
        ]


class BusSight(Sight):
    """A bus: each handler with unfinished events counts."""

    def __init__(self, bus: "EventBus", ring: RingBuffer[Any] | None) -> None:
        self._bus: Final = bus
        self._ring: Final = None if ring is None else RingSight(ring)

    def gating(self) -> tuple[Gating, ...]:
        """See `Sight`."""
        return tuple(_unfinished(self._bus.progress(), 0))

    def waiting_producers(self) -> dict[int, int]:
        """See `Sight`: known of a bus over a ring."""
        return {} if self._ring is None else self._ring.waiting_producers()

    def tasks(self) -> dict[str, object]:
        """See `Sight`."""
        return _tasks_of(self._bus.progress())


class MessageQueueSight(Sight):
    """A queue of messages: each consumer with an unfinished message counts."""

    def __init__(self, queue: "InMemoryQueue") -> None:
        self._queue: Final = queue

    def gating(self) -> tuple[Gating, ...]:
        """See `Sight`. Consumers compete: what waits in the queue counts for each of them."""
        progress, queued = self._queue.progress(), self._queue.depth
        if queued and not any(each.state in ("WAITING", "HANDLING") for each in progress):
            taken = self._queue.message_count - queued
            return (Gating(NO_CONSUMER, taken - 1, queued, "MISSING", ()),)
        return tuple(_unfinished(progress, queued))

    def tasks(self) -> dict[str, object]:
        """See `Sight`."""
        return _tasks_of(self._queue.progress())


def _unfinished(progress: "Iterable[ConsumerProgress]", queued: int) -> Iterator[Gating]:
    """The consumers with something to finish, of which `queued` more wait for all of them."""
    for each in progress:
        if each.waiting and each.state != "ENDED":
            lag = each.waiting + queued
            yield Gating(each.name, each.finished - 1, lag, each.state, each.threads)


def _tasks_of(progress: "Iterable[ConsumerProgress]") -> dict[str, object]:
    return {each.name: each.task for each in progress if each.task is not None}


class QueueSight(Sight):
    """A queue that knows its sequences, but not its consumers."""

    def __init__(self, queue: Queue[Any]) -> None:
        self._queue: Final = queue

    def gating(self) -> tuple[Gating, ...]:
        """See `Sight`. Reads what was taken first."""
        consumed = self._queue.consumed
        waiting = self._queue.published - consumed
        return (Gating(ALL_WHO_GET, consumed, waiting, None, ()),) if waiting > 0 else ()


def _threads(
    node: Node, sequence: int, threads: dict[int, tuple[Sequence, ...]]
) -> tuple[int, ...]:
    """The threads that work for a node: of a pool, those that hold the event after `sequence`."""
    if not isinstance(node.runner, WorkerPool):
        return _threads_of(node.sequence, threads)
    holding = [worker for worker in node.runner.workers if sequence + 1 in worker.unfinished]
    return tuple(thread for worker in holding for thread in _threads_of(worker.sequence, threads))


def _threads_of(sequence: Sequence, threads: dict[int, tuple[Sequence, ...]]) -> tuple[int, ...]:
    return tuple(thread for thread, own in threads.items() if any(each is sequence for each in own))
