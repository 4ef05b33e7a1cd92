"""`TwoLockRing`: any number of producers and consumers, with one lock for puts and one for gets.

Michael and Scott's queue with two locks (1996), on slots that are allocated beforehand. Two
sequences coordinate it:

    tail    the last sequence put; stored by the thread that holds the lock of the put side
    head    the last sequence taken; stored by the thread that holds the lock of the get side

        head        tail
         v           v
    .  . .  x  x  x  x  .  .  .      slots of (head, tail] hold items, all others hold None
                        ^ put here: up to head + maxsize
            ^ take from here: up to tail

Each side stores its own sequence. It loads the other side's sequence only after it has used up its
`limit`, which is what it knew of it. So while the queue is neither full nor empty, producers and
consumers share only the list of slots. The sequences hand over a slot. A producer fills it before
it stores `tail` (release), and a consumer reads it after it loaded `tail` (acquire). A consumer
clears it before it stores `head`, and a producer fills it again after it loaded `head`.

A thread that waits for an item joins the waiters of the *put* side. A thread that waits for a free
slot joins those of the *get* side (see `Waiters`). So the thread that puts or gets sees under its
own lock whether there is a waiter. It needs neither a fence nor another lock. A waiter sets `limit`
to `NEVER`, which is enough to lead all later threads off the fast path.

Interrupts. A signal may raise `KeyboardInterrupt` after any call. So every call, such as one that
wakes a waiter, comes *before* the store of the sequence. An operation that is interrupted there has
changed nothing. It may have woken a waiter, which looks and waits again. A waiter that is woken so
early that it finds nothing yet takes the lock before it sleeps, and then finds the change. No
`with` block ends with a call, so that an interrupt after the last call still comes within the
block. If an operation has filled a slot and not published it, the next put stores over it. If an
operation has cleared a slot and not handed it back, it fills that slot again.
"""

import queue
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.forks import Noted, made_here
from ringbuffer.host import Host
from ringbuffer.memory import Memory, SlotView, Word, range_reader, range_writer
from ringbuffer.queues.queue_end import NEVER, NO_REACH, QueueEnd
from ringbuffer.queues.waiters import Waiter
from ringbuffer.sequence import INITIAL_SEQUENCE

#: What `poll` returns if there is no item.
NOTHING: Final = object()


