"""The mirrors are the models: the same states and the same labelled edges as TLC finds, in every small configuration."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.model.graphs import Edge, of_mirror, of_tlc
from tests.unit.model.multi_producer import MultiProducer
from tests.unit.model.single_producer import SingleProducer
from tests.unit.model.values import freeze, parse
from tests.unit.model.work_pool import WorkPool

GRAPHS: dict[str, dict[str, frozenset[str]]] = {
    "One": {"a": frozenset()},
    "Chain": {"a": frozenset(), "b": frozenset({"a"})},
    "Diamond": {"a": frozenset(), "b": frozenset(), "c": frozenset({"a", "b"})},
}
CONSUMERS = {"One": "One", "Chain": "Two", "Diamond": "Three"}


def assert_same(tlc: tuple[set[Any], set[Edge]], mirror: tuple[set[Any], set[Edge]]) -> None:
    for ours, theirs, what in zip(mirror, tlc, ("states", "edges"), strict=True):
        assert ours == theirs, (
            f"{len(ours - theirs)} {what} more, {len(theirs - ours)} fewer, such as {next(iter(ours ^ theirs))}"
        )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("size", "events", "batches", "graph"),
    [(2, 4, {1, 2}, "One"), (2, 8, {1, 2}, "One"), (4, 6, {1, 3}, "One"), (2, 4, {1, 2}, "Chain"), (1, 2, {1}, "Diamond")],
)
def test_single_producer(size: int, events: int, batches: set[int], graph: str, tmp_path: Path) -> None:
    mirror = SingleProducer(size, events, frozenset(batches), GRAPHS[graph])
    constants = f"""
        Size = {size}
        Events = {events}
        Batches = {{{", ".join(map(str, batches))}}}
        Consumers <- {CONSUMERS[graph]}
        Dependencies <- {"Independent" if graph == "One" else graph}
    """
    assert_same(of_tlc("SingleProducer", constants, tmp_path), of_mirror(mirror.initial(), mirror.steps))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("size", "events", "batches", "producers", "graph", "may_give_up"),
    [
        (2, 4, {1, 2}, "p", "One", True),
        (2, 8, {1, 2}, "p", "One", False),
        (4, 6, {1, 3}, "p", "One", False),
        (2, 4, {1}, "p", "Chain", False),
        (1, 2, {1}, "pq", "One", True),
        (2, 2, {1, 2}, "pq", "One", False),
    ],
)
def test_multi_producer(
    size: int, events: int, batches: set[int], producers: str, graph: str, may_give_up: bool, tmp_path: Path
) -> None:
    mirror = MultiProducer(size, events, frozenset(batches), frozenset(producers), GRAPHS[graph], may_give_up)
    constants = f"""
        Size = {size}
        Events = {events}
        Batches = {{{", ".join(map(str, batches))}}}
        Producers = {{{", ".join(f'"{name}"' for name in producers)}}}
        Consumers <- {CONSUMERS[graph]}
        Dependencies <- {"Independent" if graph == "One" else graph}
        MayGiveUp = {str(may_give_up).upper()}
    """
    assert_same(of_tlc("MultiProducer", constants, tmp_path), of_mirror(mirror.initial(), mirror.steps))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("size", "events", "workers", "chunks", "deaths"), [(2, 3, "vw", {1, 2}, 0), (1, 2, "vw", {1}, 1)])
def test_work_pool(size: int, events: int, workers: str, chunks: set[int], deaths: int, tmp_path: Path) -> None:
    mirror = WorkPool(size, events, frozenset(workers), frozenset(chunks), deaths)
    constants = f"""
        Size = {size}
        Events = {events}
        Workers = {{{", ".join(f'"{name}"' for name in workers)}}}
        Chunks = {{{", ".join(map(str, chunks))}}}
        Deaths = {deaths}
    """
    assert_same(of_tlc("WorkPool", constants, tmp_path), of_mirror(mirror.initial(), mirror.steps))


def test_a_mirror_that_differs_in_one_step_is_told_from_the_model(tmp_path: Path) -> None:
    class OffByOne(SingleProducer):
        def initial(self) -> dict[str, Any]:
            return {**super().initial(), "limit": self.size}

    mirror = OffByOne(2, 3, frozenset({1}), GRAPHS["One"])
    constants = "Size = 2\nEvents = 3\nBatches = {1}\nConsumers <- One\nDependencies <- Independent"
    with pytest.raises(AssertionError, match="states more"):
        assert_same(of_tlc("SingleProducer", constants, tmp_path), of_mirror(mirror.initial(), mirror.steps))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-1", -1),
        ('"a b"', "a b"),
        ("TRUE", True),
        ("{}", set()),
        ('{"a", "b"}', {"b", "a"}),
        ("<<1, 2>>", [1, 2]),
        ("[a |-> 1, b |-> {2}]", {"a": 1, "b": {2}}),
        ("( 0 :> [e |-> -1] @@\n  1 :> [e |-> 2] )", {0: {"e": -1}, 1: {"e": 2}}),
        ('("p" :> 1 @@ "q" :> <<>>)', {"p": 1, "q": []}),
    ],
)
def test_what_tlc_prints_is_read(text: str, value: Any) -> None:
    assert parse(text) == freeze(value)
