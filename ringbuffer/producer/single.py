"""What the one producing thread of a single-producer ring does: claim, store, publish.

The producing thread owns three variables: `claimed` and `published`, the last sequences that it has
claimed and published, and `owner_id`, the number of the thread. No other thread writes them. A
claim is a store to a variable and a comparison with the limit. A publication is one store-release
of the cursor.

Order of a claim. The producer announces it, by the store to `claimed`, *before* it reads the limit.
A thread that closes the ring lowers the limit, and reads `claimed` after that. So either the
producer finds the limit lowered and withdraws the claim, or the closing thread sees the claim: see
`SingleProducerSequencer._seal`. CPython stores a closure's variable under its own lock, which
is the fence that this order needs.

Why closures: see docs/adr/0010. The functions that run for each event are marked HOT and are here
together, over one set of variables. Rare ones are in `single_recovery.py`, unless they must write
these variables. The HOT ones take the steps of a signal (`wait.Steps`) without a call.

What an interrupt does. CPython runs no signal handler at a store to a variable. So an exception
from `next` means that nothing is claimed. A publication that has begun is finished; a claim whose
publication has not begun is skipped. This costs nothing while nothing raises.
"""

from collections.abc import Callable, Generator, Iterable
from types import FunctionType
from typing import Any, Final, NoReturn

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.memory import FenceLock, SlotView, Word, slot_lists
from ringbuffer.producer.ops import NO_CAPACITY, NONE_GIVEN, ProducerOps, TryFill, TryPut
from ringbuffer.producer.refusals import keep_unpublished, no_capacity
from ringbuffer.producer.single_recovery import (
    ASK_THE_CURSOR,
    SingleProducerOps,
    SingleProducerRecovery,
    Variables,
    check_own_backlog,
    end_of_publication,
)
from ringbuffer.producer.translation import check_has_run, function_of
from ringbuffer.sequencer.capacity import Capacity
from ringbuffer.sequencer.ownership import NO_THREAD, RETIRED, Tenure, lent
from ringbuffer.sequencer.published_cursor import PublishedCursor
from ringbuffer.sequencer.sequencer import ONE, check_count
from ringbuffer.wait import bind_signal, steps_of


