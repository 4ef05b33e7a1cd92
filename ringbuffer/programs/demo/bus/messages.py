"""Blocks of lines, as messages in the queue and as events on the bus."""

import time
from collections.abc import Iterable, Iterator
from itertools import batched, count, groupby
from operator import itemgetter
from typing import Final, NamedTuple

from ringbuffer.messaging import TransportEnvelope

#: The most lines in a message. The lines of one message are of one file.
BLOCK_LINES: Final = 32
#: The type of the last message; it has no lines.
END: Final = "end"


class LineBlock(NamedTuple):
    """Some lines of one file.

    Attributes:
        number: of the block in the input, from 0 on.
        file: the index of the lines' file.
        body: the lines, each with its newline.
    """

    number: int
    file: int
    body: bytes


class Arrived(NamedTuple):
    """The event: a message has come out of the queue.

    Attributes:
        block: what was in it.
        message_id: of the message.
        sent_ns: when it went into the queue, as of `time.perf_counter_ns`.
    """

    block: LineBlock
    message_id: str
    sent_ns: int


class Ended:
    """The event: there are no more messages."""


def blocks(lines: Iterable[tuple[int, bytes]]) -> Iterator[LineBlock]:
    """The lines in blocks; the same blocks for the same lines."""
    numbers = count()
    for file, of_file in groupby(lines, key=itemgetter(0)):
        for some in batched(of_file, BLOCK_LINES, strict=False):
            yield LineBlock(next(numbers), file, b"".join(line for _, line in some))


def message_of(block: LineBlock) -> TransportEnvelope:
    """A message with the block, sent now."""
    headers = {"number": block.number, "file": block.file, "sent_ns": time.perf_counter_ns()}
    return TransportEnvelope("lines", block.body, headers=headers)


def event_of(message: TransportEnvelope) -> Arrived | Ended:
    """The event that reports a message."""
    if message.message_type == END:
        return Ended()
    number, file, sent_ns = (_integer(message, name) for name in ("number", "file", "sent_ns"))
    return Arrived(LineBlock(number, file, message.body), message.message_id, sent_ns)


def _integer(message: TransportEnvelope, name: str) -> int:
    value = message.headers[name]
    assert isinstance(value, int), "as `message_of` has set it"
    return value
