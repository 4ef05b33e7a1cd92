"""`Histogram`: log-linear buckets, and percentiles that are never too low."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer.diagnostics.histogram import FINE, Histogram


def of(*values: float, unit: float = 1, steps: int = 1) -> Histogram:
    histogram = Histogram(unit, steps)
    for value in values:
        histogram.record(value)
    return histogram


@pytest.mark.parametrize(
    ("value", "limit"), [(-1, 1), (0, 1), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (1000, 1024)]
)
def test_a_value_is_in_the_first_bucket_whose_limit_it_does_not_exceed(
    value: int, limit: int
) -> None:
    assert of(value).distribution().percentile(100) == limit


@given(
    values=st.lists(st.integers(1, 1 << 36), min_size=1),
    percent=st.floats(0, 100),
    steps=st.sampled_from((1, 2, 8, FINE)),
)
def test_a_percentile_is_never_too_low_and_less_than_a_step_too_high(
    values: list[int], percent: float, steps: int
) -> None:
    found = of(*values, steps=steps).distribution().percentile(percent)
    rank = max(1, -int(-len(values) * percent / 100 // 1))
    exact = sorted(values)[rank - 1]
    assert found is not None
    assert exact <= found < exact * (1 + 1 / steps) or exact == found


def test_fine_percentiles_of_many_values_are_those_of_a_sorted_list_to_3_percent() -> None:
    generator = random.Random(7)
    values = [1 + generator.randrange(1 << generator.randrange(1, 38)) for _ in range(5_000)]
    found = of(*values, steps=FINE).distribution()
    values.sort()
    for percent in (0, 10, 50, 90, 99, 99.9, 100):
        exact = values[max(0, -(-len(values) * int(percent * 10) // 1000) - 1)]
        limit = found.percentile(percent)
        assert limit is not None
        assert exact <= limit <= exact * (1 + 1 / FINE)


@given(value=st.integers(0, FINE), steps=st.just(FINE))
def test_a_small_value_is_counted_exactly(value: int, steps: int) -> None:
    assert of(value, steps=steps).distribution().percentile(50) == max(1, value)


@given(values=st.lists(st.floats(0, 1e9)), steps=st.sampled_from((1, FINE)))
def test_every_value_is_counted_once(values: list[float], steps: int) -> None:
    found = of(*values, unit=1e-6, steps=steps).distribution()
    assert found.count == len(values)
    assert found.sum == pytest.approx(sum(values))
    assert found.mean == (pytest.approx(sum(values) / len(values)) if values else None)


def test_times_are_in_the_first_bucket_whose_limit_is_above_them() -> None:
    times = (0.5e-6, 1.5e-6, 3.9e-6, 4.1e-6)
    assert [of(time, unit=1e-6).distribution().percentile(100) for time in times] == [
        1e-6,
        2e-6,
        4e-6,
        8e-6,
    ]


@pytest.mark.parametrize("steps", [1, FINE])
def test_what_is_beyond_the_last_limit_is_taken_for_it(steps: int) -> None:
    found = of(1 << 60, steps=steps).distribution()
    assert found.percentile(50) == found.limits[-1] == 1 << 38


def test_an_empty_histogram_has_no_percentile_and_none_is_above_100() -> None:
    assert of().distribution().percentile(99) is None
    with pytest.raises(ValueError, match="percent must be from 0 to 100, not 101"):
        of(1).distribution().percentile(101)
