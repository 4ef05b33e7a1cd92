"""`Disruptor`: a ring, its consumers, and their life cycle.

disruptor = Disruptor(Order, 1024)
disruptor.handle_events_with(journal, replicate).then(execute)
with disruptor: disruptor.publish_event(fill, 101.5)
"""

from collections.abc import Callable
from typing import Any, Self

from ringbuffer.checks import Duration
from ringbuffer.disruptor import drawing
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.lifecycle import Lifecycle
from ringbuffer.disruptor.live import Live
from ringbuffer.disruptor.wiring import Wiring
from ringbuffer.disruptor.without_events import WithoutEvents
from ringbuffer.ending import USUAL_GRACE, Grace, check_grace
from ringbuffer.forks import made_here
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.processors import EventProcessor, ExceptionHandler, Worker, WorkerPool
from ringbuffer.processors.exceptions import check_exception_handler
from ringbuffer.producer import EventSink, Producer
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence
from ringbuffer.sequencer import ProducerType
from ringbuffer.wait import WaitStrategy


class Disruptor[E = Any](WithoutEvents[E], Wiring[E], EventSink[E]):
    """A ring and the consumers that are wired to it (LMAX Disruptor, `Disruptor`).

    Wire it in one thread, then `start()` it. Any thread may publish, and read its state.

    Args:
        event_factory: makes an event, for each slot. See `of_values` for a ring without events.
        buffer_size: the number of slots in the ring, a power of two.
        producer_type: whether one thread publishes or several.
        wait_strategy: how consumers wait; the default is `AdaptiveWaitStrategy`.
        name: the name in drawings and messages.
        grace: how long the end of a `with` block waits for published events, in seconds, or a
            `Grace`. The default sets no limit, and 30 seconds if an exception ends the block.
        drain_at_exit: how long the end of the program waits for published events, in seconds, if
            the disruptor was started and never closed. None does not wait, and warns.
        memory: provides cells, flags and slots.
        host: provides locks, threads and time.
        reset: `reset(event)`, called after every consumer has passed an event, see `RingBuffer`.

    Raises:
        ValueError, TypeError: see `RingBuffer`, and `Grace` for `grace` and `drain_at_exit`.
    """

    def __init__(
        self,
        event_factory: Callable[[], E],
        buffer_size: int,
        producer_type: ProducerType = ProducerType.AUTO,
        wait_strategy: WaitStrategy | None = None,
        *,
        name: str = "disruptor",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
        reset: Callable[[E], object] | None = None,
    ) -> None:
        ring = RingBuffer(
            buffer_size,
            event_factory,
            producer_type,
            wait_strategy,
            memory=memory,
            host=host,
            reset=reset,
        )
        self._set_up(ring, producer_type, name, grace, drain_at_exit)

    def _set_up(
        self,
        ring: RingBuffer[E],
        producer_type: ProducerType,
        name: str,
        grace: Grace | Duration | None,
        drain_at_exit: Duration | None,
    ) -> None:
        self._name = name
        self._grace = check_grace(grace)
        self._title = (
            f"{name}: {ring.buffer_size} slots of {ring.contents}, "
            f"{producer_type.value} producer, {type(ring.sequencer.wait_strategy).__name__}"
        )
        self._graph = Graph(ring)
        ring.bind_publication(self, Disruptor)
        made_here(self)
        self._life = Lifecycle(self._graph, name, drain_at_exit)

    # -- wiring ---------------------------------------------------------------------------

    @property
    def graph(self) -> Graph[E]:
        """The graph of the consumers."""
        return self._graph

    def open_graph(self) -> Graph[E]:
        """Return the graph, to change it: before `start()`, or in a `live()` block.

        Raises:
            ProcessorStateError: the disruptor was started.
        """
        self._life.check_open()
        return self._graph

    def _editable(self) -> "Disruptor[E]":
        return self

    def live(self) -> Live[E]:
        """Add consumers to a running disruptor: `with disruptor.live() as live:`.

        `live.handle_events_with(...)` adds consumers that begin with the next published event.
        `live.after(handler)` adds them after present consumers, and `.then(...)` builds whole
        stages. Added consumers gate the ring from that line on, so they miss no event. They start
        together at the end of the block. If the block raises, or one cannot start, all are removed.

        Raises:
            ProcessorStateError: when the block begins: the disruptor is not running, or another
                such block is open.
        """
        return Live(self, self._graph, self._life)

    def remove(self, handler: Any, timeout: Duration | None = None) -> None:
        """Halt a consumer, or one worker of a pool, and remove it. At any time.

        The producers and the other consumers continue without it.

        Args:
            handler: what was wired, or its processor, or a worker of a pool, or a worker's handler.
            timeout: the longest wait for its batch to end, in seconds; None waits without a limit.

        Raises:
            ValueError: it does not consume here.
            ProcessorStateError: other consumers come after it, or it is the caller itself. Then the
                graph is unchanged. Or a worker died, or was halted during a replay, and keeps
                events that no other worker will handle. Then it stays, halted.
            TimeoutError: its batch did not end in time. It stays, halting.
        """
        self._life.remove(handler, timeout)

    # -- errors ---------------------------------------------------------------------------

    def handle_exceptions_for(self, handler: Any, exception_handler: ExceptionHandler) -> None:
        """Let `exception_handler` decide about the errors of one handler from now on.

        The disruptor may be running.

        Raises:
            ValueError: `handler` does not consume here.
            TypeError: it is a ready-made processor without an exception handler.
        """
        check_exception_handler(exception_handler)
        node, runner = self._graph.find(handler), self._life.runner_of(handler)
        node.set_exception_handler(exception_handler, runner)

    def set_default_exception_handler(self, exception_handler: ExceptionHandler) -> None:
        """Let `exception_handler` decide about the errors of handlers for which no other is set.

        The disruptor may be running.
        """
        self._graph.exception_handler = check_exception_handler(exception_handler)
        for node in self._graph.nodes:
            node.set_default_exception_handler(exception_handler)

    # -- life cycle -----------------------------------------------------------------------

    def start(self) -> Self:
        """Start every consumer, each in its own thread. A disruptor can be started once.

        Raises:
            ProcessorStateError: it was started before.
        """
        self._life.start()
        return self

    def shutdown(self, timeout: Duration | None = None) -> None:
        """Grant no more claims, wait until all claimed events are handled, then halt.

        Producers may continue meanwhile. Every event that is published without an error is handled.
        A claim that comes too late gets a `RingBufferClosedError`.

        The call does not wait for consumers that died or were halted, nor for events that these
        withhold from their dependents. Do not call it while the calling thread has claimed events
        with `next` or `claim` and not published them, because it would wait for itself.

        Args:
            timeout: the longest wait in all, in seconds; None waits without a limit.

        Raises:
            TimeoutError: not everything was handled in time; the message says what is left. The
                consumers are halted.
            ConsumerFailedError: a consumer died of the error in `__cause__`. Everything else was
                handled.
            ProcessorStateError: it was never started, and events wait; or the caller is one of the
                consumers.
            DeadlockError: a signal handler, or a translator, calls it in the middle of a
                publication of the same thread. Another thread completes the shutdown.

        If the time is up, or a consumer has died, the events that are left are logged once, to the
        logger `ringbuffer`. After an interrupt of the wait the consumers continue. What they have
        not handled at the end of the program is logged then.
        """
        self._life.shutdown(timeout)

    def halt(self) -> None:
        """Grant no more claims, and stop every consumer after its current batch; return at once."""
        self._life.halt()

    def join(self, timeout: Duration | None = None) -> bool:
        """Wait at most `timeout` seconds for every consumer to stop; return whether they have."""
        return self._life.join(timeout)

    def __enter__(self) -> Self:
        """Start the disruptor unless it is running."""
        if not self.is_running:
            self.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Call `shutdown` with the grace period; after a `KeyboardInterrupt` in the block, `halt`.

        An interrupt of the shutdown halts as well. If the block raised, that error propagates, with
        a note that says what is left.
        """
        self._life.end_block(error, self._grace, self.shutdown)

    # -- state ----------------------------------------------------------------------------

    @property
    def ring(self) -> RingBuffer[E]:
        """The ring that the consumers share."""
        return self._graph.ring

    @property
    def name(self) -> str:
        """The name in drawings and messages."""
        return self._name

    @property
    def is_running(self) -> bool:
        """Whether it was started, and is neither shut down nor halted."""
        return self._life.was_started and not self.ring.is_closed

    @property
    def backlog(self) -> int:
        """The number of published events that the slowest consumer has yet to handle; 0 or more.

        Consumers that died or were halted do not count.
        """
        return self._life.backlog

    def sequence_of(self, handler: Any) -> Sequence:
        """Return the sequence of a handler; for a worker, that of its pool.

        Raises:
            ValueError: it does not consume here.
        """
        return self._graph.find(handler).sequence

    def processor_of(self, handler: Any) -> EventProcessor[E] | WorkerPool[E] | Worker[E]:
        """Return the processor, or the worker, that a handler belongs to.

        Raises:
            ValueError: it does not consume here.
        """
        return self._life.runner_of(handler)

    def producer(self) -> Producer[E]:
        """Return the calling thread's own producer, see `RingBuffer.producer`."""
        return self.ring.producer()

    def __str__(self) -> str:
        """Draw the graph as text, a line for each stage."""
        return drawing.text(self._title, self._graph.nodes)

    def to_dot(self) -> str:
        """Draw the graph in the language of Graphviz."""
        return drawing.dot(self._title, self._graph.nodes)

    def to_mermaid(self) -> str:
        """Draw the graph in the language of Mermaid."""
        return drawing.mermaid(self._title, self._graph.nodes)

    def __repr__(self) -> str:
        return f"Disruptor({self._name!r}, {len(self._graph.nodes)} consumers, {self.ring!r})"
