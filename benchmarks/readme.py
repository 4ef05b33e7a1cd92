"""`python -m benchmarks readme RESULTS`: puts the figures of the service into README.md."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import Final

from benchmarks import pages
from benchmarks.forms import in_one_form
from benchmarks.gates import samples_of
from benchmarks.pictures import draw
from benchmarks.services import on_disruptor, on_queues
from ringbuffer.programs.bench.machine import is_busy
from ringbuffer.programs.bench.medians import median
from ringbuffer.programs.bench.results import Results, ScenarioResult

BEGIN: Final = "<!-- figures: begin; written by `python -m benchmarks readme`, not by hand -->"
SCENARIO: Final = "service"
#: The contenders, and the source of each.
PROGRAMS: Final = {"Disruptor": on_disruptor.__file__, "queue.Queue": on_queues.__file__}

_EMPTY: Final = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def rewrite(page: Path, pictures: Path, results: Results) -> list[Path]:
    """Replace the marked part of `page`, and draw its picture. Returns what was written.

    Raises:
        ValueError: the results lack the service, or figures of it; or the page has no marks.
    """
    try:
        scenario = results.scenario(SCENARIO)
    except KeyError as error:
        raise ValueError(f"{error.args[0]}; measure it: python -m benchmarks service") from error
    before, after = pages.split(page, BEGIN)
    text = figures(results, scenario)
    drawn = draw(replace(results, scenarios=[scenario]), pictures)
    shown = "".join(
        f"\n![{scenario.title}: events a second]({path.relative_to(page.parent).as_posix()})\n"
        for path in drawn
    )
    page.write_text(f"{before}{text}{shown}{after}")
    return [page, *drawn]


def figures(results: Results, scenario: ScenarioResult) -> str:
    """The table, and how it was measured."""
    ours, against = (scenario.contender(name) for name in PROGRAMS)
    lines = [
        "| | events | processor time for each event | lines of code |",
        "|---|---:|---:|---:|",
    ]
    for each in (ours, against):
        code = set(code_lines(Path(PROGRAMS[each.name]).read_text()))
        lines.append(
            f"| `{each.name}` | {in_one_form(each.median('rate'), 'rate')} "
            f"| {in_one_form(each.median('cpu'), 'cpu')} µs | {len(code)} |"
        )
    machine, settings = results.machine, results.settings
    ratio = median(samples_of(ours, against, "rate"))
    said = (
        f"The Disruptor handled {ratio:.2g} times as many events as the queues. "
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python'].split()[0]}: "
        f"medians of {settings['runs']} interleaved runs of about {settings['seconds']:g} s each"
        f"{', on a machine that was busy with other work' if is_busy(machine) else ''}."
    )
    lines += ["", *wrap(said, width=100, break_long_words=False)]
    return "\n".join(lines) + "\n"


def code_lines(source: str) -> Iterator[int]:
    """The numbers of the lines that hold more than comments and docstrings; some come twice."""
    documented = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _EMPTY and token.start[0] not in documented:
            yield from range(token.start[0], token.end[0] + 1)
