"""`python -m tests.soak`: everything together, under load and with faults, for any time.

Exit code 0 if every message is accounted for, nothing came twice or out of order, and memory,
threads and descriptors are flat; 1 if not; 2 for a wrong command; 130 if it was interrupted. The
seed decides what every round does, but not when the threads do it.
"""

import argparse
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Final

from tests.conftest import FREE_THREADED, gil_is_on
from tests.soak.noise import Noise
from tests.soak.plan import plan_of
from tests.soak.report import Report, load
from tests.soak.round import Round
from tests.soak.samples import Samples
from tests.stress.report import OFTEN, SELDOM, machine

#: How long a round is, in seconds, in a short run and in a long one, and from where on a run is
#: long.
SHORT_ROUND, LONG_ROUND, LONG_RUN = 4.0, 20.0, 600.0
#: The shortest that is worth its set-up, in seconds.
SHORTEST: Final = 1.0
#: Between two samples under load, in seconds.
EVERY: Final = 2.0


def main(arguments: list[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    if FREE_THREADED and gil_is_on():
        print(
            "the GIL is on under a free-threaded interpreter: unset PYTHON_GIL and -X gil",
            file=sys.stderr,
        )
        return 2
    seconds = chosen.seconds if chosen.hours is None else chosen.hours * 3600
    length = chosen.round_seconds or (LONG_ROUND if seconds >= LONG_RUN else SHORT_ROUND)
    print(
        f"soak: seed {chosen.seed}, {seconds:g} s in rounds of {length:g} s, {machine()}",
        flush=True,
    )
    start = time.monotonic()
    report = Report(chosen.seed, length, Samples(start))
    code = 0
    with Noise().listening() as noise:
        try:
            _Run(report, start, seconds, chosen.report).to_its_end(noise)
        except KeyboardInterrupt:
            code = 130
        except Exception as error:
            report.failures.append(f"round {report.rounds}: {type(error).__name__}: {error}")
            traceback.print_exc()
    report.failures += noise.texts
    report.ended = code != 130
    _write(report, start, chosen.report)
    print(
        f"\nsoak, seed {chosen.seed}: {report.seconds:.0f} s", *report.lines(), sep="\n", flush=True
    )
    if chosen.report is not None:
        print(f"report: {chosen.report / 'report.md'}", flush=True)
    if not report.is_well:
        code = code or 1
        print(f"again: {report.again()}", flush=True)
        os._exit(code)  # threads that are stuck would keep the interpreter from ending
    if code:
        os._exit(code)
    return code


def _write(report: Report, start: float, folder: Path | None) -> None:
    report.seconds, report.load_after = time.monotonic() - start, load()
    if folder is not None:
        report.write(folder)


class _Run:
    """Rounds until the time is over, one at least; the first that fails is the last."""

    def __init__(self, report: Report, start: float, seconds: float, folder: Path | None) -> None:
        self._report: Final = report
        self._folder: Final = folder
        self._start: Final = start
        self._end: Final = start + seconds
        self._published = 0
        self._sampled = self._told = start

    def to_its_end(self, noise: Noise) -> None:
        report, ending = self._report, 0.0
        # Ends when less time is left than a round is worth, including the longest end of a round.
        while report.rounds == 0 or (
            self._left(ending) >= SHORTEST and not report.failures and not noise.heard
        ):
            plan = plan_of(report.seed, report.rounds, report.round_seconds)
            seconds = min(max(SHORTEST, self._left(ending)), plan.seconds)
            begun, this = time.monotonic(), Round(plan, seconds)
            this.run(self._each_tick)
            report.add(this.accounts, this.counts)
            report.failures += this.details
            self._published += this.published
            report.samples.take(
                time.monotonic(), report.rounds - 1, self._published, 0, at_rest=True
            )
            _write(report, self._start, self._folder)  # so that a run that is killed leaves one
            ending = max(ending, time.monotonic() - begun - seconds)

    def _left(self, ending: float) -> float:
        return self._end - time.monotonic() - ending

    def _each_tick(self, this: Round) -> None:
        now = time.monotonic()
        if now - self._sampled >= EVERY:
            self._sampled = now
            self._report.samples.take(
                now, self._report.rounds, self._published + this.published, this.backlog
            )
        on_terminal = sys.stdout.isatty()
        if now - self._told >= (OFTEN if on_terminal else SELDOM):
            self._told = now
            samples = self._report.samples
            memory = f", {samples.column('resident')[-1]:.0f} MiB" if len(samples) else ""
            text = (
                f"soak: {now - self._start:,.0f} of {self._end - self._start:,.0f} s, "
                f"round {self._report.rounds}, "
                f"{self._published + this.published:,} messages{memory}, backlog {this.backlog:,}"
            )
            print(
                f"\r{text}\x1b[K" if on_terminal else text,
                end="" if on_terminal else "\n",
                flush=True,
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=_positive, default=60.0, help="how long (default 60)")
    length.add_argument("--hours", type=_positive, help="the same in hours")
    parser.add_argument(
        "--seed",
        type=int,
        default=time.time_ns() % 1_000_000,
        help="of every round (default: a new one)",
    )
    parser.add_argument(
        "--round-seconds",
        type=_positive,
        help="how long a round is (default 4, or 20 in a run of 10 minutes)",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="where to write report.md, report.json and the curves",
    )
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number, not {text}")
    return number
