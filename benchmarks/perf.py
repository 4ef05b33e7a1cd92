"""Figures of the processor's caches, by `perf stat`; or why the machine does not count them."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

EVENTS: Final = (
    "cache-references",
    "cache-misses",
    "L1-dcache-load-misses",
    "instructions",
    "cycles",
)
_TIMEOUT_SECONDS: Final = 120


def cache_figures(scenario: str, counts: Mapping[str, int]) -> dict[str, str]:
    """By contender, its figures for each event; or by "", why they are missing."""
    reason = unsupported()
    if reason is not None:
        return {"": reason}
    return {name: _measure(scenario, name, count) for name, count in counts.items()}


def unsupported() -> str | None:
    """None if `perf stat` counts cache misses here; otherwise why not."""
    if shutil.which("perf") is None:
        return "no cache figures: `perf` is not installed"
    counted, message = _perf(["true"])
    if not counted:
        return f"no cache figures: {message}"
    return None


def _measure(scenario: str, contender: str, count: int) -> str:
    """One run under `perf stat`, minus the cost of a run of a few events, for each event."""
    child = [sys.executable, "-m", "benchmarks.perf", scenario, contender]
    few = min(100, count)
    whole, message = _perf([*child, str(count)])
    start, _ = _perf([*child, str(few)])
    if not whole or not start:
        return message
    each = {name: (whole[name] - start.get(name, 0)) / max(count - few, 1) for name in whole}
    return ", ".join(f"{name} {value:.2f}" for name, value in each.items()) + " per event"


def _perf(command: list[str]) -> tuple[dict[str, int], str]:
    """What was counted while `command` ran, or nothing and why."""
    try:
        done = subprocess.run(
            ["perf", "stat", "-x", ",", "-e", ",".join(EVENTS), *command],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {}, f"`perf stat` did not end within {_TIMEOUT_SECONDS} s"
    return (
        parse(done.stderr)
        if done.returncode == 0
        else ({}, (done.stderr.strip() or "`perf stat` failed").splitlines()[0])
    )


def parse(output: str) -> tuple[dict[str, int], str]:
    """The counters in the output of `perf stat -x ,`, without those that the machine lacks."""
    counted = {}
    for line in output.splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[0].isdecimal():
            counted[fields[2]] = int(fields[0])
    if not any("cache" in name for name in counted):
        return (
            {},
            "`perf stat` does not count cache accesses on this machine "
            "(a virtual one, most likely)",
        )
    return counted, ""


def _run_one(scenario: str, contender: str, count: int) -> None:
    from benchmarks.scenarios import load

    for each in load(scenario).contenders:
        if each.name == contender:
            each.body(count)


if __name__ == "__main__":
    _run_one(sys.argv[1], sys.argv[2], int(sys.argv[3]))
