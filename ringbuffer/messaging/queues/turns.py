"""`Turns`: who gets the next message.

The consumers of a queue compete: each message goes to one of them. One of those that have nothing to do is the *leader*: it
alone waits for the next message. The others stand in a line and sleep, in the order in which they became free:

    messages --> leader --> takes one, gives the lead to the first in the line, handles what it took
                   ^                                                              |
                   '--- first   second   ...   last <-- nothing to do any more ---'

So a message goes to whoever has been free for longest: while all are free, to each in turn. A consumer that has finished
takes the next message at once only if there are more than the free ones are going to take; under load nobody stands in
the line. Since only the leader waits in the way of the queue's wait strategy, a hundred idle consumers cost as little as one.

One lock protects the line, the lead, and the taking itself. A message is taken in the one critical section in which it is
found, and each consumer takes one at a time: what nobody has begun to handle can always be handled by another consumer.
(The pattern is Leader/Followers: Schmidt, O'Ryan, Kircher and Pyarali, 2000.)
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from ringbuffer.host import Host
from ringbuffer.messaging.envelope import TransportEnvelope

#: `check(handler, result)` raises if a handler must not return such a thing.
type Check = Callable[[object, object], None]


@dataclass(frozen=True, slots=True)
class Taker:
    """One consumer's own way to take messages. One thread at a time.

    Attributes:
        take: `take(beyond)` removes and returns the first message, if more than `beyond` wait; else None. The lock of the
            turns is held.
        wait: returns when there is a message, or `Source.interrupt` was called, or now and then for no reason. By the leader.
    """

    take: Callable[[int], TransportEnvelope | None]
    wait: Callable[[], None]


class Source(Protocol):
    """Where the messages are. Any thread."""

    def taker(self) -> Taker:
        """A consumer's own way to take messages; made by its thread."""
        ...

    def interrupt(self) -> None:
        """Make the leader's wait end, or the next one."""
        ...


class Member:
    """A consumer, as the turns see it. What is not said to be its own, the lock of the turns protects.

    Attributes:
        is_in_line: whether it stands in the line.
        is_stopping: whether it is to take nothing more.
    """

    __slots__ = ("_awake", "_condition", "is_in_line", "is_stopping")

    def __init__(self, host: Host) -> None:
        self._condition: Final = host.condition()
        self._awake = False
        self.is_in_line = False
        self.is_stopping = False

    def wake(self) -> None:
        """End its sleep, or the next one. Any thread. The reason to wake was stored before."""
        with self._condition:
            self._awake = True
            self._condition.notify_all()

    def sleep(self) -> None:
        """Sleep until woken. Its own thread."""
        with self._condition:
            while not self._awake:
                self._condition.wait()
            self._awake = False


@dataclass(frozen=True, slots=True)
class Receiver:
    """A member's way to get messages. One thread at a time.

    Attributes:
        receive_now: the next message if it is the member's turn to take one at once; None means: ask `receive`.
        receive: the next message, waiting for it; None means that the member was told to stop.
        run: `run(handle, check, fail)`: receives message after message and calls `handle` with it, until the member is told to
            stop. `check(handle, result)` is called where `handle` returns anything, and `fail` with a message that either of
            them raised on. No message is kept alive while it waits for the next.
    """

    receive_now: Callable[[], TransportEnvelope | None]
    receive: Callable[[], TransportEnvelope | None]
    run: Callable[[Callable[[TransportEnvelope], object], Check, Callable[[TransportEnvelope], None]], None]