class TwoLockRing(Noted):
    """The ring; none of its methods waits for an item or a free slot. Any thread.

    Args:
        maxsize: the most items at a time, 1 or more; the ring has the next power of two of slots.
        memory: provides the sequences and the slots.
        host: provides the locks.

    Raises:
        ValueError: the slots do not fit into memory.
    """

    __slots__ = (
        "_closed",
        "_head",
        "_read",
        "_tail",
        "_write",
        "getting",
        "mask",
        "maxsize",
        "putting",
        "slots",
    )

    def __init__(self, maxsize: int, memory: Memory, host: Host) -> None:
        size = 1 << (maxsize - 1).bit_length()
        self.maxsize = maxsize
        self.mask: Final = size - 1
        try:
            self.slots: Final[SlotView[Any]] = memory.value_slots(size).view()
        except (MemoryError, OverflowError) as error:
            raise ValueError(
                f"maxsize={maxsize}: the slots are allocated in advance, and {size} of them do not "
                f"fit into memory; give the most items that may wait at a time"
            ) from error
        self._read: Final = range_reader(self.slots)
        self._write: Final = range_writer(self.slots)
        self._tail: Final = memory.cell(INITIAL_SEQUENCE)
        self._head: Final = memory.cell(INITIAL_SEQUENCE)
        self._closed: Final = memory.cell(0)
        self.putting: Final = QueueEnd(host.lock(), self._tail, self._head, self._closed, maxsize)
        self.getting: Final = QueueEnd(host.lock(), self._head, self._tail, self._closed, 0)
        made_here(self)

    # -- one item -------------------------------------------------------------------------

    def offer(self, item: object) -> bool:
        """Put an item and wake a waiter for one; False if there is no free slot.

        Raises:
            queue.ShutDown: the queue is shut down.
        """
        side = self.putting
        with side.lock:
            sequence = side.own[0] + 1
            if sequence <= side.other[0] + side.reach:
                if side.waiting:
                    side.wake(1)  # before the store: see above
                self.slots[sequence & self.mask] = item
                side.own[0] = sequence  # release: the item
                return True
            if side.closed[0]:
                raise queue.ShutDown
            return False

    def poll(self) -> Any:
        """Take the next item and wake a waiter for a free slot; `NOTHING` if there is no item.

        Raises:
            queue.ShutDown: the queue is shut down, and every item was taken.
        """
        side = self.getting
        with side.lock:
            # `closed` is loaded before `tail`. No item is put after the shutdown, so if `closed` is
            # set, the tail that is loaded after it is the last one.
            closed = side.closed[0]
            sequence = side.own[0] + 1
            if sequence <= side.other[0]:
                if side.waiting:
                    side.wake(1)
                item = self.take(sequence)
                return item  # noqa: RET504 - see above: no block ends with a call
            if closed:
                raise queue.ShutDown
            return NOTHING

    def take(self, sequence: int) -> Any:
        """Take the item of a sequence that was put; clear its slot and hand it back.

        The caller holds the lock of the get side.
        """
        slots, at, head = self.slots, sequence & self.mask, self.getting.own
        item = slots[at]
        try:
            slots[at] = None
            head[0] = sequence  # release: the slot is cleared before it may be filled again
        except BaseException:
            if head[0] != sequence:
                slots[at] = item
            raise
        return item

    # -- many items -----------------------------------------------------------------------

    def offer_many(self, items: list[Any], start: int) -> int:
        """Put as many of `items[start:]` as there are free slots, in order; return how many.

        Raises:
            queue.ShutDown: the queue is shut down.
        """
        side = self.putting
        with side.lock:
            low = side.own[0] + 1
            room = side.other[0] + side.reach - low + 1
            if room <= 0:
                if side.closed[0]:
                    raise queue.ShutDown
                return 0
            part = items[start : start + room]
            count = len(part)
            side.wake(count)
            self._write(low, part)
            side.own[0] = low + count - 1  # release: the items
            return count

    def poll_many(self, most: int) -> list[Any]:
        """Take up to `most` items; return an empty list if there are no items.

        Raises:
            queue.ShutDown: the queue is shut down, and every item was taken.
        """
        side = self.getting
        with side.lock:
            closed = side.closed[0]  # before the tail: see `poll`
            low = side.own[0] + 1
            high = min(side.other[0], low + most - 1)
            if high >= low:
                side.wake(high - low + 1)
                items = self._take_many(low, high)
                return items  # noqa: RET504
            if closed:
                raise queue.ShutDown
            return []

    def _take_many(self, low: int, high: int) -> list[Any]:
        head = self.getting.own
        items = self._read(low, high)
        try:
            self._write(low, [None] * len(items))
            head[0] = high
        except BaseException:
            if head[0] != high:
                self._write(low, items)
            raise
        return items

    # -- waiting --------------------------------------------------------------------------

    def await_item(self, waiter: Waiter) -> bool:
        """Have `waiter` woken by the next put, or by the shutdown; False if it is to look again.

        `tail` is exact, because this method holds its lock. `head` may be older than the truth.
        Then the ring seems to have an item, and the waiter looks again.
        """
        side = self.putting
        with side.lock:
            if side.closed[0] or side.own[0] > side.other[0]:
                return False
            side.limit = NEVER
            side.waiting.append(waiter)
            return True

    def await_room(self, waiter: Waiter) -> bool:
        """Have `waiter` woken by the next get, or by the shutdown; False if it is to look again.

        `head` is exact, because this method holds its lock. `tail` may be older than the truth.
        Then the ring seems to have a free slot, and the waiter looks again.
        """
        side = self.getting
        with side.lock:
            if side.closed[0] or side.other[0] < side.own[0] + self.maxsize:
                return False
            side.limit = NEVER
            side.waiting.append(waiter)
            return True

    def has_item(self) -> bool:
        """Whether there seems to be an item, or a shutdown. Takes no lock."""
        return self._closed.load() != 0 or self._tail.load() > self._head.load()

    def has_room(self) -> bool:
        """Whether there seems to be a free slot, or a shutdown. Takes no lock."""
        return self._closed.load() != 0 or self._tail.load() < self._head.load() + self.maxsize

    # -- the whole ------------------------------------------------------------------------

    @property
    def published(self) -> int:
        """The last sequence put."""
        return self._tail.load()

    @property
    def consumed(self) -> int:
        """The last sequence taken."""
        return self._head.load()

    @property
    def is_shut_down(self) -> bool:
        """Whether `shut_down` was called."""
        return self._closed.load() != 0

    def tail_word(self) -> Word:
        """Return an access to `tail` for threads that share another lock."""
        return self._tail.view().word

    def length(self) -> int:
        """Return how many items there were at one moment of the call."""
        side = self.getting
        # `head` cannot change while the lock is held, so the result is right at the moment when
        # `tail` is loaded.
        with side.lock:
            return side.other[0] - side.own[0]

    def resize(self, maxsize: int) -> None:
        """Allow up to `maxsize` items, which is at most the number of slots.

        If there are more items, they stay.
        """
        putting, getting = self.putting, self.getting
        with putting.lock:
            self.maxsize = maxsize
            putting.limit = NEVER
            if not putting.closed[0]:
                putting.reach = maxsize
        # A waiter for a free slot either has looked at the old limit, and is woken here, or comes
        # later and looks at the new one.
        with getting.lock:
            getting.wake_all()

    def shut_down(self, immediate: bool, drained: Callable[[list[int]], None]) -> None:
        """Refuse every later put, and wake all waiters; with `immediate`, drop all items.

        A caller that gets an interrupt finds all of this done, or nothing. What an interrupt cuts
        short is done again from the beginning, and a repetition changes nothing.

        Args:
            immediate: whether to drop the items.
            drained: called with a list that holds the number of items dropped; it sets the number
                to 0 when it has noted them.
        """
        untold = [0]
        try:
            self._shut_down(immediate, drained, untold)
        except BaseException:
            self._shut_down(immediate, drained, untold)
            raise

    def _shut_down(
        self, immediate: bool, drained: Callable[[list[int]], None], untold: list[int]
    ) -> None:
        putting, getting = self.putting, self.getting
        with putting.lock:
            self._closed.store(1)
            putting.reach = NO_REACH
            putting.limit = NEVER
            putting.wake_all()
        dropped: list[Any] = []
        with getting.lock:
            # No later put succeeds, because the lock of the put side was taken since the store of
            # `closed`. A thread that takes this lock later, to wait for a slot, finds `closed`.
            low, high = getting.own[0] + 1, getting.other[0]
            if immediate and high >= low:
                dropped = self._take_many(low, high)
                untold[0] += high - low + 1  # no call between these two statements
            if untold[0]:
                drained(untold)
            getting.wake_all()
        dropped.clear()  # the destructors of the items run without a lock held
