"""`Drain`: waits until the consumers of a graph have handled everything, and says what is left."""

from typing import Any, Final

from ringbuffer.backoff import Backoff
from ringbuffer.checks import Duration
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.node import Node


class Drain:
    """The way to the end of the events of one ring. Any thread.

    Args:
        graph: the consumers.
        name: the name of the disruptor, for messages.
    """

    def __init__(self, graph: Graph[Any], name: str) -> None:
        self._graph: Final = graph
        self._name: Final = name

    def _targets(self, target: int) -> dict[Node, int]:
        """How far each consumer may advance, up to `target`, as far as its dependencies let it."""
        targets: dict[Node, int] = {}
        reached: dict[Node, int] = {}
        for node in self._graph.nodes:
            targets[node] = min((reached[before] for before in node.after), default=target)
            reached[node] = min(targets[node], node.reach(targets[node]))
        return targets

    def left(self, target: int) -> dict[Node, int]:
        """The consumers that have events to handle up to `target`, each with their number."""
        left = {node: node.left(most) for node, most in self._targets(target).items()}
        return {node: count for node, count in left.items() if count}

    def run(self, timeout: float | None) -> dict[Node, int]:
        """Wait until no consumer can handle more events, or the time is up; return what is left.

        Consumers do not signal this thread when they advance, so it looks repeatedly, see
        `Backoff`. Terminates because every running consumer advances as far as its dependencies
        let it, as long as the handlers return.
        """
        host = self._graph.ring.host
        backoff = Backoff(host, host.event(), timeout)
        while left := self.left(self._graph.ring.sequencer.claimed):
            if not backoff.pause():
                return left
        return {}

    def unhandled(self) -> tuple[str, ...]:
        """The published events that each consumer has not finished, even if it has stopped."""
        published = self._graph.ring.sequencer.published()
        counts = ((node, node.unhandled(published)) for node in self._graph.nodes)
        return tuple(
            f"{node.name} has not finished {count} events, from {node.sequence.get() + 1} on"
            for node, count in counts
            if count
        )

    def unfinished(self, left: dict[Node, int], timeout: Duration | None) -> str:
        """Why a shutdown was not done in time."""
        sequencer = self._graph.ring.sequencer
        parts = []
        if (published := sequencer.published()) < (claimed := sequencer.claimed):
            parts.append(
                f"of the sequences {published + 1} to {claimed}, not all that were claimed were "
                f"published"
            )
            left = self.left(published)
        parts += [
            f"{node.name} has {count} events to handle, from {node.sequence.get() + 1} on"
            for node, count in left.items()
        ]
        parts += [
            f"{node.name} has not ended its batch"
            for node in self._graph.nodes
            if not node.is_stopped
        ]
        return (
            f"{self._name!r} was not done within {timeout} s: {'; '.join(parts)}. "
            f"Every consumer was asked to halt"
        )
