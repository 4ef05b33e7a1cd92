"""Verifies that consumers received what producers sent; otherwise the run does not count."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

#: The payload of events: small integers, which CPython keeps forever, so that no run measures the
#: reference counts of its payload. The results of two stages still fit into a byte.
PAYLOAD: Final = tuple(range(1, 101))


class LostEventsError(Exception):
    """A consumer received other events than were sent."""


def payload(count: int) -> list[int]:
    """The values that a producer sends, `count` of them."""
    return (list(PAYLOAD) * (count // len(PAYLOAD) + 1))[:count]


def verify(who: str, got: Sequence[int], sent: Sequence[int], *, ordered: bool = True) -> None:
    """Compare the received values with the sent ones.

    Args:
        who: the name of the receiver, for the error message.
        got: every value that was received, in order.
        sent: every value that was sent, in order.
        ordered: whether both orders must be equal, as with one producer.

    Raises:
        LostEventsError: they differ.
    """
    if not isinstance(got, bytearray) and not all(type(value) is int for value in got):
        raise LostEventsError(
            f"{who} got {next(value for value in got if type(value) is not int)!r}, "
            f"which was never sent"
        )
    if len(got) != len(sent) or sum(got) != sum(sent):
        raise LostEventsError(
            f"{who} got {len(got)} events with the checksum {sum(got)}; "
            f"{len(sent)} with {sum(sent)} were sent"
        )
    if ordered and list(got) != list(sent):
        where = next(
            index for index, (one, other) in enumerate(zip(got, sent, strict=True)) if one != other
        )
        raise LostEventsError(f"{who} got the right events in another order, from event {where} on")
    if not ordered and Counter(got) != Counter(sent):
        raise LostEventsError(
            f"{who} got other events than were sent, but as many, and with the same checksum"
        )
