"""`Wiring` and `EventHandlerGroup`: the sentences of the language.

disruptor.handle_events_with(journal, replicate).then(execute)
disruptor.after(execute).handle_events_with_worker_pool(notify, notify_too)
"""

from abc import ABC, abstractmethod
from typing import Any, Protocol

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.disruptor.consumer import Wirable
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.node import Node


class Editable[E](Protocol):
    """A disruptor, as far as its groups need one."""

    @property
    def graph(self) -> Graph[E]:
        """Its consumers, to look at."""
        ...

    def open_graph(self) -> Graph[E]:
        """The graph, if it may be changed now.

        Raises:
            ProcessorStateError: it may not.
        """
        ...


class Wiring[E](ABC):
    """Where consumers can be added: at the ring itself, or after others. One thread at a time."""

    @abstractmethod
    def _editable(self) -> Editable[E]:
        """Whose graph it is."""

    @abstractmethod
    def _nodes(self) -> tuple[Node, ...]:
        """What is added comes after these."""

    def handle_events_with(self, *consumers: Wirable[E]) -> "EventHandlerGroup[E]":
        """Add consumers that work in parallel, each of which gets every event.

        Args:
            consumers: handlers (a function, an object with `on_event` or `on_batch`, also of coroutine functions), `Consumer`s
                (a handler with options), factories with `create_processor(ring, barrier)`, or processors that are made already.

        Returns:
            The group of them, to go on from.

        Raises:
            ValueError: one of them consumes here already, belongs to another ring, or has a wrong option.
            TypeError: one of them is nothing that can consume.
            ProcessorStateError: the disruptor was started; use `with disruptor.live() as live:`.
        """
        editable = self._editable()
        return EventHandlerGroup(editable, editable.open_graph().add(consumers, self._nodes()))

    def handle_events_with_worker_pool(
        self, *workers: Wirable[E], max_chunk: int | None = None, name: str | None = None
    ) -> "EventHandlerGroup[E]":
        """Add a pool, in which each event goes to exactly one of the workers.

        Args:
            workers: handlers, or `Consumer`s.
            max_chunk: the most events that a worker claims at once; None takes the pool's default.
            name: of the pool; the default is the first handler's.

        The errors are those of `handle_events_with`.
        """
        editable = self._editable()
        node = editable.open_graph().add_pool(workers, self._nodes(), max_chunk, name)
        return EventHandlerGroup(editable, (node,))

    def after(self, *handlers: Any) -> "EventHandlerGroup[E]":
        """The group of consumers that were wired before, to go on from.

        Raises:
            ValueError: one of them does not consume here, or none was named.
        """
        if not handlers:
            raise ValueError("after what? Name the handlers that come before")
        editable = self._editable()
        return EventHandlerGroup(editable, tuple(dict.fromkeys(editable.graph.find(handler) for handler in handlers)))


class EventHandlerGroup[E](Wiring[E]):
    """Consumers to go on from (LMAX Disruptor, `EventHandlerGroup`). One thread at a time."""

    def __init__(self, editable: Editable[E], nodes: tuple[Node, ...]) -> None:
        self._disruptor = editable
        self._members = nodes

    def _editable(self) -> Editable[E]:
        return self._disruptor

    def _nodes(self) -> tuple[Node, ...]:
        return self._members

    def then(self, *consumers: Wirable[E]) -> "EventHandlerGroup[E]":
        """Add consumers that get an event when every member of this group has passed it. As `handle_events_with`."""
        return self.handle_events_with(*consumers)

    def then_handle_events_with_worker_pool(
        self, *workers: Wirable[E], max_chunk: int | None = None, name: str | None = None
    ) -> "EventHandlerGroup[E]":
        """Add a pool that comes after this group. As `handle_events_with_worker_pool`."""
        return self.handle_events_with_worker_pool(*workers, max_chunk=max_chunk, name=name)

    def and_(self, other: "EventHandlerGroup[E]") -> "EventHandlerGroup[E]":
        """The members of both groups together.

        Raises:
            ValueError: `other` belongs to another disruptor.
        """
        if not isinstance(other, EventHandlerGroup):
            raise TypeError(f"and_ joins two groups, such as what handle_events_with returns; not {other!r}")
        if other._disruptor.graph is not self._disruptor.graph:
            raise ValueError("the two groups belong to different disruptors, whose rings know nothing of each other")
        return EventHandlerGroup(self._disruptor, tuple(dict.fromkeys(self._members + other._members)))

    def as_sequence_barrier(self) -> SequenceBarrier:
        """A barrier that lets through what every member of this group has passed: for a processor of your own."""
        return self._disruptor.graph.ring.new_barrier(*(node.sequence for node in self._members))
