"""Rings and disruptors: their positions are their sequences, read in the order that `positions` asks for."""

from collections.abc import Iterator
from typing import Any, Final

from ringbuffer.diagnostics.counting_wait import CountingWaitStrategy
from ringbuffer.diagnostics.handler import DiagnosticEventHandler
from ringbuffer.diagnostics.positions import ConsumerPosition, Positions, settle
from ringbuffer.disruptor import Disruptor
from ringbuffer.disruptor.node import Node
from ringbuffer.processors import WorkerPool
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequencer import Sequencer


class ObservedRing:
    """A ring, its consumers known by number only. Any thread.

    Args:
        ring: which.
        name: what metrics call it.
    """

    def __init__(self, ring: RingBuffer[Any], name: str) -> None:
        self.name: Final = name
        self._ring: Final = ring

    def read(self) -> Positions:
        """See `Observed`."""
        ring, sequencer = self._ring, self._ring.sequencer
        minimum = _minimum(sequencer)
        consumers = [
            ConsumerPosition(f"consumer {number}", sequence.get()) for number, sequence in enumerate(ring.gating_sequences, 1)
        ]
        published = sequencer.published()
        return settle(ring.buffer_size, minimum, consumers, published, sequencer.claimed, ring_counters(sequencer))


class ObservedDisruptor:
    """A disruptor, its consumers known by name. Any thread.

    Args:
        disruptor: which.
        name: what metrics call it.
    """

    def __init__(self, disruptor: Disruptor[Any], name: str) -> None:
        self.name: Final = name
        self._disruptor: Final = disruptor

    def read(self) -> Positions:
        """See `Observed`."""
        ring, sequencer = self._disruptor.ring, self._disruptor.ring.sequencer
        minimum = _minimum(sequencer)
        consumers = [_consumer(node) for node in self._disruptor.graph.nodes]
        published = sequencer.published()
        return settle(ring.buffer_size, minimum, consumers, published, sequencer.claimed, ring_counters(sequencer))


class _Published:
    """The end of what is published, as something that has a current sequence."""

    def __init__(self, sequencer: Sequencer) -> None:
        self.get: Final = sequencer.published


def _minimum(sequencer: Sequencer) -> int:
    """The minimum of the gating sequences, at a moment when they were those; where there are none, what is published.

    On a ring of values that is where slots are cleared, which is behind the slowest consumer.
    """
    return sequencer.state.gating.view().minimum(_Published(sequencer))


def ring_counters(sequencer: Sequencer) -> dict[str, float]:
    """What is counted of a ring: how producers waited, and consumers too if the wait strategy counts."""
    waits = sequencer.state.room_waits.by_thread().values()
    counters: dict[str, float] = {
        "producer_stalls": sum(each.stalls for each in waits),
        "claim_timeouts": sum(each.timeouts for each in waits),
    }
    strategy = sequencer.wait_strategy
    if isinstance(strategy, CountingWaitStrategy):
        counters |= strategy.counters()
    return counters


def _consumer(node: Node) -> ConsumerPosition:
    sequence = node.sequence.get()
    handlers = list(_diagnostic_handlers(node))
    counters: dict[str, float] = {}
    for handler in handlers:
        for name, count in handler.counters().items():
            counters[name] = counters.get(name, 0) + count
    # Distributions are of one thread; those of several workers are told by the handlers themselves.
    distributions = handlers[0].distributions() if len(handlers) == 1 else {}
    return ConsumerPosition(node.name, sequence, node.state, counters, distributions)


def _diagnostic_handlers(node: Node) -> Iterator[DiagnosticEventHandler[Any]]:
    """The handlers of a node that count."""
    workers = node.runner.workers if isinstance(node.runner, WorkerPool) else ()
    for handler in (*node.handlers, *(worker.handler for worker in workers)):
        if isinstance(handler, DiagnosticEventHandler) and handler.is_enabled:
            yield handler
