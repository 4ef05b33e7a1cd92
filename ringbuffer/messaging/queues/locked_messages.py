"""`LockedMessages`: the messages of one consumer that have no answer yet.

    queue --> lock --> handler --> ack                                     done
                ^          |-----> reject, an error, the lock time-out --> head of the queue
                |          '-----> reject(requeue=False), too often -----> dead letter
                '-- waits while there are `prefetch` messages without an answer

The dequeue lock protects them. So a message is in the queue or here, and goes back in one step.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context
from dataclasses import replace
from typing import Any, ClassVar, Final

from ringbuffer.blocking_bridge import begin_call
from ringbuffer.checks import check_duration
from ringbuffer.forks import made_here
from ringbuffer.host import Event, Host
from ringbuffer.messaging.dead_letters.dead_letters import abandon
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.message_handler import no_coroutine
from ringbuffer.messaging.pipeline.pipeline_consumer import ConsumerClosedError
from ringbuffer.messaging.queues.acknowledgement import (
    Acknowledgement,
    LockedDelivery,
    LockTimeoutError,
    RejectedError,
    UnacknowledgedError,
)
from ringbuffer.messaging.queues.follower import Follower
from ringbuffer.messaging.queues.leader_followers import LeaderFollowers
from ringbuffer.messaging.queues.source import MessageReceiver
from ringbuffer.one_process import OneProcess
from ringbuffer.service import ServiceThread


class LockedMessages(OneProcess):
    """The messages of one consumer that have no answer yet. Any thread.

    Args:
        options: the limits.
        followers: the queue's, whose lock protects the messages.
        follower: the consumer's.
        name: the name of the consumer.
        host: what provides the clock and the thread.

    Attributes:
        is_handling: whether the consumer is inside its handler, or about to enter it.
    """

    #: A handler may fork, and return in the child: there its consumer leaves.
    _in_child: ClassVar[Mapping[str, object]] = {"end": None, "count": 0}

    def __init__(
        self,
        options: Acknowledgement,
        followers: LeaderFollowers,
        follower: Follower,
        name: str,
        host: Host,
    ) -> None:
        self._options: Final = options
        limit = options.lock_timeout
        self._limit: Final = math.inf if limit is None else check_duration("lock_timeout", limit)
        self._followers: Final = followers
        self._follower: Final = follower
        self._name: Final = name
        self._host: Final = host
        #: When each message expires, the oldest first.
        self._locked: Final[dict[LockedDelivery, float]] = {}
        #: Those that become dead letters now.
        self._buried: Final[dict[LockedDelivery, None]] = {}
        self.is_handling = False
        #: Whether the consumer sleeps because there are `prefetch` of them.
        self._waits = False
        self._last: LockedDelivery | None = None
        #: Ends the sleep of the watch; whether it sleeps until then.
        self._awake: Event = host.event()
        self._sleeps = False
        self._is_over = False
        follower.hold = self._hold
        made_here(self)
        self._watch: Final = ServiceThread(self._expire, host=host, name=f"{name} locks")

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._locked) + len(self._buried)

    # -- the consumer -----------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread that looks for expired messages. Raises what `ServiceThread` raises."""
        if self._limit < math.inf:
            self._watch.ensure()

    def run(
        self,
        receiver: MessageReceiver[TransportEnvelope],
        handle: Callable[[Any], object],
        fail: Callable[[TransportEnvelope], None],
        context: Context,
        pristine: Context,
    ) -> bool:
        """Receive messages, and call a function with their deliveries: see `MessageReceiver`.

        Terminates because `stop` ends `receive`, or a handler changes the context.
        """
        while True:
            envelope = receiver.receive_now() or receiver.receive()
            if envelope is None:
                return False
            delivery = self._take_last()
            try:
                self.is_handling = True
                no_coroutine(handle(delivery))
            except BaseException as error:
                self.reject(delivery, True, error)
                fail(envelope)
            self.is_handling = False
            del envelope, delivery  # so that none is kept alive by a wait for the next
            self._wait_for_room()
            if context != pristine:
                return True

    def around(self, function: Callable[[Any], Any]) -> Callable[[object], Awaitable[object]]:
        """The coroutine function of an envelope that awaits `function` with its delivery."""

        async def handle(envelope: object) -> None:
            delivery = self._take_last()
            try:
                self.is_handling = True
                await function(delivery)
            except BaseException as error:
                self.reject(delivery, True, error)
                raise
            finally:
                self.is_handling = False
            if self.count >= self._options.prefetch:
                await begin_call(self._host, self._wait_for_room, f"{self._name} waits for answers")

        return handle

    def _take_last(self) -> LockedDelivery:
        """The delivery of the message that the consumer took last; it is not kept."""
        last, self._last = self._last, None
        assert last is not None, "the follower holds each message that it takes"
        return last

    def end(self) -> None:
        """Give back everything that has no answer. The consumer takes no more messages."""
        self._is_over = True
        try:
            self._awake.set()
        except BaseException:
            self._awake.set()
            raise
        # The newest first: each goes before the others. Terminates because the consumer adds none.
        while True:
            with self._followers.lock:
                left = list(self._locked)
            if not left:
                break
            self._give_back(left[-1], UnacknowledgedError(f"{self._name!r} has ended"))

    def _hold(self, envelope: TransportEnvelope) -> None:
        """See `Follower.hold`. So each message is in the queue, here, or answered."""
        delivery = self._last = LockedDelivery(envelope, self._name, self, self._redeliver)
        self._locked[delivery] = self._host.monotonic() + self._limit
        # The watch stores that it sleeps, and then takes the lock and looks. So it finds this
        # message, or this thread finds that it sleeps.
        if self._sleeps:
            self._awake.set()

    def _wait_for_room(self) -> None:
        """Wait until fewer than `prefetch` messages have no answer, or the consumer is to stop.

        Terminates because each answer wakes it, and so does the stop of the consumer.
        """
        follower = self._follower
        while True:
            with self._followers.lock:
                is_full = self.count >= self._options.prefetch
                self._waits = is_full = is_full and not follower.is_stopping
            if not is_full:
                return
            follower.sleep()

    # -- answers, from any thread -----------------------------------------------------------------

    def acknowledge(self, delivery: LockedDelivery) -> bool:
        """See `LockedDelivery.ack`."""
        try:
            with self._followers.lock:
                if delivery not in self._locked:
                    return False
                del self._locked[delivery]
        finally:
            self._wake()
        return True

    def reject(self, delivery: LockedDelivery, requeue: bool, error: BaseException | None) -> bool:
        """See `LockedDelivery.reject`."""
        error = RejectedError(f"{self._name!r} has rejected it") if error is None else error
        return self._give_back(delivery, error) if requeue else self._bury(delivery, error)

    def _give_back(self, delivery: LockedDelivery, error: BaseException) -> bool:
        """Put a message at the head of the queue, or bury it. Returns False if it is too late."""
        envelope, most = delivery.envelope, self._options.max_deliveries
        if most is not None and delivery.attempt >= most:
            return self._bury(delivery, error)
        again = replace(envelope, delivery_count=delivery.attempt)
        try:
            is_back = self._followers.give_back(self._locked, delivery, again)
        finally:
            self._wake()
        return self._bury(delivery, error) if is_back is None else is_back

    def _bury(self, delivery: LockedDelivery, error: BaseException) -> bool:
        """Make a message a dead letter. Returns False if it is too late."""
        with self._followers.lock:
            if delivery not in self._locked:
                return False
            del self._locked[delivery]  # nothing is called between the two
            self._buried[delivery] = None
        try:
            abandon(delivery, error, self._options.dead_letters)
        except BaseException:
            # An interrupt. If there is no letter, the message goes back when it expires.
            with self._followers.lock:
                if not delivery.is_dead:
                    self._locked[delivery] = -math.inf
            raise
        finally:
            with self._followers.lock:
                del self._buried[delivery]
            self._wake()
        return True

    def _redeliver(self, delivery: Delivery, delay: float) -> None:
        """Return a dead letter to the queue: see `ScheduleRedelivery`. At once."""
        again = delivery.envelope
        assert again is not None, "the queue has envelopes only"
        if not self._followers.give_back({delivery: 0.0}, delivery, again):
            raise ConsumerClosedError(
                f"the queue of {self._name!r} is closed: no message can return to it"
            )

    def _wake(self) -> None:
        if self._waits:
            self._follower.wake()

    # -- the watch --------------------------------------------------------------------------------

    def _expire(self) -> None:
        """Give back what has expired. Sleeps until the oldest message expires.

        Terminates because `end` stores that it is over, and wakes it.
        """
        while True:
            awake = self._awake = self._host.event()
            if self._is_over:
                return
            self._sleeps = True  # before the look: see `_hold`
            with self._followers.lock:
                oldest = next(iter(self._locked.items()), None)
            left = None if oldest is None else oldest[1] - self._host.monotonic()
            if oldest is not None and left is not None and left <= 0:
                self._give_back(oldest[0], LockTimeoutError(f"{self._name!r} gave no answer"))
            else:
                self._sleeps = left is None
                awake.wait(left)
