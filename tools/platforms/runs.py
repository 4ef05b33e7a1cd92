"""Runs pytest in a small Debian, and reads what it counted."""

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.bootstrap.progress import Progress

#: How many lines of a failed run are printed; its file has all.
MOST_LINES: Final = 60
_LAST: Final = re.compile(r"^=+ (.* in [\d.]+s.*) =+$", re.MULTILINE)
_NUMBER: Final = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
_VERSION: Final = re.compile(r"^platform .* -- Python ([^,\s]+)", re.MULTILINE)
#: What tests/conftest.py says.
_BUILD: Final = re.compile(r"^interpreter: (.+) build, GIL (on|off)$", re.MULTILINE)
_PERCENT: Final = re.compile(r"\[ *(\d+)%\]")


@dataclass(frozen=True)
class Run:
    """What came of one run of the tests.

    Attributes:
        name: of the interpreter, and of the processor where that is another one.
        version: of CPython, such as "3.14.10"; "?" if pytest did not say it.
        gil: "on" or "off"; "?" if pytest did not say it.
        passed: how many tests.
        failed: how many tests, with those that ended in an error.
        skipped: how many tests.
        seconds: by the clock.
        problem: why the run counts as failed; empty if it does not.
    """

    name: str
    version: str
    gil: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    problem: str


def read(name: str, output: str, code: int, seconds: float, gil: str) -> Run:
    """Returns what pytest printed, as a run.

    Args:
        name: of the interpreter.
        output: of pytest, with its header.
        code: with which it ended.
        seconds: that it took.
        gil: what it has to be: "on" or "off".
    """
    counted = {"passed": 0, "failed": 0, "error": 0, "skipped": 0}
    last = _LAST.findall(output)
    for number, noun in _NUMBER.findall(last[-1]) if last else ():
        counted["error" if noun == "errors" else noun] = int(number)
    version, build = _VERSION.search(output), _BUILD.search(output)
    found = build[2] if build else "?"
    failed = counted["failed"] + counted["error"]
    problem = ""
    if code or failed:
        problem = f"pytest ended with {code}"
    elif not counted["passed"]:
        problem = "no test ran"
    elif found != gil:
        problem = f"the GIL was {found}, not {gil}"
    return Run(
        name=name,
        version=version[1] if version else "?",
        gil=found,
        passed=counted["passed"],
        failed=failed,
        skipped=counted["skipped"],
        seconds=seconds,
        problem=problem,
    )


def run(name: str, command: Sequence[str], log: Path, gil: str, progress: Progress) -> Run:
    """Run a command that runs pytest; its output goes into a file.

    Args:
        name: of the interpreter.
        command: is run.
        log: the file.
        gil: what it has to be: "on" or "off".
        progress: says how far the tests are.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    progress.begin(f"the tests on {name}, output in {log}")
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            output.write(line)
            output.flush()
            percent = _PERCENT.search(line)
            if percent:
                progress.update(f"{percent[1]} %")
    ended = read(name, log.read_text(), process.returncode, time.monotonic() - started, gil)
    progress.end("passed" if not ended.problem else f"FAILED, {ended.problem}")
    if ended.problem:
        lines = log.read_text().splitlines()
        print("\n".join(lines[-MOST_LINES:]), flush=True)
    return ended


def table(runs: Sequence[Run]) -> str:
    """Returns a row for each run, and what came of all."""
    rows = [("interpreter", "CPython", "GIL", "passed", "failed", "skipped", "seconds")]
    rows += [
        (
            each.name,
            each.version,
            each.gil,
            f"{each.passed:,}",
            f"{each.failed:,}",
            f"{each.skipped:,}",
            f"{each.seconds:.0f}",
        )
        for each in runs
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        texts, numbers = row[:3], row[3:]
        cells = [cell.ljust(width) for cell, width in zip(texts, widths[:3], strict=True)]
        cells += [cell.rjust(width) for cell, width in zip(numbers, widths[3:], strict=True)]
        lines.append("  ".join(cells))
    rule = "-" * len(lines[0])
    problems = [f"{each.name} FAILED: {each.problem}" for each in runs if each.problem]
    verdict = problems or [f"all of {sum(each.passed for each in runs):,} tests passed"]
    return "\n".join(["", lines[0], rule, *lines[1:], rule, *verdict])
