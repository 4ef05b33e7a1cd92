"""The search for counterexamples to induction: none in the proven modules, and no empty proof."""

import pytest

from spec.commands.mutants import refute
from spec.folder import SPEC
from spec.prover.induction_failure import Search, first_failure
from spec.prover.module import read_module
from spec.prover.theory import Theory
from spec.tools.mutant import Mutant, read_mutants
from spec.tools.proof import Proof, read_proofs
from spec.tools.reporter import Reporter

PROOFS = read_proofs(SPEC)


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_each_way_to_take_a_step_is_possible_in_a_state_of_the_invariant(proof: Proof) -> None:
    # An obligation about a step that no state allows would say nothing.
    module = read_module(SPEC.modules / f"{proof.name}.tla")
    theory = Theory(module)
    ways = {action.named(way) for action, way in theory.actions(theory.state)}
    for instance in proof.instances:
        ways -= {name for name, possible in Search(module, instance).possible() if possible}
    assert ways == set(), f"add an instance to {SPEC.proofs.name} in which they are possible"


def test_a_wrong_first_state_is_found() -> None:
    text = (SPEC.modules / "SingleProducer.tla").read_text()
    wrong = text.replace("/\\ limit = Size - 1", "/\\ limit = Size")
    assert wrong != text
    [proof] = [each for each in PROOFS if each.about == "SingleProducer"]
    module = read_module(SPEC.modules / "SingleProducerProof.tla", {"SingleProducer": wrong})
    failure = first_failure(module, proof.instances)
    assert failure is not None
    assert (failure.action, failure.violated.name) == (None, "Limit")


def test_an_invariant_from_which_safety_does_not_follow_is_found() -> None:
    text = (SPEC.modules / "WorkPoolProof.tla").read_text()
    weak = text.replace("Inv == Places /\\ Bounds /\\", "Inv == Bounds /\\").replace(
        "/\\ Claims /\\ Apart /\\ Handled /\\ Minima", ""
    )
    module = read_module(SPEC.modules / "WorkPoolProof.tla", {"WorkPoolProof": weak})
    [proof] = [each for each in PROOFS if each.about == "WorkPool"]
    failures = Search(module, proof.instances[0]).failures()
    assert any(each.action is None and each.after is None for each in failures)


def test_the_faults_of_a_module_lead_out_of_its_invariant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ["claimed-before-it-is-announced", "a-lost-claim-is-kept-while-waiting"]
    faults = [each for each in read_mutants(SPEC) if each.name in names]
    assert len(faults) == 2
    reporter = Reporter(as_json=False)
    refute(faults, SPEC, reporter)
    out = capsys.readouterr().out
    # The other one is found by a property about liveness alone.
    assert "refuted claimed-before-it-is-announced" in out
    assert "1 of 1 leave the invariant" in out
    assert reporter.finish() == 0


@pytest.mark.verify
def test_a_fault_that_leaves_no_invariant_fails(capsys: pytest.CaptureFixture[str]) -> None:
    harmless = Mutant("harmless", "WorkPool", "WorkPool", "Deaths = 1", "Deaths = 1", ("EachOnce",))
    reporter = Reporter(as_json=False)
    refute([harmless], SPEC, reporter)
    assert "SURVIVED: no counterexample to induction" in capsys.readouterr().out
    assert reporter.finish() == 1
