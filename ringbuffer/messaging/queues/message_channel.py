"""`MessageChannel`: a deque with a limit, under one lock, as a source of messages.

Like `queue.Queue`, it is a deque with a limit. It differs when an interrupt ends a call. If a
signal handler raises, the standard library's queue may keep its lock forever (see
`ringbuffer.system`), and its `get` may lose an item. Here all calls come before the stores, as in
`ringbuffer.queues.two_lock_ring`: a call that an interrupt ends has put or taken its message, or
has done nothing.
"""

from collections import deque
from itertools import islice, repeat
from operator import delitem
from typing import Final

from ringbuffer.blocked_loop import warn_of_blocked_loop
from ringbuffer.host import Event, Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.queues.source import Dequeuer, share
from ringbuffer.queues.thread_wait import ThreadWait
from ringbuffer.queues.waiters import Waiter, Waiters

#: How long a consumer sleeps if there is no memory for an event to wait for, in seconds.
NO_MEMORY: Final = 1e-3


class MessageChannel:
    """A deque with a limit, as a source of messages. Any thread.

    What wakes a waiting thread: each `put` wakes the leader, which waits for a message; each `take`
    wakes the first producer that waits for free capacity; `shut` wakes all waiting producers, and
    `interrupt` wakes the leader. See `Waiters`.

    Args:
        size: how many messages it holds at most.
        host: the source of the lock and the events.

    Attributes:
        taken: how many messages consumers have taken.
        dropped: how many messages were dropped for newer ones.
    """

    def __init__(self, size: int, host: Host) -> None:
        self.size: Final = size
        self.taken = 0
        self.dropped = 0
        self._host: Final = host
        self._lock: Final = host.lock()
        # The lock guards all attributes below.
        self._messages: Final[deque[TransportEnvelope]] = deque()
        self._for_capacity: Final = Waiters(self._lock)
        self._for_message: Final = Waiters(self._lock)
        self._interrupted = False
        self._is_shut = False

    # -- producers --------------------------------------------------------------------------------

    def put(self, envelope: TransportEnvelope, drops: bool = False) -> bool | None:
        """Put a message in, and return True.

        Returns False if the channel is shut, and None if it is full. With `drops`, a full channel
        drops its oldest message instead.
        """
        with self._lock:
            if self._is_shut:
                return False
            messages = self._messages
            if len(messages) >= self.size and not drops:
                return None
            if self._for_message.waiting:
                self._for_message.wake(1)  # before the store: see the top of this file
            is_full = len(messages) >= self.size
            if is_full:
                del messages[0]  # nothing is called between the two
                self.dropped += 1
            messages.append(envelope)
            return True

    def put_many(
        self, messages: list[TransportEnvelope], drops: bool, count: list[int]
    ) -> bool | None:
        """Put in as many of these messages as there is room for, and return True if that is all.

        Returns False if the channel is shut, and None if it is full before that. With `drops`, a
        full channel drops its oldest message for each further one.

        Adds each message to `count[0]`. An interrupt cannot come between the two: an addition to a
        deque is not a call.
        """
        with self._lock:
            if self._is_shut:
                return False
            own, before = self._messages, len(self._messages)
            added = min(len(messages), self.size - before)
            part = messages if added == len(messages) else messages[:added]
            if self._for_message.waiting and added:
                self._for_message.wake(1)  # before the store: see the top of this file
            try:
                own += part
                count[0] += added
            except MemoryError:
                count[0] += len(own) - before
                raise
            if not drops:
                return True if added == len(messages) else None
            for message in messages[added:]:
                del own[0]
                self.dropped += 1
                own += (message,)
                count[0] += 1
            return True

    def wait_for_capacity(self, timeout: float | None) -> ThreadWait:
        """A wait for free capacity. It ends when a consumer takes a message, or by `shut`."""
        warn_of_blocked_loop(timeout)
        return ThreadWait(
            self._host, 0, self._for_capacity, self._await_capacity, self._has_capacity, timeout
        )

    def _await_capacity(self, waiter: Waiter) -> bool:
        with self._lock:
            if self._has_capacity():
                return False
            self._for_capacity.waiting.append(waiter)
            return True

    def _has_capacity(self) -> bool:
        return self._is_shut or len(self._messages) < self.size

    def shut(self) -> None:
        """Refuse messages from now on. It may be called repeatedly."""
        with self._lock:
            self._for_capacity.wake_all()
            self._is_shut = True

    # -- consumers --------------------------------------------------------------------------------

    def dequeuer(self) -> Dequeuer:
        """See `Source`."""
        channel, lock, messages = self, self._lock, self._messages
        for_capacity, last = self._for_capacity, 0

        def take(beyond: int) -> TransportEnvelope | None:
            nonlocal last
            if len(messages) <= beyond:
                return None
            with lock:
                # Check again: a producer that drops the oldest message first removes it.
                if len(messages) <= beyond:
                    return None
                if for_capacity.waiting:
                    for_capacity.wake(1)
                envelope = messages[0]
                del messages[0]  # nothing is called between this and the count
                channel.taken = last = channel.taken + 1
                return envelope

        def take_many(beyond: int, others: int, most: int) -> list[TransportEnvelope] | None:
            nonlocal last
            if len(messages) <= beyond:
                return None
            with lock:
                waiting = len(messages)
                if waiting <= beyond:
                    return None
                number = share(waiting, others, most)
                batch = list(islice(messages, number))
                if for_capacity.waiting:
                    for_capacity.wake(number)
                if number == waiting:
                    messages.clear()
                else:
                    any(map(delitem, repeat(messages, number), repeat(0)))  # each result is None
                channel.taken = last = channel.taken + number
                return batch

        return Dequeuer(take, take_many, self.wait, lambda: last)

    def wait(self) -> None:
        """See `Dequeuer`. `put` and `interrupt` set the leader's event."""
        try:
            event = self._host.event()
        except MemoryError:  # sleep instead: the consumer must survive a shortage of memory
            self._host.sleep(NO_MEMORY)
            return
        try:
            if self._await_message(event):
                event.wait()
        except BaseException:
            self._for_message.leave(event)
            raise

    def _await_message(self, event: Event) -> bool:
        with self._lock:
            if self._messages or self._interrupted:
                self._interrupted = False
                return False
            self._for_message.waiting.append(event)
            return True

    def interrupt(self) -> None:
        """See `Source`. Wakes the leader; if it does not wait, its next wait returns at once."""
        with self._lock:
            is_waiting = len(self._for_message.waiting) > 0
            self._for_message.wake_all()
            self._interrupted = not is_waiting

    # -- counts -----------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._messages)

    @property
    def count(self) -> int:
        """How many messages were put in: those that wait, were taken, or were dropped."""
        with self._lock:
            return self.taken + self.dropped + len(self._messages)
