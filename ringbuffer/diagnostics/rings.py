"""`ObservedRing`, `ObservedDisruptor`: the positions of rings and disruptors.

These are their sequences, loaded in the order that `positions` requires.
"""

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
    """A ring, whose consumers have numbers only. Any thread.

    Args:
        ring: the ring.
        name: its name in metrics.
    """

    def __init__(self, ring: RingBuffer[Any], name: str) -> None:
        self.name: Final = name
        self._ring: Final = ring

    def read(self) -> Positions:
        """See `Observed`."""
        sequencer = self._ring.sequencer
        minimum, consumers = _minimum(sequencer), self._consumers()
        published, claimed = sequencer.published(), sequencer.claimed
        counters = ring_counters(sequencer)
        return settle(self._ring.buffer_size, minimum, consumers, published, claimed, counters)

    def _consumers(self) -> list[ConsumerPosition]:
        return [
            ConsumerPosition(f"consumer {number}", sequence.get())
            for number, sequence in enumerate(self._ring.gating_sequences, 1)
        ]


class ObservedDisruptor(ObservedRing):
    """A disruptor, whose consumers have names. Any thread.

    Args:
        disruptor: the disruptor.
        name: its name in metrics.
    """

    def __init__(self, disruptor: Disruptor[Any], name: str) -> None:
        super().__init__(disruptor.ring, name)
        self._disruptor: Final = disruptor

    def _consumers(self) -> list[ConsumerPosition]:
        return [_consumer(node) for node in self._disruptor.graph.nodes]


class _Published:
    """The last published sequence, as an object with `get`."""

    def __init__(self, sequencer: Sequencer) -> None:
        self.get: Final = sequencer.published


def _minimum(sequencer: Sequencer) -> int:
    """The minimum of the present gating sequences; the last published sequence without any.

    On a ring of values it is the sequence up to which slots are cleared, behind the slowest
    consumer.
    """
    return sequencer.state.gating.view().minimum(_Published(sequencer))


def ring_counters(sequencer: Sequencer) -> dict[str, float]:
    """The counts of a ring: its producers' waits; its consumers' too if the strategy counts."""
    waits = sequencer.state.claim_stalls.by_thread().values()
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
    # A distribution belongs to one thread. The handlers of several workers report their own.
    distributions = handlers[0].distributions() if len(handlers) == 1 else {}
    return ConsumerPosition(node.name, sequence, node.state, counters, distributions)


def _diagnostic_handlers(node: Node) -> Iterator[DiagnosticEventHandler[Any]]:
    """The handlers of a node that count."""
    workers = node.runner.workers if isinstance(node.runner, WorkerPool) else ()
    for handler in (*node.handlers, *(worker.handler for worker in workers)):
        if isinstance(handler, DiagnosticEventHandler) and handler.is_enabled:
            yield handler
