"""The errors of `put_many`: those of the standard library's queues, which also say how far it came."""

import asyncio
import queue

from ringbuffer.errors import PublicationError


class PutManyFull(PublicationError, queue.Full):
    """There was no room in time for all of them."""


class PutManyShutDown(PublicationError, queue.ShutDown):
    """The queue was shut down before all of them were put."""


class AsyncPutManyShutDown(PublicationError, asyncio.QueueShutDown):
    """The same from the asynchronous face."""


def tell(error: PublicationError, published: int, unpublished: list[object], failure: BaseException | None) -> PublicationError:
    """`error` with the accounts in it, and what the iterable raised, if anything, behind it."""
    error.published = published
    error.unpublished = tuple(unpublished)
    error.args = (f"{published} values were put, and {len(unpublished)} more were taken from the iterable, see `unpublished`",)
    if failure is not None:
        error.__context__ = failure
        error.add_note(f"the iterable had raised {type(failure).__name__} after these values: {failure}")
    return error
