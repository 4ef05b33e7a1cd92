"""`run_tlc`: runs TLC once, and reads what it printed."""

import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from spec.tools import class_archive
from spec.tools.configuration import Configuration

#: TLC's exit codes that are verdicts: all holds; a deadlock, an invariant, or a property over time.
_HOLDS: Final = 0
_DEADLOCK: Final = 11
_VIOLATIONS: Final = (_DEADLOCK, 12, 13)

#: A run of fewer states ends before Java's optimising compiler pays off: with it, one of 16,000
#: states takes 7 s of processor time, not 5; one of 150,000 takes 10 s, not 15.
_FEW: Final = 20_000

_STATES = re.compile(r"[\d,]+ states generated, ([\d,]+) distinct states found")
_DEPTH = re.compile(r"The depth of the complete state graph search is ([\d,]+)")
_VIOLATED = re.compile(r"Invariant (\w+) is violated")


@dataclass(frozen=True)
class TlcTools:
    """Where Java and TLC are."""

    java: Path
    jar: Path


@dataclass
class TlcRun:
    """What TLC found in one run.

    Attributes: states: the number of distinct states. depth: the depth of the state graph, if it is
        exact. seconds: how long the run took. violated: the violated property; "Deadlock"; or None.
        TLC does not name a violated property over time: then it is
            the property that was checked, or "A or B".
        error: why TLC came to no verdict, if it did not.
        output: everything that TLC printed.
    """

    states: int = 0
    depth: int | None = None
    seconds: float = 0.0
    violated: str | None = None
    error: str | None = None
    output: str = field(default="", repr=False)


def run_tlc(
    configuration: Configuration,
    tools: TlcTools,
    *,
    modules: Path,
    workers: int = 1,
    dump: Path | None = None,
) -> TlcRun:
    """Check one configuration.

    Args: configuration: what TLC checks. tools: where TLC and Java are. modules: the folder of the
        TLA+ modules. workers: the number of TLC's threads. With more than one, the depth may differ
        from run to run, so it is left out. dump: a file, without its suffix .dot, for the whole
        state graph.
    """
    # Each run gets its own folder, because TLC names its files after the second in which it
    # started.
    scratch = tempfile.mkdtemp(prefix="tlc-")
    command = [
        str(tools.java), *_options(configuration, tools, workers), f"-Djava.io.tmpdir={scratch}",
        "-cp", str(tools.jar), "tlc2.TLC", "-workers", str(workers), "-metadir", scratch,
        *([] if dump is None else ["-dump", "dot,actionlabels", str(dump)]),
        "-config", str(configuration.path), f"{configuration.module}.tla",
    ]  # fmt: skip
    started = time.monotonic()
    try:
        done = subprocess.run(command, cwd=modules, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    run = TlcRun(seconds=time.monotonic() - started, output=done.stdout + done.stderr)
    counts = _STATES.findall(run.output)
    if counts:
        run.states = _number(counts[-1])
    depth = _DEPTH.search(run.output)
    if depth and workers == 1:
        run.depth = _number(depth[1])
    if done.returncode in _VIOLATIONS:
        run.violated = _violated(configuration, done.returncode, run.output)
    elif done.returncode != _HOLDS or not counts:
        run.error = _error(run.output) or f"TLC ended with exit code {done.returncode}"
    return run


def _options(configuration: Configuration, tools: TlcTools, workers: int) -> list[str]:
    """Returns the options of Java: one worker needs one thread of the collector."""
    if workers > 1:
        return ["-Xmx4g", "-XX:+UseParallelGC"]
    options = ["-Xmx4g", class_archive.COLLECTOR]
    if (configuration.states or 0) < _FEW:  # what records no states is a trace, or a mirrored model
        options.append("-XX:TieredStopAtLevel=1")
    archive = class_archive.archive(tools.java, tools.jar)
    return options if archive is None else [*options, f"-XX:SharedArchiveFile={archive}"]


def _violated(configuration: Configuration, code: int, output: str) -> str:
    named = _VIOLATED.search(output)
    if named:
        return named[1]
    return "Deadlock" if code == _DEADLOCK else " or ".join(configuration.properties)


def _error(output: str) -> str:
    """Returns the lines of the output from the first error on, at most 12."""
    lines = [line for line in output.splitlines() if line.strip()]
    last = max(0, len(lines) - 5)
    first = next((number for number, line in enumerate(lines) if "rror" in line), last)
    return "\n".join(lines[first : first + 12])


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))
