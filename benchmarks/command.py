"""The command line of `python -m benchmarks`."""

import argparse
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import compare, pages, perf, pictures, readme
from benchmarks.abandon import abandon
from benchmarks.checking import check_gates
from benchmarks.gates import load_gates
from benchmarks.machine import describe
from benchmarks.scenarios import load, names
from ringbuffer.programs.bench.results import Results
from ringbuffer.programs.bench.runner import QUICK, Settings, run_scenario
from ringbuffer.programs.bench.tables import LEGEND, head, table
from ringbuffer.programs.progress_line import Progress

PAGE = Path("docs/figures.md")
PICTURES = Path("docs/pictures")
README = Path("README.md")
_DESCRIPTION = """\
Measure the library beside its alternatives. Without a command, it runs the scenarios NAMES (the
default is all of them), interleaved and verified, and prints their tables.

  python -m benchmarks --quick                        all scenarios, in under three minutes
  python -m benchmarks unicast diamond --runs 11      two of them, with more runs
  python -m benchmarks --json results/today.json      and save every run
  python -m benchmarks compare OLD.json NEW.json      what became slower; exit code 1 if ours did
  python -m benchmarks gates [--half] [--deterministic] [--from RESULTS.json]
  python -m benchmarks docs RESULTS.json              put the figures into docs/figures.md
  python -m benchmarks readme RESULTS.json            put those of `service` into README.md
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 1 if something failed, or became slower."""
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAMES", help=f"scenarios: {', '.join(names())}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="short runs: for a first look, not for conclusions"
    )
    parser.add_argument(
        "--runs", type=int, help="runs of each contender, interleaved (7; quick: 5)"
    )
    parser.add_argument(
        "--seconds", type=float, help="how long one run takes, about (0.5; quick: 0.06)"
    )
    parser.add_argument("--count", type=int, help="events in every run, instead of a length")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="save every run here; the default is results/TIME.json",
    )
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw pictures into this folder")
    parser.add_argument(
        "--half",
        action="store_true",
        help="gates: ask for half of each ratio, so that noise does not decide",
    )
    parser.add_argument(
        "--deterministic", action="store_true", help="gates: only those that noise does not affect"
    )
    parser.add_argument(
        "--from", dest="saved", type=Path, metavar="FILE", help="gates: check a saved measurement"
    )
    options = parser.parse_args(arguments)
    command, *rest = options.names or [""]
    try:
        if command == "compare":
            return 0 if compare.report(*_two(rest)) else 1
        if command == "docs":
            return _docs(rest)
        if command == "readme":
            return _readme(rest)
        if command == "gates":
            return _gates(options, rest)
        return _run(options, options.names)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        parser.error(str(error))


def settings_of(options: argparse.Namespace) -> Settings:
    """How to measure, from the options."""
    changes = {"runs": options.runs, "seconds": options.seconds, "fixed_count": options.count}
    return dataclasses.replace(
        QUICK if options.quick else Settings(),
        **{name: value for name, value in changes.items() if value is not None},
    )


def _run(options: argparse.Namespace, chosen: list[str]) -> int:
    settings = settings_of(options)
    wrong = [name for name in chosen if name not in names()]
    if wrong:
        raise ValueError(f"there is no scenario {wrong[0]!r}; there are {', '.join(names())}")
    progress = Progress()
    results = Results(describe(), {"runs": settings.runs, "seconds": settings.seconds})
    print(head(results))
    unloadable = []
    for name in chosen or names():
        try:
            scenario = load(name)
        except ImportError as error:
            unloadable.append(f"{name} cannot be loaded: {error}")
            continue
        result = run_scenario(scenario, settings, tell=progress.tell, abandon=abandon)
        if scenario.has_cache_figures:
            result.cache = perf.cache_figures(
                name, {each.name: each.count for each in result.contenders if not each.failure}
            )
        results.scenarios.append(result)
        progress.clear()
        print(table(result), flush=True)
    print(LEGEND)
    path = options.json or Path("results") / time.strftime("%Y%m%d-%H%M%S.json")
    results.save(path)
    print(f"saved: {path}")
    if options.plots is not None:
        for picture in pictures.draw(results, options.plots):
            print(f"drawn: {picture}")
    failures = unloadable + results.failures
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


def _gates(options: argparse.Namespace, chosen: list[str]) -> int:
    gates = load_gates()
    if options.deterministic:
        gates = [gate for gate in gates if gate.deterministic]
    if chosen:
        gates = [
            gate
            for gate in gates
            if {gate.scenario, gate.deterministic, gate.name}.intersection(chosen)
        ]
        if not gates:
            raise ValueError(f"no gate belongs to {', '.join(chosen)}")
    saved = Results.load(options.saved) if options.saved is not None else None
    factor = 0.5 if options.half else 1.0
    return (
        0
        if check_gates(gates, settings_of(options), factor=factor, progress=Progress(), saved=saved)
        else 1
    )


def _docs(rest: list[str]) -> int:
    if len(rest) != 1:
        raise ValueError("docs takes one file of results")
    results = Results.load(Path(rest[0]))
    for path in pages.rewrite(PAGE, PICTURES, results, load_gates()):
        print(f"written: {path}")
    if any(each.name == readme.SCENARIO for each in results.scenarios):
        return _readme(rest)  # its picture is on both pages
    return 0


def _readme(rest: list[str]) -> int:
    if len(rest) != 1:
        raise ValueError("readme takes one file of results")
    for path in readme.rewrite(README, PICTURES, Results.load(Path(rest[0]))):
        print(f"written: {path}")
    return 0


def _two(rest: list[str]) -> tuple[Results, Results]:
    if len(rest) != 2:
        raise ValueError("compare takes two files of results, the older first")
    return Results.load(Path(rest[0])), Results.load(Path(rest[1]))
