"""Who gates a ring, and who waits for room in it: what a stall detector asks, read from the sequences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer.disruptor import Disruptor
from ringbuffer.disruptor.node import Node
from ringbuffer.processors import WorkerPool
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Gating:
    """A consumer that holds up its ring at a moment: it is the furthest behind, and waits for no other consumer.

    Attributes:
        consumer: its name.
        sequence: the last event that it had finished.
        lag: events published that it had not finished, 1 or more.
        state: of its life, where that is known.
        threads: the numbers of the threads that work for it; none if it does not run.
    """

    consumer: str
    sequence: int
    lag: int
    state: str | None
    threads: tuple[int, ...]


class Watched:
    """A ring and, where there is a disruptor, its graph. Any thread.

    Args:
        thing: a ring or a disruptor, or something with a `ring`, such as a bus.
        name: what reports call it; the default is its own name.

    Raises:
        TypeError: it has no ring.
    """

    def __init__(self, thing: object, name: str | None = None) -> None:
        self._disruptor: Final[Disruptor[Any] | None] = thing if isinstance(thing, Disruptor) else None
        ring = thing if isinstance(thing, RingBuffer) else getattr(thing, "ring", None)
        if not isinstance(ring, RingBuffer):
            raise TypeError(f"{thing!r} has no ring to be watched: pass a RingBuffer, a Disruptor, or an object with a `ring`")
        self.ring: Final[RingBuffer[Any]] = ring
        self.name: Final = name or str(getattr(thing, "name", "ring"))

    def gating(self) -> tuple[Gating, ...]:
        """Who holds up the ring now; nobody if everything published is finished.

        Consumers are read before what is published, so no lag is negative. A consumer that only waits for another one is not
        meant: the other one is. Of a ring alone nobody knows who waits for whom: all that are furthest behind are named.
        """
        threads = self.ring.sequencer.state.consumers()
        if self._disruptor is not None:
            read = [(node, node.sequence.get()) for node in self._disruptor.graph.nodes]
            reached = dict(read)
            behind: list[tuple[str, int, str | None, tuple[int, ...]]] = [
                (node.name, sequence, node.state, _threads(node, sequence, threads))
                for node, sequence in read
                if not node.after or min(reached.get(before, sequence) for before in node.after) > sequence
            ]
        else:
            behind = [
                (f"consumer {number}", sequence.get(), None, _threads_of(sequence, threads))
                for number, sequence in enumerate(self.ring.gating_sequences, 1)
            ]
        published = self.ring.sequencer.published()
        lowest = min((sequence for _, sequence, _, _ in behind), default=published)
        if lowest >= published:
            return ()
        return tuple(
            Gating(name, sequence, published - sequence, state, own)
            for name, sequence, state, own in behind
            if sequence == lowest
        )

    def waiting_producers(self) -> dict[int, int]:
        """The threads that wait for room, by number, and the sequence that each wants.

        One that has got its room has left its last wish behind; but there is room for it now, by which it is told apart.
        """
        sequencer = self.ring.sequencer
        if sequencer.is_closed:
            return {}
        waits = sequencer.state.room_waits.by_thread()
        limit = min(sequencer.minimum_gating_sequence, sequencer.published()) + self.ring.buffer_size
        return {thread: wait.wanted for thread, wait in waits.items() if wait.wanted is not None and wait.wanted > limit}


def _threads(node: Node, sequence: int, threads: dict[int, tuple[Sequence, ...]]) -> tuple[int, ...]:
    """Who works for a node: of a pool, the workers that hold the event after `sequence`."""
    if not isinstance(node.runner, WorkerPool):
        return _threads_of(node.sequence, threads)
    holding = [worker for worker in node.runner.workers if sequence + 1 in worker.unfinished]
    return tuple(thread for worker in holding for thread in _threads_of(worker.sequence, threads))


def _threads_of(sequence: Sequence, threads: dict[int, tuple[Sequence, ...]]) -> tuple[int, ...]:
    return tuple(_those_with(sequence, threads))


def _those_with(sequence: Sequence, threads: dict[int, tuple[Sequence, ...]]) -> Iterator[int]:
    for thread, own in threads.items():
        if any(each is sequence for each in own):
            yield thread
