"""What the demo of messaging says at the end, for people or as JSON."""

import json
import platform
from collections.abc import Sequence
from typing import Final, NamedTuple

from ringbuffer.programs.demo.bus.checks import failures
from ringbuffer.programs.demo.bus.messages import BLOCK_LINES, Arrived
from ringbuffer.programs.demo.bus.relay import Relayed
from ringbuffer.programs.demo.checks import Check
from ringbuffer.programs.demo.report import (
    check_text,
    in_seconds,
    skipped_json,
    skipped_text,
    time_text,
)
from ringbuffer.programs.demo.source import LineSource
from ringbuffer.programs.interpreter import gil_is_on

_SHOWN_LETTERS: Final = 3


class ModeRun(NamedTuple):
    """One mode: what was done, and its checks; None if they were not finished."""

    relayed: Relayed
    checks: Sequence[Check] | None


class BusReport(NamedTuple):
    """Everything there is to say.

    Attributes:
        source: what was read.
        runs: of the modes that were tried.
        overall: checks of all runs together.
        buffer_size: messages in each queue and each bus.
        wait_strategy: the name of the consumers' strategy in ring mode.
    """

    source: LineSource
    runs: Sequence[ModeRun]
    overall: Sequence[Check]
    buffer_size: int
    wait_strategy: str

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(each.passed for run in self.runs for each in run.checks or ()) and all(
            each.passed for each in self.overall
        )

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it early."""
        return any(run.relayed.interrupted for run in self.runs)

    def as_text(self) -> str:
        """A table for people."""
        lines = [
            "",
            "  files --> sender --> [ queue ] --> pipeline --> [ bus ] --+--> journal",
            "                                                            +--> counter",
            "                                                            +--> indexer",
            "                                                            '--> reader --> retries "
            "--> dead letters",
            "",
            f"  messages of up to {BLOCK_LINES} lines, from {len(self.source.files):,} file(s); "
            f"room for {self.buffer_size:,}; "
            f"ring mode with {self.wait_strategy} consumers; Python {platform.python_version()}, "
            f"GIL {'on' if gil_is_on() else 'off'}",
            *skipped_text(self.source),
        ]
        for run in self.runs:
            lines += ["", *self._run_text(run)]
        if self.overall:
            lines += ["", *map(check_text, self.overall)]
        return "\n".join(lines)

    def as_json(self) -> str:
        """The same for programs; times in seconds."""
        return json.dumps(
            {
                "buffer_size": self.buffer_size,
                "wait_strategy": self.wait_strategy,
                "block_lines": BLOCK_LINES,
                "python": platform.python_version(),
                "gil": gil_is_on(),
                "files": len(self.source.files),
                "skipped": skipped_json(self.source),
                "runs": [_run_json(run) for run in self.runs],
                "interrupted": self.interrupted,
                "checks": [each._asdict() for each in self.overall],
                "passed": self.passed,
            },
            indent=2,
        )

    def _run_text(self, run: ModeRun) -> list[str]:
        relayed, latency = run.relayed, run.relayed.findings.latency.distribution()
        letters = relayed.dead_letters.list()
        lines = [
            f"  {relayed.name}" + (" (interrupted)" if relayed.interrupted else ""),
            f"  messages    {relayed.sent:,} in {relayed.seconds:.2f} s",
            f"  rate        {_rate(relayed):,.0f} messages/s",
            f"  latency     p50 {time_text(latency.percentile(50))}, "
            f"p99 {time_text(latency.percentile(99))}, "
            f"max {time_text(latency.percentile(100))} (queue to indexed)",
            f"  retries     {relayed.retried:,}, dead letters {len(letters):,}",
        ]
        for letter in letters[:_SHOWN_LETTERS]:
            where = (
                self.source.files[letter.message.block.file]
                if isinstance(letter.message, Arrived)
                else "a message"
            )
            lines.append(
                f"              {letter.handler}, {where}: {letter.error_type}: "
                f"{letter.error_message}"
            )
        if len(letters) > _SHOWN_LETTERS:
            lines.append(f"              and {len(letters) - _SHOWN_LETTERS:,} more")
        return lines + (
            [*map(check_text, run.checks)]
            if run.checks is not None
            else ["  the checks were interrupted"]
        )


def _run_json(run: ModeRun) -> dict[str, object]:
    relayed, latency = run.relayed, run.relayed.findings.latency.distribution()
    return {
        "mode": relayed.mode.value,
        "messages": relayed.sent,
        "seconds": relayed.seconds,
        "messages_per_second": _rate(relayed),
        "latency_seconds": {
            "p50": in_seconds(latency.percentile(50)),
            "p99": in_seconds(latency.percentile(99)),
            "max": in_seconds(latency.percentile(100)),
        },
        "retries": relayed.retried,
        "dead_letters": [each._asdict() for each in failures(relayed)],
        "interrupted": relayed.interrupted,
        "checks": None if run.checks is None else [each._asdict() for each in run.checks],
    }


def _rate(relayed: Relayed) -> float:
    return relayed.sent / relayed.seconds if relayed.seconds else 0.0
