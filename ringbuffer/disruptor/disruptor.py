"""`Disruptor`: a ring, its consumers, and their life together.

disruptor = Disruptor(Order, 1024)
disruptor.handle_events_with(journal, replicate).then(execute)
with disruptor:
    disruptor.publish_event(fill, 101.5)
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from ringbuffer.disruptor import drawing
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.lifecycle import Lifecycle
from ringbuffer.disruptor.live import Live
from ringbuffer.disruptor.node import Node
from ringbuffer.disruptor.wiring import Wiring
from ringbuffer.errors import ConsumerFailedError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.processors import EventProcessor, ExceptionHandler, Worker, WorkerPool
from ringbuffer.processors.exceptions import check_exception_handler
from ringbuffer.producer import Producer, Publishing
from ringbuffer.ring_buffer import ProducerType, RingBuffer
from ringbuffer.sequence import Sequence
from ringbuffer.wait import WaitStrategy


class Disruptor[E](Wiring[E], Publishing[E]):
    """A ring and the consumers that are wired to it (LMAX Disruptor, `Disruptor`).

    Wire it in one thread, then `start()` it. Publishing and looking work from any thread.

    Args:
        event_factory: called `buffer_size` times, now, for the events. See `of_values` for a ring without them.
        buffer_size: slots in the ring, a power of two.
        producer_type: whether one thread publishes or several.
        wait_strategy: how consumers wait; the default is `BlockingWaitStrategy`.
        name: what drawings and messages call it.
        memory: what provides cells, flags and slots.
        host: what provides locks, threads and time.

    Raises:
        ValueError, TypeError: see `RingBuffer`.
    """

    def __init__(
        self,
        event_factory: Callable[[], E],
        buffer_size: int,
        producer_type: ProducerType = ProducerType.MULTI,
        wait_strategy: WaitStrategy | None = None,
        *,
        name: str = "disruptor",
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        ring = RingBuffer(buffer_size, event_factory, producer_type, wait_strategy, memory=memory, host=host)
        self._set_up(ring, producer_type, name)

    @classmethod
    def of_values(
        cls,
        buffer_size: int,
        producer_type: ProducerType = ProducerType.MULTI,
        wait_strategy: WaitStrategy | None = None,
        *,
        name: str = "disruptor",
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> "Disruptor[Any]":
        """A disruptor over `RingBuffer.of_values`: slots hold any object. The arguments are those of the class."""
        ring = RingBuffer.of_values(buffer_size, producer_type, wait_strategy, memory=memory, host=host)
        disruptor: Disruptor[Any] = cls.__new__(cls)
        disruptor._set_up(ring, producer_type, name)
        return disruptor

    def _set_up(self, ring: RingBuffer[E], producer_type: ProducerType, name: str) -> None:
        self._name = name
        self._title = (
            f"{name}: {ring.buffer_size} slots of {'values' if ring.holds_values else 'events'}, "
            f"{producer_type.value} producer, {type(ring.sequencer.wait_strategy).__name__}"
        )
        self._graph = Graph(ring)
        self._life = Lifecycle(self._graph, name)

    # -- wiring -------------------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph[E]:
        """The consumers."""
        return self._graph

    def open_graph(self) -> Graph[E]:
        """The graph, to be changed: before `start()`, or in a `live()` block.

        Raises:
            ProcessorStateError: the disruptor was started.
        """
        self._life.check_open()
        return self._graph

    def _editable(self) -> "Disruptor[E]":
        return self

    def _nodes(self) -> tuple[Node, ...]:
        return ()

    def live(self) -> Live[E]:
        """`with disruptor.live() as live:` adds consumers to a running disruptor.

        `live.handle_events_with(...)` adds them at the end of what is published, `live.after(handler)` behind the ones that are
        there; `.then(...)` builds whole stages. They gate the ring from that line on, so they miss nothing, and start
        together at the end of the block. If it raises, or one cannot start, none of them stays.

        Raises:
            ProcessorStateError: when the block begins: the disruptor is not running, or another such block is open.
        """
        return Live(self, self._graph, self._life)

    def remove(self, handler: Any, timeout: float | None = None) -> None:
        """Halt a consumer, or one worker of a pool, and let the producers and the others go on without it. Any time.

        Args:
            handler: what was wired, or its processor, or a worker of a pool, or a worker's handler.
            timeout: the longest wait for its batch to end, in seconds; None waits without a limit.

        Raises:
            ValueError: it does not consume here.
            ProcessorStateError: others come after it; or it is the caller itself. Nothing was changed. Or it is a worker,
                or a pool with one, that died or was halted during a replay, and keeps events that nobody else will handle:
                it stays, halted.
            TimeoutError: its batch did not end in time. It stays, halting.
        """
        self._life.remove(handler, timeout)

    # -- errors -------------------------------------------------------------------------------------------------

    def handle_exceptions_for(self, handler: Any, exception_handler: ExceptionHandler) -> None:
        """Let `exception_handler` decide about the errors of one handler, from now on. Also while running.

        Raises:
            ValueError: `handler` does not consume here.
            TypeError: it is a processor that its user made, and has no exception handler.
        """
        check_exception_handler(exception_handler)
        self._graph.find(handler).set_exception_handler(exception_handler, self._life.runner_of(handler))

    def set_default_exception_handler(self, exception_handler: ExceptionHandler) -> None:
        """Let `exception_handler` decide about the errors of all handlers that have none of their own. Also while running."""
        self._graph.exception_handler = check_exception_handler(exception_handler)
        for node in self._graph.nodes:
            node.set_default_exception_handler(exception_handler)

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start every consumer, each in a thread of its own; once.

        Raises:
            ProcessorStateError: it was started before.
        """
        self._life.start()
        return self

    def shutdown(self, timeout: float | None = None) -> None:
        """Take no more claims, wait until everything that was claimed is handled, then halt every consumer.

        A producer that is in the middle of a claim at this very moment may still get it, and what it then publishes may be
        handled by nobody: let producers end first where every event matters.

        Consumers that died or were halted are not waited for, nor for what they keep from those after them. Not from inside a
        claim or a translator, which it would wait for.

        Args:
            timeout: the longest wait in all, in seconds; None waits without a limit.

        Raises:
            TimeoutError: not everything was handled in time; the message says what is left. The consumers are halted.
            ConsumerFailedError: a consumer died of the error in `__cause__`. Everything else was handled.
            ProcessorStateError: it was never started, and events wait; or the caller is one of the consumers.
        """
        self._life.shutdown(timeout)

    def halt(self) -> None:
        """Take no more claims, and tell every consumer to stop after the batch it is in; return at once."""
        self._life.halt()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every consumer has stopped, at most `timeout` seconds; whether they have."""
        return self._life.join(timeout)

    def __enter__(self) -> Self:
        """Start, unless that was done and it runs."""
        if not self.is_running:
            self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """`shutdown()`. If the block raised, that error goes on; if it was interrupted, nothing is drained."""
        if error is not None and not isinstance(error, Exception):
            self.halt()
            return
        try:
            self.shutdown()
        except ConsumerFailedError as failure:
            if error is None:
                raise
            error.add_note(str(failure))

    # -- looking ------------------------------------------------------------------------------------------------

    @property
    def ring(self) -> RingBuffer[E]:
        """The ring itself."""
        return self._graph.ring

    @property
    def name(self) -> str:
        """What drawings and messages call it."""
        return self._name

    @property
    def is_running(self) -> bool:
        """Whether it was started and neither shut down nor halted."""
        return self._life.was_started and not self.ring.is_closed

    @property
    def backlog(self) -> int:
        """How many published events the consumer that is furthest behind has yet to handle; 0 or more.

        Consumers that died or were halted do not count.
        """
        return self._life.backlog

    def sequence_of(self, handler: Any) -> Sequence:
        """How far a handler has come; the pool of a worker, as a whole. `ValueError` if it does not consume here."""
        return self._graph.find(handler).sequence

    def processor_of(self, handler: Any) -> EventProcessor[E] | WorkerPool[E] | Worker[E]:
        """The processor that a handler belongs to, or the worker. `ValueError` if it does not consume here."""
        return self._life.runner_of(handler)

    def producer(self) -> Producer[E]:
        """The calling thread's own producer, see `RingBuffer.producer`."""
        return self.ring.producer()

    def __str__(self) -> str:
        """The graph, a line for each stage."""
        return drawing.text(self._title, self._graph.nodes)

    def to_dot(self) -> str:
        """The graph in the language of Graphviz."""
        return drawing.dot(self._title, self._graph.nodes)

    def to_mermaid(self) -> str:
        """The graph in the language of Mermaid."""
        return drawing.mermaid(self._title, self._graph.nodes)

    def __repr__(self) -> str:
        return f"Disruptor({self._name!r}, {len(self._graph.nodes)} consumers, {self.ring!r})"
