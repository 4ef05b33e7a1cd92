"""`python -m tests.interrupts`: interrupts each public call where a signal handler may run.

First the exhaustive kind: one exception at each point of a call, one point after the other, each on
fresh objects. Then the random kind: a real signal of an interval timer, and an exception that
another thread sends. After each interrupt it is checked that no hole is left, no lock is held, no
thread waits forever, and that the thing has happened once or not at all.

Several processes share the calls. With --every K a run tries a K-th of the points: others each day,
so that K days try all of them.

Exit code 0 if all of that held; 1 if not; 2 for a wrong command; 130 if it was interrupted itself.
"""

import argparse
import contextlib
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.conftest import FREE_THREADED, gil_is_on
from tests.interrupts import exhaustive, randomly
from tests.interrupts.call import Call
from tests.interrupts.catalogue import chosen
from tests.interrupts.exhaustive import todays_offset
from tests.interrupts.points import KINDS
from tests.stress.report import OFTEN, SELDOM, machine


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        calls = chosen(given.names)
    except ValueError as error:
        parser.error(str(error))
    if given.list:
        print("\n".join(call.name for call in calls))
        return 0
    if FREE_THREADED and gil_is_on():
        print(
            "the GIL is on under a free-threaded interpreter: unset PYTHON_GIL and -X gil",
            file=sys.stderr,
        )
        return 2
    if given.share is None:
        every = f", each {given.every}th point from {given.offset}" if given.every > 1 else ""
        print(f"interrupts: {len(calls)} calls{every}, seed {given.seed}, {machine()}", flush=True)
        if min(given.processes, len(calls)) > 1:
            return _side_by_side(given)
    else:
        first, processes = given.share
        calls = calls[first::processes]
    logging.disable()  # what dies of an interrupt is logged
    run = Run(given)
    started = time.monotonic()
    code = 0
    try:
        for call in calls:
            run.one(call)
    except KeyboardInterrupt:
        code = 130
    run.summary(time.monotonic() - started)
    if run.wedged:
        sys.stdout.flush()
        os._exit(1)  # threads that are stuck would keep the interpreter from ending
    return code or int(run.failed > 0)


def _side_by_side(given: argparse.Namespace) -> int:
    """Share the calls among processes; the highest of their exit codes.

    Ctrl-C reaches all of them. Each prints its own lines, and its own sums at the end.
    """
    command = [sys.executable, "-m", "tests.interrupts", *given.names]
    command += [f"--every={given.every}", f"--offset={given.offset}", f"--times={given.times}"]
    command += [f"--findings={given.findings}", f"--seed={given.seed}"]
    command += [f"--kinds={','.join(given.kinds)}"] + ["--only-random"] * given.only_random
    processes = [
        subprocess.Popen([*command, f"--share={number}/{given.processes}"])
        for number in range(given.processes)
    ]
    codes = list[int]()
    while len(codes) < len(processes):
        with contextlib.suppress(KeyboardInterrupt):  # each of them has got it too, and ends
            codes.append(processes[len(codes)].wait())
    return max(code if code >= 0 else 1 for code in codes)


class Run:
    """What was done, and what was found."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        self._chance = random.Random(given.seed)
        self._told = time.monotonic()
        self.calls = self.points = self.tried = self.random = self.hits = self.failed = (
            self.wedged
        ) = 0

    def one(self, call: Call[Any]) -> None:
        """Try one call in every way that was asked for."""
        self.calls += 1
        cells = []
        findings: list[object] = []
        if not self._given.only_random:
            explored = exhaustive.explore(
                call,
                every=self._given.every,
                offset=self._given.offset + len(call.name),
                most_findings=self._given.findings,
                kinds=self._given.kinds,
                tell=self._progress,
            )
            self.points += explored.points
            self.tried += explored.tried
            self.wedged += explored.wedged
            findings += explored.findings
            cells.append(f"{explored.points:5d} points, {explored.tried:5d} tried")
        ways: tuple[Callable[..., randomly.Result], ...] = (
            randomly.by_timer,
            randomly.by_exception,
        )
        for way in ways if self._given.times and call.at_random and not findings else ():
            found = way(call, self._given.times, self._chance, self._progress)
            self.random += found.interrupts
            self.hits += found.hits
            self.wedged += found.wedged
            findings += found.findings
            cells.append(f"{found.interrupts:4d} at random, {found.hits:4d} within")
        self.failed += bool(findings)
        verdict = "ok" if not findings else f"{len(findings)} FOUND"
        self._line(f"{call.name:<44} {'; '.join(cells)}; {verdict}")
        for finding in findings:
            self._line("    " + str(finding).replace("\n", "\n    "))

    def summary(self, seconds: float) -> None:
        """The last lines."""
        self._line(
            f"\ninterrupts: {self.calls} calls, {self.points:,} points, {self.tried:,} tried; "
            f"{self.random:,} at random moments, {self.hits:,} of them within a call; "
            f"{seconds:.0f} s\n"
            f"calls with findings {self.failed}, wedged {self.wedged}"
        )

    def _progress(self, text: str) -> None:
        """Show how far it is: on a terminal in one line that changes, elsewhere now and then."""
        on_terminal, now = sys.stdout.isatty(), time.monotonic()
        if now - self._told >= (OFTEN if on_terminal else SELDOM):
            self._told = now
            print(
                f"\r{text}\x1b[K" if on_terminal else text,
                end="" if on_terminal else "\n",
                flush=True,
            )

    def _line(self, text: str) -> None:
        print(f"\r{text}\x1b[K" if sys.stdout.isatty() else text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.interrupts", description=__doc__, formatter_class=_Plain
    )
    parser.add_argument(
        "names", nargs="*", help="only calls whose name contains one of these (default: all)"
    )
    parser.add_argument("--list", action="store_true", help="list the calls, and do nothing")
    parser.add_argument(
        "--every", type=_positive, default=1, metavar="K", help="only each K-th point (default 1)"
    )
    parser.add_argument(
        "--offset",
        type=_count,
        default=todays_offset(),
        metavar="N",
        help="which of them: those whose number is N modulo K (default: depends on the day)",
    )
    parser.add_argument(
        "--processes",
        type=_positive,
        default=os.process_cpu_count() or 1,
        metavar="N",
        help="processes that share the calls (default: one for each processor)",
    )
    parser.add_argument(
        "--kinds",
        type=_kinds,
        default=KINDS,
        metavar="KIND,…",
        help=f"only points of these kinds (default: {','.join(KINDS)})",
    )
    parser.add_argument("--share", type=_share, help=argparse.SUPPRESS)
    parser.add_argument(
        "--times",
        type=_count,
        default=300,
        help="random interrupts of each kind for each call (default 300)",
    )
    parser.add_argument("--only-random", action="store_true", help="only the random kind")
    parser.add_argument(
        "--findings",
        type=_positive,
        default=5,
        help="end a call after this number of findings (default 5)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=time.time_ns() % 1_000_000,
        help="of the random kind (default: a new one)",
    )
    return parser


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Leaves the description as it is."""


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(text.split(","))
    for kind in kinds:
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(KINDS)}")
    return kinds


def _share(text: str) -> tuple[int, int]:
    first, processes = map(int, text.split("/"))
    return first, processes


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {text}")
    return number


def _positive(text: str) -> int:
    number = _count(text)
    if number == 0:
        raise argparse.ArgumentTypeError("must be 1 or more, not 0")
    return number
