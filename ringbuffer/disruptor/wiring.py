"""`Wiring` and `EventHandlerGroup`: the methods of the wiring language.

disruptor.handle_events_with(journal, replicate).then(execute)
disruptor.after(execute).handle_events_with_worker_pool(notify, notify_too)
"""

from abc import ABC, abstractmethod
from typing import Any, Protocol

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.handler_spec import Wirable
from ringbuffer.disruptor.node import Node
from ringbuffer.one_process import OneProcess


class Editable[E](Protocol):
    """What groups need of a disruptor."""

    @property
    def graph(self) -> Graph[E]:
        """The graph of its consumers, to read."""
        ...

    def open_graph(self) -> Graph[E]:
        """Return the graph, to change it.

        Raises:
            ProcessorStateError: it may not be changed now.
        """
        ...


class Wiring[E](OneProcess, ABC):
    """A place to add consumers: at the ring itself, or after others. One thread at a time."""

    @abstractmethod
    def _editable(self) -> Editable[E]:
        """Return the disruptor whose graph this changes."""

    def _nodes(self) -> tuple[Node, ...]:
        """Return the dependencies of added consumers; an empty tuple at the ring itself."""
        return ()

    def handle_events_with(self, *consumers: Wirable[E]) -> "EventHandlerGroup[E]":
        """Add consumers that work in parallel, each of which gets every event.

        Args:
            consumers: any of these. A handler: a function, or an object with `on_event` or
                `on_batch`; coroutine functions too. A `HandlerSpec`: a handler with options. A
                factory with `create_processor(ring, barrier)`. A ready-made processor.

        Returns:
            The group of these consumers, to build upon.

        Raises:
            ValueError: one of them consumes here already, belongs to another ring, or has a wrong
                option.
            TypeError: one of them cannot consume.
            ProcessorStateError: the disruptor was started; use `with disruptor.live() as live:`.
        """
        return self._add(consumers)

    # CPython may run a signal handler after a call of a method with `*arguments` has returned, when
    # the consumers are wired already. So no method above or below passes them on like that.
    def _add(self, consumers: tuple[Wirable[E], ...]) -> "EventHandlerGroup[E]":
        editable = self._editable()
        # First: after an interrupt, no consumer is wired without its group.
        group: EventHandlerGroup[E] = EventHandlerGroup(editable, ())
        group._members = editable.open_graph().add(consumers, self._nodes())
        return group

    def handle_events_with_worker_pool(
        self, *workers: Wirable[E], max_chunk: int | None = None, name: str | None = None
    ) -> "EventHandlerGroup[E]":
        """Add a pool, in which each event goes to exactly one of the workers.

        Args:
            workers: handlers, or `HandlerSpec`s.
            max_chunk: the most events that a worker claims at once; None takes the pool's default.
            name: the name of the pool; the default is the first handler's.

        Raises:
            ValueError, TypeError, ProcessorStateError: see `handle_events_with`.
        """
        return self._add_pool(workers, max_chunk, name)

    def _add_pool(
        self, workers: tuple[Wirable[E], ...], max_chunk: int | None, name: str | None
    ) -> "EventHandlerGroup[E]":
        editable = self._editable()
        # First: after an interrupt, no consumer is wired without its group.
        group: EventHandlerGroup[E] = EventHandlerGroup(editable, ())
        group._members = (editable.open_graph().add_pool(workers, self._nodes(), max_chunk, name),)
        return group

    def after(self, *handlers: Any) -> "EventHandlerGroup[E]":
        """Return a group of consumers that were wired before, to build upon.

        Raises:
            ValueError: one of them does not consume here, or no handler was named.
        """
        if not handlers:
            raise ValueError("after() needs at least one handler: name those that come before")
        editable = self._editable()
        return EventHandlerGroup(
            editable, tuple(dict.fromkeys(editable.graph.find(handler) for handler in handlers))
        )


class EventHandlerGroup[E](Wiring[E]):
    """Consumers to build upon (LMAX Disruptor, `EventHandlerGroup`). One thread at a time."""

    def __init__(self, editable: Editable[E], nodes: tuple[Node, ...]) -> None:
        self._disruptor = editable
        self._members = nodes

    def _editable(self) -> Editable[E]:
        return self._disruptor

    def _nodes(self) -> tuple[Node, ...]:
        return self._members

    def then(self, *consumers: Wirable[E]) -> "EventHandlerGroup[E]":
        """Add consumers that get an event after every member of this group has passed it.

        Otherwise as `handle_events_with`.
        """
        return self._add(consumers)

    def then_handle_events_with_worker_pool(
        self, *workers: Wirable[E], max_chunk: int | None = None, name: str | None = None
    ) -> "EventHandlerGroup[E]":
        """Add a pool that comes after this group; see `handle_events_with_worker_pool`."""
        return self._add_pool(workers, max_chunk, name)

    def and_(self, other: "EventHandlerGroup[E]") -> "EventHandlerGroup[E]":
        """Make a group of the members of both groups.

        Raises:
            ValueError: `other` belongs to another disruptor.
        """
        if not isinstance(other, EventHandlerGroup):
            raise TypeError(
                f"and_ joins two groups, such as what handle_events_with returns; not {other!r}"
            )
        if other._disruptor.graph is not self._disruptor.graph:
            raise ValueError(
                "the two groups belong to different disruptors, whose rings are independent of "
                "each other"
            )
        return EventHandlerGroup(
            self._disruptor, tuple(dict.fromkeys(self._members + other._members))
        )

    def as_sequence_barrier(self) -> SequenceBarrier:
        """Make a barrier that lets through the events that every member of this group has passed.

        It is for your own processor.
        """
        return self._disruptor.graph.ring.new_barrier(*(node.sequence for node in self._members))
