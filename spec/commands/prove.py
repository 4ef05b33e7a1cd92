"""`python -m spec prove`: proves that invariants are inductive, for every size."""

import argparse
import importlib
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ringbuffer.cli.arguments import count
from ringbuffer.cli.program import CommandError
from spec import folder
from spec.commands.side_by_side import in_order
from spec.folder import SpecFolder
from spec.prover.errors import ModuleError
from spec.prover.module import Module, read_module
from spec.prover.obligations import Obligation, Obligations
from spec.prover.smtlib import Writer
from spec.prover.theory import Theory
from spec.tools import proof as listed
from spec.tools.proof import Proof
from spec.tools.reporter import Reporter

_DESCRIPTION: Final = """\
Prove that the invariants of the proof modules are inductive, with Z3, on all cores: for every size
of the ring, any threads, and runs of any length.

The command prints a line for each group of obligations: those of the first state, of each action,
of the properties that follow, and of the lemmas. Z3 must prove each obligation with several seeds
of its random choices, within a limit of steps. Another number of obligations than the recorded one
is a failure. If an obligation is not proven, the command looks for a counterexample to induction: a
state in which the invariant holds, and a step that leaves it."""

_EPILOG: Final = """\
examples:

`python -m spec prove` proves all modules in spec/proofs.toml, in about half a minute on two cores.

`python -m spec prove WorkPool --all` proves one module, and prints every obligation.

`python -m spec prove --list` lists the modules.

exit codes: 0 all is proven; 1 something is not; 2 the command could not run, as without z3; 130
interrupted"""

#: With how many seeds each obligation is proven, unless the user says so.
_SEEDS: Final = 3


def add_to(parser: argparse.ArgumentParser) -> None:
    """Say what the command is for, and add its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="proof modules, or the modules they are about")
    add("--seeds", type=count, default=_SEEDS, help="seeds to prove with (default: %(default)s)")
    add("--all", action="store_true", help="print every obligation")
    add("--record", action="store_true", help="write the numbers of obligations into proofs.toml")
    add("--list", action="store_true", help="only list the modules")
    add("--json", action="store_true", help="print JSON, and the lines to standard error")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code."""
    spec = folder.SPEC
    proofs = chosen(spec, options.names)
    if options.list:
        _list(proofs, as_json=options.json)
        return 0
    require_z3()
    reporter = Reporter(as_json=options.json)
    counts = {}
    for proof in proofs:
        attempt = _Attempt(proof, spec, reporter, options)
        attempt.run()
        counts[proof.name] = attempt.obligations
    if options.record:
        listed.record(spec, counts)
    return reporter.finish()


def require_z3() -> None:
    """Find Z3.

    Raises:
        CommandError: it is not installed.
    """
    try:
        importlib.import_module("z3")
    except ImportError as error:
        raise CommandError(
            f"the package z3-solver is missing ({error}); `make venv` installs it, and so does "
            f"`pip install` with the group `proof` of pyproject.toml"
        ) from error


def chosen(spec: SpecFolder, names: list[str]) -> list[Proof]:
    """Returns the proofs that the user names, or all.

    Raises:
        CommandError: there is no such proof.
    """
    proofs = listed.read_proofs(spec)
    known = {name for each in proofs for name in (each.name, each.about)}
    for name in names:
        if name not in known:
            raise CommandError(
                f"there is no proof module {name!r}; `python -m spec prove --list` lists them all"
            )
    return [each for each in proofs if not names or each.name in names or each.about in names]


def _list(proofs: list[Proof], *, as_json: bool) -> None:
    if as_json:
        facts = [
            {"name": each.name, "obligations": each.obligations, "says": each.says}
            for each in proofs
        ]
        print(json.dumps(facts, indent=2))
        return
    for each in proofs:
        print(f"{each.name:24} {each.obligations:6,} obligations   {each.says}")


@dataclass
class _Result:
    """What came of an obligation: what Z3 said with each seed that did not prove it."""

    obligation: Obligation
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


