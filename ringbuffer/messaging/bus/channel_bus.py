"""`ChannelEventBus`: a queue to each handler, and each handler in a thread of its own. The default: plain, and no surprises.

                  .--> channel --> thread of handler A
    publishers ---+--> channel --> thread of handler B        an event is put into the channels of those who want it,
                  '--> channel --> task of handler C          into all of them or into none

All publishers go through one lock, so that all handlers see the events in one order, as they do in a ring.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ringbuffer.checks import check_at_least_one, check_timeout
from ringbuffer.errors import ClaimTimeoutError, PublicationError
from ringbuffer.host import SYSTEM_HOST, Host, Thread
from ringbuffer.messaging.bus.base import BusBase
from ringbuffer.messaging.bus.carried import Carried
from ringbuffer.messaging.bus.channel import Channel, ChannelBatches
from ringbuffer.messaging.bus.feed import Feed, LoopThread, TaskFeed
from ringbuffer.messaging.bus.receiver import Receiver
from ringbuffer.messaging.bus.results import BusClosedError
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.pipeline import Pipeline
from ringbuffer.producer.values import chunks

#: How many events wait for each handler at most, unless it is told otherwise.
DEFAULT_CAPACITY: Final = 4096
#: The most events that `publish_all` puts at once.
LARGEST_CHUNK: Final = 256


class ChannelEventBus(BusBase):
    """An event bus of queues. Any thread. What it does is said in `EventBus`.

    Args:
        capacity: how many events wait for each handler at most, 1 or more.
        pipeline: the stages around every handler that brings none of its own.
        name: of the bus, and of its threads.
        host: what provides locks, threads and time.

    Raises:
        ValueError, TypeError: `capacity` is no number of events.
    """

    def __init__(
        self,
        capacity: int = DEFAULT_CAPACITY,
        *,
        pipeline: Pipeline | None = None,
        name: str = "event bus",
        host: Host = SYSTEM_HOST,
    ) -> None:
        if capacity is None:
            raise TypeError("capacity must be an integer, 1 or more: a bus whose handlers cannot keep up would grow for ever")
        check_at_least_one("capacity", capacity)
        super().__init__(name, pipeline, host)
        self._capacity: Final = capacity
        #: Held by who publishes; waited on by who finds no room, and notified by `_made_room`, `_changed` and `_shut`.
        self._publishing: Final = host.condition()
        #: Who gets what is published, and their channels by class of event; what follows is guarded by the condition. Both
        #: change at once: or else a handler that comes or goes would get events of one class and miss others between them.
        self._receiving: tuple[Subscription, ...] = ()
        self._targets: dict[type, tuple[Channel, ...]] = {}
        self._count = 0
        self._is_shut = False

    # -- publishing ---------------------------------------------------------------------------------------------

    @property
    def capacity(self) -> int:
        """How many events wait for each handler at most."""
        return self._capacity

    def _offer(self, item: object) -> bool:
        with self._publishing:
            return self._put_into_all(item)

    def _put(self, item: object, timeout: float | None) -> None:
        limit = check_timeout(timeout)
        deadline = None if limit is None else self._host.monotonic() + limit
        with self._publishing:
            # Each turn but the last waits for room, of which `_made_room` tells, or for the end.
            while not self._put_into_all(item):
                self._check_not_full_of_own(blocks_loop=True)
                remaining = self._remaining(deadline)
                if remaining is not None and remaining <= 0:
                    raise ClaimTimeoutError(f"no room in {self._name!r} within {timeout} s. Nothing was published")
                self._publishing.wait(remaining)

    def _own_put(self) -> Callable[[object, float | None], object]:
        return self._put

    def _put_all(self, items: Iterable[object], timeout: float | None) -> int:
        limit = check_timeout(timeout)
        deadline = None if limit is None else self._host.monotonic() + limit
        published = 0
        for chunk, failure in chunks(items, LARGEST_CHUNK):
            published = self._put_all_of(chunk, published, deadline)
            if failure is not None:  # what the iterable gave before it raised is published, as in a ring
                raise failure
        return published

    def _put_all_of(self, chunk: list[object], before: int, deadline: float | None) -> int:
        """Put a chunk, at once if possible; how many were published in all, of which `before` were before it."""
        if not chunk or self._put_chunk(chunk):
            return before + len(chunk)
        for done, item in enumerate(chunk):
            try:
                self._put(item, self._remaining(deadline))
            except PublicationError as error:
                error.published, error.unpublished = before + done, tuple(chunk[done:])
                raise
        return before + len(chunk)

    def _put_chunk(self, chunk: list[object]) -> bool:
        """Put a chunk at once, if its events go the same way and there is room; whether they did, and there was."""
        kinds = set(map(type, chunk))
        if len(kinds) > 1 or Carried in kinds:
            return False
        with self._publishing:
            targets = self._targets_of(chunk[0])
            if self._is_shut or any(channel.room < len(chunk) for channel in targets):
                return False
            for channel in targets:
                channel.put(chunk)
            self._count += len(chunk)
        return True

    def _put_into_all(self, item: object) -> bool:
        """Put an item into every channel that it is for, or into none; the condition is held."""
        if self._is_shut:
            raise BusClosedError(f"{self._name!r} is closed, and takes no more events. Nothing was published")
        targets = self._targets_of(item)
        for channel in targets:
            if channel.is_full:
                return False
        for channel in targets:
            channel.put((item,))
        self._count += 1
        return True

    def _targets_of(self, item: object) -> tuple[Channel, ...]:
        """The channels that an item is for; the condition is held."""
        if isinstance(item, Carried):
            if item.only is not None:
                return tuple(_channel_of(each) for each in self._receiving if each is item.only)
            item = item.message
        kind = type(item)
        targets = self._targets.get(kind)
        if targets is None:
            targets = tuple(_channel_of(each) for each in self._receiving if each.wants_kind(kind))
            self._targets[kind] = targets
        return targets

    # -- handlers -----------------------------------------------------------------------------------------------

    def _feed_for(self, subscription: Subscription) -> Feed:
        channel = Channel(self._capacity, self._host, self._made_room)
        if subscription.is_asynchronous:
            return _ChannelTaskFeed(subscription, channel, self._loop, self._host)
        return _ChannelThreadFeed(subscription, channel, self._host)

    def _made_room(self) -> None:
        """A channel that was full is not any more.

        Who waits found it full while it held the condition. Nobody has put anything since, so whoever took from it next found
        it full too, and comes here, where it gets the condition when the publisher waits.
        """
        with self._publishing:
            self._publishing.notify_all()

    def _changed(self) -> None:
        with self._publishing:
            self._receiving, self._targets = self._subscriptions, {}
            self._publishing.notify_all()

    def _shut(self) -> None:
        with self._publishing:
            self._is_shut = True
            self._publishing.notify_all()

    def _published(self) -> int:
        return self._count


class _ChannelFeed:
    """How far a handler has come with its channel. Any thread."""

    def __init__(self, channel: Channel) -> None:
        self.channel: Final = channel

    @property
    def waiting(self) -> int:
        """See `Feed`."""
        return max(0, self.channel.added - self.channel.finished)

    def mark(self) -> int:
        """See `Feed`."""
        return self.channel.added

    def has_passed(self, mark: int) -> bool:
        """See `Feed`."""
        return self.channel.finished >= mark

    def end_at(self, mark: int) -> None:
        """Nothing is put into the channel of a handler that is not subscribed any more."""

    def blocks(self) -> bool:
        """See `Feed`."""
        return self.channel.is_full

    def detach(self) -> None:
        """See `Feed`."""
        self.channel.close()


class _ChannelThreadFeed(_ChannelFeed):
    """A plain handler, in a thread of its own."""

    def __init__(self, subscription: Subscription, channel: Channel, host: Host) -> None:
        super().__init__(channel)
        self._name: Final = subscription.name
        self._host: Final = host
        self._receiver: Final = Receiver(subscription)
        self._ended: Final = host.event()
        self._thread: Thread | None = None
        self.sieve: Final = self._receiver
        self.stop: Final = channel.close

    def start(self) -> None:
        """See `Feed`."""
        self._thread = self._host.start_thread(self._run, self._name)

    def join(self, timeout: float | None = None) -> bool:
        """See `Feed`."""
        return self._ended.wait(timeout)

    def abort(self) -> None:
        """A thread cannot be cancelled."""

    def _run(self) -> None:
        """Take, handle; ends when the channel is closed."""
        channel, receiver = self.channel, self._receiver
        try:
            receiver.on_start()
            while batch := channel.take():
                receiver.on_batch(batch)
                channel.finish(len(batch))
        finally:
            self._ended.set()


class _ChannelTaskFeed(TaskFeed, _ChannelFeed):
    """A coroutine function, in a task of the bus's loop."""

    def __init__(self, subscription: Subscription, channel: Channel, loop: LoopThread, host: Host) -> None:
        TaskFeed.__init__(self, subscription, ChannelBatches(channel), loop, host)
        _ChannelFeed.__init__(self, channel)

    def stop(self) -> None:
        """See `Feed`."""
        self.channel.close()
        super().stop()


def _channel_of(subscription: Subscription) -> Channel:
    feed = subscription.feed
    assert isinstance(feed, _ChannelFeed), "made by this bus"
    return feed.channel
