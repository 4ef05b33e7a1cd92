"""Skipped ranges: every view finds those ahead of it, however many there are, at a bounded cost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import skipped
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.skipped import SkippedSequences


def of_size(size: int) -> SkippedSequences:
    return SkippedSequences(size, PROCESS_MEMORY, SYSTEM_HOST)


def sequences(pieces: list[tuple[int, int]]) -> list[int]:
    return [sequence for low, high in pieces for sequence in range(low, high + 1)]


@given(
    size=st.sampled_from([1, 4, 64, 256]),
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=300),
    notes=st.integers(1, 3),
)
def test_each_view_is_shown_what_is_not_skipped(
    size: int, steps: list[tuple[int, int, bool]], notes: int
) -> None:
    """Consumers fail on ranges in turn; one view follows at any moment, one as late as it can."""
    noted, skips, at = of_size(size), set[int](), -1
    views = [noted.view(), noted.view()]
    firsts, shown = [0, 0], [list[int](), list[int]()]

    def show(which: int, last: int) -> None:
        if firsts[which] <= last:
            shown[which].extend(sequences(views[which].pieces(firsts[which], last)))
            firsts[which] = last + 1

    for gap, length, asks in steps:
        low, at = at + 1 + gap, at + gap + min(length, size)
        for which in (0, 1):  # what is a ring behind a claim was passed before
            show(which, at - size)
        for each in range(notes):  # several consumers note the same, or a part of it
            noted.add(min(low + each, at), at)
        skips.update(range(low, at + 1))
        if asks:
            show(0, at)
    for which in (0, 1):
        show(which, at)
        assert shown[which] == [sequence for sequence in range(at + 1) if sequence not in skips]


@given(
    size=st.sampled_from([1, 4, 64]),
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=300),
)
def test_each_sequence_is_counted_once_however_often_an_interrupt_has_it_noted(
    size: int, steps: list[tuple[int, int, bool]]
) -> None:
    noted, skips, at, before = of_size(size), set[int](), -1, (-1, -1)
    for gap, length, is_interrupted in steps:
        low, at = at + 1 + gap, at + gap + min(length, size)
        noted.add(low, at)
        skips.update(range(low, at + 1))
        # This call; and one of another thread, which has noted its range before this one
        if is_interrupted:
            noted.add(low, at, again=True)
            noted.add(*before, again=True) if before[0] >= 0 else None
        before = low, at
        for last in range(at - size, at + 1):
            if last >= 0 and not any(last < each[0] and each[1] > at for each in noted.ranges):
                assert noted.noted_until(last) == sum(each <= last for each in skips)
    assert noted.noted_until(at) == len(skips)


def test_a_late_view_finds_every_range_of_the_last_ring() -> None:
    noted = of_size(1024)
    for sequence in range(0, 4000, 2):
        noted.add(sequence, sequence)
    view = noted.view()
    assert view.concerns(3999)
    assert sequences(view.pieces(2976, 3999)) == list(range(2977, 4000, 2))
    assert view.pieces(4000, 4001) == [(4000, 4001)]
    assert not view.concerns(4003)


def test_many_ranges_are_sorted_and_looked_through_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second event fails: what is done for each does not grow with the ring."""
    looked_through: list[int] = []

    def counted(ranges: Any) -> list[tuple[int, int]]:
        result = sorted(ranges)
        looked_through.append(len(result))
        return result

    def counted_tuple(ranges: Any) -> tuple[tuple[int, int], ...]:
        result = tuple(ranges)
        looked_through.append(len(result))
        return result

    monkeypatch.setattr(skipped, "sorted", counted, raising=False)
    monkeypatch.setattr(skipped, "tuple", counted_tuple, raising=False)
    size, failures = 4096, 20_000
    noted = of_size(size)
    view = noted.view()
    for sequence in range(0, 2 * failures, 2):
        noted.add(sequence, sequence)
        assert view.pieces(sequence, sequence + 1) == [(sequence + 1, sequence + 1)]
    assert len(noted.ranges) <= 2 * size
    assert sum(looked_through) <= 3 * failures


def test_what_every_consumer_has_passed_is_dropped_in_time() -> None:
    noted = of_size(16)
    for sequence in range(0, 10_000, 2):
        noted.add(sequence, sequence)
    assert len(noted.ranges) <= 2 * skipped.FEW
    assert set(noted.ranges) >= {(sequence, sequence) for sequence in range(9984, 10_000, 2)}


def test_skipped_sequences_that_a_consumer_has_passed_are_forgotten() -> None:
    """Else it would look for skipped sequences in every later batch, and keep them."""
    skipped = SkippedSequences(8, PROCESS_MEMORY, SYSTEM_HOST)
    view = skipped.view()
    skipped.add(1, 1)
    skipped.add(3, 4)
    assert view.concerns(0)
    assert view.pieces(0, 5) == [(0, 0), (2, 2), (5, 5)]
    assert view.pieces(6, 6) == [(6, 6)]
    assert not view.concerns(1 << 40)
    skipped.add(7, 7)
    assert view.concerns(6)
    assert view.pieces(6, 7) == [(6, 6)]
    view.pieces(8, 8)
    assert not view.concerns(1 << 40)


def test_between_counts_what_lies_ahead_of_a_consumer_and_not_beyond_what_is_published() -> None:
    noted = of_size(64)
    for low, high in ((2, 3), (6, 6), (9, 12)):
        noted.add(low, high)
    skips = {2, 3, 6, 9, 10, 11, 12}
    for passed in range(-1, 15):
        for last in range(passed, 15):
            assert noted.between(passed, last) == sum(passed < each <= last for each in skips)
