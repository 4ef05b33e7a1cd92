"""`enqueue_in_chunks`: puts an iterable of messages into a queue, and knows how many are in it."""

import contextlib
from collections.abc import Callable, Iterable
from typing import Final

from ringbuffer.checks import Duration, check_timeout
from ringbuffer.host import Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.producer.values import DEFAULT_CHUNK, chunks

#: `put_chunk(chunk, timeout, count)`: puts a chunk into a queue, waiting for free capacity. It adds
#: each message to `count[0]` in the step that puts it in. Returns True; False if the queue is
#: closed; or None if there was no free capacity in time.
type PutChunk = Callable[[list[TransportEnvelope], float | None, list[int]], bool | None]

#: `_is_envelope(item)`, for `map`.
_is_envelope: Final = TransportEnvelope.__instancecheck__


def enqueue_in_chunks(
    messages: Iterable[TransportEnvelope],
    timeout: Duration | None,
    size: int,
    put_chunk: PutChunk,
    host: Host,
) -> int:
    """See `InMemoryQueue.enqueue_many`.

    Args:
        messages: the messages.
        timeout: the longest wait in all, in seconds.
        size: the size of the queue. A chunk has half of it at most, so that producers and consumers
            work at the same time.
        put_chunk: see `PutChunk`. It gets chunks of at least one message.
        host: the source of the time.
    """
    limit = check_timeout(timeout)
    deadline = None if limit is None else host.monotonic() + limit
    count = [0]
    before = 0
    chunk: list[TransportEnvelope] = []
    failure: BaseException | None = None
    try:
        # Terminates because the messages end, or the queue is closed.
        for chunk, failure in chunks(messages, max(1, min(DEFAULT_CHUNK, size // 2))):
            _check(chunk, before)
            remaining = None if deadline is None else deadline - host.monotonic()
            accepted = put_chunk(chunk, remaining, count) if chunk else True
            if accepted is False:
                return count[0]
            if accepted is None:
                raise TimeoutError(
                    f"no room within {timeout} s in all: {count[0]} messages were enqueued, and "
                    f"{before + len(chunk) - count[0]} more were taken from the iterable, see "
                    f"`not_enqueued`"
                )
            if failure is not None:
                raise failure
            before = count[0]  # so that the jump back is in the `try`: see `ringbuffer.system`
            chunk = []
    except BaseException as error:
        _tell(error, count[0], chunk[count[0] - before :], failure)
        raise
    return count[0]


def _check(chunk: list[TransportEnvelope], before: int) -> None:
    """Raise `TypeError` unless each item is an envelope. `before` of the iterable are enqueued."""
    if all(map(_is_envelope, chunk)):
        return
    number, wrong = next(
        (number, each) for number, each in enumerate(chunk, before) if not _is_envelope(each)
    )
    raise TypeError(
        f"message {number} of the iterable, {wrong!r}, is not a TransportEnvelope: put the message "
        f"into one, TransportEnvelope(message_type, body). {before} messages were enqueued"
    )


def _tell(
    error: BaseException,
    enqueued: int,
    not_enqueued: list[TransportEnvelope],
    failure: BaseException | None,
) -> None:
    """Store in `error` how many messages were enqueued, and which were taken and are not."""
    with contextlib.suppress(AttributeError):  # a class without settable attributes
        setattr(error, "enqueued", enqueued)  # noqa: B010 - whatever its class
        setattr(error, "not_enqueued", tuple(not_enqueued))  # noqa: B010
    if failure is not None and failure is not error:
        error.__context__ = failure
        error.add_note(
            f"the iterable had raised {type(failure).__name__} after these messages: {failure}"
        )
