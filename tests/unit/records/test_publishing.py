"""Publishing records: in one claim or in many, all or a known number; claims that a block fills."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ringbuffer import (
    ClaimTimeoutError,
    InsufficientCapacityError,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
    Sequence,
)
from tests.unit.records.kit import (
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


def held(ring: Any) -> list[int]:
    """The ids in all slots, in order."""
    return [row["id"] for row in ring.slots.view()]


@every
@kinds
def test_an_array_is_published_in_one_claim(source: object, kind: ProducerType) -> None:
    ring = ring_of(source, 16, kind)
    assert ring.publish_records(array(source, 1, 4)) == 3
    assert ring.cursor == 2
    assert ring.is_available(2)
    assert held(ring)[:4] == [1, 2, 3, 0]
    assert ring.producer().publish_records(some(4, 6)) == 2
    assert [ring[3]["id"], ring.get(4)["half"]] == [4, 2.5]


@every
@kinds
def test_more_records_than_slots_come_in_chunks(source: object, kind: ProducerType) -> None:
    disruptor: Any = disruptor_of(source, 8, kind)
    handler = Batches()
    disruptor.handle_events_with(handler)
    with disruptor:
        assert disruptor.publish_records(array(source, 0, 100)) == 100
        assert disruptor.publish_records(array(source, 100, 121), chunk=8) == 21
    assert handler.records == some(0, 121)
    assert all(first // 8 == (first + len(batch) - 1) // 8 for first, batch in handler.batches)


@every
def test_without_a_record_nothing_is_claimed(source: object) -> None:
    ring = ring_of(source)
    assert ring.publish_records(array(source, 0, 0)) == 0
    assert ring.cursor == -1


@every
@kinds
def test_a_time_out_says_how_many_were_published(source: object, kind: ProducerType) -> None:
    ring = ring_of(source, 8, kind)
    gate = Sequence()
    ring.add_gating_sequences(gate)
    with pytest.raises(ClaimTimeoutError, match="8 of 11 records were published") as caught:
        ring.publish_records(array(source, 0, 11), timeout=0.001)
    assert vars(caught.value)["published"] == 8
    assert held(ring) == list(range(8))
    gate.set(1)
    with pytest.raises(ClaimTimeoutError):
        ring.publish_records(array(source, 8, 11), timeout=0, chunk=3)
    assert ring.cursor == 7
    assert ring.publish_records(array(source, 8, 10)) == 2


@every
def test_a_closed_ring_refuses_records(source: object) -> None:
    ring = ring_of(source)
    ring.close()
    with pytest.raises(RingBufferClosedError) as caught:
        ring.publish_records(array(source, 0, 1))
    assert vars(caught.value)["published"] == 0


@pytest.mark.parametrize("chunk", [0, 9, -1])
def test_a_chunk_is_from_one_to_the_size_of_the_ring(chunk: int) -> None:
    with pytest.raises(ValueError, match="chunk"):
        ring_of(DTYPE).publish_records(array(DTYPE, 0, 1), chunk=chunk)


def test_records_of_another_layout_are_refused_before_anything_is_claimed() -> None:
    ring = ring_of(DTYPE)
    with pytest.raises(TypeError, match="convert it with"):
        ring.publish_records(np.zeros(2, [("id", "i4")]))
    assert ring.cursor == -1


@pytest.mark.parametrize("ring", [RingBuffer.of_values(4), RingBuffer(4, dict)])
def test_a_ring_of_other_things_refuses_records(ring: RingBuffer[Any]) -> None:
    with pytest.raises(TypeError, match="does not hold records"):
        ring.publish_records([])
    with ring.claim(1) as batch, pytest.raises(TypeError, match="only a claim of records"):
        if ring.holds_values:
            batch[0] = 1
        _ = batch.pieces


@pytest.mark.parametrize("name", ["publish_value", "try_publish_value", "publish_values"])
def test_a_ring_of_records_refuses_values(name: str) -> None:
    with pytest.raises(TypeError, match="holds records: use publish_records"):
        getattr(ring_of(DTYPE), name)([])


@every
@kinds
def test_a_single_record_is_filled_by_a_translator(source: object, kind: ProducerType) -> None:
    ring = ring_of(source, 8, kind)

    def fill(row: Any, sequence: int, number: int) -> None:
        row["id"] = number
        row["half"] = number / 2

    assert ring.publish_event(fill, 5) == 0
    assert ring.publish_events(fill, [6, 7]) == range(1, 3)
    for row, number in ring.producer().publish_each([8, 9]):
        row["id"] = number
    producer = ring.producer()
    sequence = producer.next()
    producer[sequence] = (10, 5.0)
    producer.publish(sequence)
    assert held(ring)[:6] == [5, 6, 7, 8, 9, 10]
    assert ring[1]["half"] == 3.0


def test_a_record_of_a_numpy_ring_is_a_void() -> None:
    assert isinstance(ring_of(DTYPE)[0], np.void)


@every
@kinds
def test_a_claim_at_the_end_of_the_ring_has_two_pieces(source: object, kind: ProducerType) -> None:
    ring = ring_of(source, 8, kind)
    ring.publish_records(array(source, 0, 6), chunk=6)
    with ring.claim(4) as claim:
        assert claim.sequences == range(6, 10)
        assert [len(piece) for piece in claim.pieces] == [2, 2]
        claim.pieces[0]["id"][:] = (
            array(DTYPE, 6, 8)["id"]
            if source is not PLAIN
            else memoryview(b"".join(number.to_bytes(8, "little") for number in (6, 7))).cast("q")
        )
        claim.pieces[1]["id"] = [8, 9]
        claim[3] = (99, 0.5)
        assert [row["id"] for row in claim] == [6, 7, 8, 99]
        assert [claim[at]["id"] for at in (0, 1, 2, -1)] == [6, 7, 8, 99]
        claim[0] = (66, 0.5)
        with pytest.raises(IndexError):
            claim[4]
        with pytest.raises(TypeError, match=r"cut claim\.pieces"):
            claim[1:2]
        assert len(claim) == 4
    assert held(ring) == [8, 99, 2, 3, 4, 5, 66, 7]
    with pytest.raises(RuntimeError, match="not open"):
        _ = claim.pieces


@every
@kinds
def test_a_claim_whose_block_raises_is_skipped(source: object, kind: ProducerType) -> None:
    disruptor: Any = disruptor_of(source, 8, kind)
    handler = Batches()
    disruptor.handle_events_with(handler)
    with disruptor:
        disruptor.publish_records(array(source, 0, 7))
        with pytest.raises(KeyError), disruptor.claim(3) as claim:
            claim.pieces[0]["id"] = [-1] * len(claim.pieces[0])
            raise KeyError
        disruptor.publish_records(array(source, 7, 12))
    assert handler.records == some(0, 12)


@every
@pytest.mark.parametrize("kind", [ProducerType.SINGLE, ProducerType.MULTI])
@pytest.mark.parametrize("when", ["publish", "store"])
def test_an_error_in_the_middle_leaves_no_hole(
    source: object, kind: ProducerType, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = ring_of(source, 8, kind)
    if when == "store":
        slots = ring.slots
        whole = slots.store()

        def broken(low: int, records: object) -> None:
            if low >= 4:
                raise KeyboardInterrupt
            whole.store(low, records)

        monkeypatch.setattr(type(slots), "store", lambda slots: whole._replace(store=broken))
        with pytest.raises(KeyboardInterrupt) as caught:
            ring.publish_records(array(source, 0, 7))
        assert vars(caught.value)["published"] == 4
        assert ring.sequencer.state.skipped.ranges == ((4, 5),)
    else:
        with pytest.raises(KeyError), ring.claim(2):
            raise KeyError
        assert ring.sequencer.state.skipped.ranges == ((0, 1),)
    assert ring.is_available(ring.cursor)
    assert ring.next() == ring.cursor + (kind is ProducerType.SINGLE)


def test_a_full_ring_refuses_an_attempt() -> None:
    ring = ring_of(PLAIN)
    ring.add_gating_sequences(Sequence())
    ring.publish_records(some(0, 8))
    fill: Callable[..., None] = lambda row, sequence: None  # noqa: E731
    with pytest.raises(InsufficientCapacityError):
        ring.try_publish_event(fill)
