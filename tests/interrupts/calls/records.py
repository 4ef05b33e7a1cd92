"""Producers of a ring of records: arrays, claims in pieces, single records; handlers of views."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ringbuffer import BlockingWaitStrategy, ProducerType, RingBuffer
from ringbuffer.host import Host
from ringbuffer.records import RecordLayout
from tests.interrupts.call import Call
from tests.interrupts.calls.producers import AFTER, BEFORE, SIZE, Subject, go_on, shows
from tests.interrupts.hosts import when_asleep

try:
    import numpy as np

    DTYPE: Any = np.dtype([("id", "i8"), ("half", "f8")])
except ImportError:
    DTYPE = None
PLAIN = RecordLayout.of_struct("qd", "id half")
#: What stands for the values that are published before and after the call.
NUMBERS: dict[object, int] = {BEFORE: -1, AFTER: -2}
VALUES = {number: value for value, number in NUMBERS.items()}


@dataclass(slots=True)
class RecordSubject(Subject):
    """A ring of records whose one consumer is a poller."""

    def take(self) -> None:
        with self.taking:
            for record in self.poller.take():
                number = int(record["id"])
                self.shown.append(VALUES.get(number, number))

    def publish(self, value: object) -> None:
        self.producer.publish_event(fill, NUMBERS.get(value, value), timeout=5)


def fill(record: Any, sequence: int, number: Any) -> None:
    record["id"] = number
    record["half"] = number / 2


def subject(
    source: object, kind: ProducerType, layout: str, full: bool = False
) -> Callable[[Host], Subject]:
    """A ring; where it is full, room comes when the call sleeps."""

    def make(host: Host) -> Subject:
        strategy = BlockingWaitStrategy(host=host)
        ring = RingBuffer.of_records(SIZE, source, kind, strategy, layout=layout, host=host)
        made = RecordSubject(ring, ring.poller())
        with ring.producer():  # the call is made in another thread
            # What is claimed next goes over the end of the ring.
            for _ in range(SIZE - 1):
                made.publish(BEFORE)
            made.take()
            if full:
                for _ in range(SIZE):
                    made.publish(BEFORE)
                when_asleep(host, made.take)
        return made

    return make


def records(source: object, count: int) -> Any:
    """The records from 0 on."""
    each = [(number, number / 2) for number in range(count)]
    return np.array(each, DTYPE) if source is DTYPE else each


def known(made: Subject, array: Any, chunk: int | None = None) -> None:
    """The error says how many records were published."""
    before = made.ring.cursor
    try:
        made.producer.publish_records(array, 5, chunk)
    except BaseException as error:
        published = getattr(error, "published", 0)
        skipped = sum(
            high - low + 1 for low, high in made.ring.sequencer.state.skipped.ranges if low > before
        )
        if made.ring.sequencer.claimed - before != published + skipped:
            raise AssertionError(f"published is {published}, {skipped} are skipped") from error
        raise


def block(made: Subject) -> None:
    with made.producer.claim(3) as claim:
        at = 0
        for piece in claim.pieces:
            piece["id"] = list(range(at, at + len(piece)))
            at += len(piece)


def block_that_raises(made: Subject) -> None:
    with contextlib.suppress(LookupError), made.producer.claim(3) as claim:
        claim.pieces[0]["id"] = -3
        raise LookupError("the block's own error")


def _calls(kind: ProducerType, source: object, what: str, layout: str = "rows") -> list[Call[Any]]:
    name = f"{kind.value} producer of {what}"
    usual, full = subject(source, kind, layout), subject(source, kind, layout, full=True)
    six, two = records(source, 6), records(source, 2)

    def call(
        what: str,
        make: Callable[[Host], Subject],
        do: Callable[[Subject], object],
        *counts: int,
        batch: int = 16,
    ) -> Call[Any]:
        return Call(f"{name}: {what}", make, do, shows(*counts), go_on, batch=batch)

    few = [
        call("publish_records in chunks", usual, lambda made: known(made, six, 3), 0, 3, 6),
        call("claim of records", usual, block, 0, 3),
    ]
    if (source, layout) != (DTYPE, "rows"):
        return few  # their copies are different, and nothing else
    return [
        *few,
        call("publish_records", usual, lambda made: known(made, two), 0, 2),
        call(
            "publish_records of the ring", usual, lambda made: made.ring.publish_records(two), 0, 2
        ),
        call("publish_records, waiting", full, lambda made: known(made, two), 0, 2, batch=4),
        call("claim of records, raising", usual, block_that_raises, 0),
        call(
            "publish_event of a record",
            usual,
            lambda made: made.producer.publish_event(fill, 0),
            0,
            1,
        ),
    ]


#: The dtype or format, what the records are called, and their layout.
SOURCES: list[tuple[Any, str, str]] = [
    (DTYPE, "records", "rows"),
    (DTYPE, "records in columns", "columns"),
    (PLAIN, "plain records", "rows"),
]
CALLS: list[Call[Any]] = [
    call
    for kind in ProducerType
    for source, what, layout in SOURCES
    if source is not None
    for call in _calls(kind, source, what, layout)
]
