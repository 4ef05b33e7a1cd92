"""Rings of records for the tests: each with numpy and without."""

from typing import Any, Final

import numpy as np
import pytest

from ringbuffer import Disruptor, ProducerType, RingBuffer
from ringbuffer.records import RecordLayout

DTYPE: Final = np.dtype([("id", "i8"), ("half", "f8")])
PLAIN: Final = RecordLayout.of_struct("qd", "id half")


class InColumns:
    """Stands for a numpy dtype whose records are in columns."""


COLUMNS: Final = InColumns()
#: For tests of all kinds of records.
every = pytest.mark.parametrize(
    "source", [DTYPE, PLAIN, COLUMNS], ids=["numpy", "plain", "columns"]
)
kinds = pytest.mark.parametrize("kind", ProducerType, ids=lambda kind: kind.value)


def some(start: int, stop: int) -> list[tuple[int, float]]:
    """The records from `start` on, before `stop`."""
    return [(number, number / 2) for number in range(start, stop)]


def array(source: object, start: int, stop: int) -> Any:
    """The same, as `publish_records` takes them without a conversion."""
    if source is not PLAIN:
        return np.array(some(start, stop), DTYPE)
    return b"".join(PLAIN.struct.pack(*each) for each in some(start, stop))


def ring_of(source: object, size: int = 8, kind: ProducerType = ProducerType.AUTO) -> Any:
    dtype, layout = what(source)
    return RingBuffer.of_records(size, dtype, kind, layout=layout)


def disruptor_of(
    source: object, size: int = 8, kind: ProducerType = ProducerType.AUTO, **options: Any
) -> Any:
    dtype, layout = what(source)
    return Disruptor.of_records(size, dtype, kind, layout=layout, **options)


def what(source: object) -> tuple[object, str]:
    """The dtype, and the layout."""
    return (DTYPE, "columns") if source is COLUMNS else (source, "rows")


class Batches:
    """A handler that keeps a copy of what it gets, and whether a batch was all right."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, list[tuple[int, float]]]] = []

    def on_batch(self, records: Any, first: int) -> None:
        self.batches.append((first, records.tolist()))

    @property
    def records(self) -> list[tuple[int, float]]:
        return [record for _, batch in self.batches for record in batch]
