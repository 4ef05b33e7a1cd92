"""`TwoLockRing`: any number of producers and consumers, one lock for all who put and one for all who get.

Michael and Scott's queue with two locks (1996), on slots that are made beforehand, coordinated by two sequences:

    tail    the last sequence put; stored by whoever holds the lock of the put side
    head    the last sequence taken; stored by whoever holds the lock of the get side

        head        tail
         v           v
    .  . .  x  x  x  x  .  .  .      slots of (head, tail] hold items, all others hold None
                        ^ put here: up to head + maxsize
            ^ take from here: up to tail

Each side stores its own sequence, and loads the other side's only when it has used up what it knew of it, the `limit`. So
while the queue is neither full nor empty, those who put and those who get share nothing but the list of slots. A slot is handed
over by the sequences: it is filled before `tail` is stored (release) and read after `tail` was loaded (acquire); it is cleared
before `head` is stored and filled again after `head` was loaded.

Who waits for an item waits with the *put* side, and who waits for room with the *get* side (see `Waiters`): so whoever makes
something possible sees under its own lock whether anybody waits for it, without a fence and without another lock. A waiter sets
`limit` to `NEVER`: that alone leads those who come after it off the fast way.

Interrupts. A signal may raise `KeyboardInterrupt` after any call. So whatever calls (waking somebody) comes *before* the
sequence is stored: an operation that is interrupted there has done nothing, except to wake a waiter, who looks and waits again.
One that is woken so early that it finds nothing yet comes through the lock before it sleeps, and then finds it.
No `with` block ends with a call, so that an interrupt after the last one still comes within the block.
What is stored in a slot that is not published is stored over by the next. A slot that was cleared and is not handed back is
filled again.
"""

import queue
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.host import Host
from ringbuffer.memory import Memory, SlotView, Word, range_reader, range_writer
from ringbuffer.queues.side import NEVER, NO_REACH, Side
from ringbuffer.queues.waiters import Waiter
from ringbuffer.sequence import INITIAL_SEQUENCE

#: What `poll` returns where there is no item.
NOTHING: Final = object()


class TwoLockRing:
    """The ring, without any waiting of its own. Any thread.

    Args:
        maxsize: the most items at a time, 1 or more; the ring has the next power of two of slots.
        memory: what provides the sequences and the slots.
        host: what provides the locks.

    Raises:
        ValueError: the slots do not fit into memory.
    """

    __slots__ = ("_closed", "_head", "_read", "_tail", "_write", "getting", "mask", "maxsize", "putting", "slots")

    def __init__(self, maxsize: int, memory: Memory, host: Host) -> None:
        size = 1 << (maxsize - 1).bit_length()
        self.maxsize = maxsize
        self.mask: Final = size - 1
        try:
            self.slots: Final[SlotView[Any]] = memory.value_slots(size).view()
        except (MemoryError, OverflowError) as error:
            raise ValueError(
                f"maxsize={maxsize}: the slots are made beforehand, and {size} of them do not fit into memory; give the most "
                f"items that may wait at a time"
            ) from error
        self._read: Final = range_reader(self.slots)
        self._write: Final = range_writer(self.slots)
        self._tail: Final = memory.cell(INITIAL_SEQUENCE)
        self._head: Final = memory.cell(INITIAL_SEQUENCE)
        self._closed: Final = memory.cell(0)
        self.putting: Final = Side(host.lock(), self._tail, self._head, self._closed, maxsize)
        self.getting: Final = Side(host.lock(), self._head, self._tail, self._closed, 0)

    # -- one item ------------------------------------------------------------------------------------------------

    def offer(self, item: object) -> bool:
        """Put an item and wake whoever waits for one; False where there is no room.

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
        """Take the next item and wake whoever waits for room; `NOTHING` where there is none.

        Raises:
            queue.ShutDown: the queue is shut down, and every item was taken.
        """
        side = self.getting
        with side.lock:
            # In this order: nothing is put once the queue is shut down, so a tail loaded after `closed` is the last one.
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
        """The item of a sequence that is put; its slot is cleared and handed back. With the lock of the get side held."""
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

    # -- many items ----------------------------------------------------------------------------------------------

    def offer_many(self, items: list[Any], start: int) -> int:
        """Put as many of `items[start:]` as there is room for, in order; how many.

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
        """Take up to `most` items; an empty list where there is none.

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

    # -- who waits -----------------------------------------------------------------------------------------------

    def await_item(self, waiter: Waiter) -> bool:
        """Have `waiter` woken by the next put, or the shutdown; False if it should look again instead.

        `tail` is exact here; `head` may be older than the truth: then there seems to be an item, and the waiter looks again.
        """
        side = self.putting
        with side.lock:
            if side.closed[0] or side.own[0] > side.other[0]:
                return False
            side.limit = NEVER
            side.waiting.append(waiter)
            return True

    def await_room(self, waiter: Waiter) -> bool:
        """Have `waiter` woken by the next get, or the shutdown; False if it should look again instead.

        `head` is exact here; `tail` may be older than the truth: then there seems to be room, and the waiter looks again.
        """
        side = self.getting
        with side.lock:
            if side.closed[0] or side.other[0] < side.own[0] + self.maxsize:
                return False
            side.limit = NEVER
            side.waiting.append(waiter)
            return True

    def has_item(self) -> bool:
        """Whether there seems to be an item, or the end: a look without a lock."""
        return self._closed.load() != 0 or self._tail.load() > self._head.load()

    def has_room(self) -> bool:
        """Whether there seems to be room, or the end: a look without a lock."""
        return self._closed.load() != 0 or self._tail.load() < self._head.load() + self.maxsize

    # -- the whole -----------------------------------------------------------------------------------------------

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
        """An access to `tail` for those who share a lock of their own."""
        return self._tail.view().word

    def length(self) -> int:
        """How many items there were at one moment of the call."""
        side = self.getting
        with side.lock:  # `head` stands still, so this is the truth at the moment in which `tail` is loaded
            return side.other[0] - side.own[0]

    def resize(self, maxsize: int) -> None:
        """Let there be up to `maxsize` items, as many as there are slots at the most. If there are more, they stay."""
        putting, getting = self.putting, self.getting
        with putting.lock:
            self.maxsize = maxsize
            putting.limit = NEVER
            if not putting.closed[0]:
                putting.reach = maxsize
        with getting.lock:  # who waits for room has looked at the old bound, or comes later and looks at the new one
            getting.wake_all()

    def shut_down(self, immediate: bool, drained: Callable[[int], None]) -> None:
        """Refuse every later put, and let those who wait look again; with `immediate`, drop what is there.

        Args:
            immediate: whether to drop the items.
            drained: called with the number of items dropped.

        An interrupt may leave this half done; calling it again does the rest.
        """
        putting, getting = self.putting, self.getting
        with putting.lock:
            self._closed.store(1)
            putting.reach = NO_REACH
            putting.limit = NEVER
            putting.wake_all()
        dropped: list[Any] = []
        with getting.lock:
            # Nothing is put any more, and whoever waits for room from now on finds `closed`: both locks were taken since.
            low, high = getting.own[0] + 1, getting.other[0]
            if immediate:
                try:
                    dropped = self._take_many(low, high) if high >= low else []
                finally:
                    drained(len(dropped))
            getting.wake_all()
        dropped.clear()  # what the items' destructors do, they do without a lock held
