"""`Lifecycle`: starting, draining and stopping the consumers of one graph."""

from typing import Any, Final

from ringbuffer.backoff import Backoff
from ringbuffer.checks import check_timeout
from ringbuffer.disruptor.consumer import Consumer
from ringbuffer.disruptor.graph import Graph
from ringbuffer.disruptor.node import Node
from ringbuffer.errors import ConsumerFailedError, ProcessorStateError
from ringbuffer.processors import EventProcessor, ProcessorState, Worker, WorkerPool
from ringbuffer.processors.state import describe
from ringbuffer.processors.work.pool import check_finished

#: How long a shutdown whose time is up lets the consumers end, in seconds, before it says who has not.
GRACE: Final = 0.01


class Lifecycle:
    """The life of a disruptor. Any thread.

    Args:
        graph: whose consumers.
        name: of the disruptor, for messages.
    """

    def __init__(self, graph: Graph[Any], name: str) -> None:
        self._graph: Final = graph
        self._name: Final = name
        self._lock: Final = graph.ring.host.lock()
        self._was_started = False
        self._is_live = False

    @property
    def was_started(self) -> bool:
        """Whether `start` was called."""
        return self._was_started

    # -- may the graph be changed? --------------------------------------------------------------------------------

    def check_open(self) -> None:
        """Raise unless consumers may be wired now."""
        if self._was_started and not self._is_live:
            raise ProcessorStateError(
                f"{self._name!r} was started: consumers that are wired one by one would start at different places. Add them "
                f"in a block, `with disruptor.live() as live: live.handle_events_with(...)`"
            )

    def begin_live(self) -> None:
        """Let consumers be wired to a running disruptor, until `end_live`."""
        with self._lock:
            self.check_not_over()
            if not self._was_started:
                raise ProcessorStateError(f"{self._name!r} is not running yet; wire its consumers before start()")
            if self._is_live:
                raise ProcessorStateError(f"another live() block of {self._name!r} is open; use that one, or wait for its end")
            self._is_live = True

    def end_live(self) -> None:
        """No consumers may be wired any more."""
        self._is_live = False

    # -- start and stop -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start every consumer; or none, if one cannot be started."""
        with self._lock:
            self.check_not_over()
            if self._was_started:
                raise ProcessorStateError(f"{self._name!r} was started before; a disruptor is started once")
            self._was_started = True
        try:
            self.start_nodes(self._graph.nodes)
        except BaseException:
            self.halt()
            raise

    def start_nodes(self, nodes: tuple[Node, ...]) -> None:
        """Start some of the consumers, all of which are in the graph, so that a halt at the same time reaches them too.

        Ready-made ones may be running already.
        """
        for node in nodes:
            if isinstance(node.runner, WorkerPool) or node.runner.state is not ProcessorState.RUNNING:
                node.runner.start()

    def check_not_over(self) -> None:
        """Raise `ProcessorStateError` if the ring takes no more claims."""
        if self._graph.ring.is_closed:
            raise ProcessorStateError(f"{self._name!r} was shut down or halted, or a consumer has died: make a new one")

    def halt(self) -> None:
        """Close the ring, so that no producer waits for consumers that stop, and halt them."""
        self._graph.ring.close()
        for node in self._graph.nodes:
            node.runner.halt()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every consumer has stopped."""
        timeout, host = check_timeout(timeout), self._graph.ring.host
        deadline = None if timeout is None else host.monotonic() + timeout
        nodes = self._graph.nodes
        return all(node.runner.join(None if deadline is None else max(0, deadline - host.monotonic())) for node in nodes)

    def runner_of(self, handler: object) -> EventProcessor[Any] | WorkerPool[Any]:
        """The processor, pool or worker that is meant by `handler`."""
        if isinstance(handler, Consumer):
            handler = handler.handler
        runner = self._graph.find(handler).processor_of(handler)
        assert runner is not None, "it was found"
        return runner

    def remove(self, handler: object, timeout: float | None) -> None:
        """See `Disruptor.remove`."""
        timeout = check_timeout(timeout)
        node, runner = self._graph.find(handler), self.runner_of(handler)
        if isinstance(runner, Worker) and isinstance(node.runner, WorkerPool):
            if len(node.runner.workers) == 1:
                raise ProcessorStateError(
                    f"{runner.name!r} is the last worker of its pool, whose events nobody would handle: remove the pool, "
                    f"{node.name!r}, by removing processor_of(handler).pool; or add another worker first"
                )
            node.runner.remove(runner, timeout)
            return
        if any(processor.is_current() for processor in node.processors):
            raise ProcessorStateError(f"{node.name!r} cannot remove itself: it would wait for its own end")
        self._graph.begin_removal((node,))
        try:
            # Nothing is locked meanwhile: its handler may add and remove others.
            if not node.runner.close(timeout):
                raise TimeoutError(f"the batch of {node.name!r} did not end within {timeout} s; it stays, halting")
            if isinstance(node.runner, WorkerPool):
                check_finished(*node.runner.workers)
        except BaseException:
            self._graph.keep((node,))
            raise
        self._graph.remove((node,))

    # -- draining -----------------------------------------------------------------------------------------------

    def _targets(self, target: int) -> dict[Node, int]:
        """How far each consumer may go towards `target`, given how far those before it can come."""
        targets: dict[Node, int] = {}
        reached: dict[Node, int] = {}
        for node in self._graph.nodes:
            targets[node] = min((reached[before] for before in node.after), default=target)
            reached[node] = min(targets[node], node.reach(targets[node]))
        return targets

    def _left(self, target: int) -> dict[Node, int]:
        """The consumers that have events to handle up to `target`, and how many."""
        left = {node: node.left(most) for node, most in self._targets(target).items()}
        return {node: count for node, count in left.items() if count}

    @property
    def backlog(self) -> int:
        """See `Disruptor.backlog`."""
        return max(self._left(self._graph.ring.sequencer.published()).values(), default=0)

    def shutdown(self, timeout: float | None) -> None:
        """See `Disruptor.shutdown`."""
        timeout, ring, nodes = check_timeout(timeout), self._graph.ring, self._graph.nodes
        current = [node.name for node in nodes if any(processor.is_current() for processor in node.processors)]
        if current:
            raise ProcessorStateError(
                f"{current[0]!r} cannot wait for its own end; call halt(), or shut down in another thread"
            )
        if not self._was_started and self.backlog:
            raise ProcessorStateError(f"{self._name!r} was never started, and {self.backlog} events wait: start() or halt() it")
        host = ring.host
        deadline = None if timeout is None else host.monotonic() + timeout
        ring.close()
        left = self._drain(timeout)
        self.halt()
        stopped = self.join(None if deadline is None else max(GRACE, deadline - host.monotonic()))
        if left or not stopped:
            raise TimeoutError(self._unfinished(left, timeout))
        self._check_failures()

    def _drain(self, timeout: float | None) -> dict[Node, int]:
        """Wait until nobody can handle more, or the time is up; what is left.

        Consumers tell nobody that they advance, so this looks again and again, see `Backoff`. It ends when every consumer that
        goes on has come as far as those before it let it, which they do as long as their handlers return.
        """
        host = self._graph.ring.host
        backoff = Backoff(host, host.event(), timeout)
        while left := self._left(self._graph.ring.sequencer.claimed):
            if not backoff.pause():
                return left
        return {}

    def _unfinished(self, left: dict[Node, int], timeout: float | None) -> str:
        sequencer = self._graph.ring.sequencer
        parts = []
        if (published := sequencer.published()) < (claimed := sequencer.claimed):
            parts.append(f"of the sequences {published + 1} to {claimed}, not all that were claimed were published")
            left = self._left(published)
        parts += [
            f"{node.name} has {count} events to handle, from {node.sequence.get() + 1} on" for node, count in left.items()
        ]
        parts += [f"{node.name} has not ended its batch" for node in self._graph.nodes if not node.is_stopped]
        return f"{self._name!r} was not done within {timeout} s: {'; '.join(parts)}. Every consumer was told to halt"

    def _check_failures(self) -> None:
        for node in self._graph.nodes:
            for processor, failure in node.failures:
                raise ConsumerFailedError(
                    f"consumer {processor.name!r} of {self._name!r} died of {describe(failure)}; "
                    f"everything that the others could handle is handled"
                ) from failure
