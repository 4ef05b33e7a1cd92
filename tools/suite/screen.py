"""What the user sees: progress while the parts run, the output of those that failed, the table."""

import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tools.suite.runner import Result, Running

#: Between two lines of progress where the output is not a terminal, in seconds.
SELDOM: Final = 30.0
#: The most lines of a failed part that are printed; the file holds all of them.
MOST_LINES: Final = 400


class Screen:
    """Prints progress: on a terminal in one line that changes, elsewhere in a line now and then."""

    def __init__(self) -> None:
        self._on_terminal: Final = sys.stdout.isatty()
        self._told = time.monotonic()

    def begins(self, running: Running) -> None:
        """Say so, with the file of the output."""
        self._line(f"begins  {running.part.name}, output in {running.output}")

    def ends(self, result: Result) -> None:
        """Say what came of it, and show the output of a part that failed."""
        verdict = result.problem or "passed"
        self._line(f"ends    {result.part.name}, {result.seconds:.0f} s: {verdict}")
        if result.problem.startswith("FAILED"):
            self._line(f"{result.output}:\n{tail(result.output)}")

    def looks(self, running: Sequence[Running]) -> None:
        """Show the last line of each running part."""
        now = time.monotonic()
        if not running or (not self._on_terminal and now - self._told < SELDOM):
            return
        self._told = now
        texts = [f"{each.part.name} {each.seconds:.0f} s" for each in running]
        text = f"runs    {', '.join(texts)}"
        if self._on_terminal:
            print(f"\r{text[: shutil.get_terminal_size().columns - 1]}\x1b[K", end="", flush=True)
        else:
            print(text, flush=True)

    def interrupted(self, running: Sequence[Running]) -> None:
        """Say which parts have to end first."""
        names = ", ".join(each.part.name for each in running)
        self._line(f"interrupted; these parts end now: {names}; Ctrl-C again kills them")

    def _line(self, text: str) -> None:
        print(f"\r{text}\x1b[K" if self._on_terminal else text, flush=True)


def tail(output: Path) -> str:
    """The last lines of a file."""
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    left_out = len(lines) - MOST_LINES
    head = [f"... {left_out} lines more in {output}"] if left_out > 0 else []
    return "\n".join([*head, *lines[-MOST_LINES:]])


def table(name: str, results: Sequence[Result], seconds: float, processors: int) -> str:
    """One row for each part, and the sums."""
    rows = [("part", "counted", "seconds", "processor", "result")]
    rows += [
        (
            each.part.name,
            words(each.counted),
            f"{each.seconds:.0f}",
            f"{each.processor_seconds:.0f}",
            each.problem or "passed",
        )
        for each in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    left, right = str.ljust, str.rjust
    aligned = (left, left, right, right)
    lines = []
    for row in rows:
        cells = [
            align(cell, width) for align, cell, width in zip(aligned, row, widths, strict=False)
        ]
        lines.append("  ".join([*cells, row[-1]]))
    rule = "-" * max(map(len, lines))
    failed = sum(each.problem.startswith("FAILED") for each in results)
    passed = sum(not each.problem for each in results)
    sums = Counter[str]()
    for each in results:
        sums.update(each.counted)
    verdict = f"{failed} of {len(results)} parts FAILED" if failed else f"{passed} parts passed"
    if failed + passed < len(results):
        verdict += ", interrupted"
    end = f"make {name}: {verdict} in {seconds:.0f} s on {processors} processors"
    return "\n".join(["", lines[0], rule, *lines[1:], rule, end, f"in all: {words(sums)}"])


def words(counted: Mapping[str, int]) -> str:
    """Such as "1,234 tests, 2 skipped"."""
    return ", ".join(f"{number:,} {noun}" for noun, number in counted.items()) or "nothing"
