"""Runs parts as subprocesses, as many at a time as keep the processors busy.

Each part writes its output into a file. It leads its own process group, so that the runner can
end it together with the processes that it has started. Ctrl-C reaches only the runner, which
interrupts every running part, waits `PATIENCE` seconds, and kills what is left.
"""

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

from tools.suite.part import ALL, Part

#: How long an interrupted part may take to end, in seconds.
PATIENCE: Final = 10.0
#: Between two looks at the running parts, in seconds.
INTERVAL: Final = 1.0


@dataclass
class Result:
    """What came of one part.

    Attributes:
        output: the file that holds what it printed.
        seconds: how long it ran.
        processor_seconds: of itself and of the processes that it has waited for.
        problem: why it counts as failed; empty if it passed.
        counted: the numbers that it reported.
    """

    part: Part
    output: Path
    seconds: float
    processor_seconds: float
    problem: str
    counted: Mapping[str, int]


@dataclass
class Running:
    """A part that runs now.

    Attributes:
        pid: of the process, which is also the number of its group.
        code: the exit code, or the negative number of the signal that ended it.
        processor_seconds: see `Result`. Both are known when the process has ended.
    """

    part: Part
    pid: int
    output: Path
    started: float = field(default_factory=time.monotonic)
    code: int = 0
    processor_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """For how long it has run."""
        return time.monotonic() - self.started

    def wait(self) -> None:
        """Wait for the end of the process, and note what came of it."""
        _, status, used = os.wait4(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        self.processor_seconds = used.ru_utime + used.ru_stime

    def signal(self, number: int) -> None:
        """Send a signal to the part and to the processes that it has started."""
        with contextlib.suppress(ProcessLookupError):  # all of them have ended
            os.killpg(self.pid, number)

    def result(self, interrupted: bool) -> Result:
        """Judge the part, which has ended."""
        text = self.output.read_text(encoding="utf-8", errors="replace")
        counted, code, problem = self.part.counted(text), self.code, ""
        if interrupted:
            problem = "interrupted"
        elif code:
            problem = f"FAILED with {f'exit code {code}' if code > 0 else f'signal {-code}'}"
        elif self.part.counts[0].noun not in counted:
            problem = f"FAILED: its output reports no {self.part.counts[0].noun}"
        return Result(
            self.part, self.output, self.seconds, self.processor_seconds, problem, counted
        )


class Watcher(Protocol):
    """Receives the progress of the parts; the runner's thread only."""

    def begins(self, running: Running) -> None:
        """A part begins."""

    def ends(self, result: Result) -> None:
        """A part has ended."""

    def looks(self, running: Sequence[Running]) -> None:
        """About `INTERVAL` seconds have passed."""

    def interrupted(self, running: Sequence[Running]) -> None:
        """The running parts were interrupted, and are given time to end."""


class Runner:
    """Runs parts; one thread.

    Args:
        folder: where the outputs go.
        watcher: is called at each beginning and end.
        processors: how many there are; see `Part.processors`.
    """

    def __init__(self, folder: Path, watcher: Watcher, processors: int) -> None:
        self._folder: Final = folder
        self._watcher: Final = watcher
        self._processors: Final = processors
        self._running: Final[list[Running]] = []
        self._ended: Final[queue.SimpleQueue[Running]] = queue.SimpleQueue()
        self.interrupted = False

    def run(self, parts: Sequence[Part]) -> list[Result]:
        """Run the parts; their results in the order in which they ended.

        A part begins when its processors are free and all parts before it have begun. After an
        interrupt no further part begins, and `interrupted` is set.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        waiting, results = list(parts), list[Result]()
        try:
            # Terminates because each part ends, or is ended by an interrupt.
            while waiting or self._running:
                while waiting and self._has_room_for(waiting[0]):
                    self._begin(waiting.pop(0))
                self._collect(results, INTERVAL)
                self._watcher.looks(self._running)
        except KeyboardInterrupt:
            self.interrupted = True
            self._end_all(results)
        return results

    def _has_room_for(self, part: Part) -> bool:
        busy = sum(self._needs(each.part) for each in self._running)
        return busy + self._needs(part) <= self._processors

    def _needs(self, part: Part) -> Fraction:
        everything = Fraction(self._processors)
        return everything if part.processors == ALL else min(part.processors, everything)

    def _begin(self, part: Part) -> None:
        output = self._folder / f"{part.name.replace(' ', '-')}.txt"
        # All files are opened in the child; its standard error goes where its output goes.
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, *part.command],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setpgroup=0,
            # A shell has its background jobs ignore Ctrl-C, which processes inherit. Parts test it.
            setsigdef=[signal.SIGINT],
        )
        running = Running(part, pid, output)
        self._running.append(running)
        threading.Thread(target=self._wait_for, args=(running,), daemon=True).start()
        self._watcher.begins(running)

    def _wait_for(self, running: Running) -> None:
        running.wait()
        self._ended.put(running)  # wakes `_collect`

    def _collect(self, results: list[Result], timeout: float) -> bool:
        """Wait for the end of a part; whether one has ended within `timeout` seconds."""
        try:
            running = self._ended.get(timeout=timeout)
        except queue.Empty:
            return False
        self._running.remove(running)
        results.append(running.result(self.interrupted))
        self._watcher.ends(results[-1])
        return True

    def _end_all(self, results: list[Result]) -> None:
        try:
            self._signal_all(signal.SIGINT)
            self._watcher.interrupted(self._running)
            deadline = time.monotonic() + PATIENCE
            # Terminates because each iteration collects a part, or sees the deadline pass.
            while self._running and self._collect(results, max(0.0, deadline - time.monotonic())):
                pass
        except KeyboardInterrupt:
            pass  # the second interrupt ends the wait
        self._signal_all(signal.SIGKILL)
        while self._running:  # terminates because a killed process ends
            self._collect(results, INTERVAL)

    def _signal_all(self, number: int) -> None:
        for each in self._running:
            each.signal(number)
