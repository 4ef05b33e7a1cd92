"""`Graph`: the nodes of one disruptor, added and removed as wholes."""

from collections.abc import Iterable
from collections.abc import Sequence as Items
from typing import Any, Final

from ringbuffer.disruptor.consumer import Consumer, Wirable, checked, made
from ringbuffer.disruptor.node import Node, is_same
from ringbuffer.errors import ProcessorStateError
from ringbuffer.processors import (
    AsyncEventProcessor,
    BatchEventProcessor,
    EventProcessor,
    ExceptionHandler,
    FatalExceptionHandler,
    WorkerPool,
)
from ringbuffer.processors.handlers import is_asynchronous, name_of
from ringbuffer.processors.work.pool import DEFAULT_CHUNK
from ringbuffer.processors.work.worker import worker_hooks
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class Graph[E]:
    """Which consumers a ring has. Any thread may look; one at a time may change it.

    Every node gates the producers from the moment that it is added, so any of them can be removed, and any can be built upon.

    Args:
        ring: what is consumed.

    Attributes:
        nodes: in an order in which every node comes after those that it depends on.
        exception_handler: decides where a consumer has none of its own.
    """

    def __init__(self, ring: RingBuffer[E]) -> None:
        self.ring: Final = ring
        self.nodes: tuple[Node, ...] = ()
        self.exception_handler: ExceptionHandler = FatalExceptionHandler()
        self._lock: Final = ring.host.lock()

    # -- looking ------------------------------------------------------------------------------------------------

    def find(self, handler: object) -> Node:
        """The node of a handler, a factory, a processor, a pool or a worker.

        Raises:
            ValueError: there is none.
        """
        if isinstance(handler, Consumer):
            handler = handler.handler
        for node in self.nodes:
            if node.processor_of(handler) is not None:
                return node
        raise ValueError(f"{handler!r} does not consume here; the consumers are {', '.join(self.names()) or 'none'}")

    def names(self) -> list[str]:
        """Of the nodes, in order."""
        return [node.name for node in self.nodes]

    # -- changing -----------------------------------------------------------------------------------------------

    def add(self, wirables: Iterable[Wirable[E]], after: Items[Node]) -> tuple[Node, ...]:
        """Add a stage: consumers that come after the nodes `after`, and all start at the same place.

        Raises:
            ValueError, TypeError: one of them cannot be wired. Nothing was added.
            ProcessorStateError: one of `after` was removed.
        """
        wanted = [checked(self.ring, wirable) for wirable in wirables]
        if not wanted:
            raise ValueError("name at least one consumer")
        self._check_new([each.handler if isinstance(each, Consumer) else each for each in wanted])
        self._check_there(after)
        dependents = [node.sequence for node in after]
        sequences = [Sequence(memory=self.ring.memory) for each in wanted if isinstance(each, Consumer)]
        if sequences:
            self.ring.add_gating_sequences(*sequences, start=self.ring.new_barrier(*dependents))
        unused = iter(sequences)
        gated: list[Sequence] = list(sequences)
        added = []
        try:
            for each in wanted:
                if isinstance(each, Consumer):
                    runner: EventProcessor[E] | WorkerPool[E] = self._processor(each, dependents, next(unused))
                elif isinstance(each, EventProcessor | WorkerPool):
                    runner = each
                else:
                    runner = made(self.ring, each, self.ring.new_barrier(*dependents))
                    gated.append(runner.sequence)
                before = self._before(runner, after)
                handlers = (each.handler,) if isinstance(each, Consumer) else (each,)
                node = Node(runner, handlers, before)
                if not isinstance(each, Consumer) or each.exception_handler is not None:
                    node.has_own_exception_handler.update(node.processors)
                added.append(node)
            self._commit(added, after)
        except BaseException:
            for sequence in gated:
                self.ring.remove_gating_sequence(sequence)
            raise
        return tuple(added)

    def add_pool(
        self,
        wirables: Iterable[Consumer[E] | Any],
        after: Items[Node],
        max_chunk: int | None,
        name: str | None,
    ) -> Node:
        """Add a pool of workers that comes after the nodes `after`. The errors are those of `add`."""
        wanted = [checked(self.ring, wirable) for wirable in wirables]
        if not wanted:
            raise ValueError("name at least one worker")
        consumers = [each for each in wanted if isinstance(each, Consumer)]
        if len(consumers) < len(wanted):
            raise TypeError("a worker pool is made of handlers; processors and factories work for themselves")
        for consumer in consumers:
            worker_hooks(consumer.handler)
            if consumer.max_batch_size is not None:
                raise ValueError("workers have no max_batch_size of their own; give the pool max_chunk")
        unique = {id(each.handler): each.handler for each in consumers}  # workers may share a function
        self._check_new(list(unique.values()))
        self._check_there(after)
        pool = WorkerPool(
            self.ring,
            dependents=[node.sequence for node in after],
            exception_handler=self.exception_handler,
            max_chunk=DEFAULT_CHUNK if max_chunk is None else max_chunk,
            name=name or consumers[0].name or name_of(consumers[0].handler),
        )
        try:
            own = [
                pool.add(
                    each.handler, exception_handler=each.exception_handler, rewind=each.rewind, name=each.name, cpu=each.cpu
                )
                for each in consumers
            ]
            node = Node(pool, (), tuple(after))
            node.has_own_exception_handler.update(
                worker for worker, each in zip(own, consumers, strict=True) if each.exception_handler is not None
            )
            self._commit([node], after)
        except BaseException:
            self.ring.remove_gating_sequence(pool.sequence)
            raise
        return node

    def begin_removal(self, nodes: Items[Node]) -> None:
        """From here on nothing can be added behind `nodes`, until they are removed or `keep` is called.

        Raises:
            ProcessorStateError: others come after one of them. Nothing was changed.
        """
        with self._lock:
            for node in nodes:
                followers = [other.name for other in self.nodes if node in other.after and other not in nodes]
                if followers:
                    raise ProcessorStateError(
                        f"cannot remove {node.name!r}: remove what comes after it first: {', '.join(followers)}"
                    )
            for node in nodes:
                node.is_leaving = True

    def keep(self, nodes: Items[Node]) -> None:
        """They stay after all."""
        for node in nodes:
            node.is_leaving = False

    def remove(self, nodes: Items[Node]) -> None:
        """Remove nodes that have stopped, or were never started: producers wait for them no more."""
        with self._lock:
            self.nodes = tuple(node for node in self.nodes if node not in nodes)
        for node in nodes:
            self.ring.remove_gating_sequence(node.sequence)

    # -- parts --------------------------------------------------------------------------------------------------

    def _processor(self, consumer: Consumer[E], dependents: list[Sequence], sequence: Sequence) -> EventProcessor[E]:
        kind = AsyncEventProcessor if is_asynchronous(consumer.handler) else BatchEventProcessor
        return kind(
            self.ring,
            self.ring.new_barrier(*dependents),
            consumer.handler,
            exception_handler=self.exception_handler if consumer.exception_handler is None else consumer.exception_handler,
            max_batch_size=consumer.max_batch_size,
            rewind=consumer.rewind,
            name=consumer.name,
            cpu=consumer.cpu,
            sequence=sequence,
        )

    def _before(self, runner: EventProcessor[E] | WorkerPool[E], after: Items[Node]) -> tuple[Node, ...]:
        """The nodes that a processor waits for, which must be those that it was wired after."""
        dependents = runner.dependents if isinstance(runner, WorkerPool) else runner.barrier.dependents
        missing = [node.name for node in after if node.sequence not in dependents]
        if missing:
            raise ValueError(
                f"{runner!r} is to come after {', '.join(missing)}, but does not wait for that; make it with a barrier of "
                f"their sequences, such as group.as_sequence_barrier()"
            )
        return tuple(node for node in self.nodes if node.sequence in dependents)

    def _commit(self, added: list[Node], after: Items[Node]) -> None:
        """Make new nodes part of the graph, if what they come after still is."""
        with self._lock:
            self._check_there(after)
            self.nodes += tuple(added)

    def _check_there(self, after: Items[Node]) -> None:
        gone = [node.name for node in after if node not in self.nodes or node.is_leaving]
        if gone:
            raise ProcessorStateError(f"nothing can come after {', '.join(gone)}: it was removed")

    def _check_new(self, handlers: list[object]) -> None:
        """Refuse a handler that consumes here already: nobody could tell which of the two is meant afterwards."""
        for index, handler in enumerate(handlers):
            here = any(node.processor_of(handler) is not None for node in self.nodes)
            if here or any(is_same(handler, each) for each in handlers[:index]):
                raise ValueError(f"{handler!r} consumes here already; wire another object, or wrap the function in another one")
