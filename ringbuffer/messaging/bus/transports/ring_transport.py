"""`RingTransport`: carries the events of a bus through one ring."""

import itertools
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from ringbuffer.checks import Duration
from ringbuffer.errors import InsufficientCapacityError, ProducerThreadError
from ringbuffer.messaging.bus.results import BusClosedError
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.runners.loop_thread import LoopThread
from ringbuffer.messaging.bus.runners.runner_group import RunnerGroup
from ringbuffer.messaging.bus.runners.shared import SharedRunner
from ringbuffer.messaging.bus.runners.task import TaskRunner
from ringbuffer.messaging.bus.runners.thread import ProcessorRunner
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.transports.positions import RingPosition
from ringbuffer.messaging.bus.transports.transport import Transport
from ringbuffer.producer.values import PublishValue
from ringbuffer.ring_buffer import RingBuffer

#: The most events that a handler gets before its sequence advances and publishers may use their
#: slots.
LARGEST_BATCH: Final = 256
#: So many handlers get one thread, before the next ones get another. A second thread for three
#: quick handlers gains nothing: each event would wake one more thread.
HANDLERS_OF_A_THREAD: Final = 4


class RingTransport(Transport):
    """One ring, in which each handler is a consumer. Any thread. See `Transport`.

    Args:
        ring: the ring.
        name: the name of the bus, for messages.
        loop: runs the coroutine functions.
        runners: the most threads that handlers share; None is one for each core, and 0 gives each
            handler a thread of its own.
    """

    def __init__(
        self, ring: RingBuffer[Any], name: str, loop: LoopThread, runners: int | None = None
    ) -> None:
        host = ring.host
        cores = len(host.available_cpus()) or os.cpu_count() or 1
        self._most: Final = cores if runners is None else runners
        #: The groups of handlers that share a thread each. The lock is held while a handler joins.
        #: The numbers are those of their threads.
        self._groups: Final[list[RunnerGroup]] = []
        self._sharing: Final = host.lock()
        self._numbers: Final = itertools.count(1)
        self._ring: Final = ring
        self._name: Final = name
        self._loop: Final = loop
        self._own: Final = _ThreadPublishers()
        #: See `Transport`.
        self.put: Final = self._bind_put()
        self._batch: Final = max(1, min(LARGEST_BATCH, ring.buffer_size // 2))

    # -- publishing -------------------------------------------------------------------------------

    def offer(self, item: object) -> bool:
        try:
            self._ring.producer().try_publish_value(item)
        except InsufficientCapacityError:
            return False
        return True

    def _bind_put(self) -> Callable[[object, Duration | None], object]:
        """The function `put`: a closure, because it runs for each event, and so saves a lookup."""
        own: Final = self._own

        # HOT: publishes one event through the calling thread's own producer
        def put(item: object, timeout: Duration | None) -> None:
            own_put = own.put or self._new_own_put()
            try:
                own_put(item, timeout)
            except ProducerThreadError:
                # The thread may have released its producer: it gets a new one, or the error again.
                # Nothing was claimed.
                self._new_own_put()(item, timeout)

        return put

    def _new_own_put(self) -> PublishValue:
        """The calling thread's own function, kept to save the calls that find it."""
        put = self._own.put = self._ring.producer().publish_value
        return put

    def own_put(self) -> Callable[[object, Duration | None], object]:
        return self._ring.producer().publish_value

    def put_all(self, items: Iterable[object], timeout: Duration | None) -> int:
        return self._ring.producer().publish_values(items, timeout)

    @property
    def published(self) -> int:
        """See `Transport`. Claims that were given up do not count."""
        # In this order: what is skipped up to `last` was noted before it was published.
        last = self._ring.sequencer.published()
        return last + 1 - self._ring.sequencer.state.skipped.noted_until(last)

    # -- handlers ---------------------------------------------------------------------------------

    def runner_for(self, subscription: Subscription) -> HandlerRunner:
        ring = self._ring
        if not subscription.is_asynchronous:
            if subscription.own_thread or not self._most:
                return ProcessorRunner(subscription, ring, self._batch)
            return SharedRunner(subscription, ring, self._batch, self._share)
        stream = ring.stream(max_batch_size=self._batch)  # gates the publishers from here on
        try:
            position = RingPosition(ring, stream.sequence, lambda: None, stream.end)
            return TaskRunner(subscription, stream, position, self._loop, ring.host)
        except BaseException:  # also an interrupt, which may come when the runner exists already
            stream.end()
            raise

    def _share(self, runner: SharedRunner) -> None:
        """Add a runner to a group: see `HANDLERS_OF_A_THREAD`.

        Terminates because each iteration but the last has found a group that has just ended.
        """
        with self._sharing:
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                group = self._next_group()
                runner.belong_to(group)
                if group.add(runner):
                    return

    def _next_group(self) -> RunnerGroup:
        """The group that the next handler joins. The caller holds the lock."""
        groups = self._groups
        groups[:] = [each for each in groups if not each.is_over]
        sizes = [each.row.active for each in groups]
        for group, size in zip(groups, sizes, strict=True):
            if size < HANDLERS_OF_A_THREAD:
                return group
        if len(groups) < self._most:
            groups.append(RunnerGroup(self._ring, self._name, self._numbers, self._batch))
            return groups[-1]
        return groups[sizes.index(min(sizes))]

    def handlers_changed(self, subscriptions: tuple[Subscription, ...]) -> None:
        """A handler's sequence gates the publishers until its runner is detached."""

    def shut(self) -> None:
        self._ring.close(BusClosedError(f"{self._name!r} is closed, and takes no more events"))


class _ThreadPublishers(threading.local):
    """The function through which each publishing thread publishes."""

    def __init__(self) -> None:
        self.put: PublishValue | None = None
