"""`python -m spec cvc5`: a contradiction fails, and a machine without cvc5 says so."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from spec.__main__ import PROGRAM
from spec.folder import SPEC
from spec.tools import second_solver
from spec.tools.proof import read_proofs
from tools.suite.parts import SECOND_SOLVER

main = PROGRAM.run
[PROOF] = [each for each in read_proofs(SPEC) if each.about == "SingleProducer"]


def answers(monkeypatch: pytest.MonkeyPatch, of_the_first: str) -> None:
    """Has another solver answer that obligations follow, except the first."""

    def ask(python: Path, folder: Path) -> Mapping[str, str]:
        for path in folder.iterdir():
            assert path.read_text().endswith("(check-sat)\n")
        return {
            path.name: of_the_first if path.stem == "0" else "unsat" for path in folder.iterdir()
        }

    monkeypatch.setattr(second_solver, "find_python", lambda say: Path("python"))
    monkeypatch.setattr(second_solver, "ask", ask)


def test_a_second_solver_may_agree_or_not_know(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, "unknown")
    assert main(["cvc5", "SingleProducer"]) == 0
    out = capsys.readouterr().out
    assert f"{PROOF.obligations - 1} obligations proven by cvc5 too, 1 not decided" in out
    assert [each.read(out) for each in SECOND_SOLVER] == [1, PROOF.obligations - 1]


def test_a_contradiction_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, "sat")
    assert main(["cvc5", "SingleProducer"]) == 1
    assert "cvc5 contradicts Z3: a slot is in the ring" in capsys.readouterr().out


def test_a_machine_without_cvc5_skips_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CVC5_PYTHON", "/nowhere/python")
    assert main(["cvc5"]) == 0
    out = capsys.readouterr().out
    assert out == "skipped: CVC5_PYTHON=/nowhere/python has no cvc5\n"
    assert SECOND_SOLVER[0].read(out) == 1


def test_a_wrong_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cvc5", "Nothing"]) == 2
    assert "there is no proof module 'Nothing'" in capsys.readouterr().err
