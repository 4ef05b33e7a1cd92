"""`python -m spec cvc5`: asks a second solver about the obligations that Z3 proves."""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Final

from ringbuffer.cli.program import CommandError
from spec import folder
from spec.commands.prove import chosen
from spec.commands.side_by_side import cores, in_order
from spec.prover.errors import ModuleError
from spec.prover.module import read_module
from spec.prover.obligations import Obligation, Obligations
from spec.prover.smtlib import Writer
from spec.prover.theory import Theory
from spec.tools import second_solver
from spec.tools.proof import Proof
from spec.tools.reporter import Reporter

_DESCRIPTION: Final = """\
Ask cvc5 about every obligation of the proof modules, with the same text that Z3 is given. If cvc5
says that an obligation does not follow, the solvers contradict each other, and the command fails.
If cvc5 does not know, that is counted.

cvc5 runs in its own environment, which the command makes with another interpreter of this
machine. CVC5_PYTHON names an interpreter that has it. Without one, the command says why, and checks
nothing."""

_EPILOG: Final = """\
examples:

`python -m spec cvc5` asks about all modules in spec/proofs.toml.

`python -m spec cvc5 WorkPool` asks about one.

exit codes: 0 no contradiction, or no cvc5; 1 the solvers contradict each other; 2 the command could
not run; 130 interrupted"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Say what the command is for, and add its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="proof modules, or the modules they are about")
    add("--json", action="store_true", help="print JSON, and the lines to standard error")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code."""
    proofs = chosen(folder.SPEC, options.names)
    reporter = Reporter(as_json=options.json)
    python = second_solver.find_python(reporter.say)
    if isinstance(python, str):
        reporter.say(f"skipped: {python}")
        return reporter.finish()
    for proof in proofs:
        _ask(proof, python, reporter)
    return reporter.finish()


def _ask(proof: Proof, python: Path, reporter: Reporter) -> None:
    started = time.monotonic()
    try:
        module = read_module(folder.SPEC.modules / f"{proof.name}.tla")
        obligations = list(Obligations(Theory(module)).all())
    except ModuleError as error:
        raise CommandError(str(error)) from error
    answers = _answers(obligations, python)
    wrong = [obligations[number].name for number, says in answers.items() if says == "sat"]
    proven = sum(says == "unsat" for says in answers.values())
    open_ = len(obligations) - proven - len(wrong)
    problem = f"cvc5 contradicts Z3: {', '.join(wrong)}" if wrong else None
    state = "FAILED" if problem else "ok"
    seconds = time.monotonic() - started
    reporter.result(
        f"{state:6} {proof.name}: {proven:,} obligations proven by cvc5 too, {open_} not decided "
        f"{seconds:6.1f} s   {problem or ''}".rstrip(),
        passed=problem is None,
        name=proof.name,
        proven=proven,
        undecided=open_,
        seconds=seconds,
        problem=problem,
    )


def _answers(obligations: list[Obligation], python: Path) -> dict[int, str]:
    """Returns what cvc5 says about each obligation, by its place in the list."""
    writer = Writer()
    with tempfile.TemporaryDirectory(prefix="cvc5-") as temporary:
        shares = [Path(temporary) / str(core) for core in range(cores())]
        for share in shares:
            share.mkdir()
        for number, obligation in enumerate(obligations):
            text = f"(set-logic ALL)\n{writer.text(obligation)}(check-sat)\n"
            (shares[number % len(shares)] / f"{number}.smt2").write_text(text)
        found: dict[int, str] = {}
        for answers in in_order(shares, lambda share: second_solver.ask(python, share)):
            found |= {int(Path(name).stem): says for name, says in answers.items()}
    return found
