"""What a producing thread of a multi-producer ring does for `publish_event`: claim, fill, publish.

See `multi.py` for the protocol, and for why this is a closure.
"""

from types import FunctionType
from typing import Any

from ringbuffer.memory import SlotView
from ringbuffer.producer.multi_views import Views
from ringbuffer.producer.ops import NO_CAPACITY, NONE_GIVEN, Publish, TryFill
from ringbuffer.producer.translation import check_has_run, function_of


def bind_try_fill(own: Views, publish: Publish, slots: SlotView[Any]) -> TryFill:
    """Makes `try_fill` for these slots."""
    cursor, compare_and_set, limit = own.cursor.word, own.cursor.compare_and_set, own.limit
    size, flags = own.size, own.flags.items
    mask, shift = size - 1, size.bit_length() - 1
    fence, needed, notify = own.signal
    capacity, recovery = own.capacity, own.recovery
    # Globals and built-ins take longer to read than variables of the enclosing function.
    kind_of, function, none = type, FunctionType, NONE_GIVEN

    # HOT: claims a slot, lets a translator fill its event, and publishes it.
    def try_fill(translator: Any, argument: object, more: tuple[object, ...]) -> int:
        translate = translator if kind_of(translator) is function else function_of(translator)
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
            claimed = cursor[0]
            if claimed - size < sequence <= claimed and flags[index] != lap:
                flags[index] = lap  # release: after the event was filled
                if notify is not None:
                    fence[0] = None
                    if needed[0]:
                        notify()
            else:
                publish(sequence)  # it was published already, or the ring is sealed
        except BaseException as error:
            try:
                recovery.give_up(sequence, sequence, error)
            except BaseException:  # an interrupt, after the translator's error
                recovery.give_up(sequence, sequence, error)
                raise
            raise
        return sequence

    return try_fill
