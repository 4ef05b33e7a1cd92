"""What each producing thread of a multi-producer ring does: claim, store, publish.

A claim is a compare-and-swap of the cursor, and a publication is one store-release of the slot's
flag. Capacity is confirmed *before* the swap: a claim that is refused or times out leaves no gap.
A swap fails only if another producer has claimed. So some producer makes progress in each
iteration.

Why closures. On CPython 3.13t reading an attribute costs about as much as the shared access that a
claim is for. The views below belong to the thread: other threads do not change their reference
counts. The functions that run for each event are marked HOT. Rare operations are in
`multi_recovery.py`.

What an interrupt does. CPython may run a signal handler right after the swap, before its result is
known. The view then knows whether the swap has happened (`CellView.has_set`; the cursor only grows,
so no pair recurs), and the claim is skipped. The code after the swap is in a `try`, which skips the
claim, or finishes a publication that has begun. This costs nothing while nothing raises.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.memory import SlotView, slot_lists
from ringbuffer.producer.multi_fill import bind_try_fill
from ringbuffer.producer.multi_views import Views
from ringbuffer.producer.ops import (
    NO_CAPACITY,
    Next,
    ProducerOps,
    Publish,
    PublishClaimed,
    PublishEach,
    TryFill,
    TryNext,
    TryPut,
)
from ringbuffer.producer.refusals import keep_unpublished, no_capacity, not_due
from ringbuffer.sequencer.capacity_wait import CapacityWait
from ringbuffer.sequencer.seal import claimed_of
from ringbuffer.sequencer.sequencer import ONE, check_count


def multi_producer_ops(own: Views) -> ProducerOps:
    """The calling thread's operations. Any thread may publish what another thread has claimed."""
    recovery = own.recovery
    next_, publish_claimed = bind_next(own), bind_publish_claimed(own)
    publish = bind_publish(own, publish_claimed)

    def skip(low: int, high: int | None = None) -> None:
        recovery.skip(low, high, publish)

    def try_put_into(slots: SlotView[Any], otherwise: Callable[[], int] | None = None) -> TryPut:
        return bind_try_put(own, slots)

    def try_fill_into(slots: SlotView[Any], otherwise: Callable[[], int] | None = None) -> TryFill:
        return bind_try_fill(own, publish, slots)

    return ProducerOps(
        next_,
        bind_try_next(own),
        publish,
        publish_claimed,
        skip,
        recovery.give_up,
        try_put_into,
        try_fill_into,
        bind_publish_each(own, next_),
    )


def bind_next(own: Views) -> Next:
    """Makes `next`."""
    cursor, compare_and_set = own.cursor.word, own.cursor.compare_and_set
    size, limit, capacity, disown = own.size, own.limit, own.capacity, own.recovery.disown
    checked = ONE

    # HOT: claims slots, waiting while there is no free capacity.
    def next_(n: int = 1, timeout: Duration | None = None) -> int:
        nonlocal checked
        if n is not checked:
            n = checked = check_count(n, size)
        if timeout is not None:
            check_timeout(timeout)
        wait: CapacityWait | None = None
        current = sequence = -1
        # Terminates because each iteration ends in a claim; in a swap that fails, which means that
        # another producer has claimed; or in a pause, which ends when a consumer advances, at the
        # deadline, or when the ring is closed.
        try:
            while True:
                current = cursor[0]
                sequence = current + n
                if sequence > limit[0] and not capacity.admits(sequence):
                    if wait is None:
                        wait = capacity.start_wait(sequence, n, timeout)
                    wait.pause(sequence)
                elif compare_and_set(current, sequence):
                    return sequence
                else:
                    continue  # so that the jump back is in the `try`: see `ringbuffer.system`
        except BaseException as error:
            disown(current, sequence, error)
            raise

    return next_


def bind_try_next(own: Views) -> TryNext:
    """Makes `try_next`."""
    cursor, compare_and_set = own.cursor.word, own.cursor.compare_and_set
    size, limit, capacity, disown = own.size, own.limit, own.capacity, own.recovery.disown
    checked = ONE

    # HOT: claims slots if there is free capacity.
    def try_next(n: int = 1) -> int:
        nonlocal checked
        if n is not checked:
            n = checked = check_count(n, size)
        # Terminates because a swap fails only if another producer has claimed.
        while True:
            current = cursor[0]
            sequence = current + n
            if sequence > limit[0] and not capacity.admits(sequence):
                raise no_capacity(n, size)
            try:
                if compare_and_set(current, sequence):
                    return sequence
            except BaseException as error:
                disown(current, sequence, error)
                raise

    return try_next


