"""`Report`: what a run did, and the counts that must be 0."""

import os
import sys
import time
from collections import Counter

from ringbuffer.programs.stress.ledger import Account
from tests.conftest import FREE_THREADED, gil_is_on

#: Between two lines of progress, in seconds, on a terminal and elsewhere.
OFTEN, SELDOM = 0.2, 10.0


def machine() -> str:
    build = "free-threaded" if FREE_THREADED else "regular"
    return f"{build} build, GIL {'on' if gil_is_on() else 'off'}, {os.cpu_count()} cores"


class Report:
    """What was done, part by part. One thread."""

    def __init__(self) -> None:
        self.account = Account()
        self.rounds: Counter[str] = Counter()
        self.did: dict[str, Counter[str]] = {}
        self.interesting = self.races = self.times = 0
        self.forbidden: list[str] = []
        self.failures: list[str] = []
        self._told = 0.0

    @property
    def is_well(self) -> bool:
        return not (self.account.faults or self.forbidden or self.failures)

    def progress(self, text: str) -> None:
        """Show the progress of a part: on a terminal in one line that changes, elsewhere seldom."""
        on_terminal, now = sys.stdout.isatty(), time.monotonic()
        if now - self._told >= (OFTEN if on_terminal else SELDOM):
            self._told = now
            print(
                f"\r{text}\x1b[K" if on_terminal else text,
                end="" if on_terminal else "\n",
                flush=True,
            )

    def line(self, text: str) -> None:
        """A line that stays."""
        print(f"\r{text}\x1b[K" if sys.stdout.isatty() else text, flush=True)

    def __str__(self) -> str:
        lines = []
        if self.races:
            lines.append(
                f"litmus: {self.races} races, {self.times:,} times, "
                f"{self.interesting:,} interesting outcomes, "
                f"{len(self.forbidden)} races with forbidden ones"
            )
        for part, counts in self.did.items():
            done = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
            lines.append(f"{part}: {self.rounds[part]:,} rounds: {done}")
        lines += [f"FORBIDDEN: {each}" for each in self.forbidden]
        lines += [f"FAILED: {each}" for each in self.failures]
        lines.append(str(self.account))
        return "\n".join(lines)
