"""`python -m tests.schedules`: explore the schedules of production code."""

import argparse
import concurrent.futures
import functools
import logging
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: The most that one scenario takes in the full exploration, in seconds.
FULL_SECONDS = 120.0
#: The most that one fault takes, in seconds, for each bound on preemptions.
FAULT_SECONDS = 30.0
#: Before that, so many schedules by random priorities, with so many points at which they change.
SAMPLES, DEPTHS = 300, (1, 2, 3)


def main() -> int:
    """Exit code 0 if all is well, 1 if something was found (or a fault was not), 2 for a wrong command."""
    parser = argparse.ArgumentParser(prog="python -m tests.schedules", description="Explore the schedules of production code.")
    commands = parser.add_subparsers(dest="command", required=True)
    explore = commands.add_parser("explore", help="every schedule of each scenario, up to a bound on preemptions")
    explore.add_argument("names", nargs="*", metavar="SCENARIO", help="only these")
    explore.add_argument("--full", action="store_true", help=f"with the larger bound, {FULL_SECONDS:g} s at most for each")
    explore.add_argument("--list", action="store_true", help="list the scenarios")
    faults = commands.add_parser("faults", help="one-line faults of the library, each of which must be found")
    faults.add_argument("names", nargs="*", metavar="FAULT", help="only these")
    again = commands.add_parser("replay", help="run a schedule that failed again, and show it")
    again.add_argument("file", type=Path)
    again.add_argument("--fault", help="with this fault in the library")
    arguments = parser.parse_args()
    logging.disable()
    if arguments.command == "faults":
        return run_faults(arguments.names)
    if arguments.command == "replay":
        return run_replay(arguments.file, arguments.fault)
    if arguments.list:
        return list_scenarios()
    return run_scenarios(arguments.names, arguments.full)


def each_in_a_process(call: Callable[..., tuple[bool, str]], arguments: list[tuple[Any, ...]]) -> Iterator[tuple[bool, str]]:
    """The results, as they come, of calls in fresh interpreters, one for each processor; a fault stays in its interpreter."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count() or 1, context, max_tasks_per_child=1) as processes:
        futures = [processes.submit(call, *each) for each in arguments]
        try:
            for future in concurrent.futures.as_completed(futures):
                yield future.result()
        finally:
            processes.shutdown(cancel_futures=True)


def list_scenarios() -> int:
    from tests.schedules.scenarios import SCENARIOS

    for scenario in SCENARIOS.values():
        print(f"{scenario.name:16} {scenario.says}")
    return 0


# -- scenarios ----------------------------------------------------------------------------------------------------------


def explored(name: str, full: bool) -> tuple[bool, str]:
    """Explore one scenario, in a process of its own: whether all is well, and what to print."""
    logging.disable()
    from tests.schedules.explore import explore, shrink
    from tests.schedules.report import account, line, save
    from tests.schedules.scenarios import SCENARIOS

    scenario = SCENARIOS[name]
    outcome = explore(scenario, scenario.preemptions[full], FULL_SECONDS if full else 1e9)
    text = line(outcome)
    if outcome.found is not None:
        choices, steps, error = shrink(scenario, outcome.found)
        path = save(scenario, outcome.found, choices)
        text += f"\n{account(scenario, steps, choices, error)}\nrun it again: python -m tests.schedules replay {path}"
    return outcome.found is None, text


def run_scenarios(names: list[str], full: bool) -> int:
    from tests.schedules.report import HEADER
    from tests.schedules.scenarios import SCENARIOS

    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        print(f"there is no scenario {unknown[0]!r}; --list shows them all", file=sys.stderr)
        return 2
    print(HEADER, flush=True)
    failed = 0
    for well, text in each_in_a_process(explored, [(name, full) for name in names or SCENARIOS]):
        failed += not well
        print(text, flush=True)
    print(f"{failed} failed" if failed else "every schedule within the bounds is right")
    return int(failed > 0)


# -- faults -------------------------------------------------------------------------------------------------------------


def find(name: str) -> tuple[bool, str]:
    """Look for one fault, in a process of its own."""
    logging.disable()
    from tests.faults.fault import install
    from tests.schedules.faults import FAULTS

    fault = FAULTS[name]
    install(fault)
    from tests.schedules.explore import Outcome, explore, sample
    from tests.schedules.scenarios import SCENARIOS

    scenario = SCENARIOS[fault.killed_by]
    schedules = 0
    ways: list[Callable[[], Outcome]] = [
        lambda: explore(scenario, 0, FAULT_SECONDS),
        *(functools.partial(sample, scenario, SAMPLES, depth) for depth in DEPTHS),
        *(functools.partial(explore, scenario, most, FAULT_SECONDS) for most in range(1, scenario.preemptions[1] + 1)),
    ]
    for way in ways:
        outcome = way()
        schedules += outcome.schedules
        if outcome.found is not None:
            error: Any = outcome.found.error
            says = str(error).splitlines()[0] if str(error) else type(error).__name__
            return True, f"found  {schedules:>7,} schedules  {scenario.name:14} {name}: {says[:90]}"
    return False, f"MISSED {schedules:>7,} schedules  {scenario.name:14} {name}"


def run_faults(names: list[str]) -> int:
    from tests.schedules.faults import FAULTS

    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        print(f"there is no fault {unknown[0]!r}; they are {sorted(FAULTS)}", file=sys.stderr)
        return 2
    missed = 0
    for well, text in each_in_a_process(find, [(name,) for name in names or FAULTS]):
        missed += not well
        print(text, flush=True)
    print(f"{missed} of {len(names or FAULTS)} missed" if missed else f"all {len(names or FAULTS)} found")
    return int(missed > 0)


# -- one schedule -------------------------------------------------------------------------------------------------------


def run_replay(path: Path, fault: str | None) -> int:
    if fault is not None:
        from tests.faults.fault import install
        from tests.schedules.faults import FAULTS

        install(FAULTS[fault])
    from tests.schedules.report import replay, table
    from tests.schedules.scenarios import SCENARIOS

    scenario, steps, error = replay(path, SCENARIOS)
    print(table(steps))
    print(f"{scenario.name}: {'all is well' if error is None else f'{type(error).__name__}: {error}'}")
    return int(error is not None)
