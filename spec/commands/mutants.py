"""`python -m spec mutants`: checks models that have a fault."""

import argparse
import time
from typing import TYPE_CHECKING, Final

from ringbuffer.cli.program import CommandError
from spec import folder
from spec.commands.prove import require_z3
from spec.commands.side_by_side import side_by_side
from spec.folder import SpecFolder
from spec.prover.module import read_module
from spec.tools.installation import find_tools
from spec.tools.mutant import Mutant, read_mutants, try_mutant, verdict
from spec.tools.proof import Proof, read_proofs
from spec.tools.reporter import Reporter
from spec.tools.tlc import TlcTools

if TYPE_CHECKING:
    from spec.prover.induction_failure import InductionFailure

_DESCRIPTION: Final = """\
Check models that have a fault, with TLC, on all cores. A mutant is a model in which one rule of the
protocol is replaced by a wrong one. A property must find each fault: if all properties hold, the
mutant survived, and the command fails.

The faults of proven modules are also given to Z3. Each must lead to a counterexample to induction,
except where only a property about liveness finds it, which the proofs are not about."""

_EPILOG: Final = """\
examples:

`python -m spec mutants` checks all mutants in spec/mutants.toml, which takes about four minutes
on two cores.

`python -m spec mutants WorkPool no-gating-check` checks the mutants of one module, and one more.

exit codes: 0 every fault was found; 1 a mutant survived; 2 the command could not run; 130
interrupted"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Say what the command is for, and add its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="mutants, or modules: all of theirs")
    add("--json", action="store_true", help="print JSON, and the lines to standard error")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code."""
    spec = folder.SPEC
    mutants = chosen(spec, options.names)
    found = {name for each in mutants for name in (each.name, each.module)}
    for name in options.names:
        if name not in found:
            raise CommandError(f"there is no mutant or module {name!r}; see {spec.mutants}")
    reporter = Reporter(as_json=options.json)
    if _of_proven_modules(mutants, spec):
        require_z3()
    check(mutants, spec, find_tools(reporter.say), reporter)
    refute(mutants, spec, reporter)
    return reporter.finish()


def chosen(spec: SpecFolder, names: list[str]) -> list[Mutant]:
    """Returns the mutants that the user names, alone or by module; all of them without names."""
    mutants = read_mutants(spec)
    return [each for each in mutants if not names or each.name in names or each.module in names]


def check(mutants: list[Mutant], spec: SpecFolder, tools: TlcTools, reporter: Reporter) -> None:
    """Check each mutant, and report whether its fault was found."""
    started, killed = time.monotonic(), 0
    for mutant, found in side_by_side(mutants, lambda each: try_mutant(each, spec, tools)):
        passed, words = verdict(found)
        killed += passed
        state = "killed" if passed else "FAILED"
        reporter.result(
            f"{state} {mutant.name:36} {mutant.module:15} {found.seconds:5.1f} s   {words}",
            passed=passed,
            name=mutant.name,
            module=mutant.module,
            states=found.states,
            seconds=found.seconds,
            killed_by=found.violated,
            problem=None if passed else words,
        )
    reporter.say(f"{killed} of {len(mutants)} found, {time.monotonic() - started:.0f} s")


def refute(mutants: list[Mutant], spec: SpecFolder, reporter: Reporter) -> None:
    """Look for a counterexample to induction of each mutant of a proven module, and report it."""
    started, found = time.monotonic(), 0
    pairs = _of_proven_modules(mutants, spec)

    def search(pair: tuple[Mutant, Proof]) -> "tuple[InductionFailure | None, float]":
        from spec.prover.induction_failure import first_failure

        mutant, proof = pair
        began = time.monotonic()
        module = read_module(spec.modules / f"{proof.name}.tla", mutant.changed(spec))
        return first_failure(module, proof.instances), time.monotonic() - began

    for (mutant, _), (failure, seconds) in side_by_side(pairs, search):
        found += failure is not None
        words = "SURVIVED: no counterexample to induction" if failure is None else failure.words
        state = "FAILED" if failure is None else "refuted"
        reporter.result(
            f"{state:7} {mutant.name:36} {mutant.module:15} {seconds:5.1f} s   {words}",
            passed=failure is not None,
            name=mutant.name,
            module=mutant.module,
            seconds=seconds,
            counterexample=words,
        )
    if pairs:
        seconds = time.monotonic() - started
        reporter.say(f"{found} of {len(pairs)} leave the invariant, {seconds:.0f} s")


def _of_proven_modules(mutants: list[Mutant], spec: SpecFolder) -> list[tuple[Mutant, Proof]]:
    """Returns the mutants that must lead out of an invariant, each with its proof."""
    proofs = {proof.about: proof for proof in read_proofs(spec)}
    return [
        (mutant, proofs[mutant.module])
        for mutant in mutants
        if mutant.module in proofs and not _is_about_liveness(mutant, spec)
    ]


def _is_about_liveness(mutant: Mutant, spec: SpecFolder) -> bool:
    """Whether only properties about liveness find the fault."""
    module = read_module(spec.modules / f"{mutant.module}.tla")
    return all(map(module.is_about_liveness, mutant.killed_by))
