"""Reports of explorations: a line for each scenario; a failure as a table of threads and steps.

A failure is kept in a file, so that it can be run again.
"""

import json
from pathlib import Path

from tests.schedules.buffers import Machine, Order
from tests.schedules.explore import ExplorationResult, Found, Scenario, run_once, switches
from tests.schedules.scheduler import Step
from tests.schedules.strategies import Replay

#: Where failing schedules are kept.
FOLDER = Path("build/schedules")
#: The widest column of a table of steps.
WIDEST = 34

HEADER = (
    f"{'':6} {'scenario':16} {'memory':9} {'bound':14} {'schedules':>10} "
    f"{'states':>9} {'edges':>9} {'steps':>10} " + f"{'time':>8}   what"
)


def line(outcome: ExplorationResult, must_fail: bool = False) -> str:
    """One scenario, in one line; `must_fail` where that is what is right."""
    if must_fail:
        verdict = "MISSED" if outcome.found is None else "found"
    elif outcome.found is not None:
        verdict = "FAILED"
    elif outcome.complete:
        verdict = "ok"
    else:
        verdict = "time" if outcome.states else "some"
    return (
        f"{verdict:6} {outcome.scenario.name:16} {outcome.machine!s:9} {outcome.how:14} "
        f"{outcome.schedules:>10,} {outcome.states:>9,} {outcome.edges:>9,} "
        f"{outcome.steps:>10,} {outcome.seconds:>6.1f} s   {outcome.scenario.says}"
    )


def table(steps: list[Step]) -> str:
    """Threads against steps: a column for each thread, a row for each step, time goes down."""
    names = list(dict.fromkeys(step.task for step in steps))
    cells = [(step.task, describe(step)) for step in steps]
    widths = {
        name: min(WIDEST, max(len(name), *(len(text) for task, text in cells if task == name)))
        for name in names
    }
    rows = ["  ".join(["    ", *(name.ljust(widths[name]) for name in names)]).rstrip()]
    rows += [
        "  ".join(
            [f"{number:4}", *((text if name == task else "").ljust(widths[name]) for name in names)]
        ).rstrip()
        for number, (task, text) in enumerate(cells, 1)
    ]
    return "\n".join(rows)


def describe(step: Step) -> str:
    """A step, in a few words."""
    match step.kind, step.value:
        case "load", value:
            return f"{step.where} = {value}"
        case "store", value:
            return f"{step.where} := {value}"
        case (("store late" | "write late" | "written late"), value):
            return f"late: {step.where} := {value}"
        case "drain", value:
            return f"drain: {step.where} := {value}"
        case "compare_and_set", (expected, desired, True):
            return f"{step.where}: {expected} -> {desired}"
        case "compare_and_set", (expected, desired, _):
            return f"{step.where}: no {expected} -> {desired}"
        case (("exchange" | "fetch_add"), (before, after)):
            return f"{step.where}: {before} -> {after}"
        case (("lock" | "unlock" | "sleep" | "notify" | "set"), _):
            return f"{step.kind} {step.where}"
        case _:
            return f"{step.kind} {step.where} {'' if step.value is None else step.value}".strip()


def save(scenario: Scenario, found: Found, choices: list[int]) -> Path:
    """Keep a failing schedule."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    suffix = "" if found.machine.order is Order.SC else f"-{found.machine.order}"
    path = FOLDER / f"{scenario.name}{suffix}.json"
    points = None if found.points is None else sorted(found.points)
    kept = {
        "scenario": scenario.name,
        "memory": found.machine.order,
        "delays": found.machine.delays,
        "points": points,
        "choices": choices,
    }
    path.write_text(json.dumps(kept) + "\n")
    return path


def replay(
    path: Path, scenarios: dict[str, Scenario]
) -> tuple[Scenario, list[Step], BaseException | None]:
    """Run a kept schedule again: its scenario, its steps, and what went wrong."""
    kept = json.loads(path.read_text())
    scenario = scenarios[kept["scenario"]]
    points = None if kept["points"] is None else frozenset(kept["points"])
    machine = Machine(Order(kept["memory"]), kept["delays"])
    scheduler, error = run_once(scenario, Replay(kept["choices"]), points, True, machine)
    return scenario, scheduler.steps or [], error


def account(scenario: Scenario, steps: list[Step], choices: list[int], error: BaseException) -> str:
    """A failure, to be read."""
    head = f"{scenario.name}: {type(error).__name__}: {error}"
    return f"{head}\n{switches(choices)} switches\n{table(steps)}"
