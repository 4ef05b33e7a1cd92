"""`ChannelTransport`: carries the events of a bus through one channel for each handler."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

from ringbuffer.blocked_loop import warn_of_blocked_loop
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.errors import ClaimTimeoutError, PublicationError, RingBufferError
from ringbuffer.forks import forked, made_here
from ringbuffer.messaging.bus.bus_handlers import BusHandlers
from ringbuffer.messaging.bus.handler_waits import deadline_after, remaining
from ringbuffer.messaging.bus.results import BusClosedError
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.runners.task import TaskRunner
from ringbuffer.messaging.bus.runners.thread import ChannelThreadRunner
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.tracked_event import TrackedEvent
from ringbuffer.messaging.bus.transports.event_channel import ChannelBatches, EventChannel
from ringbuffer.messaging.bus.transports.positions import ChannelPosition
from ringbuffer.messaging.bus.transports.transport import Transport
from ringbuffer.producer.values import chunks

#: The most events that `put_all` puts at once.
LARGEST_CHUNK: Final = 256


class ChannelTransport(Transport):
    """A bounded channel for each handler, and one lock for all publishers. Any thread.

    See `Transport`. Because publishers share a lock, all handlers see the events in one order, as
    in a ring.

    Args:
        capacity: the most events that wait in each channel.
        handlers: the handlers of the bus.
    """

    def __init__(self, capacity: int, handlers: BusHandlers) -> None:
        self._capacity: Final = capacity
        self._handlers: Final = handlers
        self._name: Final = handlers.name
        self._host: Final = handlers.host
        #: A publisher holds it. A publisher that finds no free capacity waits on it;
        #: `_freed_capacity`, `handlers_changed` and `shut` notify it.
        self._publishing: Final = handlers.host.condition()
        #: The handlers that receive events, and their channels by class of event. The condition
        #: guards both, and what follows. They change together, or a new handler would receive
        #: events of one class before those of another.
        self._receiving: tuple[Subscription, ...] = ()
        self._targets: dict[type, tuple[EventChannel, ...]] = {}
        self._count = 0
        self._is_shut = False
        #: In a forked child, the process that made it.
        self._made_in: int | None = None
        made_here(self)

    _in_child: ClassVar[None] = None

    def _after_fork(self, made_in: int) -> None:
        """In a child, refuse the functions that callers have kept; the bus itself refuses too."""
        self._made_in = made_in
        self._is_shut = True

    # -- publishing -------------------------------------------------------------------------------

    def offer(self, item: object) -> bool:
        with self._publishing:
            return self._put_into_all(item)

    def put(self, item: object, timeout: Duration | None) -> None:
        limit = deadline = None
        if timeout is not None:  # usually it is: that saves two calls for each event
            limit = check_timeout(timeout)
            deadline = deadline_after(self._host, limit)
        with self._publishing:
            if self._put_into_all(item):
                return
        warn_of_blocked_loop(limit)
        with self._publishing:
            # Terminates because each iteration but the last waits until `_freed_capacity` signals
            # free capacity, the bus closes, or the deadline passes.
            while True:  # see `ringbuffer.system` for why the condition does not stand here
                if self._put_into_all(item):
                    return
                self._handlers.check_capacity_is_not_own(blocks_loop=True)
                left = remaining(self._host, deadline)
                if left is not None and left <= 0:
                    raise ClaimTimeoutError(
                        f"no room in {self._name!r} within {limit} s. Nothing was published"
                    )
                self._publishing.wait(left)

    def own_put(self) -> Callable[[object, Duration | None], object]:
        return self.put

    def put_all(self, items: Iterable[object], timeout: Duration | None) -> int:
        deadline = deadline_after(self._host, check_timeout(timeout))
        published = 0
        for chunk, failure in chunks(items, LARGEST_CHUNK):
            published = self._put_all_of(chunk, published, deadline)
            # What the iterable returned before it raised is published, as in a ring
            if failure is not None:
                raise failure
        return published

    @property
    def published(self) -> int:
        return self._count

    def _put_all_of(self, chunk: list[object], before: int, deadline: float | None) -> int:
        """Put a chunk, all at once if possible.

        Returns how many items were published in all, `before` included.
        """
        if not chunk or self._put_chunk(chunk):
            return before + len(chunk)
        for done, item in enumerate(chunk):
            try:
                self.put(item, remaining(self._host, deadline))
            except PublicationError as error:
                error.published, error.unpublished = before + done, tuple(chunk[done:])
                raise
        return before + len(chunk)

    def _put_chunk(self, chunk: list[object]) -> bool:
        """Put a chunk at once, if all its events have one class and there is free capacity.

        Returns whether it did.
        """
        try:
            kinds = set(map(type, chunk))
        except TypeError:  # a class that cannot be hashed
            return False
        if len(kinds) > 1 or TrackedEvent in kinds:
            return False
        with self._publishing:
            targets = self._targets_of(chunk[0])
            if self._is_shut or any(channel.free_capacity < len(chunk) for channel in targets):
                return False
            self._put_into(targets, chunk)
        return True

    def _put_into_all(self, item: object) -> bool:
        """Put an item into every channel that it is for, or into none.

        The caller holds the condition.
        """
        if self._is_shut:
            raise self._refusal()
        targets = self._targets_of(item)
        for channel in targets:
            if channel.is_full:
                return False
        self._put_into(targets, (item,))
        return True

    def _refusal(self) -> RingBufferError:
        if self._made_in is not None:
            return forked(f"ChannelEventBus {self._name!r}", self._made_in)
        return BusClosedError(
            f"{self._name!r} is closed, and takes no more events. Nothing was published"
        )

    def _put_into(self, targets: tuple[EventChannel, ...], items: Sequence[object]) -> None:
        """Put items into channels, all of which have free capacity. The caller holds the condition.

        An interrupt that leaves it finds the items in none of the channels, or in all: it is
        counted, then put, and what the interrupt has cut short is done again.
        """
        before = [channel.added for channel in targets]
        count = len(items)
        try:
            self._count += count  # nothing is called between this and the `try`
            for channel in targets:
                channel.put(items)
        except BaseException:
            for channel, added in zip(targets, before, strict=True):
                if channel.added == added:
                    channel.put(items)
            raise

    def _targets_of(self, item: object) -> tuple[EventChannel, ...]:
        """The channels that an item is for. The caller holds the condition."""
        if isinstance(item, TrackedEvent):
            if item.only is not None:
                return tuple(_channel_of(each) for each in self._receiving if each is item.only)
            item = item.message
        kind = type(item)
        try:
            targets = self._targets.get(kind)
        except TypeError:  # a class that cannot be hashed is looked up each time
            return self._channels_for(kind)
        if targets is None:
            targets = self._targets[kind] = self._channels_for(kind)
        return targets

    def _channels_for(self, kind: type) -> tuple[EventChannel, ...]:
        return tuple(_channel_of(each) for each in self._receiving if each.wants_kind(kind))

    # -- handlers ---------------------------------------------------------------------------------

    def runner_for(self, subscription: Subscription) -> HandlerRunner:
        channel = EventChannel(self._capacity, self._host, self._freed_capacity)
        if subscription.is_asynchronous:
            position = ChannelPosition(channel)
            return TaskRunner(
                subscription, ChannelBatches(channel), position, self._handlers.loop, self._host
            )
        return ChannelThreadRunner(subscription, channel, self._host)

    def _freed_capacity(self) -> None:
        """Wake the waiting publishers: a channel that was full has free capacity.

        A waiting publisher found it full while it held the condition. No thread has put anything
        since. So the thread that took from it next found it full too, and calls this function. It
        gets the condition here when the publisher waits.
        """
        with self._publishing:
            self._publishing.notify_all()

    def handlers_changed(self, subscriptions: tuple[Subscription, ...]) -> None:
        with self._publishing:
            self._publishing.notify_all()  # before what follows: see `ringbuffer.system`
            # A handler that has died receives nothing more: its channel would fill up, and all
            # publishers would wait for it.
            self._receiving = tuple(each for each in subscriptions if each.failure is None)
            self._targets = {}

    def shut(self) -> None:
        with self._publishing:
            self._publishing.notify_all()  # before the store: see `ringbuffer.system`
            self._is_shut = True


def _channel_of(subscription: Subscription) -> EventChannel:
    """The channel of a subscription of a bus of channels."""
    position = subscription.runner.position
    assert isinstance(position, ChannelPosition), "made by this bus"
    return position.channel
