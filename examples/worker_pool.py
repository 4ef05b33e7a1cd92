"""Each event goes to exactly one worker; a stage after the pool sees all events, in order.

Prints:
    100 jobs, each done once
    reported in order: True
"""

import threading
from dataclasses import dataclass

from ringbuffer import Disruptor


@dataclass
class Job:
    """An event."""

    number: int = 0
    result: int = 0
    done_by: str = ""


class Square:
    """A worker. One object each, so they share nothing."""

    def on_event(self, job: Job, sequence: int, end_of_batch: bool) -> None:
        """Any worker may get any job."""
        job.result = job.number**2
        job.done_by = threading.current_thread().name


reported: list[tuple[int, int]] = []


def report(job: Job, sequence: int, end_of_batch: bool) -> None:
    """Comes after the whole pool."""
    assert job.done_by.startswith("squares #")
    reported.append((job.number, job.result))


def describe(job: Job, sequence: int, number: int) -> None:
    """The translator."""
    job.number = number


disruptor = Disruptor(Job, 32)
disruptor.handle_events_with_worker_pool(Square(), Square(), Square(), name="squares").then(report)
with disruptor:
    for number in range(100):
        disruptor.publish_event(describe, number)
print(f"{len({number for number, _ in reported})} jobs, each done once")
print("reported in order:", reported == [(number, number**2) for number in range(100)])
