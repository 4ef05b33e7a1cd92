"""Reports of explorations: a line for each scenario; a failure as a table of threads and steps.

A failure is kept in a file, so that it can be run again.
"""

import json
from pathlib import Path

from ringbuffer.testing.account import table
from ringbuffer.testing.buffers import Machine, StoreOrder
from ringbuffer.testing.exploring import switches
from ringbuffer.testing.outcomes import Step
from ringbuffer.testing.strategies import ReplayedChoices
from tests.schedules.explore import ExplorationResult, Scenario, run_once

#: Where failing schedules are kept.
FOLDER = Path("build/schedules")
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


def save(outcome: ExplorationResult, choices: list[int]) -> Path:
    """Keep a failing schedule."""
    assert outcome.found is not None
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine, points = outcome.machine, outcome.found.points
    suffix = "" if machine.order is StoreOrder.SC else f"-{machine.order}"
    path = FOLDER / f"{outcome.scenario.name}{suffix}.json"
    kept = {
        "scenario": outcome.scenario.name,
        "memory": machine.order,
        "delays": machine.delays,
        "points": None if points is None else sorted(points),
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
    machine = Machine(StoreOrder(kept["memory"]), kept["delays"])
    scheduler, error = run_once(scenario, ReplayedChoices(kept["choices"]), points, True, machine)
    return scenario, scheduler.steps or [], error


def account(scenario: Scenario, steps: list[Step], choices: list[int], error: BaseException) -> str:
    """A failure, to be read."""
    head = f"{scenario.name}: {type(error).__name__}: {error}"
    return f"{head}\n{switches(choices)} switches\n{table(steps)}"
