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
        """
        wanted = [checked(self.ring, wirable) for wirable in wirables]
        if not wanted:
            raise ValueError("name at least one consumer")
        self._check_new([each.handler if isinstance(each, Consumer) else each for each in wanted])
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
                own = not isinstance(each, Consumer) or each.exception_handler is not None
                added.append(Node(runner, handlers, before, own))
        except BaseException:
            for sequence in gated:
                self.ring.remove_gating_sequence(sequence)
            raise
        self.nodes += tuple(added)
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
        self._check_new([each.handler for each in consumers])
        pool = WorkerPool(
            self.ring,
            dependents=[node.sequence for node in after],
            exception_handler=self.exception_handler,
            max_chunk=DEFAULT_CHUNK if max_chunk is None else max_chunk,
            name=name or consumers[0].name or name_of(consumers[0].handler),
        )
        try:
            for each in consumers:
                pool.add(
                    each.handler, exception_handler=each.exception_handler, rewind=each.rewind, name=each.name, cpu=each.cpu
                )
        except BaseException:
            self.ring.remove_gating_sequence(pool.sequence)
            raise
        node = Node(pool, (), tuple(after), False)
        self.nodes += (node,)
        return node

    def remove(self, nodes: Items[Node]) -> None:
        """Remove nodes that have stopped, or were never started: producers wait for them no more.

        Raises:
            ProcessorStateError: others come after one of them. Nothing was removed.
        """
        self.check_removable(nodes)
        self.nodes = tuple(node for node in self.nodes if node not in nodes)
        for node in nodes:
            self.ring.remove_gating_sequence(node.sequence)

    def check_removable(self, nodes: Items[Node]) -> None:
        """Raise `ProcessorStateError` if others come after one of `nodes`."""
        for node in nodes:
            followers = [other.name for other in self.nodes if node in other.after and other not in nodes]
            if followers:
                raise ProcessorStateError(
                    f"cannot remove {node.name!r}: remove what comes after it first: {', '.join(followers)}"
                )

    # -- parts --------------------------------------------------------------------------------------------------

    def _processor(self, consumer: Consumer[E], dependents: list[Sequence], sequence: Sequence) -> EventProcessor[E]:
        kind = AsyncEventProcessor if is_asynchronous(consumer.handler) else BatchEventProcessor
        return kind(
            self.ring,
            self.ring.new_barrier(*dependents),
            consumer.handler,
            exception_handler=consumer.exception_handler or self.exception_handler,
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

    def _check_new(self, handlers: list[object]) -> None:
        """Refuse a handler that consumes here already: nobody could tell which of the two is meant afterwards."""
        for index, handler in enumerate(handlers):
            here = any(node.processor_of(handler) is not None for node in self.nodes)
            if here or any(is_same(handler, each) for each in handlers[:index]):
                raise ValueError(f"{handler!r} consumes here already; wire another object, or wrap the function in another one")
