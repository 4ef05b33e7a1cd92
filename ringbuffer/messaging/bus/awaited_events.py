"""`AwaitedEvents`: the events of a bus whose publishers wait until the handlers have finished."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from ringbuffer.errors import DeadlockError
from ringbuffer.messaging.bus.bus_handlers import BusHandlers, BusState
from ringbuffer.messaging.bus.results import Completion
from ringbuffer.messaging.bus.subscription import current_subscription
from ringbuffer.messaging.bus.tracked_event import TrackedEvent


class AwaitedEvents:
    """Notes each event that a publisher waits for, so that it ends with its handlers or the bus.

    Any thread.

    Args:
        handlers: those that may have to handle an event.
        state: whether the bus accepts events.
    """

    def __init__(self, handlers: BusHandlers, state: BusState) -> None:
        self._handlers: Final = handlers
        self._state: Final = state
        #: Guarded by the handlers' lock.
        self._completions: Final[set[Completion]] = set()

    @contextlib.contextmanager
    def expecting(
        self, tracked: TrackedEvent, done: Callable[[], object], blocks_loop: bool = False
    ) -> Iterator[tuple[TrackedEvent, Completion]]:
        """A block in which an event is published and awaited: the item to publish, its completion.

        The handlers to wait for are chosen before the event is published, under the lock that
        subscribing and unsubscribing take. So each of them gets the event, or settles it when it is
        unsubscribed.

        Args:
            tracked: the event, with its identity.
            done: called when the last handler has settled.
            blocks_loop: whether the wait blocks the loop of the bus.

        Raises:
            BusClosedError: the bus is closed. Nothing was published.
            DeadlockError: a handler would wait for itself, or for one in the loop that it blocks.
        """
        handlers, running = self._handlers, current_subscription()
        with handlers.lock:
            self._state.check_open()
            # No comprehension with a condition in a block: see `ringbuffer.system`.
            expected = list(
                filter(
                    lambda each: each.failure is None and each.wants(tracked),
                    handlers.subscriptions,
                )
            )
            if any(each is running or (blocks_loop and each.is_asynchronous) for each in expected):
                raise DeadlockError(
                    f"a handler of {handlers.name!r} would wait for itself, or for another one in "
                    f"the loop that it blocks. Publish without wait=True"
                )
            completion = Completion([each.name for each in expected], done, handlers.host)
            item = TrackedEvent(tracked.message, tracked.identity, completion=completion)
            self._completions.add(completion)
        try:
            yield item, completion
        finally:
            with handlers.lock:
                self._completions.discard(completion)

    def settle(self, name: str, error: BaseException) -> None:
        """End the wait for one handler, everywhere: `error` takes the place of its result."""
        for completion in self._noted():
            completion.settle(name, None, error)

    def settle_all(self, error: Callable[[str], BaseException]) -> None:
        """End the wait for all handlers: `error(name)` takes the place of each result."""
        for completion in self._noted():
            completion.settle_all(error)

    def completions(self) -> set[Completion]:
        """A copy of what is noted now, made without the lock, which the caller's thread may hold.

        `set.copy` is atomic.
        """
        return self._completions.copy()

    def _noted(self) -> tuple[Completion, ...]:
        with self._handlers.lock:
            return tuple(self._completions)
