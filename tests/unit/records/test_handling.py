"""Handlers of records: views, never copies, never across the end of the ring."""

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from ringbuffer import (
    BatchFailed,
    ConsumerFailedError,
    HandlerSpec,
    IgnoringExceptionHandler,
    ProducerType,
    RewindBatch,
    SkippingExceptionHandler,
    YieldingWaitStrategy,
)
from ringbuffer.records import ColumnRecords, PlainRecords
from tests.unit.records.kit import (
    COLUMNS,
    DTYPE,
    PLAIN,
    Batches,
    array,
    disruptor_of,
    every,
    kinds,
    ring_of,
    some,
)


def run(source: object, *handlers: Any, count: int = 50, size: int = 8) -> None:
    disruptor: Any = disruptor_of(source, size)
    disruptor.handle_events_with(*handlers)
    with disruptor:
        disruptor.publish_records(array(source, 0, count))


@every
def test_a_view_is_read_only_and_of_the_slots_themselves(source: Any) -> None:
    disruptor: Any = disruptor_of(source, 8)
    seen: list[Any] = []

    class Handler:
        def on_batch(self, records: Any, first: int) -> None:
            kind = {DTYPE: np.ndarray, PLAIN: PlainRecords, COLUMNS: ColumnRecords}[source]
            seen.append(isinstance(records, kind))
            with pytest.raises((TypeError, ValueError)):
                records["id"][0] = 1
            if source is DTYPE:
                at = records.ctypes.data - disruptor.ring.slots.view().ctypes.data
                seen.append(at == (first & 7) * DTYPE.itemsize)

    disruptor.handle_events_with(Handler())
    with disruptor:
        disruptor.publish_records(array(source, 0, 20))
    assert seen
    assert all(seen)


@every
@kinds
def test_a_chain_and_a_diamond_see_every_record_in_order(
    source: object, kind: ProducerType
) -> None:
    disruptor: Any = disruptor_of(source, 16, kind, wait_strategy=YieldingWaitStrategy())
    one, two, last = Batches(), Batches(), Batches()
    rows: list[int] = []

    def each(row: Any, sequence: int, end_of_batch: bool) -> None:
        assert row["id"] == sequence
        rows.append(sequence)

    disruptor.handle_events_with(one, two).then(last, each)
    with disruptor:
        for start in range(0, 100, 5):
            disruptor.publish_records(array(source, start, start + 5))
    assert one.records == two.records == last.records == some(0, 100)
    assert rows == [*range(100)]


@every
def test_a_batch_keeps_its_limit(source: object) -> None:
    handler = Batches()
    run(source, HandlerSpec(handler, max_batch_size=3))
    assert handler.records == some(0, 50)
    assert max(len(batch) for _, batch in handler.batches) <= 3


@every
def test_a_handler_releases_records_early(source: object) -> None:
    class Early(Batches):
        def set_sequence_callback(self, release: Any) -> None:
            self.release = release

        def on_batch(self, records: Any, first: int) -> None:
            super().on_batch(records, first)
            self.release(first + len(records) - 1)

    handler = Early()
    run(source, handler)
    assert handler.records == some(0, 50)


@every
def test_a_batch_is_replayed(source: object) -> None:
    class Twice(Batches):
        failed: int = -1
        rewound: int = 0

        def on_batch(self, records: Any, first: int) -> None:
            if self.failed < first:
                self.failed = first + len(records) - 1
                self.rewound += 1
                raise RewindBatch
            super().on_batch(records, first)

    handler = Twice()
    run(source, handler)
    assert handler.rewound
    assert handler.records == some(0, 50)


@every
def test_after_a_failed_record_the_rest_of_the_batch_comes(source: object) -> None:
    class Fails(Batches):
        def on_batch(self, records: Any, first: int) -> None:
            for at, row in enumerate(records):
                if row["id"] % 10 == 3:
                    super().on_batch(records[:at], first)
                    raise BatchFailed(at) from ValueError(row["id"])
            super().on_batch(records, first)

    handler, later = Fails(), Batches()
    disruptor: Any = disruptor_of(source, 8)
    spec = HandlerSpec[Any](handler, exception_handler=SkippingExceptionHandler())
    disruptor.handle_events_with(spec).then(later)
    with disruptor:
        disruptor.publish_records(array(source, 0, 50))
    expected = [each for each in some(0, 50) if each[0] % 10 != 3]
    assert handler.records == expected
    assert later.records == expected


