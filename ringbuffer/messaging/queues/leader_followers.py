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
from dataclasses import replace
from typing import ClassVar, Final

from ringbuffer.forks import REFUSES, made_here
from ringbuffer.host import Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.queues.follower import Follower
from ringbuffer.messaging.queues.source import Dequeuer, Source


class LeaderFollowers:
    """The line and the lead. Any thread.

    Invariant, whenever the lock is free: if the line is not empty, there is a leader.

    Args:
        source: where the messages are.
        host: the source of locks.

    Attributes:
        lock: the dequeue lock, which protects the other attributes.
        source: where the messages are.
        lead: its item is the leader. A list, like `attention`: reading or storing its item takes
            half the time of an attribute.
        attention: its item says how many followers rest or are to stop, and how many messages have
            come back. While it is 0, a follower that has finished takes the next message
            immediately.
        returned: messages that have come back; taken before all others, the first one first.
        is_over: whether no follower will take a message any more, so that none can come back.
    """

    def __init__(self, source: Source, host: Host) -> None:
        self.source: Final = source
        self.lock: Final = host.lock()
        self.lead: Final[list[Follower | None]] = [None]
        self._line: Final[deque[Follower]] = deque()
        self._stopping = 0
        self.attention: Final = [0]
        self.returned: Final[list[TransportEnvelope]] = []
        self.is_over = False
        made_here(self)

    #: A handler may fork, and return in the child: there it takes no message, and leaves.
    _in_child: ClassVar[Mapping[str, object]] = {"take_or_rest": REFUSES, "leave": None}

    def _after_fork(self, made_in: int) -> None:
        """In a child, make each take call `take_or_rest`, which is refused there."""
        self.attention[0] = 1

    def enter(self, follower: Follower) -> None:
        """Add a follower at the end of the line."""
        with self.lock:
            self._rest(follower)

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
            leads = self.lead[0] is follower
        # A follower that leads from now on sees `is_stopping` before it waits. If the lead has
        # passed on meanwhile, the interrupt ends the wait of the new leader, which checks, and
        # waits again.
        if leads:
            self.source.interrupt()
        follower.wake()

    def give_back[K](
        self, holder: dict[K, float], key: K, envelope: TransportEnvelope
    ) -> bool | None:
        """Put a message that was taken before all others. Any thread.

        Args:
            holder: where the message is removed at the same time.
            key: the message there.
            envelope: what is delivered again.

        Returns:
            False if it is not there, so that another thread was first; None if the queue is over.
        """
        try:
            with self.lock:
                if key not in holder:
                    return False
                if self.is_over:
                    return None
                del holder[key]  # nothing is called between these three
                self.returned[0:0] = [envelope]
                self.attention[0] += 1
            self._tell_leader()
        except BaseException:
            self._tell_leader()  # twice does no harm
            raise
        return True

    def _tell_leader(self) -> None:
        """End the wait of the leader. A later leader looks before it waits."""
        if self.lead[0] is not None:
            self.source.interrupt()

    def rests(self, follower: Follower) -> bool:
        """Whether a follower leads or stands in the line, so that it is idle.

        It reads without the lock, so the answer may be out of date.
        """
        return follower.is_in_line or self.lead[0] is follower

    def leave(self, follower: Follower) -> None:
        """Remove a follower. If it led, the first one in the line leads."""
        with self.lock:
            if follower in self._line:
                self._line.remove(follower)
            successor = self.pass_on() if self.lead[0] is follower else None
            self._stopping -= follower.is_stopping
            follower.is_stopping = True  # a late `stop` changes nothing
            self._attend()
        if successor is not None:
            successor.wake()

    def others_at_rest(self, follower: Follower) -> int:
        """How many other followers rest. The caller holds the lock."""
        return len(self._line) + (self.lead[0] is not None) - self.rests(follower)

    def take_or_rest[M](self, follower: Follower, take: Callable[[int], M | None]) -> M | None:
        """Take the next message if there are more than the resting followers will take; else rest.

        The caller holds the lock.
        """
        if self.lead[0] is follower or follower.is_in_line or follower.is_stopping:
            return None
        envelope = take(0 if self.lead[0] is None else len(self._line) + 1)
        if envelope is None:
            self._rest(follower)
        elif follower.hold is not None:
            follower.hold(envelope)
        return envelope

    def take_first(
        self, take: Callable[[int], TransportEnvelope | None], beyond: int
    ) -> TransportEnvelope | None:
        """Take the first message, which may be one that has come back. The caller holds the lock.

        Args:
            take: see `Dequeuer`.
            beyond: see `Dequeuer`.
        """
        returned = self.returned
        if not returned:
            return take(beyond)
        if len(returned) <= beyond:
            last = take(beyond - len(returned))
            if last is None:
                return None
            returned += [last]
        first = returned[0]
        del returned[0]
        self._attend()
        return first

    def with_returned(self, dequeuer: Dequeuer) -> Dequeuer:
        """The same dequeuer, which takes messages that have come back before all others."""

        def take(beyond: int) -> TransportEnvelope | None:
            return self.take_first(dequeuer.take, beyond)

        def take_many(beyond: int, others: int, most: int) -> list[TransportEnvelope] | None:
            if not self.returned:
                return dequeuer.take_many(beyond, others, most)
            first = take(beyond)
            return None if first is None else [first]

        return replace(dequeuer, take=take, take_many=take_many)

    def _rest(self, follower: Follower) -> None:
        """Make an idle follower lead, or stand in the line. The caller holds the lock."""
        if self.lead[0] is None:
            self.lead[0] = follower
        else:
            follower.is_in_line = True
            self._line.append(follower)
        self._attend()

    def pass_on(self) -> Follower | None:
        """Give the lead to the first follower in the line. The caller holds the lock.

        Returns the new leader, which the caller must wake; None if the line is empty.
        """
        successor = self.lead[0] = self._line.popleft() if self._line else None
        if successor is not None:
            successor.is_in_line = False
        self._attend()
        return successor

    def _attend(self) -> None:
        """Update `attention`. The caller holds the lock."""
        self.attention[0] = (
            len(self._line) + (self.lead[0] is not None) + self._stopping + len(self.returned)
        )
