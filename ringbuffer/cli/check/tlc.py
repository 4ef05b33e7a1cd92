"""One run of TLC, and what it said."""

import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ringbuffer.cli.check.configuration import Configuration
from ringbuffer.cli.check.tools import Tools

#: TLC's exit codes that mean a verdict: fine; deadlock, safety violation, liveness violation.
FINE: Final = 0
VIOLATIONS: Final = {11: "Deadlock", 12: "safety", 13: "liveness"}

_STATES = re.compile(r"([\d,]+) states generated, ([\d,]+) distinct states found")
_DEPTH = re.compile(r"The depth of the complete state graph search is ([\d,]+)")
_VIOLATED = re.compile(r"Invariant (\w+) is violated")


@dataclass
class Outcome:
    """What came out of one run.

    Attributes:
        violated: the property that does not hold; "Deadlock"; or None. Where TLC names none, as for properties over
            time, it is the one that was checked, or "A or B".
        error: what kept TLC from a verdict, if anything.
    """

    states: int = 0
    depth: int | None = None
    seconds: float = 0.0
    violated: str | None = None
    error: str | None = None
    output: str = field(default="", repr=False)


def run(
    configuration: Configuration, tools: Tools, *, workers: int = 1, folder: Path | None = None, dump: Path | None = None
) -> Outcome:
    """Check one configuration.

    Args:
        configuration: which.
        tools: TLC and Java.
        workers: threads of TLC. With more than one, the depth may differ from run to run, and is not told.
        folder: where the modules are; the default is where the configuration is.
        dump: a file, without its suffix .dot, for the whole state graph.
    """
    folder = configuration.path.parent if folder is None else folder
    # Its own folder for each run: TLC names its files after the second in which it started.
    scratch = tempfile.mkdtemp(prefix="tlc-")
    command = [
        str(tools.java), "-XX:+UseParallelGC", "-Xmx4g", f"-Djava.io.tmpdir={scratch}", "-cp", str(tools.jar), "tlc2.TLC",
        "-workers", str(workers), "-metadir", scratch, "-config", str(configuration.path), f"{configuration.module}.tla",
    ]  # fmt: skip
    if dump is not None:
        command[-1:-1] = ["-dump", "dot,actionlabels", str(dump)]
    started = time.monotonic()
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    outcome = Outcome(seconds=time.monotonic() - started, output=done.stdout + done.stderr)
    counts = _STATES.findall(outcome.output)
    if counts:
        outcome.states = _number(counts[-1][1])
    depth = _DEPTH.search(outcome.output)
    if depth and workers == 1:
        outcome.depth = _number(depth[1])
    if done.returncode in VIOLATIONS:
        outcome.violated = _violated(configuration, done.returncode, outcome.output)
    elif done.returncode != FINE or not counts:
        outcome.error = _error(outcome.output) or f"TLC ended with exit code {done.returncode}"
    return outcome


def _violated(configuration: Configuration, code: int, output: str) -> str:
    named = _VIOLATED.search(output)
    if named:
        return named[1]
    if code == 11:
        return VIOLATIONS[code]
    return " or ".join(configuration.properties)


def _error(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    first = next((number for number, line in enumerate(lines) if "rror" in line), max(0, len(lines) - 5))
    return "\n".join(lines[first : first + 12])


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))