class Turns:
    """The line and the lead. Any thread.

    Invariant, whenever the lock is free: if somebody stands in the line, somebody leads.

    Args:
        source: where the messages are.
        host: what provides locks.

    Attributes:
        lock: protects the line, the lead and the taking.
    """

    def __init__(self, source: Source, host: Host) -> None:
        self._source: Final = source
        self._host: Final = host
        self.lock: Final = host.lock()
        #: Who leads. A list, as is what follows: to read or store its item takes half the time of an attribute.
        self._lead: Final[list[Member | None]] = [None]
        self._line: Final[deque[Member]] = deque()
        self._stopping = 0
        #: How many members rest or are to stop. While it is 0, whoever has finished takes the next message without more ado.
        self._attention: Final = [0]

    def enter(self) -> Member:
        """A new member, at the end of the line."""
        member = Member(self._host)
        with self.lock:
            self._rest(member)
        return member

    def stop(self, member: Member) -> None:
        """Tell a member to take nothing more; return at once. What it has taken it finishes."""
        with self.lock:
            if not member.is_stopping:
                member.is_stopping = True
                self._stopping += 1
                self._attend()
            leads = self._lead[0] is member
        # Whoever leads from now on sees `is_stopping` before it waits. The leader of a moment ago may get an interrupt that
        # was meant for another: it looks, and waits again.
        if leads:
            self._source.interrupt()
        member.wake()

    def leave(self, member: Member) -> None:
        """The member is gone: the line closes up, and if it led, the next one does."""
        with self.lock:
            if member in self._line:
                self._line.remove(member)
            successor = self._pass_on() if self._lead[0] is member else None
            self._stopping -= member.is_stopping
            self._attend()
        if successor is not None:
            successor.wake()

    def receiver(self, member: Member) -> Receiver:
        """The calling thread's own functions, for a member.

        The lock is entered and left by its methods, bound once: a `with` block looks both up at every turn, which takes as long
        again as the lock does. Nothing can come between `enter` and `try`: signals are handled in the main thread, which is
        no consumer's.
        """
        lock, turns, lead, attention = self.lock, self, self._lead, self._attention
        enter, leave = lock.__enter__, lock.__exit__
        taker = self._source.taker()
        take, wait = taker.take, taker.wait

        def receive_now() -> TransportEnvelope | None:
            with lock:
                return turns._take_or_rest(member, take)

        def receive() -> TransportEnvelope | None:
            with lock:
                envelope = turns._take_or_rest(member, take)
            return await_message(False) if envelope is None else envelope

        def await_message(
            leads: bool,
            # Bound here because a local is read several times as fast as what a function closes over.
            lead: list[Member | None] = lead,
            attention: list[int] = attention,
            member: Member = member,
            enter: Callable[[], object] = enter,
            leave: Callable[[None, None, None], object] = leave,
            take: Callable[[int], TransportEnvelope | None] = take,
            wait: Callable[[], None] = wait,
        ) -> TransportEnvelope | None:
            """Rest until there is a message for the member, or it is to stop; `leads` if it was seen to lead, and not to stop.

            Each turn sleeps until it is given the lead, or waits for a message. `stop` ends both, or is seen in the next look:
            whoever was not to stop when the lock was held last, and led, is interrupted.
            """
            while True:
                if not leads:
                    with lock:
                        if member.is_stopping:
                            return None
                        leads = lead[0] is member
                    if not leads:
                        member.sleep()
                        continue
                wait()
                enter()
                try:
                    if attention[0] == 1:
                        # It leads, nobody stands in the line, nobody is to stop: what follows, with nobody to pass on to.
                        envelope = take(0)
                        if envelope is not None:
                            lead[0] = None
                            attention[0] = 0
                            return envelope
                        continue
                    if member.is_stopping:
                        return None
                    envelope = take(0)
                    successor = None if envelope is None else turns._pass_on()
                finally:
                    leave(None, None, None)
                if successor is not None:
                    successor.wake()
                if envelope is not None:
                    return envelope

        def run(handle: Callable[[TransportEnvelope], object], check: Check, fail: Callable[[TransportEnvelope], None]) -> None:
            # All that a turn needs is a local: to read what a function closes over takes several times as long.
            enter_, leave_, turns_, member_, take_, lead_, attention_ = enter, leave, turns, member, take, lead, attention
            # Each turn handles a message. `stop` ends the loop in `await_message`.
            while True:
                leads = False
                enter_()
                try:
                    if attention_[0]:
                        envelope = turns_._take_or_rest(member_, take_)
                    else:
                        envelope = take_(0)
                        if envelope is None:  # as `_rest` where nobody rests
                            leads = True
                            lead_[0] = member_
                            attention_[0] = 1
                finally:
                    leave_(None, None, None)
                if envelope is None:
                    envelope = await_message(leads)
                    if envelope is None:
                        return
                try:
                    result = handle(envelope)
                    if result is not None:
                        check(handle, result)
                        result = None
                except BaseException:
                    fail(envelope)
                envelope = None

        return Receiver(receive_now, receive, run)

    def _take_or_rest(self, member: Member, take: Callable[[int], TransportEnvelope | None]) -> TransportEnvelope | None:
        """The next message, if there are more than the members that rest are going to take; else rest. The lock is held."""
        if self._lead[0] is member or member.is_in_line or member.is_stopping:
            return None
        envelope = take(0 if self._lead[0] is None else len(self._line) + 1)
        if envelope is None:
            self._rest(member)
        return envelope

    def _rest(self, member: Member) -> None:
        """A member has nothing to do: it leads if nobody does. The lock is held."""
        if self._lead[0] is None:
            self._lead[0] = member
        else:
            member.is_in_line = True
            self._line.append(member)
        self._attend()

    def _pass_on(self) -> Member | None:
        """The leader leads no more, the first in the line does; it is returned, to be woken. The lock is held."""
        successor = self._lead[0] = self._line.popleft() if self._line else None
        if successor is not None:
            successor.is_in_line = False
        self._attend()
        return successor

    def _attend(self) -> None:
        """Count again. The lock is held."""
        self._attention[0] = len(self._line) + (self._lead[0] is not None) + self._stopping
