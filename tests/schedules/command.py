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
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ringbuffer.testing.buffers import Machine
    from tests.schedules.explore import Scenario
    from tests.schedules.jobs import Extent, Job

# A process that looks for a fault installs it before it imports the library. So this module, which
# such a process imports first, imports the library in functions only.

#: The values of `StoreOrder`.
ORDERS: Final = ("sc", "tso", "weak", "relaxed")
#: The most that one scenario takes, in seconds of processor time, in the short and in the full
#: exploration.
SECONDS = (60.0, 40.0)
#: The most that one model takes in lock-step, in seconds of processor time: in the short
#: exploration, and in the full one.
LOCK_STEP_SECONDS = (25.0, 300.0)
#: The most that one fault takes, in seconds of processor time, for each bound on preemptions.
FAULT_SECONDS = 30.0
#: Before that, so many schedules by random priorities, with so many points at which they change.
SAMPLES, DEPTHS = 300, (1, 2, 3)
#: Stores that are delayed in one run, unless `--delays` says otherwise.
DELAYS = 1


def main() -> int:
    """Exit codes: 0 all is well; 1 a failure, or a fault that was not found; 2 a wrong command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.schedules", description="Explore the schedules of production code."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    explore = commands.add_parser(
        "explore", help="every schedule of each scenario, up to a bound on preemptions"
    )
    explore.add_argument("names", nargs="*", metavar="NAME", help="only these scenarios and models")
    explore.add_argument(
        "--full",
        action="store_true",
        help=f"with the larger bound, {SECONDS[1]:g} s at most for each",
    )
    explore.add_argument(
        "--rest",
        action="store_true",
        help="what the short exploration leaves out, or explores with one preemption fewer",
    )
    explore.add_argument("--list", action="store_true", help="list the scenarios")
    explore.add_argument(
        "--memory",
        choices=ORDERS,
        help="which stores may be delayed past others",
    )
    explore.add_argument(
        "--delays", type=int, default=DELAYS, help="how many stores of one run may be delayed"
    )
    explore.add_argument(
        "--strategy",
        choices=["random", "pct"],
        help="schedules at random: any turn, or random priorities",
    )
    explore.add_argument("--schedules", type=int, default=1000, help="how many of them")
    explore.add_argument(
        "--seed", type=int, default=0, help="the first one's seed; the next ones' follow"
    )
    explore.add_argument(
        "--depth", type=int, default=3, help="how often the priorities change in one schedule"
    )
    conform = commands.add_parser(
        "conform", help="production code in lock-step with the models; a part of `explore`"
    )
    conform.add_argument("names", nargs="*", metavar="NAME", help="only these")
    conform.add_argument(
        "--full",
        action="store_true",
        help="all of them, and every step of the models must be taken or excused",
    )
    faults = commands.add_parser(
        "faults", help="one-line faults of the library, each of which must be found"
    )
    faults.add_argument("names", nargs="*", metavar="FAULT", help="only these")
    again = commands.add_parser("replay", help="run a schedule that failed again, and show it")
    again.add_argument("file", type=Path)
    again.add_argument("--fault", help="with this fault in the library")
    commands.add_parser(
        "seam", help="what it costs the library to get its memory and its host from providers"
    )
    arguments = parser.parse_args()
    logging.disable()
    if arguments.command == "faults":
        return run_faults(arguments.names)
    if arguments.command == "conform":
        return run_models(arguments.names, arguments.full)
    if arguments.command == "replay":
        return run_replay(arguments.file, arguments.fault)
    if arguments.command == "seam":
        from tests.schedules.seam import show

        return show()
    if arguments.list:
        return list_scenarios()
    from ringbuffer.testing.buffers import Machine, StoreOrder
    from tests.schedules.jobs import Extent, Job

    order, names = StoreOrder(arguments.memory or ORDERS[0]), arguments.names
    extent = Extent.REST if arguments.rest else Extent.TEST
    job = Job(
        "",
        Machine() if order is StoreOrder.SC else Machine(order, arguments.delays),
        arguments.full,
        arguments.strategy,
        arguments.schedules,
        arguments.seed,
        arguments.depth,
    )
    with_delays = arguments.memory is None and not names and arguments.strategy is None
    return run_all(names, Extent.FULL if arguments.full else extent, job, with_delays)


def each_in_a_process(
    call: Callable[..., tuple[bool, str]], arguments: list[tuple[Any, ...]], *, fresh: bool = False
) -> Iterator[tuple[bool, str]]:
    """The results, as they come, of calls in other interpreters, one for each processor.

    Args:
        call: to be made.
        arguments: of each call.
        fresh: whether each call gets an interpreter of its own, in which a fault stays. Starting
            one takes about a second, longer than most explorations.
    """
    context, most_tasks = multiprocessing.get_context("spawn"), 1 if fresh else None
    with concurrent.futures.ProcessPoolExecutor(
        os.cpu_count() or 1, context, max_tasks_per_child=most_tasks
    ) as processes:
        futures = [processes.submit(call, *each) for each in arguments]
        try:
            for future in concurrent.futures.as_completed(futures):
                yield future.result()
        finally:
            processes.shutdown(cancel_futures=True)


def list_scenarios() -> int:
    from tests.schedules.conform.models import CONFORMITIES
    from tests.schedules.scenarios import SCENARIOS

    for scenario in SCENARIOS.values():
        print(f"{scenario.name:16} {scenario.says}")
    for conformity in CONFORMITIES.values():
        print(f"{conformity.name:16} in lock-step with {conformity.module}: {conformity.constants}")
    return 0


# -- scenarios ------------------------------------------------------------------------------------


def explored(job: "Job") -> tuple[bool, str]:
    """Explore one scenario: whether all is well, and what to print."""
    logging.disable()
    from ringbuffer.testing.buffers import StoreOrder
    from ringbuffer.testing.strategies import RandomWalk
    from tests.schedules.explore import explore, pct, sample, shrink
    from tests.schedules.report import account, line, save
    from tests.schedules.scenarios import SCENARIOS

    scenario = SCENARIOS[job.name]
    if job.strategy is None:
        bounds = (
            scenario.preemptions if job.machine.order is StoreOrder.SC else scenario.with_delays
        )
        outcome = explore(scenario, bounds[job.full] - job.fewer, SECONDS[job.full], job.machine)
    else:
        strategy = RandomWalk if job.strategy == "random" else pct(job.depth)
        outcome = sample(scenario, job.schedules, strategy, job.machine, job.seed)
    text = line(outcome, job.must_fail)
    if outcome.found is not None and not job.must_fail:
        choices, steps, error = shrink(outcome)
        path = save(outcome, choices)
        text += f"\n{account(scenario, steps, choices, error)}"
        text += f"\nrun it again: python -m tests.schedules replay {path}"
    return (outcome.found is not None) == job.must_fail, text


def run_all(names: list[str], extent: "Extent", job: "Job", with_delays: bool) -> int:
    """Run scenarios, then models in lock-step; only those that are named, or all.

    With delayed stores, or at random, run scenarios only.
    """
    from tests.schedules.conform.models import CONFORMITIES
    from tests.schedules.jobs import Extent, delayed, named, undelayed
    from tests.schedules.scenarios import SCENARIOS

    unknown = [name for name in names if name not in SCENARIOS and name not in CONFORMITIES]
    if unknown:
        print(f"there is no scenario {unknown[0]!r}; --list shows them all", file=sys.stderr)
        return 2
    jobs = named(job, names) if names else list(undelayed(job, extent))
    if with_delays:
        jobs += delayed(job, extent, DELAYS)
    code = run_scenarios(jobs) if jobs else 0
    models = [name for name in CONFORMITIES if name in names]
    if models or (with_delays and extent is not Extent.REST):
        code |= run_models(models, job.full)
    return code


def run_scenarios(jobs: "list[Job]") -> int:
    """Explore."""
    from tests.schedules.report import HEADER

    print(HEADER, flush=True)
    failed = 0
    for well, text in each_in_a_process(explored, [(each,) for each in jobs]):
        failed += not well
        print(text, flush=True)
    print(f"{failed} failed" if failed else "all is well within the bounds", flush=True)
    return int(failed > 0)


# -- models ---------------------------------------------------------------------------------------


def conformed(name: str, full: bool) -> tuple[bool, str]:
    """Run production code in lock-step with one model."""
    logging.disable()
    from tests.schedules.conform.models import CONFORMITIES
    from tests.schedules.conform.run import conform, is_well, line

    report = conform(CONFORMITIES[name], LOCK_STEP_SECONDS[full])
    return is_well(report, full), line(report, full)


def run_models(names: list[str], full: bool) -> int:
    """The named models, or those of the short exploration, or all."""
    from tests.schedules.conform.models import CONFORMITIES
    from tests.schedules.conform.run import HEADER

    unknown = [name for name in names if name not in CONFORMITIES]
    if unknown:
        print(
            f"there is no model {unknown[0]!r} in lock-step; they are {sorted(CONFORMITIES)}",
            file=sys.stderr,
        )
        return 2
    chosen = names or [each.name for each in CONFORMITIES.values() if full or each.is_short]
    print(HEADER, flush=True)
    failed = 0
    for well, text in each_in_a_process(conformed, [(name, full) for name in chosen]):
        failed += not well
        print(text, flush=True)
    print(
        f"{failed} failed" if failed else "every step of the code is a step of its model",
        flush=True,
    )
    return int(failed > 0)


# -- faults ---------------------------------------------------------------------------------------


def find(name: str) -> tuple[bool, str]:
    """Look for one fault, in a process of its own.

    One that needs delayed stores must not be found without them.
    """
    logging.disable()
    from tests.faults.fault import install
    from tests.schedules.faults import DELAYED, FAULTS

    fault = FAULTS[name]
    install(fault)
    from ringbuffer.testing.buffers import Machine, StoreOrder
    from tests.schedules.scenarios import SCENARIOS

    scenario = SCENARIOS[fault.killed_by]
    machine = Machine(StoreOrder.TSO, DELAYS) if name in DELAYED else Machine()
    before = ""
    if name in DELAYED:
        schedules, says = look_for(scenario, Machine())
        if says:
            return (
                False,
                f"FOUND  {schedules:>7,} schedules  {scenario.name:16} {name}, "
                f"though nothing is delayed: {says}",
            )
        before = f", not in {schedules:,} schedules without delays"
    schedules, says = look_for(scenario, machine)
    verdict = "found " if says else "MISSED"
    return (
        bool(says),
        f"{verdict} {schedules:>7,} schedules  {scenario.name:16} {machine!s:6} {name}{before}: "
        f"{says[:90]}",
    )


def look_for(scenario: "Scenario", machine: "Machine") -> tuple[int, str]:
    """How many schedules ran until a failure was found, and its text; the text may be empty."""
    from tests.schedules.explore import ExplorationResult, explore, pct, sample

    bounds = scenario.with_delays if machine.delays else scenario.preemptions
    schedules = 0
    ways: list[Callable[[], ExplorationResult]] = [
        lambda: explore(scenario, 0, FAULT_SECONDS, machine),
        *(functools.partial(sample, scenario, SAMPLES, pct(depth), machine) for depth in DEPTHS),
        *(
            functools.partial(explore, scenario, most, FAULT_SECONDS, machine)
            for most in range(1, bounds[1] + 1)
        ),
    ]
    for way in ways:
        outcome = way()
        schedules += outcome.schedules
        if outcome.found is not None:
            error: Any = outcome.found.error
            return schedules, str(error).splitlines()[0] if str(error) else type(error).__name__
    return schedules, ""


def run_faults(names: list[str]) -> int:
    from tests.schedules.faults import FAULTS

    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        print(f"there is no fault {unknown[0]!r}; they are {sorted(FAULTS)}", file=sys.stderr)
        return 2
    missed = 0
    for well, text in each_in_a_process(find, [(name,) for name in names or FAULTS], fresh=True):
        missed += not well
        print(text, flush=True)
    print(
        f"{missed} of {len(names or FAULTS)} missed"
        if missed
        else f"all {len(names or FAULTS)} found"
    )
    return int(missed > 0)


# -- one schedule ---------------------------------------------------------------------------------


def run_replay(path: Path, fault: str | None) -> int:
    if fault is not None:
        from tests.faults.fault import install
        from tests.schedules.faults import FAULTS

        install(FAULTS[fault])
    from ringbuffer.testing.account import table
    from tests.schedules.report import replay
    from tests.schedules.scenarios import SCENARIOS

    scenario, steps, error = replay(path, SCENARIOS)
    print(table(steps))
    print(
        f"{scenario.name}: {'all is well' if error is None else f'{type(error).__name__}: {error}'}"
    )
    return int(error is not None)
