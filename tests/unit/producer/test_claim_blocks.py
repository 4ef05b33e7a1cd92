"""`with ring.claim(n) as batch:` publishes all of it, or none."""

from typing import Any

import pytest

from ringbuffer import ClaimTimeoutError, ProducerType
from tests.unit.producer.kit import boxes, each_kind, shown, values


@each_kind
def test_a_block_fills_and_publishes(kind: ProducerType) -> None:
    ring, poller = boxes(4, kind)
    for lap in range(6):
        with ring.claim(3) as batch:
            assert len(batch) == 3
            assert batch.sequences == range(3 * lap, 3 * lap + 3)
            for number, event in enumerate(batch):
                event.value = number
            batch[1].value = "second"
            batch[-1].value = "last"
            assert shown(poller) == []
        assert batch.sequences == range(3 * lap, 3 * lap + 3)
        assert shown(poller) == [0, "second", "last"]


@each_kind
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_raises_is_passed_over(kind: ProducerType, error: type[BaseException]) -> None:
    ring, poller = boxes(4, kind)
    for _ in range(5):
        with pytest.raises(error), ring.claim(3) as batch:
            batch[0].value = "half"
            raise error
        with ring.claim() as one:
            one[0].value = "whole"
        assert shown(poller) == ["whole"]


@each_kind
def test_values_are_assigned_one_by_one_or_as_a_slice(kind: ProducerType) -> None:
    ring, poller = values(4, kind)
    for _ in range(5):
        with ring.claim(3) as batch:
            batch[0] = "a"
            batch[1:] = iter(["b", None])
            assert batch[:2] == ["a", "b"]
        assert list(poller.take()) == ["a", "b", None]


def test_a_value_that_was_forgotten_is_an_error_and_nothing_is_published() -> None:
    ring, poller = values(4)
    with (
        pytest.raises(ValueError, match=r"slots \[1\] of a claim of 3 were not assigned"),
        ring.claim(3) as batch,
    ):
        batch[0] = batch[2] = "x"
    assert list(poller.take()) == []
    assert poller.sequence.get() == 2
    ring.publish_value("next")
    assert list(poller.take()) == ["next"]


def test_a_claim_that_was_never_entered_claims_nothing() -> None:
    ring, _ = boxes(4)
    claim = ring.claim(2)
    assert list(claim.sequences) == []
    assert ring.cursor == -1
    with pytest.raises(RuntimeError, match="not open"):
        claim[0]


def test_a_claim_is_open_in_its_block_only_and_serves_once() -> None:
    ring, _ = boxes(4)
    with ring.claim(2) as batch:
        pass
    for use in (lambda: batch[0], lambda: list(batch)):
        with pytest.raises(RuntimeError, match="not open"):
            use()
    with pytest.raises(RuntimeError, match="used already"), batch:
        pass
    assert ring.cursor == 1


def test_events_cannot_be_replaced_nor_a_slice_of_another_length_assigned() -> None:
    ring, _ = boxes(4)
    wrong: Any = "replacement"
    with pytest.raises(TypeError, match="fill batch"), ring.claim(2) as batch:
        batch[0] = wrong
    with pytest.raises(TypeError, match="in place"):
        ring.producer()[0] = wrong
    of_values, _ = values(4)
    with pytest.raises(ValueError, match="3 values for 2 slots"), of_values.claim(2) as two:
        two[:] = [1, 2, 3]
    with pytest.raises(IndexError), of_values.claim(2) as two:
        two[2] = 1


def test_a_claim_without_room_times_out_and_wrong_sizes_are_refused() -> None:
    ring, _ = boxes(2)
    for n in (0, 3):
        with pytest.raises(ValueError, match="claim from 1 to 2"), ring.claim(n):
            pass
    with ring.claim(2):
        pass
    with pytest.raises(ClaimTimeoutError), ring.claim(1, timeout=0.001):
        pass
    assert ring.cursor == 1


def test_a_single_producer_block_within_a_block_leaves_no_hole() -> None:
    ring, poller = boxes(8, ProducerType.SINGLE)
    with ring.claim(2) as outer:
        outer[0].value = outer[1].value = "outer"
        with pytest.raises(ValueError, match="cannot publish 2 to 3"), ring.claim(2) as inner:
            inner[0].value = "inner"
    assert shown(poller) == ["outer", "outer"]
    assert poller.sequence.get() == ring.cursor == 3


def test_by_hand_too_a_claim_can_be_skipped() -> None:
    ring, poller = boxes(4)
    ring.skip(ring.next())
    high = ring.next(2)
    ring.skip(high - 1, high)
    assert shown(poller) == []
    assert poller.sequence.get() == 2
    with pytest.raises(ValueError, match="cannot publish 2 to 2"):
        ring.skip(2)
