"""Flatness: a leak is found, noise is not one, and the beginning does not count."""

import random

import pytest

from tests.soak.flat import Limit, judge, slope
from tests.soak.pictures import Curve, picture

MEMORY = Limit("memory", "MiB", part=0.05, amount=8.0)
TIMES = [float(20 * number) for number in range(60)]


def test_the_slope_of_a_line_is_found() -> None:
    assert slope(TIMES, [3 + 0.5 * time for time in TIMES]) == pytest.approx(0.5)


def test_single_samples_that_stand_out_do_not_change_the_slope() -> None:
    values = [100.0] * 60
    values[10] = values[59] = 100_000.0
    assert slope(TIMES, values) == 0


def test_too_few_samples_have_no_slope() -> None:
    assert slope([], []) == slope([1.0], [5.0]) == slope([1.0, 1.0], [5.0, 6.0]) == 0


def test_a_leak_is_found_in_noise() -> None:
    noise = random.Random(1)
    leaks = [100 + 0.02 * time + noise.uniform(-5, 5) for time in TIMES]
    verdict = judge(MEMORY, TIMES, leaks)
    assert not verdict.is_flat
    assert verdict.an_hour == pytest.approx(72, rel=0.25)
    assert "NOT FLAT" in str(verdict)


def test_noise_alone_is_flat() -> None:
    noise = random.Random(1)
    assert judge(MEMORY, TIMES, [100 + noise.uniform(-5, 5) for _ in TIMES]).is_flat


def test_what_grows_at_the_beginning_and_then_stays_is_flat() -> None:
    assert judge(MEMORY, TIMES, [min(100.0, 20 + time) for time in TIMES]).is_flat


def test_what_falls_is_flat() -> None:
    assert judge(MEMORY, TIMES, [1000 - time / 2 for time in TIMES]).is_flat


def test_a_thread_that_stays_with_every_round_is_found() -> None:
    threads = Limit("threads", "threads", part=0.0, amount=0.5)
    assert not judge(threads, TIMES, [float(number) for number in range(60)]).is_flat
    assert judge(threads, TIMES, [1.0] * 60).is_flat


def test_too_few_samples_are_not_judged() -> None:
    verdict = judge(MEMORY, TIMES[:4], [0.0, 100.0, 200.0, 300.0])
    assert not verdict.is_judged
    assert verdict.is_flat
    assert "too few" in str(verdict)


def test_what_needs_more_samples_is_not_judged_with_fewer() -> None:
    """As resident memory: in a few rounds it grows whenever the largest one comes late."""
    slow = Limit("resident memory", "MiB", part=0.15, amount=8.0, fewest=15)
    running_maximum = [50.0, 50.0, 51.0, 55.0, 58.0, 66.0, 70.0, 82.0]
    assert judge(slow, TIMES[:8], running_maximum).is_flat
    assert not judge(MEMORY, TIMES[:8], running_maximum).is_flat
    assert not judge(slow, TIMES, [50 + time / 10 for time in TIMES]).is_flat


def test_a_picture_is_an_svg_with_every_curve() -> None:
    text = picture(
        "Memory & more", "MiB", [Curve("load", [0.0, 1.0], [2.0, 3.0]), Curve("rest", [1.0], [2.5])]
    )
    assert text.startswith("<svg xmlns=")
    assert text.count("<polyline") == 2
    assert "Memory &amp; more" in text


def test_a_picture_without_samples_is_one_too() -> None:
    assert picture("Nothing", "MiB", [Curve("load", [], [])]).endswith("</svg>\n")