@every
def test_a_batch_that_failed_counts_as_finished(source: object) -> None:
    class Fails:
        count = 0

        def on_batch(self, records: Any, first: int) -> None:
            self.count += len(records)
            raise ValueError

    handler = Fails()
    run(source, HandlerSpec(handler, exception_handler=IgnoringExceptionHandler()))
    assert handler.count == 50


def test_a_dead_handler_names_its_error() -> None:
    class Dies:
        def on_batch(self, records: Any, first: int) -> None:
            raise ValueError("no such price")

    with pytest.raises(ConsumerFailedError) as caught:
        run(DTYPE, Dies(), count=8)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_handler_that_returns_a_coroutine_is_refused() -> None:
    async def later(records: Any, first: int) -> None: ...

    class Sloppy:
        def on_batch(self, records: Any, first: int) -> Any:
            return later(records, first)

    with pytest.raises(ConsumerFailedError) as caught:
        run(DTYPE, Sloppy(), count=4)
    assert "never awaited" in str(caught.value.__cause__)


@every
def test_a_coroutine_gets_views_too(source: object) -> None:
    class Later(Batches):
        async def on_batch(self, records: Any, first: int) -> None:  # type: ignore[override]
            Batches.on_batch(self, records, first)

    handler = Later()
    run(source, handler)
    assert handler.records == some(0, 50)


@every
@pytest.mark.parametrize("max_chunk", [1, 5, 100])
def test_each_record_goes_to_one_worker_of_a_pool(source: object, max_chunk: int) -> None:
    disruptor: Any = disruptor_of(source, 16)
    workers = [Batches(), Batches()]
    rows: list[int] = []
    disruptor.handle_events_with_worker_pool(
        *workers, lambda row, sequence, end: rows.append(row["id"]), max_chunk=max_chunk
    )
    with disruptor:
        disruptor.publish_records(array(source, 0, 200))
    got = [record[0] for worker in workers for record in worker.records] + rows
    assert sorted(got) == [*range(200)]


@every
def test_two_producers_of_records_lose_nothing(source: object) -> None:
    disruptor: Any = disruptor_of(
        source, 64, ProducerType.MULTI, wait_strategy=YieldingWaitStrategy()
    )
    handler = Batches()
    disruptor.handle_events_with(handler)

    def produce(start: int) -> None:
        for low in range(start, start + 1000, 7):
            high = min(low + 7, start + 1000)
            if low % 2:
                disruptor.publish_records(array(source, low, high))
            else:
                with disruptor.claim(high - low) as claim:
                    at = low
                    for piece in claim.pieces:
                        piece["id"] = list(range(at, at + len(piece)))
                        piece["half"] = [each / 2 for each in range(at, at + len(piece))]
                        at += len(piece)

    with disruptor:
        threads = [threading.Thread(target=produce, args=(start,)) for start in (0, 1000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for start in (0, 1000):
        mine = [each for each in handler.records if start <= each[0] < start + 1000]
        assert mine == some(start, start + 1000)


@every
def test_a_poller_gets_records_one_by_one(source: object) -> None:
    ring = ring_of(source)
    poller = ring.poller()
    rows: list[int] = []

    def note(row: Any, sequence: int, end_of_batch: bool) -> None:
        rows.append(row["id"])

    for start in (0, 6, 12):
        ring.publish_records(array(source, start, start + 6), chunk=6)
        if start:
            rows += [row["id"] for row in poller.take()]
        else:
            poller.poll(note)
    assert rows == [*range(18)]


@every
def test_a_stream_hands_out_views(source: object) -> None:
    async def read() -> list[tuple[int, list[tuple[int, float]]]]:
        ring = ring_of(source, 16)
        got: list[tuple[int, list[tuple[int, float]]]] = []
        async with ring.stream() as stream:
            for start in (0, 6, 12):
                ring.publish_records(array(source, start, start + 6), chunk=6)
                with pytest.raises(KeyError), ring.claim(1):
                    raise KeyError
                while sum(len(batch) for _, batch in got) < start + 6:
                    batch = await anext(stream)
                    got.append((stream.first_sequence, batch.tolist()))
        return got

    got = asyncio.run(read())
    assert [first for first, _ in got] == [0, 7, 14, 16]
    assert [each for _, batch in got for each in batch] == some(0, 18)
