"""`python -m spec mutants`: checks models that have a fault."""

import argparse
import time
from typing import Final

from ringbuffer.cli.program import CommandError
from spec import folder
from spec.commands.side_by_side import side_by_side
from spec.folder import SpecFolder
from spec.tools.installation import find_tools
from spec.tools.mutant import Mutant, read_mutants, try_mutant, verdict
from spec.tools.reporter import Reporter
from spec.tools.tlc import TlcTools

_DESCRIPTION: Final = """\
Check models that have a fault, with TLC, on all cores. A mutant is a model in which one rule of the
protocol is replaced by
a wrong one. A property must find each fault: if all properties hold, the mutant survived, and
the command fails."""

_EPILOG: Final = """\
examples:

`python -m spec mutants` checks all mutants in spec/mutants.toml, which takes about two minutes on
two cores.

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
    check(mutants, spec, find_tools(reporter.say), reporter)
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
