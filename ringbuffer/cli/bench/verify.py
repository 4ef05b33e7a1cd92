"""What consumers got is what producers sent, or the run does not count."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

#: What events carry: small integers, which CPython keeps for ever, so that no run measures the reference counts of its payload.
#: What two stages make of them still fits into a byte.
PAYLOAD: Final = tuple(range(1, 101))


class LostEventsError(Exception):
    """A consumer got something else than what was sent."""


def payload(count: int) -> list[int]:
    """The values that a producer sends, `count` of them."""
    return (list(PAYLOAD) * (count // len(PAYLOAD) + 1))[:count]


def verify(who: str, got: Sequence[int], sent: Sequence[int], *, ordered: bool = True) -> None:
    """Compare what `who` got with what was sent.

    Args:
        who: for the message.
        got: every value, as it came.
        sent: every value, as it was sent.
        ordered: whether the order must be that of the sending, as with one producer.

    Raises:
        LostEventsError: they differ.
    """
    if not isinstance(got, bytearray) and not all(type(value) is int for value in got):
        raise LostEventsError(f"{who} got {next(value for value in got if type(value) is not int)!r}, which was never sent")
    if len(got) != len(sent) or sum(got) != sum(sent):
        raise LostEventsError(
            f"{who} got {len(got)} events with the checksum {sum(got)}; {len(sent)} with {sum(sent)} were sent"
        )
    if ordered and list(got) != list(sent):
        where = next(index for index, (one, other) in enumerate(zip(got, sent, strict=True)) if one != other)
        raise LostEventsError(f"{who} got the right events in another order, from event {where} on")
    if not ordered and Counter(got) != Counter(sent):
        raise LostEventsError(f"{who} got other events than were sent, though as many, with the same checksum")