def single_producer_ops(tenure: Tenure) -> SingleProducerOps:
    """The operations of the calling thread, which becomes the ring's one producer."""
    state: Final = tenure.state
    size: Final = state.size
    mask: Final = size - 1
    thread_id: Final = state.host.thread_id
    cursor: Final = tenure.cursor.word
    limit: Final = state.limit.view().word
    closed: Final = state.closed_word()
    capacity: Final = Capacity(state, PublishedCursor(tenure.cursor), limit)
    wait_until: Final = capacity.wait_until
    signal: Final = bind_signal(tenure.wait_strategy)
    fence, needed, notify = steps_of(signal)
    early_skips: Final = tenure.early_skips

    owner_id = thread_id()
    claimed = tenure.claimed
    published = ASK_THE_CURSOR if early_skips else cursor[0]
    checked = ONE
    is_lent = False

    # HOT: claims slots, waiting while there is no free capacity.
    def next_(n: int = 1, timeout: Duration | None = None) -> int:
        nonlocal claimed, checked
        if thread_id() != owner_id:
            refuse()
        if n is not checked:
            n = checked = check_count(n, size)
        if timeout is not None:
            check_timeout(timeout)
        claimed = sequence = claimed + n  # announced before the limit is read
        try:
            if sequence > limit[0] and not admits(sequence, n):
                check_own_backlog(sequence, n, cursor[0], size)
                wait_until(admits, sequence, n, timeout)
        except BaseException:
            claimed = sequence - n
            raise
        return sequence

    # HOT: claims slots if there is free capacity.
    def try_next(n: int = 1) -> int:
        nonlocal claimed, checked
        if thread_id() != owner_id:
            refuse()
        if n is not checked:
            n = checked = check_count(n, size)
        claimed = sequence = claimed + n
        try:
            if sequence > limit[0] and not admits(sequence, n):
                raise no_capacity(n, size)
        except BaseException:
            claimed = sequence - n
            raise
        return sequence

    # HOT: publishes claimed slots: one store-release of the cursor.
    def publish(low: int, high: int | None = None) -> None:
        nonlocal published
        # Storing `high` publishes every sequence before it too. So a gap, in which consumers would
        # read what an earlier lap left in the slots, is refused.
        if high is None:
            high = low
        if low != published + 1 or not low <= high <= claimed:
            if owner_id == NO_THREAD:
                refuse()
            high = end_of_publication(early_skips, low, high, cursor[0], claimed)
            published = ASK_THE_CURSOR if early_skips else high
        else:
            published = high
        try:
            cursor[0] = high
            if notify is not None:
                fence[0] = None
                if needed[0]:
                    notify()
        except BaseException:
            recovery.finish(high)
            raise

    def try_put_into(slots: SlotView[Any], otherwise: Callable[[], int] | None = None) -> TryPut:
        lists, list_shift, list_mask = slot_lists(slots)

        # HOT: claims, stores and publishes one value.
        def try_put(
            value: object,
            # Bound parameters: they save a fifth of the time of a call (docs/adr/0010).
            thread_id: Callable[[], int] = thread_id,
            limit: Word = limit,
            mask: int = mask,
            lists: list[list[Any]] = lists,
            list_shift: int = list_shift,
            list_mask: int = list_mask,
            cursor: Word = cursor,
            fence: FenceLock = fence,
            needed: Word | tuple[int] = needed,
            notify: Callable[[], None] | None = notify,
        ) -> int:
            nonlocal claimed, published
            if thread_id() != owner_id:
                return refuse() if otherwise is None else otherwise()
            claimed = sequence = claimed + 1
            try:
                if sequence > limit[0] and not admits(sequence, 1):
                    return NO_CAPACITY
                lists[(sequence & mask) >> list_shift][sequence & list_mask] = value
                if sequence == published + 1:
                    published = sequence
                    cursor[0] = sequence  # release: after the value was stored
                    if notify is not None:
                        fence[0] = None
                        if needed[0]:
                            notify()
                else:
                    publish(sequence)
            except BaseException as error:
                if claimed == sequence:  # otherwise the claim was refused
                    give_up(sequence, sequence, error)
                raise
            return sequence

        return try_put

    def try_fill_into(slots: SlotView[Any], otherwise: Callable[[], int] | None = None) -> TryFill:
        # Globals and built-ins take longer to read than variables of the enclosing function.
        kind_of, function, none = type, FunctionType, NONE_GIVEN

        # HOT: claims a slot, lets a translator fill its event, and publishes it.
        def try_fill(translator: Any, argument: object, more: tuple[object, ...]) -> int:
            nonlocal claimed, published
            if thread_id() != owner_id:
                return refuse() if otherwise is None else otherwise()
            translate = translator if kind_of(translator) is function else function_of(translator)
            claimed = sequence = claimed + 1  # announced before the limit is read
            try:
                if sequence > limit[0] and not admits(sequence, 1):
                    return NO_CAPACITY
            except BaseException:
                claimed = sequence - 1
                raise
            try:
                # Unpacking the arguments of a call takes longer than the call.
                if more:
                    result = translate(slots[sequence & mask], sequence, argument, *more)
                elif argument is none:
                    result = translate(slots[sequence & mask], sequence)
                else:
                    result = translate(slots[sequence & mask], sequence, argument)
                if result is not None:
                    check_has_run(translator, result)
                if published + 1 == sequence <= claimed:  # not if the translator has released it
                    published = sequence
                    cursor[0] = sequence  # release: after the event was filled
                    if notify is not None:
                        fence[0] = None
                        if needed[0]:
                            notify()
                else:
                    publish(sequence)
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
        if thread_id() != owner_id:
            refuse()
        return each(slots, items, check_timeout(timeout))

    # HOT: claims, yields and publishes one slot for each item.
    def each[E, T](
        slots: SlotView[E], items: Iterable[T], timeout: Duration | None
    ) -> Generator[tuple[E, T]]:
        # The loop has exclusive use of the ring's production: every other function finds that no
        # thread owns it. So only `claimed` is kept where other threads read it, and the rest is
        # local. Terminates because the items end, or because the caller leaves its loop.
        nonlocal claimed, published, owner_id, is_lent
        if (owner := owner_id) != thread_id():
            refuse()
        words, limits, mask_ = cursor, limit, mask
        fence_, needed_, tell = fence, needed, notify
        sequence = words[0]
        if claimed != sequence:
            raise ValueError(
                f"publish what is claimed first: {sequence + 1} to {claimed}. "
                f"Nothing was taken from the items"
            )
        owner_id, is_lent, published = NO_THREAD, True, ASK_THE_CURSOR
        try:
            for item in items:
                claimed = sequence = sequence + 1
                if sequence > limits[0]:
                    try:
                        if not admits(sequence, 1):
                            check_own_backlog(sequence, 1, words[0], size)
                            wait_until(admits, sequence, 1, timeout)
                    except BaseException as error:
                        keep_unpublished(error, item)
                        raise
                yield slots[sequence & mask_], item
                words[0] = sequence  # release: after the event was written
                if tell is None:
                    continue  # so that each jump back is in the `try`: see `ringbuffer.system`
                fence_[0] = None
                if not needed_[0]:
                    continue  # as above
                tell()
        finally:
            try:
                take_back(owner)
            except BaseException:  # an interrupt, after the loop was left
                take_back(owner)
                raise

    # -- cold, once a lap or less: functions that must write the variables above -------------------

    def admits(sequence: int, n: int) -> bool:
        """Whether an announced claim beyond the limit is admitted; if not, withdraws it."""
        nonlocal claimed
        claimed = sequence - n
        if not capacity.admits(sequence):
            return False
        claimed = sequence
        if closed[0]:  # the limit was kept before the claim was announced, so look once more
            claimed = sequence - n
            raise state.refusal()
        return True

    def take_back(owner: int) -> None:
        """End a loop of `publish_each`. It may be called again: it does what is left undone."""
        nonlocal owner_id, is_lent
        # Not if the owner has ended: another thread produces, or finds the claim unpublished.
        if claimed != RETIRED and thread_id() == owner:
            owner_id, is_lent = owner, False
            if cursor[0] != claimed:
                recovery.skip(claimed)
            elif signal is not None:
                signal()  # an interrupt may have come between the last publication and its signal

    def refuse() -> NoReturn:
        raise lent("claim, publish or skip") if is_lent else tenure.refusal()

    def retire() -> None:
        # From here on the first comparison of each operation fails.
        nonlocal owner_id, claimed
        owner_id = NO_THREAD
        claimed = RETIRED

    def claimed_so_far() -> int:
        return claimed

    def ask_the_cursor() -> None:
        nonlocal published
        published = ASK_THE_CURSOR

    variables = Variables(claimed_so_far, lambda: owner_id != NO_THREAD, ask_the_cursor, refuse)
    recovery: Final = SingleProducerRecovery(tenure, variables, publish, signal)
    give_up: Final = recovery.give_up

    def skip(low: int, high: int | None = None) -> None:
        recovery.skip(low, high)

    # `publish` also checks what was just claimed: it must be the next sequence due.
    ops = ProducerOps(
        next_, try_next, publish, publish, skip, give_up, try_put_into, try_fill_into, publish_each
    )
    return SingleProducerOps(tenure.thread, ops, claimed_so_far, lambda: is_lent, retire)
