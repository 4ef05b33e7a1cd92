"""What the demo says at the end, for people or as JSON."""

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ringbuffer.programs.demo.checks import Check
from ringbuffer.programs.demo.replay import Replay
from ringbuffer.programs.demo.source import LineSource
from ringbuffer.programs.interpreter import gil_is_on

_SHOWN_SKIPS: Final = 5


class Report(NamedTuple):
    """Everything there is to say.

    Attributes:
        source: what was read.
        replayed: what was done with it.
        checks: None if they were not made, or not finished.
        buffer_size: slots in the ring.
        wait_strategy: the name of the consumers' strategy.
        journal: where the journal was kept, if it was.
    """

    source: LineSource
    replayed: Replay
    checks: Sequence[Check] | None
    buffer_size: int
    wait_strategy: str
    journal: Path | None

    @property
    def passed(self) -> bool:
        """Whether nothing broke and no check failed."""
        return self.replayed.failure is None and all(each.passed for each in self.checks or ())

    def as_text(self) -> str:
        """A table for people."""
        replayed = self.replayed
        latency = replayed.indexer.latency.distribution()
        lines = [
            "",
            "  files --> publisher --> [ ring ] --> journal ---.",
            "                             |                     >--> indexer",
            "                             '-------> counter ---'",
            "",
            f"  ring of {self.buffer_size:,} slots, {self.wait_strategy} consumers; "
            f"Python {platform.python_version()}, GIL {'on' if gil_is_on() else 'off'}",
            "",
            f"  events      {replayed.published:,} lines of {len(self.source.files):,} file(s)"
            + (" (interrupted)" if replayed.interrupted else ""),
            f"  time        {replayed.seconds:.2f} s",
            f"  rate        {_rate(replayed):,.0f} events/s",
            f"  latency     p50 {time_text(latency.percentile(50))}, "
            f"p99 {time_text(latency.percentile(99))}, "
            f"p99.9 {time_text(latency.percentile(99.9))}, "
            f"max {time_text(latency.percentile(100))} (publish to index)",
            f"  occupancy   mean {replayed.occupancy_mean:.0%}, "
            f"max {replayed.occupancy_max:.0%} of the ring",
        ]
        if self.journal is not None:
            lines.append(f"  journal     {self.journal} ({self.journal.stat().st_size:,} bytes)")
        lines += skipped_text(self.source)
        lines.append("")
        lines += map(check_text, self.checks or ())
        if replayed.failure is not None:
            lines.append(
                f"  FAILED the {replayed.died} died of {type(replayed.failure).__name__}: "
                f"{replayed.failure}"
            )
        if self.checks is None:
            lines.append(
                "  the checks were not made"
                if replayed.failure is not None
                else "  the checks were interrupted"
            )
        return "\n".join(lines)

    def as_json(self) -> str:
        """The same for programs; times in seconds."""
        replayed = self.replayed
        latency = replayed.indexer.latency.distribution()
        percentiles = {
            name: in_seconds(latency.percentile(percent)) for name, percent in _PERCENTILES.items()
        }
        return json.dumps(
            {
                "buffer_size": self.buffer_size,
                "wait_strategy": self.wait_strategy,
                "python": platform.python_version(),
                "gil": gil_is_on(),
                "files": len(self.source.files),
                "skipped": skipped_json(self.source),
                "events": replayed.published,
                "seconds": replayed.seconds,
                "events_per_second": _rate(replayed),
                "latency_seconds": percentiles,
                "occupancy": {"mean": replayed.occupancy_mean, "max": replayed.occupancy_max},
                "journal": None if self.journal is None else str(self.journal),
                "interrupted": replayed.interrupted,
                "failure": None
                if replayed.failure is None
                else {
                    "consumer": replayed.died,
                    "error": f"{type(replayed.failure).__name__}: {replayed.failure}",
                },
                "checks": None if self.checks is None else [each._asdict() for each in self.checks],
                "passed": self.passed,
            },
            indent=2,
        )


_PERCENTILES: Final = {"p50": 50.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}


def skipped_text(source: LineSource) -> list[str]:
    """What was skipped, for people: the first few."""
    skipped = source.skipped
    if not skipped:
        return []
    lines = [f"  skipped     {len(skipped):,} file(s)"]
    lines += [f"              {file}: {reason}" for file, reason in skipped[:_SHOWN_SKIPS]]
    if len(skipped) > _SHOWN_SKIPS:
        lines.append(f"              and {len(skipped) - _SHOWN_SKIPS:,} more; --json has them all")
    return lines


def skipped_json(source: LineSource) -> list[dict[str, str]]:
    """What was skipped, for programs."""
    return [{"file": str(file), "reason": reason} for file, reason in source.skipped]


def check_text(check: Check) -> str:
    """A check, for people."""
    return f"  {'ok    ' if check.passed else 'FAILED'} {check.name}: {check.detail}"


def _rate(replayed: Replay) -> float:
    return replayed.published / replayed.seconds if replayed.seconds else 0.0


def in_seconds(nanoseconds: float | None) -> float | None:
    """A time, for programs; None without one."""
    return None if nanoseconds is None else nanoseconds / 1e9


def time_text(nanoseconds: float | None) -> str:
    """A time, for people."""
    if nanoseconds is None:
        return "none"
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1e3:.1f} µs"
    return f"{nanoseconds / 1e6:.2f} ms"
