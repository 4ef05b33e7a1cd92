"""What a producing thread does while it is the only one: it claims with plain stores.

The owner stores the claim in its own variable, which other threads may look at. It compares
the claim with its grant, and stores the cursor. Another thread that comes revokes the grant. Then,
and while there is no free capacity, the owner claims as `multi.py` does: a compare-and-swap is
right at any time. So this file holds only claims; loops, publications and what is rare are those of
`multi.py`. See `ringbuffer.sequencer.biased_producer` for why no plain store comes after another
thread's swap.

Why closures: see `multi.py`, and `single.py`, which announces claims in the same way. CPython
stores a closure's variable under its own lock, which is the fence that the order of the two
steps needs.

What an interrupt does. From the store of `claimed` to the store of the cursor, or to the
withdrawal, there is no call and no jump back, so CPython runs no signal handler there. An exception
from a claim means that nothing is claimed. The rest is as in `multi.py`.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from types import FunctionType
from typing import Any, Final, NamedTuple

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.host import Thread
from ringbuffer.memory import FenceLock, SlotView, Word, slot_lists
from ringbuffer.producer.multi import multi_producer_ops
from ringbuffer.producer.multi_views import Views, views_of
from ringbuffer.producer.ops import NO_CAPACITY, NONE_GIVEN, ProducerOps, TryFill, TryPut
from ringbuffer.producer.refusals import keep_unpublished
from ringbuffer.producer.translation import check_has_run, function_of
from ringbuffer.sequencer.biased_producer import REVOKED, BiasedProducerSequencer
from ringbuffer.sequencer.ownership import NO_THREAD
from ringbuffer.sequencer.seal import claimed_of
from ringbuffer.sequencer.sequencer import ONE, check_count


class BiasedProducerOps(NamedTuple):
    """The operations of the owner, and what the sequencer asks of it: see `FirstProducer`."""

    thread: Thread
    ops: ProducerOps
    claimed: Callable[[], int]


def biased_producer_ops(sequencer: BiasedProducerSequencer) -> BiasedProducerOps:
    """The operations of the calling thread, which claims alone until another thread comes."""
    host: Final = sequencer.state.host
    own: Final[Views] = views_of(sequencer)
    several: Final = multi_producer_ops(own)
    grant_view: Final = sequencer.grant_view()
    grant: Final = grant_view.word
    thread_id: Final = host.thread_id
    cursor, limit, size = own.cursor.word, own.limit, own.size
    mask, shift, flags = size - 1, size.bit_length() - 1, own.flags.items
    fence, needed, notify = own.signal
    next_of_several, try_next_of_several = several.next, several.try_next
    publish, give_up = several.publish, several.give_up

    own_id: Final = thread_id()
    #: Another number while the owner must look before it claims alone.
    owner_id = own_id
    is_revoked = False
    claimed = claimed_of(cursor[0])
    checked = ONE

    # HOT: claims slots, waiting while there is no free capacity.
    def next_(n: int = 1, timeout: Duration | None = None) -> int:
        nonlocal claimed, checked
        if n is not checked:
            n = checked = check_count(n, size)
        if timeout is not None:
            check_timeout(timeout)
        if thread_id() == owner_id:
            claimed = sequence = claimed + n  # announced before the grant is read
            if sequence <= grant[0]:
                cursor[0] = sequence
                return sequence
            claimed = sequence - n
        if not is_revoked and renews(n):
            return next_(n, timeout)
        return next_of_several(n, timeout)

    # HOT: claims slots if there is free capacity.
    def try_next(n: int = 1) -> int:
        nonlocal claimed, checked
        if n is not checked:
            n = checked = check_count(n, size)
        if thread_id() == owner_id:
            claimed = sequence = claimed + n
            if sequence <= grant[0]:
                cursor[0] = sequence
                return sequence
            claimed = sequence - n
        if not is_revoked and renews(n):
            return try_next(n)
        return try_next_of_several(n)

    def try_put_into(slots: SlotView[Any], otherwise: Callable[[], int] | None = None) -> TryPut:
        lists, list_shift, list_mask = slot_lists(slots)
        try_put_of_several = several.try_put_into(slots)

        # HOT: claims, stores and publishes one value.
        def try_put(
            value: object,
            # Bound parameters: they save a fifth of the time of a call (docs/adr/0010).
            thread_id: Callable[[], int] = thread_id,
            grant: Word = grant,
            cursor: Word = cursor,
            mask: int = mask,
            shift: int = shift,
            lists: list[list[Any]] = lists,
            list_shift: int = list_shift,
            list_mask: int = list_mask,
            flags: Word = flags,
            fence: FenceLock = fence,
            needed: Word | tuple[int] = needed,
            notify: Callable[[], None] | None = notify,
        ) -> int:
            nonlocal claimed
            if thread_id() == owner_id:
                claimed = sequence = claimed + 1  # announced before the grant is read
                if sequence <= grant[0]:
                    cursor[0] = sequence
                    index = sequence & mask
                    try:
                        lists[index >> list_shift][index & list_mask] = value
                        flags[index] = (sequence >> shift) & 1  # release: after the value
                        if notify is not None:
                            fence[0] = None
                            if needed[0]:
                                notify()
                    except BaseException as error:
                        give_up(sequence, sequence, error)
                        raise
                    return sequence
                claimed = sequence - 1
            if otherwise is not None and thread_id() != own_id:
                return otherwise()
            if not is_revoked and renews(1):
                return try_put(value)
            return try_put_of_several(value)

        return try_put

    def try_fill_into(slots: SlotView[Any], otherwise: Callable[[], int] | None = None) -> TryFill:
        try_fill_of_several = several.try_fill_into(slots)

        # HOT: claims a slot, lets a translator fill its event, and publishes it.
        def try_fill(
            translator: Any,
            argument: object,
            more: tuple[object, ...],
            # Bound parameters, as above.
            thread_id: Callable[[], int] = thread_id,
            grant: Word = grant,
            cursor: Word = cursor,
            slots: SlotView[Any] = slots,
            mask: int = mask,
            shift: int = shift,
            none: object = NONE_GIVEN,
            kind_of: Callable[[object], type] = type,
            function: type = FunctionType,
            flags: Word = flags,
            fence: FenceLock = fence,
            needed: Word | tuple[int] = needed,
            notify: Callable[[], None] | None = notify,
        ) -> int:
            nonlocal claimed
            translate = translator if kind_of(translator) is function else function_of(translator)
            sequence = NO_CAPACITY
            if thread_id() == owner_id:
                claimed = sequence = claimed + 1  # announced before the grant is read
                if sequence <= grant[0]:
                    cursor[0] = sequence
                else:
                    claimed, sequence = sequence - 1, NO_CAPACITY
            if sequence == NO_CAPACITY:
                if otherwise is not None and thread_id() != own_id:
                    return otherwise()
                if not is_revoked and renews(1):
                    return try_fill(translator, argument, more)
                return try_fill_of_several(translator, argument, more)
            index, lap = sequence & mask, (sequence >> shift) & 1
            try:
                # Unpacking the arguments of a call takes longer than the call.
                if more:
                    result = translate(slots[index], sequence, argument, *more)
                elif argument is none:
                    result = translate(slots[index], sequence)
                else:
                    result = translate(slots[index], sequence, argument)
                if result is not None:
                    check_has_run(translator, result)
                # Not if the translator has published it, or claimed: a lap may have passed then.
                if flags[index] != lap and claimed == sequence <= grant[0]:
                    flags[index] = lap  # release: after the event was filled
                    if notify is not None:
                        fence[0] = None
                        if needed[0]:
                            notify()
                else:
                    publish(sequence)  # raises if it is published already
            except BaseException as error:
                try:
                    give_up(sequence, sequence, error)
                except BaseException:  # an interrupt, after the translator's error
                    give_up(sequence, sequence, error)
                    raise
                raise
            return sequence

        return try_fill

    def publish_each[E, T](
        slots: SlotView[E], items: Iterable[T], timeout: Duration | None = None
    ) -> Generator[tuple[E, T]]:
        return each(slots, items, check_timeout(timeout))

    # HOT: claims, yields and publishes one slot for each item.
    def each[E, T](
        slots: SlotView[E], items: Iterable[T], timeout: Duration | None
    ) -> Generator[tuple[E, T]]:
        # Terminates because the items end, or because the caller leaves its loop, whose body may
        # claim too: so no claim is kept in a local variable.
        nonlocal claimed
        this_thread, grants, words, mask_, shift_ = thread_id, grant, cursor, mask, shift
        flags_, fence_, needed_, tell = flags, fence, needed, notify
        for item in items:
            sequence = NO_CAPACITY
            if this_thread() == owner_id:
                claimed = sequence = claimed + 1  # announced before the grant is read
                if sequence <= grants[0]:
                    words[0] = sequence
                else:
                    claimed, sequence = sequence - 1, NO_CAPACITY
            if sequence == NO_CAPACITY:
                try:
                    sequence = next_(1, timeout)
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

    # -- cold, once a lap or less ------------------------------------------------------------------

    def renews(n: int) -> bool:
        """Whether the owner may claim the next `n` sequences alone; raises the grant for that.

        Until it returns True, the owner does not claim alone. So an interrupt leaves nothing
        behind, whatever the owner claims meanwhile by compare-and-swap.

        Raises:
            RingBufferClosedError: the ring is closed.
        """
        nonlocal claimed, owner_id, is_revoked
        owner_id = NO_THREAD
        if thread_id() != own_id:  # not the owner: a second producing thread after all
            sequencer.revoke()
        granted = grant[0]
        if granted == REVOKED:
            is_revoked = True
            return False
        last = cursor[0]
        if last + n > limit[0] and not own.capacity.admits(last + n):
            return False
        room = limit[0]
        # Only the owner raises the grant. So the swap fails only if it was revoked meanwhile.
        if not grant_view.compare_and_set(granted, room):
            return False
        claimed = last
        owner_id = own_id
        return last + n <= room

    def claimed_so_far() -> int:
        return claimed

    ops = replace(
        several,
        next=next_,
        try_next=try_next,
        try_put_into=try_put_into,
        try_fill_into=try_fill_into,
        publish_each=publish_each,
    )
    return BiasedProducerOps(host.current_thread(), ops, claimed_so_far)
