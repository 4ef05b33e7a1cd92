"""What the demo says at the end, for people or as JSON."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ringbuffer.cli.demo.checks import Check
from ringbuffer.cli.demo.replay import Replay
from ringbuffer.cli.demo.source import Source

_SHOWN_SKIPS = 5


def as_text(source: Source, replayed: Replay, checks: Sequence[Check], journal: Path | None, settings: str) -> str:
    """A table for people."""
    latency = replayed.indexer.latency
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    lines = [
        "",
        "  files --> publisher --> [ ring ] --> journal ---.",
        "                             |                     >--> indexer",
        "                             '-------> counter ---'",
        "",
        f"  {settings}; Python {sys.version.split()[0]}, GIL {'on' if gil else 'off'}",
        "",
        f"  events      {replayed.published:,} lines of {len(source.files):,} files"
        + (" (interrupted)" if replayed.interrupted else ""),
        f"  time        {replayed.seconds:.2f} s",
        f"  rate        {_rate(replayed):,.0f} events/s",
        f"  latency     p50 {_time(latency.percentile(50))}, p99 {_time(latency.percentile(99))}, "
        f"p99.9 {_time(latency.percentile(99.9))}, max {_time(latency.maximum)} (publish to index)",
        f"  occupancy   mean {replayed.occupancy_mean:.0%}, max {replayed.occupancy_max:.0%} of the ring",
    ]
    if journal is not None:
        lines.append(f"  journal     {journal} ({journal.stat().st_size:,} bytes)")
    if source.skipped:
        lines.append(f"  skipped     {len(source.skipped):,} file(s)")
        lines += [f"              {file}: {reason}" for file, reason in source.skipped[:_SHOWN_SKIPS]]
        if len(source.skipped) > _SHOWN_SKIPS:
            lines.append(f"              and {len(source.skipped) - _SHOWN_SKIPS:,} more")
    lines.append("")
    lines += [f"  {'ok    ' if each.passed else 'FAILED'} {each.name}: {each.detail}" for each in checks]
    if replayed.failure is not None:
        lines.append(f"  FAILED a consumer died of {type(replayed.failure).__name__}: {replayed.failure}")
    return "\n".join(lines)


def as_json(source: Source, replayed: Replay, checks: Sequence[Check], settings: str) -> str:
    """The same for programs; times in seconds."""
    latency = replayed.indexer.latency
    return json.dumps(
        {
            "settings": settings,
            "files": len(source.files),
            "skipped": [{"file": str(file), "reason": reason} for file, reason in source.skipped],
            "events": replayed.published,
            "seconds": replayed.seconds,
            "events_per_second": _rate(replayed),
            "latency_seconds": {
                name: latency.percentile(percent) / 1e9 for name, percent in (("p50", 50), ("p99", 99), ("p99.9", 99.9))
            },
            "occupancy": {"mean": replayed.occupancy_mean, "max": replayed.occupancy_max},
            "interrupted": replayed.interrupted,
            "failure": None if replayed.failure is None else repr(replayed.failure),
            "checks": [each._asdict() for each in checks],
        },
        indent=2,
    )


def _rate(replayed: Replay) -> float:
    return replayed.published / replayed.seconds if replayed.seconds else 0.0


def _time(nanoseconds: int) -> str:
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1e3:.1f} µs"
    return f"{nanoseconds / 1e6:.2f} ms"
