"""Formats the results of a measurement for a terminal."""

from textwrap import wrap
from typing import Final

from ringbuffer.programs.bench.machine import is_busy
from ringbuffer.programs.bench.results import ContenderResult, Results, ScenarioResult
from ringbuffer.programs.bench.scenario import FIGURES, Role

_MARKS: Final = {Role.OURS: "*", Role.PEER: " ", Role.LIMIT: "^"}


def number(value: float) -> str:
    """The number with three significant digits, and with k or M: `1.17 M`, `404 k`."""
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return (
                f"{value / limit:.3g} {unit}" if abs(value) < 1e9 else f"{value / limit:.0f} {unit}"
            )
    return f"{value:.3g}"


def head(results: Results) -> str:
    """The lines that describe the machine and the settings."""
    machine = results.machine
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; {machine['system']}",
        f"Python {machine['python'].split()[0]}, "
        f"{'free-threaded, ' if machine['free_threaded'] else ''}"
        f"GIL {'on' if machine['gil'] else 'off'}",
        *wrap(
            ", ".join(f"{name} {version}" for name, version in machine["versions"].items()),
            width=100,
        ),
        "medians of {runs} interleaved runs of about {seconds} s".format(**results.settings),
    ]
    if is_busy(machine):
        lines.append(
            f"the machine was busy when this began (load {machine['load'][0]:.1f}): expect noise"
        )
    return "\n".join(lines)


def table(scenario: ScenarioResult) -> str:
    """One scenario: its contenders, the best first. Noise is two standard errors of the median."""
    figures = [name for name in FIGURES if any(each.values(name) for each in scenario.contenders)]
    lines = [
        f"\n{scenario.title}  ({scenario.name})",
        _row("", [FIGURES[name].unit for name in figures]),
    ]
    lines.append(_row("", [name + (" ±" if name == scenario.figure else "") for name in figures]))
    for contender in ranked(scenario):
        cells = [_cell(contender, name, name == scenario.figure) for name in figures]
        lines.append(_row(f"{_MARKS[contender.role]} {contender.name}", cells))
    lines += [
        f"  {each.name}: FAILED, {each.failure}" for each in scenario.contenders if each.failure
    ]
    lines += [f"  {name}: not here: {reason}" for name, reason in scenario.absent.items()]
    lines += [f"  {name or 'perf'}: {text}" for name, text in scenario.cache.items()]
    return "\n".join(lines)


def ranked(scenario: ScenarioResult) -> list[ContenderResult]:
    """The contenders that have figures, the best first; lines keep their order."""
    there = [
        each
        for each in scenario.contenders
        if each.failure is None and each.values(scenario.figure)
    ]
    if any(each.series for each in there):
        return there
    return sorted(
        there,
        key=lambda each: each.median(scenario.figure),
        reverse=FIGURES[scenario.figure].higher_is_better,
    )


def _cell(contender: ContenderResult, figure: str, with_noise: bool) -> str:
    values = contender.values(figure)
    if not values:
        return ""
    middle = contender.median(figure)
    if not with_noise or not middle:
        return number(middle)
    return f"{number(middle)} {contender.noise(figure) / middle * 100:3.0f}%"


def _row(name: str, cells: list[str]) -> str:
    return f"  {name:<36.36}" + "".join(f"{cell:>15}" for cell in cells)


LEGEND: Final = (
    "\n* the library   ^ the limit: the same handler with nothing in between   "
    "the rest: what users would pick instead"
)