def bind_publish(own: Views, publish_claimed: PublishClaimed) -> Publish:
    """Makes `publish`."""
    size, cursor, flags = own.size, own.cursor.word, own.flags.items
    fence, needed, notify = own.signal
    mask, shift = size - 1, size.bit_length() - 1
    recovery = own.recovery
    complete = recovery.complete

    # HOT: publishes claimed slots: one store-release of each slot's flag.
    def publish(low: int, high: int | None = None) -> None:
        lap = (low >> shift) & 1
        claimed = cursor[0]
        if high is None:
            high = low
        if not claimed - size < low <= high <= claimed or flags[low & mask] == lap:
            claimed = claimed_of(claimed)
            if flags[low & mask] == lap or not claimed - size < low <= high <= claimed:
                raise not_due(low, high, claimed)
        if low == high:
            try:
                flags[low & mask] = lap  # release: after the event was written
                if notify is not None:
                    fence[0] = None
                    if needed[0]:
                        notify()
            except BaseException:
                complete(low, high)
                raise
        else:
            recovery.check_unpublished(low, high, claimed)
            publish_claimed(low, high)

    return publish


def bind_publish_claimed(own: Views) -> PublishClaimed:
    """Makes `publish_claimed`."""
    size, fill, complete = own.size, own.flags.fill, own.recovery.complete
    fence, needed, notify = own.signal
    mask, shift = size - 1, size.bit_length() - 1

    # HOT: publishes a batch, in at most two pieces of the row of flags.
    def publish_claimed(low: int, high: int) -> None:
        start, stop = low & mask, (high & mask) + 1
        lap = (low >> shift) & 1
        try:
            if start < stop:
                fill(start, stop, lap)
            else:
                fill(start, size, lap)
                fill(0, stop, lap ^ 1)
            if notify is not None:
                fence[0] = None
                if needed[0]:
                    notify()
        except BaseException:
            complete(low, high)
            raise

    return publish_claimed


def bind_try_put(own: Views, slots: SlotView[Any]) -> TryPut:
    """Makes `try_put` for these slots."""
    lists, list_shift, list_mask = slot_lists(slots)
    cursor, compare_and_set, limit = own.cursor.word, own.cursor.compare_and_set, own.limit
    mask, shift, flags = own.size - 1, own.size.bit_length() - 1, own.flags.items
    fence, needed, notify = own.signal
    capacity, recovery = own.capacity, own.recovery

    # HOT: claims, stores and publishes one value.
    def try_put(value: object) -> int:
        # Terminates because a swap fails only if another producer has claimed.
        while True:
            current = cursor[0]
            sequence = current + 1
            if sequence > limit[0] and not capacity.admits(sequence):
                return NO_CAPACITY
            try:
                if compare_and_set(current, sequence):
                    break
            except BaseException as error:
                recovery.disown(current, sequence, error)
                raise
        index = sequence & mask
        try:
            lists[index >> list_shift][index & list_mask] = value
            flags[index] = (sequence >> shift) & 1  # release: after the value was stored
            if notify is not None:
                fence[0] = None
                if needed[0]:
                    notify()
        except BaseException as error:
            recovery.give_up(sequence, sequence, error)
            raise
        return sequence

    return try_put


def bind_publish_each(own: Views, next_: Next) -> PublishEach:
    """Makes `publish_each`."""
    size, flags, give_up = own.size, own.flags.items, own.recovery.give_up
    mask, shift = size - 1, size.bit_length() - 1
    fence, needed, notify = own.signal

    def publish_each[E, T](
        slots: SlotView[E], items: Iterable[T], timeout: Duration | None = None
    ) -> Generator[tuple[E, T]]:
        return each(slots, items, check_timeout(timeout))

    # HOT: claims, yields and publishes one slot for each item.
    def each[E, T](
        slots: SlotView[E], items: Iterable[T], timeout: Duration | None
    ) -> Generator[tuple[E, T]]:
        # Terminates because the items end, or because the caller leaves its loop.
        claim, flags_, mask_, shift_ = next_, flags, mask, shift
        fence_, needed_, tell = fence, needed, notify
        for item in items:
            try:
                sequence = claim(1, timeout)
            except BaseException as error:
                keep_unpublished(error, item)
                raise
            index, lap = sequence & mask_, (sequence >> shift_) & 1
            try:
                yield slots[index], item
                flags_[index] = lap  # release: after the event was written
                if tell is not None:
                    fence_[0] = None
                    if needed_[0]:
                        tell()
            except BaseException as error:
                try:
                    give_up(sequence, sequence, error)
                except BaseException:  # an interrupt, after the loop was left
                    give_up(sequence, sequence, error)
                    raise
                raise

    return publish_each
