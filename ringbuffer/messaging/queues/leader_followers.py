"""`LeaderFollowers`: decides which consumer of a queue gets the next message.

The consumers of a queue compete: each message goes to one of them. One of the idle consumers is the
*leader*: it alone waits for the next message. The others stand in a line and sleep, in the order in
which they became idle:

    messages --> leader --> takes one, gives the lead to the first in the line, handles the message
                   ^                                                              |
                   '--- first   second   ...   last <----- has handled it --------'

So a message goes to the consumer that has been idle for longest: while all are idle, to each in
turn. A consumer that has finished takes the next message immediately only if there are more
messages than the idle consumers will take. Under load no consumer stands in the line. Only the
leader uses the wait strategy of the queue, so a hundred idle consumers cost as little as one.

One lock, the dequeue lock, protects the line, the lead and the taking. A message is found and taken
in one critical section, and each consumer takes one at a time. So any consumer can handle a message
that no other consumer has begun to handle. (The pattern is Leader/Followers: Schmidt, O'Ryan,
Kircher and Pyarali, 2000.)
"""

from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import ClassVar, Final

from ringbuffer.forks import REFUSES, made_here
from ringbuffer.host import Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.queues.follower import Follower
from ringbuffer.messaging.queues.receiver import Check, MessageReceiver
from ringbuffer.messaging.queues.source import Source


