"""The mirrors equal the models: they have the states and labelled edges of TLC.

Where there are too many states to write down, a mirror must have as many as TLC counts: those
counts stand beside the configurations, and `make check` compares them with what TLC counts now.
"""

from pathlib import Path
from typing import Any

import pytest

from spec.folder import SPEC
from spec.mirrors.catalogue import MIRRORS, mirror_of, of_configuration
from spec.mirrors.single_producer import SingleProducer
from spec.tools.configuration import Configuration, read_all
from spec.tools.state_graph import Edge, Node, Numbers, graph_of_tlc, states_of_mirror
from spec.tools.values import freeze, parse

#: Up to so many states a graph is compared edge by edge: in `make test`, and in `make verify`.
COMPARED_IN_TEST, COMPARED = 2_000, 9_000
#: Up to so many states they are counted: in `make verify`, by `make check-full`, and, beyond that,
#: by `make mirrors`.
COUNTED, COUNTED_IN_FULL = 150_000, 600_000

CONFIGURATIONS = [
    each for each in read_all(SPEC.configurations) if each.module in MIRRORS and each.expect is None
]
ONE = "Consumers <- One; Dependencies <- Independent"
JOINS = 'Producers = {"p"}; Residents = {"a"}; Joiners = {"b"}'
CHAIN = "Consumers <- Two; Dependencies <- Chain"
ALONE = 'Owner = "o"; Protocol = "revoke"'

#: Smaller than any configuration, or of another shape; the first ones in `make test` too.
FIRST = [
    ("SingleProducer", f"Size = 2; Events = 4; Batches = {{1, 2}}; {ONE}"),
    (
        "MultiProducer",
        f'Size = 1; Events = 1; Batches = {{1}}; Producers = {{"p", "q"}}; {ONE}; MayGiveUp = TRUE',
    ),
    (
        "MultiProducer",
        f'Size = 2; Events = 2; Batches = {{1, 2}}; Producers = {{"p"}}; {ONE}; MayGiveUp = TRUE',
    ),
    ("WorkPool", 'Size = 1; Events = 1; Workers = {"v", "w"}; Chunks = {1}; Deaths = 1'),
    ("Joining", f"Size = 1; Events = 1; Batches = {{1}}; {JOINS}"),
    (
        "Revoke",
        f'Size = 2; Events = 2; Newcomers = {{"p"}}; MayClose = FALSE; Waits = TRUE; {ALONE}',
    ),
]
OTHERS = [
    (
        "MultiProducer",
        f'Size = 1; Events = 2; Batches = {{1}}; Producers = {{"p", "q"}}; {ONE}; MayGiveUp = TRUE',
    ),
    (
        "Joining",
        "Size = 1; Events = 1; Batches = {1}; "
        'Producers = {"p", "q"}; Residents = {"a"}; Joiners = {"b"}',
    ),
    ("SingleProducer", f"Size = 2; Events = 8; Batches = {{1, 2}}; {ONE}"),
    ("SingleProducer", f"Size = 4; Events = 6; Batches = {{1, 3}}; {ONE}"),
    (
        "SingleProducer",
        "Size = 1; Events = 2; Batches = {1}; Consumers <- Three; Dependencies <- Diamond",
    ),
    (
        "MultiProducer",
        f'Size = 2; Events = 4; Batches = {{1, 2}}; Producers = {{"p"}}; {ONE}; MayGiveUp = TRUE',
    ),
    (
        "MultiProducer",
        f'Size = 2; Events = 8; Batches = {{1, 2}}; Producers = {{"p"}}; {ONE}; MayGiveUp = FALSE',
    ),
    (
        "MultiProducer",
        f'Size = 4; Events = 6; Batches = {{1, 3}}; Producers = {{"p"}}; {ONE}; MayGiveUp = FALSE',
    ),
    (
        "MultiProducer",
        f'Size = 2; Events = 4; Batches = {{1}}; Producers = {{"p"}}; {CHAIN}; MayGiveUp = FALSE',
    ),
    (
        "MultiProducer",
        f"Size = 2; Events = 2; Batches = {{1, 2}}; "
        f'Producers = {{"p", "q"}}; {ONE}; MayGiveUp = FALSE',
    ),
    ("WorkPool", 'Size = 1; Events = 2; Workers = {"v", "w"}; Chunks = {1}; Deaths = 1'),
    ("WorkPool", 'Size = 2; Events = 3; Workers = {"v", "w"}; Chunks = {1, 2}; Deaths = 0'),
    ("Joining", f"Size = 2; Events = 2; Batches = {{2}}; {JOINS}"),
    (
        "Revoke",
        f'Size = 1; Events = 2; Newcomers = {{"p"}}; MayClose = FALSE; Waits = FALSE; {ALONE}',
    ),
    (
        "Revoke",
        f'Size = 1; Events = 1; Newcomers = {{"p"}}; MayClose = TRUE; Waits = TRUE; {ALONE}',
    ),
    ("Revoke", f"Size = 1; Events = 2; Newcomers = {{}}; MayClose = TRUE; Waits = FALSE; {ALONE}"),
]


