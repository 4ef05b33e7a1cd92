"""Runs the threads of a topology together.

It measures the time from the start of the first thread to the end of the last one.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ringbuffer.programs.bench.scenario import Measurement

#: Longer than any run takes. A thread that has not finished by then waits for a lost event.
DEADLINE_SECONDS: Final = 120.0


class StuckError(Exception):
    """A thread of a run did not end."""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """How long a run took: in elapsed time, and in processor time."""

    seconds: float
    cpu_seconds: float

    def run(self, events: int) -> Measurement:
        """The figures of a run that delivered `events`."""
        return Measurement({"rate": events / self.seconds, "cpu": self.cpu_seconds / events * 1e6})


def together(
    *bodies: Callable[[], object],
    finish: Callable[[], object] | None = None,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Elapsed:
    """Run each body in its own thread, all from one moment on, then `finish` in the caller's.

    The time ends when every event is handled: a ring's `finish` is its `shutdown`, and a queue's
    consumers are bodies.

    Raises:
        StuckError: a body did not end in time.
        Exception: what a body raised. In either case, threads that have not ended are left behind;
            see `runner.Abandon`.
    """
    gate = threading.Barrier(len(bodies) + 1)
    failures: list[BaseException] = []

    def run(body: Callable[[], object]) -> None:
        gate.wait()
        try:
            body()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(body,), daemon=True) for body in bodies]
    for thread in threads:
        thread.start()
    processor, begin = time.process_time(), time.perf_counter()
    gate.wait()
    deadline = begin + deadline_seconds
    for thread in threads:
        # In short waits: a thread that waits for a failed one must not hide that failure.
        # Terminates because of the deadline.
        while thread.is_alive() and not failures and time.perf_counter() < deadline:
            thread.join(0.5)
    if failures:
        raise failures[0]
    if any(thread.is_alive() for thread in threads):
        raise StuckError(
            f"not finished after {deadline_seconds} s: a consumer waits for an event that was lost"
        )
    if finish is not None:
        finish()
    return Elapsed(time.perf_counter() - begin, time.process_time() - processor)