class LeaderFollowers:
    """The line and the lead. Any thread.

    Invariant, whenever the lock is free: if the line is not empty, there is a leader.

    Args:
        source: where the messages are.
        host: the source of locks.

    Attributes:
        lock: the dequeue lock.
    """

    def __init__(self, source: Source, host: Host) -> None:
        self._source: Final = source
        self._host: Final = host
        self.lock: Final = host.lock()
        #: The leader. A list, like `_attention`: reading or storing its item takes half the time
        #: of an attribute.
        self._lead: Final[list[Follower | None]] = [None]
        self._line: Final[deque[Follower]] = deque()
        self._stopping = 0
        #: How many followers rest or are to stop. While it is 0, a follower that has finished takes
        #: the next message immediately.
        self._attention: Final = [0]
        made_here(self)

    #: A handler may fork, and return in the child: there it takes no message, and leaves.
    _in_child: ClassVar[Mapping[str, object]] = {"_take_or_rest": REFUSES, "leave": None}

    def _after_fork(self, made_in: int) -> None:
        """In a child, make each take call `_take_or_rest`, which is refused there."""
        self._attention[0] = 1

    def enter(self, follower: Follower | None = None) -> Follower:
        """Add a follower, or a new one, at the end of the line. Returns it."""
        follower = Follower(self._host) if follower is None else follower
        with self.lock:
            self._rest(follower)
        return follower

    def stop(self, follower: Follower) -> None:
        """Make a follower take no more messages. Returns immediately.

        The follower finishes the message that it has taken. If an interrupt is raised out of this
        call, after its entry, the follower stops anyway.
        """
        try:
            self._stop(follower)
        except BaseException:
            self._stop(follower)  # each of its steps may be done twice
            raise

    def _stop(self, follower: Follower) -> None:
        with self.lock:
            if not follower.is_stopping:
                follower.is_stopping = True  # nothing is called between the two
                self._stopping += 1
            self._attend()
            leads = self._lead[0] is follower
        # A follower that leads from now on sees `is_stopping` before it waits. If the lead has
        # passed on meanwhile, the interrupt ends the wait of the new leader, which checks, and
        # waits again.
        if leads:
            self._source.interrupt()
        follower.wake()

    def rests(self, follower: Follower) -> bool:
        """Whether a follower leads or stands in the line, so that it is idle.

        It reads without the lock, so the answer may be out of date.
        """
        return follower.is_in_line or self._lead[0] is follower

    def leave(self, follower: Follower) -> None:
        """Remove a follower. If it led, the first one in the line leads."""
        with self.lock:
            if follower in self._line:
                self._line.remove(follower)
            successor = self._pass_on() if self._lead[0] is follower else None
            self._stopping -= follower.is_stopping
            follower.is_stopping = True  # a late `stop` changes nothing
            self._attend()
        if successor is not None:
            successor.wake()

    def receiver(self, follower: Follower) -> MessageReceiver:
        """The calling thread's own functions for a follower.

        They enter and leave the lock by its methods, bound once: a `with` block looks both up each
        time, which doubles the cost of the lock. No signal handler can run between `enter` and
        `try`: signals are handled in the main thread, which does not belong to a consumer.
        """
        lock, followers, lead, attention = self.lock, self, self._lead, self._attention
        enter, leave = lock.__enter__, lock.__exit__
        dequeuer = self._source.dequeuer()
        take, wait = dequeuer.take, dequeuer.wait

        def receive_now() -> TransportEnvelope | None:
            with lock:
                return followers._take_or_rest(follower, take)

        def receive() -> TransportEnvelope | None:
            with lock:
                envelope = followers._take_or_rest(follower, take)
            return await_message(False) if envelope is None else envelope

        def await_message(
            leads: bool,
            # Bound here because a local is read several times as fast as a variable of the
            # enclosing function.
            lead: list[Follower | None] = lead,
            attention: list[int] = attention,
            follower: Follower = follower,
            enter: Callable[[], object] = enter,
            leave: Callable[[None, None, None], object] = leave,
            take: Callable[[int], TransportEnvelope | None] = take,
            wait: Callable[[], None] = wait,
        ) -> TransportEnvelope | None:
            """Rest until there is a message for the follower, or it is to stop.

            `leads` says whether the follower led, and was not to stop, when the lock was held.

            Each iteration sleeps until the follower gets the lead, or waits for a message.
            Terminates because `stop` ends both, or the next check sees it: a leader that was not
            to stop when the lock was held last is interrupted.
            """
            while True:
                if not leads:
                    with lock:
                        if follower.is_stopping:
                            return None
                        leads = lead[0] is follower
                    if not leads:
                        follower.sleep()
                        continue
                wait()
                enter()
                try:
                    if attention[0] == 1:
                        # It leads, the line is empty, and no follower is to stop. As below,
                        # without a successor.
                        envelope = take(0)
                        if envelope is not None:
                            lead[0] = None
                            attention[0] = 0
                            return envelope
                        continue
                    if follower.is_stopping:
                        return None
                    envelope = take(0)
                    successor = None if envelope is None else followers._pass_on()
                finally:
                    leave(None, None, None)
                if successor is not None:
                    successor.wake()
                if envelope is not None:
                    return envelope

        def run(
            handle: Callable[[TransportEnvelope], object],
            check: Check,
            fail: Callable[[TransportEnvelope], None],
            context: Context | None = None,
            pristine: Context | None = None,
        ) -> bool:
            # Locals, because a variable of the enclosing function takes several times as long.
            enter_, leave_, followers_, follower_, take_, lead_, attention_ = (
                enter,
                leave,
                followers,
                follower,
                take,
                lead,
                attention,
            )
            # Each iteration handles a message. Terminates because `stop` ends the wait in
            # `await_message`, or a handler changes the context.
            while True:
                leads = False
                enter_()
                try:
                    if attention_[0]:
                        envelope = followers_._take_or_rest(follower_, take_)
                    else:
                        envelope = take_(0)
                        if envelope is None:  # as `_rest` while no follower rests
                            leads = True
                            lead_[0] = follower_
                            attention_[0] = 1
                finally:
                    leave_(None, None, None)
                if envelope is None:
                    envelope = await_message(leads)
                    if envelope is None:
                        return False
                try:
                    result = handle(envelope)
                    if result is not None:
                        check(result)
                        result = None
                except BaseException:
                    fail(envelope)
                envelope = None
                if context != pristine:
                    return True

        return MessageReceiver(receive_now, receive, run, dequeuer.taken)

    def _take_or_rest(
        self, follower: Follower, take: Callable[[int], TransportEnvelope | None]
    ) -> TransportEnvelope | None:
        """Take the next message if there are more than the resting followers will take; else rest.

        The caller holds the lock.
        """
        if self._lead[0] is follower or follower.is_in_line or follower.is_stopping:
            return None
        envelope = take(0 if self._lead[0] is None else len(self._line) + 1)
        if envelope is None:
            self._rest(follower)
        return envelope

    def _rest(self, follower: Follower) -> None:
        """Make an idle follower lead, or stand in the line. The caller holds the lock."""
        if self._lead[0] is None:
            self._lead[0] = follower
        else:
            follower.is_in_line = True
            self._line.append(follower)
        self._attend()

    def _pass_on(self) -> Follower | None:
        """Give the lead to the first follower in the line. The caller holds the lock.

        Returns the new leader, which the caller must wake; None if the line is empty.
        """
        successor = self._lead[0] = self._line.popleft() if self._line else None
        if successor is not None:
            successor.is_in_line = False
        self._attend()
        return successor

    def _attend(self) -> None:
        """Update `_attention`. The caller holds the lock."""
        self._attention[0] = len(self._line) + (self._lead[0] is not None) + self._stopping
