"""The errors of producing threads, and what is noted in them."""

import contextlib

from ringbuffer.errors import ForkedProcessError, InsufficientCapacityError
from ringbuffer.forks import forked
from ringbuffer.sequencer.multi_producer import LEFT_BEHIND


def no_capacity(n: int, size: int) -> InsufficientCapacityError:
    """The error of `try_next` when it finds no free capacity."""
    return InsufficientCapacityError(
        f"fewer than {n} of the ring's {size} slots are free; nothing was claimed"
    )


def keep_unpublished(error: BaseException, item: object) -> None:
    """Store in a claim's error the item that was taken from an iterable and not published."""
    with contextlib.suppress(AttributeError):  # a class without settable attributes
        setattr(error, "unpublished", (item,))  # noqa: B010 - any error gets it, whatever its class


def note_published(low: int, high: int, error: BaseException) -> None:
    """Note in `error` that the publication it has ended is complete anyway."""
    with contextlib.suppress(AttributeError):  # a class without settable attributes
        setattr(error, "published", high - low + 1)  # noqa: B010 - whatever its class
    error.add_note(f"the sequences {low} to {high} had been published before this was raised")


def not_due(low: int, high: int, claimed: int) -> ValueError | ForkedProcessError:
    """The error for a publication of sequences that are not all claimed and unpublished."""
    if claimed == LEFT_BEHIND:
        return forked("this ring")
    return ValueError(
        f"cannot publish {low} to {high}: not a range that is claimed and not published yet; "
        f"claims have reached {claimed}. Nothing was published"
    )
