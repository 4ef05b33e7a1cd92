"""`Graph`: the nodes of one disruptor. Each stage is added, or removed, as a whole."""

from collections.abc import Iterable
from collections.abc import Sequence as Items
from typing import Any, Final

from ringbuffer.disruptor.handler_spec import HandlerSpec, Wirable, checked, made
from ringbuffer.disruptor.node import Node, is_same
from ringbuffer.errors import ProcessorStateError
from ringbuffer.processors import (
    BatchEventProcessor,
    EventProcessor,
    ExceptionHandler,
    FatalExceptionHandler,
    WorkerPool,
)
from ringbuffer.processors.handlers import is_asynchronous, name_of
from ringbuffer.processors.work.pool import DEFAULT_CHUNK
from ringbuffer.processors.work.worker import worker_hooks
from ringbuffer.reentry import check_not_changing
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence

#: The functions that hold the graph's lock while they call others.
_LOCKED: Final = frozenset(("Graph._commit", "Graph._take_out", "Graph.begin_removal"))


class Graph[E]:
    """The consumers of a ring. Any thread may read it; one thread at a time may change it.

    Every node gates the producers from the moment that it is added. So any node can be removed, and
    consumers can be added after any node.

    Args:
        ring: the ring that they consume.

    Attributes:
        nodes: the nodes, each after its dependencies.
        exception_handler: decides for consumers without their own exception handler.
    """

    def __init__(self, ring: RingBuffer[E]) -> None:
        self.ring: Final = ring
        self.nodes: tuple[Node, ...] = ()
        self.exception_handler: ExceptionHandler = FatalExceptionHandler()
        self._lock: Final = ring.host.lock()

    # -- reading --------------------------------------------------------------------------

    def find(self, handler: object) -> Node:
        """Find the node of a handler, a factory, a processor, a pool or a worker.

        Raises:
            ValueError: there is no such node.
        """
        if isinstance(handler, HandlerSpec):
            handler = handler.handler
        for node in self.nodes:
            if node.processor_of(handler) is not None:
                return node
        raise ValueError(
            f"{handler!r} does not consume here; "
            f"the consumers are {', '.join(self.names()) or 'none'}"
        )

    def names(self) -> list[str]:
        """The names of the nodes, in order."""
        return [node.name for node in self.nodes]

    # -- changing -------------------------------------------------------------------------

    def add(self, wirables: Iterable[Wirable[E]], after: Items[Node]) -> tuple[Node, ...]:
        """Add a stage: consumers that come after the nodes `after` and start at the same sequence.

        Raises:
            ValueError, TypeError: one of them cannot be wired. The graph is unchanged.
            ProcessorStateError: one of `after` was removed.
            DeadlockError: the caller is a signal handler that has interrupted a change of the graph
                by its own thread.
        """
        check_not_changing(self, _LOCKED, "the graph")
        wanted = [checked(self.ring, wirable) for wirable in wirables]
        if not wanted:
            raise ValueError("name at least one consumer")
        self._check_new(
            [each.handler if isinstance(each, HandlerSpec) else each for each in wanted]
        )
        self._check_there(after)
        dependents = [node.sequence for node in after]
        sequences = [
            Sequence(memory=self.ring.memory) for each in wanted if isinstance(each, HandlerSpec)
        ]
        unused = iter(sequences)
        #: The processors that factories have made. A tuple, because to extend it needs no call, so
        #: no interrupt comes between the making of a processor and the note of it.
        runners: tuple[EventProcessor[E], ...] = ()
        added: list[Node] = []
        try:
            if sequences:
                self.ring.add_gating_sequences(*sequences, start=self.ring.new_barrier(*dependents))
            for each in wanted:
                if isinstance(each, HandlerSpec):
                    runner: EventProcessor[E] | WorkerPool[E] = self._processor(
                        each, dependents, next(unused)
                    )
                elif isinstance(each, EventProcessor | WorkerPool):
                    runner = each
                else:
                    barrier = self.ring.new_barrier(*dependents)
                    runners = (*runners, runner := made(self.ring, each, barrier))
                before = self._before(runner, after)
                handlers = (each.handler,) if isinstance(each, HandlerSpec) else (each,)
                node = Node(runner, handlers, before)
                if not isinstance(each, HandlerSpec) or each.exception_handler is not None:
                    node.has_own_exception_handler.update(node.processors)
                added.append(node)
            self._commit(added, after)
            return tuple(added)
        except BaseException:
            self._take_out(added)
            for sequence in (*sequences, *(runner.sequence for runner in runners)):
                self.ring.remove_gating_sequence(sequence)
            raise

    def add_pool(
        self,
        wirables: Iterable[HandlerSpec[E] | Any],
        after: Items[Node],
        max_chunk: int | None,
        name: str | None,
    ) -> Node:
        """Add a pool of workers that comes after the nodes `after`. Raises the errors of `add`."""
        check_not_changing(self, _LOCKED, "the graph")
        wanted = [checked(self.ring, wirable) for wirable in wirables]
        if not wanted:
            raise ValueError("name at least one worker")
        consumers = [each for each in wanted if isinstance(each, HandlerSpec)]
        if len(consumers) < len(wanted):
            raise TypeError("a worker pool is made of handlers, not of processors or factories")
        for consumer in consumers:
            worker_hooks(consumer.handler)
            if consumer.max_batch_size is not None:
                raise ValueError(
                    "workers do not have their own max_batch_size; give the pool max_chunk"
                )
        # Workers may share a function.
        unique = {id(each.handler): each.handler for each in consumers}
        self._check_new(list(unique.values()))
        self._check_there(after)
        pool = WorkerPool(
            self.ring,
            dependents=[node.sequence for node in after],
            exception_handler=self.exception_handler,
            max_chunk=DEFAULT_CHUNK if max_chunk is None else max_chunk,
            name=name or consumers[0].name or name_of(consumers[0].handler),
            gating=False,
        )
        added: list[Node] = []
        try:
            pool.gate()
            own = [
                pool.add(
                    each.handler,
                    exception_handler=each.exception_handler,
                    rewind=each.rewind,
                    name=each.name,
                    cpu=each.cpu,
                )
                for each in consumers
            ]
            node = Node(pool, (), tuple(after))
            node.has_own_exception_handler.update(
                worker
                for worker, each in zip(own, consumers, strict=True)
                if each.exception_handler is not None
            )
            added.append(node)
            self._commit(added, after)
        except BaseException:
            self._take_out(added)
            self.ring.remove_gating_sequence(pool.sequence)
            raise
        return node

    def begin_removal(self, nodes: Items[Node]) -> None:
        """Let no consumer be added after `nodes`, until they are removed or `keep` is called.

        Raises:
            ProcessorStateError: a consumer comes after one of them. The graph is unchanged.
            DeadlockError: see `add`.
        """
        check_not_changing(self, _LOCKED, "the graph")
        with self._lock:
            for node in nodes:
                # A generator, because a block must not contain a comprehension with a condition:
                # see `ringbuffer.system`.
                followers = ", ".join(
                    other.name for other in self.nodes if node in other.after and other not in nodes
                )
                if followers:
                    raise ProcessorStateError(
                        f"cannot remove {node.name!r}: remove what comes after it first: "
                        f"{followers}"
                    )
                followers = ""  # a statement after the `if`: see `ringbuffer.system`
            for node in nodes:
                node.is_leaving = True

    def keep(self, nodes: Items[Node]) -> None:
        """Undo `begin_removal`: the nodes stay."""
        for node in nodes:
            node.is_leaving = False

    def remove(self, nodes: Items[Node]) -> None:
        """Remove nodes that have stopped, or never ran. Producers no longer wait for them."""
        try:
            self._remove(nodes)
        except BaseException:  # an interrupt: they leave anyway
            self._remove(nodes)
            raise

    def _remove(self, nodes: Items[Node]) -> None:
        self._take_out(nodes)
        for node in nodes:
            self.ring.remove_gating_sequence(node.sequence)

    def _take_out(self, nodes: Items[Node]) -> None:
        """Take `nodes` out of the graph."""
        with self._lock:
            self.nodes = tuple(node for node in self.nodes if node not in nodes)

    # -- parts ----------------------------------------------------------------------------

    def _processor(
        self, consumer: HandlerSpec[E], dependents: list[Sequence], sequence: Sequence
    ) -> EventProcessor[E]:
        kind = BatchEventProcessor
        if is_asynchronous(consumer.handler):
            from ringbuffer.processors import AsyncEventProcessor  # here, because it loads asyncio

            kind = AsyncEventProcessor
        return kind(
            self.ring,
            self.ring.new_barrier(*dependents),
            consumer.handler,
            exception_handler=self.exception_handler
            if consumer.exception_handler is None
            else consumer.exception_handler,
            max_batch_size=consumer.max_batch_size,
            rewind=consumer.rewind,
            name=consumer.name,
            cpu=consumer.cpu,
            sequence=sequence,
        )

    def _before(
        self, runner: EventProcessor[E] | WorkerPool[E], after: Items[Node]
    ) -> tuple[Node, ...]:
        """Return the nodes that a processor waits for; they must include `after`."""
        dependents = (
            runner.dependents if isinstance(runner, WorkerPool) else runner.barrier.dependents
        )
        missing = [node.name for node in after if node.sequence not in dependents]
        if missing:
            raise ValueError(
                f"{runner!r} is to come after {', '.join(missing)}, but does not wait for that; "
                f"make it with a barrier of their sequences, such as group.as_sequence_barrier()"
            )
        return tuple(node for node in self.nodes if node.sequence in dependents)

    def _commit(self, added: list[Node], after: Items[Node]) -> None:
        """Make new nodes part of the graph, if their dependencies still are part of it."""
        with self._lock:
            self._check_there(after)
            self.nodes += tuple(added)

    def _check_there(self, after: Items[Node]) -> None:
        gone = [node.name for node in after if node not in self.nodes or node.is_leaving]
        if gone:
            raise ProcessorStateError(f"nothing can come after {', '.join(gone)}: it was removed")

    def _check_new(self, handlers: list[object]) -> None:
        """Refuse a handler that consumes here already, because it would refer to two."""
        for index, handler in enumerate(handlers):
            here = any(node.processor_of(handler) is not None for node in self.nodes)
            if here or any(is_same(handler, each) for each in handlers[:index]):
                raise ValueError(
                    f"{handler!r} consumes here already; wire another object, "
                    f"or wrap the function in another one"
                )
