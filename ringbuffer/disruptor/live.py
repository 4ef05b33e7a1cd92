"""`Live`: adds consumers to a running disruptor, all or none."""

from typing import Final, Self

from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.lifecycle import Lifecycle
from ringbuffer.disruptor.node import Node
from ringbuffer.disruptor.wiring import Editable, Wiring
from ringbuffer.producer.guarded_block import GuardedBlock


class Live[E](Wiring[E], GuardedBlock):
    """A block that adds consumers to a running disruptor; see `Disruptor.live`.

    Owning thread only.
    """

    def __init__(self, disruptor: Editable[E], graph: Graph[E], life: Lifecycle) -> None:
        self._disruptor: Final = disruptor
        self._graph: Final = graph
        self._life: Final = life
        self._before: tuple[Node, ...] = ()
        self._is_open = False
        self._guard = None

    def _editable(self) -> Editable[E]:
        return self._disruptor

    def __enter__(self) -> Self:
        self._life.begin_live()
        self._before = self._graph.nodes  # no call between this statement and the next
        self._is_open = True
        return self

    def _left(self, guard: object) -> None:
        """Run after the `with` statement, when it no longer refers to `_leave`.

        If an interrupt came before `_leave` began, this removes the added consumers.
        """
        self._guard = None
        if self._is_open:
            try:
                self._undo(self._added())
            finally:
                self._end()

    def _end(self) -> None:
        self._life.end_live()
        self._is_open = False

    def _leave(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Start the added consumers. If the block raised, or one cannot start, remove them all."""
        try:
            added = self._added()
            if error is None:
                # A halt closes the ring before it loads the nodes. So either this check finds the
                # ring closed, or the halt finds the new nodes.
                self._life.check_not_over()
                self._life.start_nodes(added)
            else:
                self._undo(added)
        except BaseException:
            self._undo(self._added())
            raise
        finally:
            try:
                self._end()
            except BaseException:  # an interrupt: the block ends anyway
                self._end()
                raise

    def _added(self) -> tuple[Node, ...]:
        return tuple(node for node in self._graph.nodes if node not in self._before)

    def _undo(self, added: tuple[Node, ...]) -> None:
        for node in added:
            for processor in node.processors:
                if processor.is_running:
                    processor.close()
        self._graph.begin_removal(added)
        self._graph.remove(added)
