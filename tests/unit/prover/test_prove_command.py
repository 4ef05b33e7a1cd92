"""`python -m spec prove`: runs, output, exit codes. These tests run the real Z3."""

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from ringbuffer.cli.program import CommandError
from spec import folder
from spec.__main__ import PROGRAM
from spec.commands import prove, side_by_side
from spec.folder import SPEC, SpecFolder
from spec.prover import solver
from spec.tools.configuration import read_all
from spec.tools.proof import read_proofs

main = PROGRAM.run


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpecFolder:
    """A copy of the models, which the command uses instead of the real ones."""
    copy = SpecFolder(tmp_path / "spec")
    shutil.copytree(SPEC.root, copy.root)
    monkeypatch.setattr(folder, "SPEC", copy)
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def line_with(path: Path, text: str) -> int:
    lines = enumerate(path.read_text().splitlines(), 1)
    [number] = [number for number, line in lines if text in line]
    return number


def test_a_module_is_proven_group_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    [recorded] = [each for each in read_proofs(SPEC) if each.about == "SingleProducer"]
    assert main(["prove", "SingleProducer", "--seeds", "1"]) == 0
    out = capsys.readouterr().out
    assert "ok     SingleProducerProof    KeepLimit " in out
    assert f"{recorded.obligations} obligations" in out
    assert "all proven, with 1 seed\n" in out


def test_the_result_is_reported_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "SingleProducerProof", "--seeds", "1", "--json", "--all"]) == 0
    captured = capsys.readouterr()
    [result] = json.loads(captured.out)["results"]
    assert (result["name"], result["unproven"], result["problem"]) == (
        "SingleProducerProof",
        [],
        None,
    )
    assert "Publish keeps Contents 1: proven" in captured.err


@pytest.mark.verify
def test_another_number_of_obligations_fails(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        spec.modules / "SingleProducerProof.tla",
        "Steps == PublishedStays /\\ HandlesInOrder",
        "Steps == HandlesInOrder",
    )
    assert main(["prove", "SingleProducer", "--seeds", "1"]) == 1
    assert "obligations are recorded: the module has changed" in capsys.readouterr().out
    assert main(["prove", "SingleProducer", "--seeds", "1", "--record"]) == 0
    assert main(["prove", "SingleProducer", "--seeds", "1"]) == 0


def test_a_fault_is_shown_as_a_counterexample_to_induction(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        spec.modules / "SingleProducer.tla",
        "/\\ limit' = lowest + Size",
        "/\\ limit' = cursor + Size",
    )
    assert main(["prove", "SingleProducer", "--seeds", "1"]) == 1
    out = capsys.readouterr().out
    assert "KeepLimit then keeps Limit: 2: NOT PROVEN" in out
    shown = out[out.index("counterexample to induction of SingleProducerProof") :]
    header = next(line for line in shown.splitlines() if line.startswith("     "))
    assert header.split() == ["a", "b", "producer"]
    assert "the step KeepLimit" in shown
    assert "limit: " in shown
    assert "after it, this does not hold: Limit, " in shown


def test_what_the_prover_does_not_know_is_an_error_with_file_and_line(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    module = spec.modules / "SingleProducer.tla"
    edit(module, "/\\ limit' = lowest + Size", "/\\ limit' = lowest ^ Size")
    assert main(["prove", "SingleProducer"]) == 2
    line = line_with(module, "lowest ^ Size")
    assert f"{module}:{line}: unknown symbol '^'" in capsys.readouterr().err


def test_a_part_without_a_name_is_an_error_with_file_and_line(
    spec: SpecFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    module = spec.modules / "DekkerProof.tla"
    edit(module, "Inv == Places /\\ Buffers", "Inv == Places /\\ Times >= 0 /\\ Buffers")
    assert main(["prove", "Dekker"]) == 2
    line = line_with(module, "Inv ==")
    says = f"{module}:{line}: Inv is known as a conjunction of names only"
    assert says in capsys.readouterr().err


def test_a_wrong_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "Nothing"]) == 2
    assert "there is no proof module 'Nothing'" in capsys.readouterr().err


def test_without_z3_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> NoReturn:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(CommandError, match="`make venv` installs it"):
        prove.require_z3()


def test_after_ctrl_c_no_further_obligation_is_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(shared: str, goals: object, seed: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(solver, "prove", interrupted)
    monkeypatch.setattr(side_by_side, "cores", lambda: 1)
    assert main(["prove", "SingleProducer"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_the_list_names_every_proof_module(capsys: pytest.CaptureFixture[str]) -> None:
    modules = {path.stem for path in SPEC.modules.glob("*Proof.tla")}
    assert main(["prove", "--list", "--json"]) == 0
    assert {each["name"] for each in json.loads(capsys.readouterr().out)} == modules
    assert main(["prove", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{name} " in listed for name in modules)


def test_tlc_checks_each_invariant_too_in_a_small_configuration() -> None:
    for proof in read_proofs(SPEC):
        small = [
            each
            for each in read_all(SPEC.configurations)
            if each.module == proof.name and each.size == "small"
        ]
        assert small, f"{proof.name} needs a configuration for `make check`"
        for each in small:
            assert "INVARIANTS Inv Safety" in each.path.read_text()


@pytest.mark.skipif(
    getattr(sys, "_is_gil_enabled", lambda: True)(), reason="this interpreter has a GIL"
)
def test_z3_leaves_the_gil_off() -> None:
    program = "import sys, spec.prover.solver; print(sys._is_gil_enabled())"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
