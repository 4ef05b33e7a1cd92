"""The gate that finds what events leave behind in the allocator."""

import pytest

from benchmarks import deterministic
from ringbuffer.programs.bench.events import BenchEvent

EVENTS = 20_000


def test_events_that_are_allocated_once_leave_nothing_behind() -> None:
    assert deterministic.retained_blocks(EVENTS) == 0


def test_one_object_that_stays_for_a_thousand_events_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: list[object] = []

    class Leaky(BenchEvent):
        stores = 0

        def __setattr__(self, name: str, value: object) -> None:
            Leaky.stores += 1
            if Leaky.stores % 1000 == 0:
                kept.append(object())
            super().__setattr__(name, value)

    monkeypatch.setattr(deterministic, "BenchEvent", Leaky)
    assert deterministic.retained_blocks(EVENTS) > 500
