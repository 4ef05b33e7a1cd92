"""The errors of `put_many`: as the standard library's, but with the number of items put."""

import queue

from ringbuffer.errors import PublicationError


class PutManyFull(PublicationError, queue.Full):
    """The queue had no free slots for all of the items in time."""


class PutManyShutDown(PublicationError, queue.ShutDown):
    """The queue was shut down before all of the items were put."""


def tell(
    error: PublicationError,
    published: int,
    unpublished: list[object],
    failure: BaseException | None,
) -> PublicationError:
    """Return `error` with its counts; its context is the error of the iterable, if any."""
    error.published = published
    error.unpublished = tuple(unpublished)
    error.args = (
        f"{published} values were put, and {len(unpublished)} more were taken from the iterable, "
        f"see `unpublished`",
    )
    if failure is not None:
        error.__context__ = failure
        error.add_note(
            f"the iterable had raised {type(failure).__name__} after these values: {failure}"
        )
    return error
