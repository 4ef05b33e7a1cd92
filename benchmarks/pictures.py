"""Draws results: throughput bars, curves of latency percentiles, scaling lines, by matplotlib."""

import importlib
import math
from pathlib import Path
from typing import Any, Final

from ringbuffer.programs.bench.results import Results, ScenarioResult
from ringbuffer.programs.bench.scenario import FIGURES, Role
from ringbuffer.programs.bench.tables import number, ranked

_COLOURS: Final = {Role.OURS: "#1f6feb", Role.PEER: "#9aa4b2", Role.LIMIT: "#2da44e"}


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw every scenario that has something to show; return the pictures' paths.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "benchmarks", "font.size": 9, "axes.spines.top": False}
    )
    pyplot = importlib.import_module("matplotlib.pyplot")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for scenario in results.scenarios:
        there = ranked(scenario)
        if not there:
            continue
        if any(each.series for each in there):
            figure = _lines(pyplot, scenario)
        elif any(each.curve() for each in there):
            figure = _curves(pyplot, scenario)
        else:
            figure = _bars(pyplot, scenario)
        path = folder / f"{scenario.name}.svg"
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)
        paths.append(path)
    return paths


def _bars(pyplot: Any, scenario: ScenarioResult) -> Any:
    """A bar for each contender, with its noise; logarithmic where they are far apart."""
    there = ranked(scenario)[::-1]
    values = [each.median(scenario.figure) for each in there]
    figure, axes = pyplot.subplots(figsize=(7, 0.6 + 0.3 * len(there)))
    bars = axes.barh(
        [each.name for each in there],
        values,
        xerr=[each.noise(scenario.figure) for each in there],
        color=[_COLOURS[each.role] for each in there],
    )
    axes.bar_label(bars, [f" {number(value)}" for value in values], padding=3)
    if min(values) > 0 and max(values) / min(values) > 50:
        axes.set_xscale("log")
    axes.margins(x=0.15)
    _name(axes, scenario, "x")
    return figure


def _curves(pyplot: Any, scenario: ScenarioResult) -> Any:
    """Latency over the share of events that are slower: 10 %, 1 %, 0.1 %."""
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for each in ranked(scenario):
        points = [(100 - percent, value) for percent, value in each.curve() if 50 <= percent < 100]
        axes.plot(
            [-math.log10(share / 100) for share, _ in points],
            [value for _, value in points],
            label=each.name,
            linewidth=2 if each.role is Role.OURS else 1,
        )
    axes.set_yscale("log")
    axes.set_xticks([-math.log10(0.5), 1, 2, 3, 4], ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"])
    axes.set_xlabel("percentile")
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1))
    _name(axes, scenario, "y")
    return figure


def _lines(pyplot: Any, scenario: ScenarioResult) -> Any:
    """A line for each series."""
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for series in dict.fromkeys(each.series for each in ranked(scenario)):
        points = [each for each in ranked(scenario) if each.series == series and each.x is not None]
        axes.plot(
            [each.x for each in points],
            [each.median(scenario.figure) for each in points],
            marker="o",
            label=series,
            linewidth=2 if points and points[0].role is Role.OURS else 1,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    ticks = sorted({each.x for each in ranked(scenario) if each.x is not None})
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1))
    _name(axes, scenario, "y")
    return figure


def _name(axes: Any, scenario: ScenarioResult, axis: str) -> None:
    meaning = FIGURES[scenario.figure]
    axes.set_title(scenario.title)
    getattr(axes, f"set_{axis}label")(f"{meaning.label}, {meaning.unit}")
