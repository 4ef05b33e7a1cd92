"""`Histogram`: doubling buckets, and percentiles that are never too low."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer.diagnostics import Histogram


def of(*values: float, unit: float = 1) -> Histogram:
    histogram = Histogram(unit)
    for value in values:
        histogram.record(value)
    return histogram


@pytest.mark.parametrize(("value", "limit"), [(-1, 1), (0, 1), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (1000, 1024)])
def test_a_value_is_in_the_first_bucket_whose_limit_it_does_not_exceed(value: int, limit: int) -> None:
    assert of(value).distribution().percentile(100) == limit


@given(values=st.lists(st.integers(1, 1 << 36), min_size=1), percent=st.floats(0, 100))
def test_a_percentile_is_at_least_what_it_should_be_and_less_than_twice_as_much(values: list[int], percent: float) -> None:
    found = of(*values).distribution().percentile(percent)
    rank = max(1, -int(-len(values) * percent / 100 // 1))
    exact = sorted(values)[rank - 1]
    assert found is not None
    assert exact <= found < 2 * exact or exact == found == 1


@given(values=st.lists(st.floats(0, 1e9)))
def test_every_value_is_counted_once(values: list[float]) -> None:
    found = of(*values, unit=1e-6).distribution()
    assert found.count == len(values)
    assert found.sum == pytest.approx(sum(values))
    assert found.mean == (pytest.approx(sum(values) / len(values)) if values else None)


def test_times_are_in_the_first_bucket_whose_limit_is_above_them() -> None:
    times = (0.5e-6, 1.5e-6, 3.9e-6, 4.1e-6)
    assert [of(time, unit=1e-6).distribution().percentile(100) for time in times] == [1e-6, 2e-6, 4e-6, 8e-6]


def test_what_is_beyond_the_last_limit_is_taken_for_it() -> None:
    found = of(1 << 60).distribution()
    assert found.percentile(50) == found.limits[-1] == 1 << 38


def test_nothing_has_no_percentile_and_nobody_asks_for_more_than_all() -> None:
    assert of().distribution().percentile(99) is None
    with pytest.raises(ValueError, match="percent must be from 0 to 100, not 101"):
        of(1).distribution().percentile(101)
