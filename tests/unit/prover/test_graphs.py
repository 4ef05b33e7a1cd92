"""The evaluator has the states and the labelled steps of the mirrors, which have those of TLC.

It is the evaluator with which everything is proven. So the prover understands the modules as TLC
does.
"""

from pathlib import Path

import pytest

from spec.folder import SPEC
from spec.mirrors.catalogue import of_configuration
from spec.prover.exploration import explore
from spec.prover.module import read_module
from spec.tools.configuration import Configuration, read
from spec.tools.state_graph import Edge, Numbers, graph_of_tlc, states_of_mirror

ONE = "Consumers <- One; Dependencies <- Independent"
CHAIN = "Consumers <- Two; Dependencies <- Chain"

#: In `make test`.
SMALL = [
    ("SingleProducer", f"Size = 2; Events = 4; Batches = {{1, 2}}; {ONE}"),
    (
        "MultiProducer",
        f'Size = 2; Events = 2; Batches = {{1, 2}}; Producers = {{"p"}}; {ONE}; MayGiveUp = TRUE',
    ),
    ("WorkPool", 'Size = 1; Events = 1; Workers = {"v"}; Chunks = {1}; Deaths = 1'),
    (
        "Blocking",
        f'Events = 1; Lite = TRUE; Spins = TRUE; MayTimeOut = TRUE; {ONE}; Alerted = {{"a"}}',
    ),
    (
        "Joining",
        'Size = 1; Events = 1; Batches = {1}; Producers = {"p"}; Residents = {"a"}; '
        'Joiners = {"b"}',
    ),
    (
        "Lifecycle",
        'Size = 1; Events = 1; Producers = {"p"}; Consumers = {"a"}; Halters = {}; Starts = 1; '
        'MayDie = TRUE; MaySkip = TRUE; Ends = "shutdown"',
    ),
    (
        "Revoke",
        'Size = 1; Events = 1; Owner = "o"; Newcomers = {"p"}; Waits = FALSE; MayClose = FALSE; '
        'Protocol = "revoke"',
    ),
]
#: In `make verify`.
LARGER = [
    ("SingleProducer", f"Size = 2; Events = 4; Batches = {{1, 2}}; {CHAIN}"),
    (
        "MultiProducer",
        f'Size = 1; Events = 2; Batches = {{1}}; Producers = {{"p", "q"}}; {ONE}; MayGiveUp = TRUE',
    ),
    (
        "MultiProducer",
        f'Size = 2; Events = 3; Batches = {{1}}; Producers = {{"p"}}; {CHAIN}; MayGiveUp = FALSE',
    ),
    ("WorkPool", 'Size = 1; Events = 1; Workers = {"v", "w"}; Chunks = {1}; Deaths = 1'),
    (
        "Blocking",
        "Events = 1; Lite = FALSE; Spins = TRUE; MayTimeOut = TRUE; Consumers <- Two; "
        'Dependencies <- Chain; Alerted = {"a", "b"}',
    ),
    (
        "Revoke",
        'Size = 1; Events = 1; Owner = "o"; Newcomers = {"p"}; Waits = TRUE; MayClose = TRUE; '
        'Protocol = "revoke"',
    ),
]


def configured(folder: Path, module: str, constants: str) -> Configuration:
    path = folder / f"{module}.cfg"
    lines = "".join(f"    {line.strip()}\n" for line in constants.split(";"))
    header = f"\\* module: {module}\n\\* says: -\n\\* size: small\n"
    path.write_text(f"{header}SPECIFICATION Spec\nCONSTANTS\n{lines}")
    return read(path)


def compare_with_the_mirror(folder: Path, module: str, constants: str) -> None:
    numbers, found, expected = Numbers(), set[Edge](), set[Edge]()
    proof = read_module(SPEC.modules / f"{module}Proof.tla")
    states = explore(proof, constants, numbers, found, ("Inv", "Safety"))
    mirror = of_configuration(configured(folder, module, constants))
    assert states == states_of_mirror(mirror, numbers, expected)
    assert found == expected


@pytest.mark.parametrize(("module", "constants"), SMALL)
def test_the_evaluator_has_the_graph_of_the_mirror(
    tmp_path: Path, module: str, constants: str
) -> None:
    compare_with_the_mirror(tmp_path, module, constants)


@pytest.mark.verify
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("module", "constants"), LARGER)
def test_the_evaluator_has_larger_graphs_of_the_mirrors(
    tmp_path: Path, module: str, constants: str
) -> None:
    compare_with_the_mirror(tmp_path, module, constants)


@pytest.mark.parametrize(
    ("module", "constants"),
    [
        ("BroadcastLog", f"Events = 3; {CHAIN}"),
        ("CompetingQueue", 'Events = 3; Workers = {"v", "w"}'),
        ("WorkPool", 'Size = 1; Events = 1; Workers = {"v"}; Chunks = {1}; Deaths = 1'),
        ("Closing", 'Size = 1; Events = 2; Producers = {"p"}; Protocol = "one"'),
        ("DelayedRing", f'Size = 2; Events = 2; {ONE}; Order = "weak"; Releases = TRUE'),
        (
            "DelayedFlags",
            f'Size = 1; Events = 2; Batches = {{1}}; Producers = {{"p"}}; {ONE}; Releases = TRUE',
        ),
        (
            "DelayedJoin",
            'Events = 1; Producers = {"p"}; Residents = {"a"}; Joiners = {"b"}; '
            "Fenced = TRUE; Checked = TRUE",
        ),
        ("Dekker", 'Threads = {"a", "b"}; Times = 1; Fenced = {"a", "b"}; Releases = TRUE'),
    ],
)
def test_the_evaluator_has_the_graph_of_tlc(tmp_path: Path, module: str, constants: str) -> None:
    numbers, found = Numbers(), set[Edge]()
    states = explore(read_module(SPEC.modules / f"{module}.tla"), constants, numbers, found)
    lines = constants.replace("; ", "\n")
    of_tlc, expected = graph_of_tlc(module, lines, tmp_path, numbers)
    assert states == of_tlc
    assert found == expected
