"""`Lifecycle`: starting and stopping the consumers of one graph."""

import contextlib
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.at_exit import AtExit
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.disruptor.drain import Drain
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.handler_spec import HandlerSpec
from ringbuffer.disruptor.node import Node
from ringbuffer.ending import Grace, drains
from ringbuffer.errors import ConsumerFailedError, DeadlockError, ProcessorStateError
from ringbuffer.processors import EventProcessor, ProcessorState, Worker, WorkerPool
from ringbuffer.processors.state import describe
from ringbuffer.processors.work.pool import check_finished
from ringbuffer.reentry import check_not_changing, is_publishing

#: How long a shutdown whose time is up waits for the consumers to stop, in seconds, before it
#: reports those that have not.
GRACE: Final = 0.01
#: The functions that hold the lock while they call others.
_LOCKED: Final = frozenset(("Lifecycle.begin_live", "Lifecycle.start"))


class Lifecycle:
    """The life of a disruptor. Any thread.

    Args:
        graph: the consumers.
        name: the name of the disruptor, for messages.
        drain_at_exit: how long the end of the program waits for a drain, in seconds; None does not
            drain.
    """

    def __init__(self, graph: Graph[Any], name: str, drain_at_exit: Duration | None = None) -> None:
        self._graph: Final = graph
        self._name: Final = name
        self._drain: Final = Drain(graph, name)
        self._at_exit: Final = AtExit(
            name, self._drain.unhandled, self._drain_and_log, drain_at_exit
        )
        self._lock: Final = graph.ring.host.lock()
        self._was_started = False
        self._is_live = False

    @property
    def was_started(self) -> bool:
        """Whether `start` was called."""
        return self._was_started

    # -- may the graph be changed? --------------------------------------------------------

    def check_open(self) -> None:
        """Raise unless consumers may be wired now."""
        if self._was_started and not self._is_live:
            raise ProcessorStateError(
                f"{self._name!r} was started: consumers that are wired one by one would start at "
                f"different places. Add them in a block, "
                f"`with disruptor.live() as live: live.handle_events_with(...)`"
            )

    def begin_live(self) -> None:
        """Allow consumers to be wired to a running disruptor, until `end_live`."""
        check_not_changing(self, _LOCKED, f"{self._name!r}")
        is_mine = False
        try:
            with self._lock:
                self.check_not_over()
                if not self._was_started:
                    raise ProcessorStateError(
                        f"{self._name!r} is not running yet; wire its consumers before start()"
                    )
                if self._is_live:
                    raise ProcessorStateError(
                        f"another live() block of {self._name!r} is open; use that one, "
                        f"or wait for its end"
                    )
                is_mine = self._is_live = True
        except BaseException:
            if is_mine:  # an interrupt: the block does not begin
                self._is_live = False
            raise

    def end_live(self) -> None:
        """Allow no more consumers to be wired."""
        self._is_live = False

    # -- start and stop -------------------------------------------------------------------

    def start(self) -> None:
        """Start every consumer. If one cannot be started, halt those that were started."""
        check_not_changing(self, _LOCKED, f"{self._name!r}")
        is_first = False
        try:
            with self._lock:
                self.check_not_over()
                if self._was_started:
                    raise ProcessorStateError(
                        f"{self._name!r} was started before; a disruptor is started once"
                    )
                is_first = self._was_started = True
            self._at_exit.started()
            self.start_nodes(self._graph.nodes)
            if self._graph.ring.is_closed:  # a halt came before `started` noted the start
                self._at_exit.closed()
        except Exception:  # for example a shortage of threads: a later `start` may succeed
            if is_first:
                self._was_started = False
                self._at_exit.closed()
            raise
        except BaseException:  # an interrupt
            if is_first:
                self.halt_and_tell()
            raise

    def start_nodes(self, nodes: tuple[Node, ...]) -> None:
        """Start some consumers of the graph, so that a concurrent halt reaches them too.

        Ready-made ones may be running already. If one cannot be started, this halts those that it
        has started, waits until they have stopped, and raises the error.
        """
        begun: list[Node] = []
        try:
            # A block must not contain a loop that ends with an `if`: see `ringbuffer.system`.
            for node in filter(_is_to_start, nodes):
                node.runner.start()
                begun.append(node)
        except Exception:
            for node in begun:
                node.runner.halt()
            for node in begun:
                node.runner.join()
            raise

    def check_not_over(self) -> None:
        """Raise `ProcessorStateError` if the ring takes no more claims."""
        if self._graph.ring.is_closed:
            raise ProcessorStateError(
                f"{self._name!r} was shut down or halted, or a consumer has died: make a new one"
            )

    def halt(self) -> None:
        """Close the ring, so that no producer waits for consumers that stop, and halt them."""
        self._stop()
        self._at_exit.closed()

    def halt_and_tell(self) -> None:
        """Halt, and log the events that are left.

        If an interrupt cuts this short, the end of the program logs them.
        """
        self._stop()
        self._at_exit.ended("was halted", self._drain.unhandled())

    def _stop(self) -> None:
        self._graph.ring.close()
        for node in self._graph.nodes:
            node.runner.halt()

    def join(self, timeout: Duration | None = None) -> bool:
        """Wait until every consumer has stopped."""
        timeout, host = check_timeout(timeout), self._graph.ring.host
        deadline = None if timeout is None else host.monotonic() + timeout
        nodes = self._graph.nodes
        return all(
            node.runner.join(None if deadline is None else max(0, deadline - host.monotonic()))
            for node in nodes
        )

    def runner_of(self, handler: object) -> EventProcessor[Any] | WorkerPool[Any]:
        """Return the processor, pool or worker of `handler`."""
        if isinstance(handler, HandlerSpec):
            handler = handler.handler
        runner = self._graph.find(handler).processor_of(handler)
        assert runner is not None, "it was found"
        return runner

    def remove(self, handler: object, timeout: Duration | None) -> None:
        """See `Disruptor.remove`."""
        timeout = check_timeout(timeout)
        node, runner = self._graph.find(handler), self.runner_of(handler)
        if isinstance(runner, Worker) and isinstance(node.runner, WorkerPool):
            if len(node.runner.workers) == 1:
                raise ProcessorStateError(
                    f"{runner.name!r} is the last worker of its pool, and no worker would handle "
                    f"the pool's events: remove the pool, {node.name!r}, by removing "
                    f"processor_of(handler).pool; or add another worker first"
                )
            node.runner.remove(runner, timeout)
            return
        if any(processor.is_current() for processor in node.processors):
            raise ProcessorStateError(
                f"{node.name!r} cannot remove itself: it would wait for its own end"
            )
        try:
            self._graph.begin_removal((node,))
            # No lock is held meanwhile, because its handler may add and remove other consumers.
            if not node.runner.close(timeout):
                raise TimeoutError(
                    f"the batch of {node.name!r} did not end within {timeout} s; it stays, halting"
                )
            if isinstance(node.runner, WorkerPool):
                check_finished(*node.runner.workers)
            self._graph.remove((node,))
        except BaseException:
            self._graph.keep((node,))
            raise

    @property
    def backlog(self) -> int:
        """See `Disruptor.backlog`."""
        return max(self._drain.left(self._graph.ring.sequencer.published()).values(), default=0)

    def shutdown(self, timeout: Duration | None, how: str = "was shut down") -> None:
        """See `Disruptor.shutdown`. After an interrupt, the disruptor is still noted as open."""
        timeout, ring, nodes = check_timeout(timeout), self._graph.ring, self._graph.nodes
        current = [
            node.name
            for node in nodes
            if any(processor.is_current() for processor in node.processors)
        ]
        if current:
            raise ProcessorStateError(
                f"{current[0]!r} cannot wait for its own end; call halt(), or shut down in "
                f"another thread"
            )
        if not self._was_started and self.backlog:
            raise ProcessorStateError(
                f"{self._name!r} was never started, and {self.backlog} events wait: "
                f"start() or halt() it"
            )
        host = ring.host
        deadline = None if timeout is None else host.monotonic() + timeout
        ring.close()
        if is_publishing(ring.sequencer.state, ring.sequencer.state.skipped):
            host.start_thread(lambda: self._finish(timeout), f"{self._name} shuts down")
            raise DeadlockError(
                f"{self._name!r} is shut down in the middle of a publication of the same thread, "
                f"by a signal handler or a translator, and cannot wait for that. Another thread "
                f"shuts it down: call shutdown() again, or join(), when the publication is over. "
                f"Better, let the handler raise, and shut down where the exception is caught"
            )
        left = self._drain.run(timeout)
        self._stop()
        stopped = self.join(None if deadline is None else max(GRACE, deadline - host.monotonic()))
        unfinished = self._drain.unfinished(left, timeout) if left or not stopped else None
        self._at_exit.ended(how, self._drain.unhandled())
        if unfinished is not None:
            raise TimeoutError(unfinished)
        self._check_failures()

    def end_block(
        self, error: BaseException | None, grace: Grace, shutdown: Callable[[float | None], None]
    ) -> None:
        """End a block that raised `error`. `shutdown` may be a method of a subclass."""
        if not drains(error):
            self.halt_and_tell()
            return
        try:
            shutdown(grace.after(error))
        except (TimeoutError, ConsumerFailedError) as failure:
            if error is None:
                raise
            error.add_note(str(failure))
        except BaseException as raised:
            # An interrupt of the wait. Halt here, because no other thread ends the consumers.
            if not isinstance(raised, Exception):
                self.halt_and_tell()
            raise

    def _check_failures(self) -> None:
        for node in self._graph.nodes:
            for processor, failure in node.failures:
                raise ConsumerFailedError(
                    f"consumer {processor.name!r} of {self._name!r} died of {describe(failure)}; "
                    f"everything that the others could handle is handled"
                ) from failure

    def _finish(self, timeout: Duration | None) -> None:
        """Continue a shutdown whose caller cannot wait for it.

        Its errors are suppressed, because the shutdown has logged them.
        """
        with contextlib.suppress(TimeoutError, ConsumerFailedError):
            self.shutdown(timeout)

    def _drain_and_log(self, timeout: float) -> None:
        """Shut down at the end of the program.

        Its errors are suppressed, because the shutdown has logged them.
        """
        with contextlib.suppress(TimeoutError, ConsumerFailedError):
            self.shutdown(timeout, "was shut down at the end of the program")


def _is_to_start(node: Node) -> bool:
    return isinstance(node.runner, WorkerPool) or node.runner.state is not ProcessorState.RUNNING
