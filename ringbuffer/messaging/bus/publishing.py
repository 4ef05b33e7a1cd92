"""`EventPublishing`: the ways to publish, whatever kind of bus it is."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, Protocol, overload

from ringbuffer.backoff import Backoff
from ringbuffer.checks import check_timeout
from ringbuffer.errors import ClaimTimeoutError, DeadlockError, PublicationError
from ringbuffer.host import Host
from ringbuffer.messaging.bus.carried import Carried
from ringbuffer.messaging.bus.feed import LoopThread
from ringbuffer.messaging.bus.results import BusClosedError, Completion, PublishResult, UnsubscribedError
from ringbuffer.messaging.bus.running import running_subscription
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.pipeline import caused_by_current, current_delivery, identity_for
from ringbuffer.messaging.pipeline.correlation import get_current

#: How often a coroutine that waits for room gives the loop a turn, before it sleeps between two looks.
TURNS: Final = 20


class Publish(Protocol):
    """`publish(event, timeout=None)`: what `publish_sync` does, for the thread that asked for it alone."""

    def __call__(self, event: object, timeout: float | None = None) -> None:
        """The errors are those of `publish_sync`."""
        ...


class EventPublishing(ABC):
    """Publishes events. Any thread; the coroutine in any loop.

    Args:
        name: of the bus, for messages.
        host: what provides locks, events and the clock.
    """

    def __init__(self, name: str, host: Host) -> None:
        self._name: Final = name
        self._host: Final = host
        self._lock: Final = host.lock()
        self._subscriptions: tuple[Subscription, ...] = ()
        #: Those that somebody waits for, so that they end with the bus, and with their handlers.
        self._completions: Final[set[Completion]] = set()
        self._correlates = False
        self._refuses = False
        #: Whether one of the two is so: then no event travels without being looked at.
        self._looks = False
        #: Whether handlers may publish all the same, because what they do is waited for.
        self._drains = False
        self._loop: Final = LoopThread(host, f"{name} loop")

    # -- what a bus of a kind brings along ------------------------------------------------------------------------

    @abstractmethod
    def _offer(self, item: object) -> bool:
        """Publish an item if there is room at this moment; whether there was."""

    @abstractmethod
    def _put(self, item: object, timeout: float | None) -> None:
        """Publish an item, waiting for room. The errors are those of `publish_sync`."""

    @abstractmethod
    def _put_all(self, items: Iterable[object], timeout: float | None) -> int:
        """Publish many items, waiting for room; how many."""

    @abstractmethod
    def _own_put(self) -> Callable[[object, float | None], object]:
        """What does the same as `_put` for the calling thread alone, and faster if possible."""

    def _offer_to(self, subscription: Subscription, item: object) -> bool:
        """Publish what comes back to a handler, if there is room; whether there was. It never waits for room.

        The look and the publication are one to whoever removes the handler, who takes the same lock: what was published is
        before the mark up to which that handler goes on, so it is not forgotten behind it.

        Raises:
            UnsubscribedError: the handler is gone.
            RingBufferError: the bus takes nothing more, or not from this thread.
        """
        with self._lock:
            if subscription not in self._subscriptions:
                raise UnsubscribedError(f"{subscription.name!r} was unsubscribed: nothing comes back to it")
            return self._offer(item)

    # -- the ways to publish ------------------------------------------------------------------------------------

    @overload
    async def publish(self, event: object, *, wait: Literal[False] = False, timeout: float | None = None) -> None: ...

    @overload
    async def publish(self, event: object, *, wait: Literal[True], timeout: float | None = None) -> PublishResult: ...

    async def publish(self, event: object, *, wait: bool = False, timeout: float | None = None) -> PublishResult | None:
        """See `EventBus.publish`."""
        limit = check_timeout(timeout)
        deadline = None if limit is None else self._host.monotonic() + limit
        if not wait:
            item = self._item(event)
            if not self._offer(item):
                await self._put_when_there_is_room(item, deadline, timeout)
            return None
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not future.done():
                future.set_result(None)

        def done() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(wake)

        with self._awaited(event, done) as (item, completion):
            if not self._offer(item):
                await self._put_when_there_is_room(item, deadline, timeout)
            if not completion.is_done:
                try:
                    async with asyncio.timeout(self._remaining(deadline)):
                        await future
                except TimeoutError:
                    raise completion.timed_out(timeout) from None
            return completion.result()

    @overload
    def publish_sync(self, event: object, *, wait: Literal[False] = False, timeout: float | None = None) -> None: ...

    @overload
    def publish_sync(self, event: object, *, wait: Literal[True], timeout: float | None = None) -> PublishResult: ...

    def publish_sync(self, event: object, *, wait: bool = False, timeout: float | None = None) -> PublishResult | None:
        """See `EventBus.publish_sync`."""
        if not wait:
            # The usual event travels as it is: to find that out here saves the call.
            if self._looks or get_current() is not None or isinstance(event, TransportEnvelope):
                event = self._item(event)
            self._put(event, timeout)
            return None
        limit = check_timeout(timeout)
        deadline = None if limit is None else self._host.monotonic() + limit
        done = self._host.event()
        with self._awaited(event, done.set, blocks_loop=self._loop.is_current()) as (item, completion):
            self._put(item, limit)
            if not completion.is_done and not done.wait(self._remaining(deadline)):
                raise completion.timed_out(timeout)
            return completion.result()

    def try_publish(self, event: object) -> bool:
        """See `EventBus.try_publish`."""
        return self._offer(self._item(event))

    def publish_all(self, events: Iterable[object], *, timeout: float | None = None) -> int:
        """See `EventBus.publish_all`."""
        self._check_open()
        is_plain = (
            not self._correlates and current_delivery() is None and isinstance(events, list) and not _has_envelope(events)
        )
        try:
            return self._put_all(events if is_plain else map(self._item, events), timeout)
        except PublicationError as error:
            error.unpublished = tuple(each.message if isinstance(each, Carried) else each for each in error.unpublished)
            raise

    def publisher(self) -> Publish:
        """See `EventBus.publisher`."""
        put: Final = self._own_put()
        current: Final = get_current

        def publish(event: object, timeout: float | None = None) -> None:
            if self._looks or current() is not None or isinstance(event, TransportEnvelope):
                event = self._item(event)
            put(event, timeout)

        return publish

    # -- parts --------------------------------------------------------------------------------------------------

    def _item(self, event: object) -> object:
        """What travels for an event: itself, unless something belongs to it."""
        if self._refuses:
            self._check_open()
        if current_delivery() is None and not self._correlates and not isinstance(event, TransportEnvelope):
            return event
        return self._carried(event, None)

    def _carried(self, event: object, completion: Completion | None) -> Carried:
        """An event that somebody waits for, or that belongs to a conversation."""
        if isinstance(event, TransportEnvelope):
            event = caused_by_current(event)
        elif not self._correlates and current_delivery() is None:
            return Carried(event, completion=completion)
        return Carried(event, identity_for(event), completion=completion)

    @contextlib.contextmanager
    def _awaited(
        self, event: object, done: Callable[[], object], blocks_loop: bool = False
    ) -> Iterator[tuple[Carried, Completion]]:
        """What travels for an event that is waited for, and what becomes of it.

        Who is expected is decided before the event is published, under the lock that subscribing and unsubscribing take: a
        handler that is there then gets the event, or else settles it when it is unsubscribed.
        """
        running = running_subscription()
        carried = self._carried(event, None)
        with self._lock:
            self._check_open()
            expected = [each for each in self._subscriptions if each.wants(carried)]
            if any(each is running or (blocks_loop and each.is_asynchronous) for each in expected):
                raise DeadlockError(
                    f"a handler of {self._name!r} would wait for itself, or for another one in the loop that it blocks. "
                    f"Publish without wait=True"
                )
            completion = Completion([each.name for each in expected], done, self._host)
            self._completions.add(completion)
        try:
            yield (
                Carried(carried.message, carried.identity, completion=completion),
                completion,
            )
        finally:
            with self._lock:
                self._completions.discard(completion)

    async def _put_when_there_is_room(self, item: object, deadline: float | None, timeout: float | None) -> None:
        """Look again and again, as producers do; the loop runs meanwhile. Cancelled, it has published nothing.

        Each turn ends when the loop comes back to it: at once, or after the length of the longest park.
        """
        turns = 0
        while True:
            self._check_not_full_of_own()
            remaining = self._remaining(deadline)
            if remaining is not None and remaining <= 0:
                raise ClaimTimeoutError(f"no room in {self._name!r} within {timeout} s. Nothing was published")
            pause = 0 if turns < TURNS else Backoff.LONGEST_PARK
            await asyncio.sleep(pause if remaining is None else min(pause, remaining))
            turns += 1
            self._check_open()
            if self._offer(item):
                return

    def _check_not_full_of_own(self, blocks_loop: bool = False) -> None:
        """Raise if there is no room because of the handler that asks for it, or of one whose loop it would block."""
        running = running_subscription()
        if running is None or not running.is_of(self):
            return
        held_up = [running]
        if blocks_loop and self._loop.is_current():
            held_up = [each for each in self._subscriptions if each.is_asynchronous]
        if any(each.feed.blocks() for each in held_up):
            raise DeadlockError(
                f"handler {running.name!r} waits for room in {self._name!r} that only it can make, by handling what waits for "
                f"it. Use try_publish, another bus, or a larger one"
            )

    def _check_open(self) -> None:
        """Raise if the bus takes no more events: of anybody, or of anybody but its handlers."""
        if not self._refuses:
            return
        running = running_subscription()
        if not (self._drains and running is not None and running.is_of(self)):
            raise BusClosedError(f"{self._name!r} is closed, and takes no more events. Nothing was published")

    def _remaining(self, deadline: float | None) -> float | None:
        return None if deadline is None else deadline - self._host.monotonic()


def _has_envelope(events: list[Any]) -> bool:
    """Whether one of the events is an envelope."""
    return any(issubclass(kind, TransportEnvelope) for kind in set(map(type, events)))