@dataclass
class _Attempt:
    """Proves one module, and reports it; one thread.

    Attributes:
        obligations: how many there are.
        unproven: those that are not proven.
    """

    proof: Proof
    spec: SpecFolder
    reporter: Reporter
    options: argparse.Namespace
    obligations: int = 0
    unproven: list[_Result] = field(default_factory=list)

    def run(self) -> None:
        """Prove the module.

        Raises:
            CommandError: the module has something that the prover does not know.
        """
        started = time.monotonic()
        try:
            module = read_module(self.spec.modules / f"{self.proof.name}.tla")
            found = list(Obligations(Theory(module)).all())
        except ModuleError as error:
            raise CommandError(str(error)) from error
        self.obligations = len(found)
        for group, results in self._groups(found):
            self._report_group(group, results)
        self._report(module, time.monotonic() - started)

    def _groups(self, found: list[Obligation]) -> Iterator[tuple[str, list[_Result]]]:
        """Proves the obligations. Yields each group of them with its results, once it is done."""
        writer = Writer()
        waiting: dict[str, int] = {}
        for each in found:
            waiting[each.group] = waiting.get(each.group, 0) + 1
        done: dict[str, list[_Result]] = {group: [] for group in waiting}
        together = (list(each) for _, each in itertools.groupby(found, lambda of: id(of.shared)))
        batches = ((batch, *writer.texts(batch)) for batch in together)
        for results in in_order(batches, self._try):
            for result in results:
                group = result.obligation.group
                done[group].append(result)
                if len(done[group]) == waiting[group]:
                    yield group, done[group]

    def _try(self, given: tuple[list[Obligation], str, list[str]]) -> list[_Result]:
        """Try to prove obligations that share facts; any thread."""
        from spec.prover import solver

        batch, shared, texts = given
        results = [_Result(obligation) for obligation in batch]
        for seed in range(self.options.seeds):
            open_ = [
                (each, text) for each, text in zip(results, texts, strict=True) if not each.problems
            ]
            started = time.monotonic()
            answers = solver.prove(shared, (text for _, text in open_), seed)
            for (result, _), answer in zip(open_, answers, strict=True):
                now = time.monotonic()
                result.seconds += now - started
                started = now
                if not answer.proven:
                    result.problems.append(f"seed {seed}: {answer.says}")
        return results

    def _report_group(self, group: str, results: list[_Result]) -> None:
        failed = [each for each in results if each.problems]
        self.unproven += failed
        state = "FAILED" if failed else "ok"
        seconds = sum(each.seconds for each in results)
        proven = f"{len(results) - len(failed):>5,} of {len(results):>5,} proven"
        name = self.proof.name
        self.reporter.say(f"{state:6} {name:22} {group:18} {proven} {seconds:6.1f} s")
        for each in results:
            if each.problems or self.options.all:
                says = f"NOT PROVEN ({'; '.join(each.problems)})" if each.problems else "proven"
                self.reporter.say(f"           {each.obligation.name}: {says}")

    def _report(self, module: Module, seconds: float) -> None:
        problem = self._problem()
        state = "FAILED" if problem else "ok"
        seeds = "1 seed" if self.options.seeds == 1 else f"{self.options.seeds} seeds"
        says = problem or f"{self.proof.says}: all proven, with {seeds}"
        self.reporter.result(
            f"{state:6} {self.proof.name:22} {self.obligations:,} obligations "
            f"{seconds:6.1f} s   {says}",
            passed=problem is None,
            name=self.proof.name,
            obligations=self.obligations,
            unproven=[each.obligation.name for each in self.unproven],
            seconds=seconds,
            problem=problem,
        )
        if self.unproven:
            self.reporter.say(_counterexample(module, self.proof))

    def _problem(self) -> str | None:
        if self.unproven:
            return f"{len(self.unproven)} of them not proven"
        recorded = self.proof.obligations
        if self.options.record or recorded == self.obligations:
            return None
        return f"{recorded:,} obligations are recorded: the module has changed; see --record"


def _counterexample(module: Module, proof: Proof) -> str:
    """Returns a counterexample to induction, or that the small instances have none."""
    from spec.prover import failure_table, induction_failure

    failure = induction_failure.first_failure(module, proof.instances)
    if failure is None:
        return (
            f"no counterexample to induction in the instances of {proof.name} in proofs.toml: the "
            f"invariant may be right, and too hard for Z3"
        )
    return f"counterexample to induction of {proof.name}:\n\n{failure_table.table(failure)}\n"
