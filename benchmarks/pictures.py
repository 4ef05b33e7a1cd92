"""Draws results: throughput bars, curves of latency percentiles, scaling lines, by matplotlib.

A picture has no paper, and two palettes: those of `tools/palette.py`.
"""

import importlib
import io
import math
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from benchmarks.forms import in_one_form
from ringbuffer.programs.bench.results import Results, ScenarioResult
from ringbuffer.programs.bench.scenario import FIGURES, Role
from ringbuffer.programs.bench.tables import ranked
from tools.palette import CURVES, GRID, INK, LIMIT, OURS, PEER, in_both_palettes

_COLOURS: Final = {Role.OURS: OURS, Role.PEER: PEER, Role.LIMIT: LIMIT}

#: Inches from the left to the right axis. A picture must be legible on a phone.
_WIDTH: Final = 4.6
#: Characters of a line of a title.
_TITLE: Final = 58


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw every scenario that has something to show; return the pictures' paths.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update(_settings())
    matplotlib.rcParams["axes.prop_cycle"] = matplotlib.cycler(
        linestyle=["-", "--"]  # for more curves than colours
    ) * matplotlib.cycler(color=CURVES)
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
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)
        path.write_text(in_both_palettes(drawn.getvalue()))
        paths.append(path)
    return paths


def _settings() -> dict[str, object]:
    """No paper, lines and words in ink, and the same file for the same results."""
    inked = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    return {
        "svg.hashsalt": "benchmarks",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "savefig.transparent": True,
        "grid.color": GRID,
        "legend.frameon": False,
        **dict.fromkeys(inked, INK),
    }


def _bars(pyplot: Any, scenario: ScenarioResult) -> Any:
    """A bar for each contender, with its noise; logarithmic where they are far apart."""
    there = ranked(scenario)[::-1]
    values = [each.median(scenario.figure) for each in there]
    figure, axes = pyplot.subplots(figsize=(_WIDTH, 0.6 + 0.3 * len(there)))
    bars = axes.barh(
        [each.name for each in there],
        values,
        xerr=[each.noise(scenario.figure) for each in there],
        color=[_COLOURS[each.role] for each in there],
        ecolor=INK,
    )
    axes.bar_label(bars, [f" {in_one_form(value, scenario.figure)}" for value in values], padding=3)
    if min(values) > 0 and max(values) / min(values) > 50:
        axes.set_xscale("log")
    else:
        axes.locator_params(axis="x", nbins=5)
    axes.margins(x=0.15)
    _name(axes, scenario, "x")
    return figure


def _curves(pyplot: Any, scenario: ScenarioResult) -> Any:
    """Latency over the share of events that are slower: 10 %, 1 %, 0.1 %."""
    figure, axes = pyplot.subplots(figsize=(_WIDTH, 3.2))
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
    _explain(axes)
    _name(axes, scenario, "y", "latency")
    return figure


def _lines(pyplot: Any, scenario: ScenarioResult) -> Any:
    """A line for each series."""
    figure, axes = pyplot.subplots(figsize=(_WIDTH, 3.2))
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
    _explain(axes)
    _name(axes, scenario, "y")
    return figure


def _explain(axes: Any) -> None:
    """A legend below the axes, and lines to read values by."""
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.45, -0.16), ncols=2)
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _name(axes: Any, scenario: ScenarioResult, axis: str, label: str | None = None) -> None:
    """The title, what an axis shows, and its numbers in one form."""
    meaning = FIGURES[scenario.figure]
    axes.set_title(fill(scenario.title.replace("`", ""), _TITLE), fontsize=10)
    getattr(axes, f"set_{axis}label")(f"{label or meaning.label}, {meaning.unit}")
    scale = getattr(axes, f"{axis}axis")
    scale.set_major_formatter(lambda value, _: in_one_form(value, ""))
    scale.set_minor_formatter(lambda value, _: "")
