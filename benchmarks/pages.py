"""`python -m benchmarks docs RESULTS`: puts saved results into docs/figures.md."""

from pathlib import Path
from typing import Final

from benchmarks.forms import in_one_form
from benchmarks.gates import Gate, judge
from benchmarks.pictures import draw
from ringbuffer.programs.bench.results import Results, ScenarioResult
from ringbuffer.programs.bench.scenario import FIGURES, Role
from ringbuffer.programs.bench.tables import head, ranked

BEGIN: Final = "<!-- figures: begin; written by `python -m benchmarks docs`, not by hand -->"
END: Final = "<!-- figures: end -->"


def rewrite(page: Path, pictures: Path, results: Results, gates: list[Gate]) -> list[Path]:
    """Replace the marked part of `page`, and draw its pictures. Returns what was written.

    Raises:
        ValueError: the page has no marks.
    """
    before, after = split(page, BEGIN)
    drawn = draw(results, pictures)
    shown = {path.stem: path.relative_to(page.parent).as_posix() for path in drawn}
    page.write_text(f"{before}{figures(results, gates, shown)}{after}")
    return [page, *drawn]


def split(page: Path, begin: str) -> tuple[str, str]:
    """What stands up to the line `begin` of a page, with it, and what stands from `END` on.

    Raises:
        ValueError: the page lacks one of the lines.
    """
    before, found, rest = page.read_text().partition(begin)
    _, end, after = rest.partition(END)
    if not found or not end:
        raise ValueError(f"{page} has no part between {begin!r} and {END!r} to be rewritten")
    return f"{before}{begin}\n\n", f"\n{END}{after}"


def figures(results: Results, gates: list[Gate], shown: dict[str, str]) -> str:
    """The marked part: the machine, the promises, and each scenario with drawing and table."""
    parts = [f"```text\n{head(results)}\n```\n", promises(results, gates)]
    for scenario in results.scenarios:
        drawn = scenario.topology.strip().replace("`", "")  # they are text here
        parts.append(f"### {scenario.title}\n\n```text\n{drawn}\n```\n")
        parts.append(table(scenario))
        if scenario.name in shown:
            parts.append(f"![{scenario.title}]({shown[scenario.name]})\n")
    return "\n".join(parts)


def promises(results: Results, gates: list[Gate]) -> str:
    """Every gate that these results cover, with its figure."""
    lines = ["| target | measured | at least, or at most (≤) |", "|---|---|---|"]
    measured = {scenario.name for scenario in results.scenarios}
    for gate in gates:
        if gate.scenario in measured:
            verdict = judge(gate, results)
            figure = "" if gate.against else gate.figure  # a ratio has no unit
            promise = (
                in_one_form(gate.at_least, figure)
                if gate.at_least is not None
                else f"≤ {in_one_form(gate.at_most or 0.0, figure)}"
            )
            mark = "" if verdict.passes else ", **not reached**"
            lines.append(
                f"| {gate.name} | {in_one_form(verdict.figure, figure)} "
                f"± {in_one_form(verdict.margin, figure, digits=2)}{mark} | {promise} |"
            )
    return "\n".join(lines) + "\n"


def table(scenario: ScenarioResult) -> str:
    """One scenario's table."""
    names = [name for name in FIGURES if any(each.values(name) for each in scenario.contenders)]
    lines = [
        "| | "
        + " | ".join(f"{FIGURES[name].label}, {FIGURES[name].unit}" for name in names)
        + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for each in ranked(scenario):
        cells = [
            in_one_form(each.median(name), name) if each.values(name) else "" for name in names
        ]
        name = f"**{each.name}**" if each.role is Role.OURS else each.name
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.append("")
    lines += [
        f"{each.name} failed: {each.failure}.\n" for each in scenario.contenders if each.failure
    ]
    lines += [f"{name}: not measured, {reason}.\n" for name, reason in scenario.absent.items()]
    lines += [f"{name or 'perf'}: {text}.\n" for name, text in scenario.cache.items()]
    return "\n".join(lines)