def assert_same(ours: set[Any], theirs: set[Any], what: str) -> None:
    if ours != theirs:
        example = next(iter(ours ^ theirs))
        raise AssertionError(
            f"{len(ours - theirs)} {what} more, {len(theirs - ours)} fewer, such as {example}"
        )


def compare(module: str, constants: str, folder: Path) -> None:
    mirror, numbers = mirror_of(module, constants), Numbers()
    edges: set[Edge] = set()
    states: set[Node] = states_of_mirror(mirror, numbers, edges)
    tlc_states, tlc_edges = graph_of_tlc(module, constants.replace(";", "\n"), folder, numbers)
    assert_same(states, tlc_states, "states")
    assert_same(edges, tlc_edges, "edges")


def name_of(configuration: Configuration) -> str:
    return configuration.name


def in_test(case: Any, *, is_in_test: bool) -> Any:
    """A case of a test; marked, unless `make test` runs it."""
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=() if is_in_test else pytest.mark.verify)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("module", "constants"), [in_test(each, is_in_test=each in FIRST) for each in [*FIRST, *OTHERS]]
)
def test_the_graph_is_the_models(module: str, constants: str, tmp_path: Path) -> None:
    compare(module, constants, tmp_path)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "configuration",
    [
        in_test(each, is_in_test=(each.states or 0) <= COMPARED_IN_TEST)
        for each in CONFIGURATIONS
        if (each.states or 0) <= COMPARED
    ],
    ids=name_of,
)
def test_the_graph_of_a_configuration_is_the_models(
    configuration: Configuration, tmp_path: Path
) -> None:
    compare(configuration.module, configuration.constants, tmp_path)


def count(configuration: Configuration) -> None:
    mirror = of_configuration(configuration)
    assert len(states_of_mirror(mirror, Numbers())) == configuration.states


@pytest.mark.verify
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "configuration",
    [each for each in CONFIGURATIONS if COMPARED < (each.states or 0) <= COUNTED],
    ids=name_of,
)
def test_a_larger_configuration_has_as_many_states(configuration: Configuration) -> None:
    count(configuration)


@pytest.mark.large
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "configuration",
    [each for each in CONFIGURATIONS if COUNTED < (each.states or 0) <= COUNTED_IN_FULL],
    ids=name_of,
)
def test_a_large_configuration_has_as_many_states(configuration: Configuration) -> None:
    count(configuration)


@pytest.mark.huge
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    "configuration",
    [each for each in CONFIGURATIONS if (each.states or 0) > COUNTED_IN_FULL],
    ids=name_of,
)
def test_a_huge_configuration_has_as_many_states(configuration: Configuration) -> None:
    count(configuration)


def test_every_configuration_of_a_mirrored_module_has_its_states_recorded() -> None:
    assert not [each.name for each in CONFIGURATIONS if each.states is None]
    assert {each.module for each in CONFIGURATIONS} == set(MIRRORS)


def test_a_mirror_that_differs_in_one_step_is_distinguished_from_the_model() -> None:
    class OffByOne(SingleProducer):
        def initial(self) -> dict[str, Any]:
            return {**super().initial(), "limit": self.size}

    numbers = Numbers()
    right, wrong = (
        kind(2, 3, frozenset({1}), {"a": frozenset()}) for kind in (SingleProducer, OffByOne)
    )
    with pytest.raises(AssertionError, match="states more"):
        assert_same(states_of_mirror(wrong, numbers), states_of_mirror(right, numbers), "states")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-1", -1),
        ('"a b"', "a b"),
        ("TRUE", True),
        ("{}", set()),
        ('{"a", "b"}', {"b", "a"}),
        ("[a |-> -1..1, b |-> 0..-1]", {"a": {-1, 0, 1}, "b": set()}),
        ("<<1, 2>>", [1, 2]),
        ("[a |-> 1, b |-> {2}]", {"a": 1, "b": {2}}),
        ("( 0 :> [e |-> -1] @@\n  1 :> [e |-> 2] )", {0: {"e": -1}, 1: {"e": 2}}),
        ('("p" :> 1 @@ "q" :> <<>>)', {"p": 1, "q": []}),
    ],
)
def test_what_tlc_prints_is_read(text: str, value: Any) -> None:
    assert parse(text) == freeze(value)
