"""`Live`: adding consumers to a running disruptor, all or none."""

from types import TracebackType
from typing import Final, Self

from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.lifecycle import Lifecycle
from ringbuffer.disruptor.node import Node
from ringbuffer.disruptor.wiring import Editable, Wiring


class Live[E](Wiring[E]):
    """A block in which consumers are added to a running disruptor; see `Disruptor.live`. One thread."""

    def __init__(self, disruptor: Editable[E], graph: Graph[E], life: Lifecycle) -> None:
        self._disruptor: Final = disruptor
        self._graph: Final = graph
        self._life: Final = life
        self._before: tuple[Node, ...] = ()

    def _editable(self) -> Editable[E]:
        return self._disruptor

    def _nodes(self) -> tuple[Node, ...]:
        return ()

    def __enter__(self) -> Self:
        self._life.begin_live()
        self._before = self._graph.nodes
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Start what was added; if the block raised or one cannot start, remove it again."""
        added = tuple(node for node in self._graph.nodes if node not in self._before)
        try:
            if error is None:
                # A halt closes the ring before it looks who is there: it is seen here, or it has seen them.
                self._life.check_not_over()
                self._life.start_nodes(added)
        except BaseException:
            self._undo(added)
            raise
        finally:
            self._life.end_live()
        if error is not None:
            self._undo(added)

    def _undo(self, added: tuple[Node, ...]) -> None:
        for node in added:
            for processor in node.processors:
                if processor.is_running:
                    processor.close()
        self._graph.begin_removal(added)
        self._graph.remove(added)
