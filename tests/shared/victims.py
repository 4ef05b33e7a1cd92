"""A server of processes that die: `python -m tests.shared.victims`.

It reads commands, one a line: a scenario, the name of a ring, and the number of the step at which
the process is killed, or `-`. For each it forks a process that attaches to the ring. When that has
ended, it prints `killed`, or `done` and the number of steps, or `failed` and the error.

A process of its own forks, because it has one thread and no ring.
"""

import contextlib
import os
import random
import signal
import sys
from collections.abc import Callable
from typing import Any, Final

import ringbuffer.shared.eviction
import ringbuffer.shared.shared_ring
from ringbuffer import RingBufferClosedError
from ringbuffer.memory.placed import shared_operations
from ringbuffer.shared import OnDeath, SharedRing, attach
from ringbuffer.shared.kernel_locks import KernelLocks
from tests.shared.killing import KillingOperations, Steps

#: A record: its sequence, and twice a number that only this one has.
FORMAT: Final = "qqq"


def record(sequence: int) -> tuple[int, int, int]:
    """The record of a sequence."""
    return sequence, sequence * 7 + 3, sequence * 7 + 3


def produce(ring: SharedRing, step: Steps) -> None:
    """Publishes batches; one claim is filled by halves and published, another one is skipped."""
    producer = ring.producer()
    at = ring.cursor + 1
    producer.publish_records([record(at + i) for i in range(3)])
    at += 3
    with producer.claim(2) as claim:
        for index in range(2):
            claim[index] = (at + index, -1, -1)
            step()
            claim[index] = record(at + index)
            step()
    at += 2
    with contextlib.suppress(KeyError), producer.claim(2) as claim:
        claim[0] = (-5, -5, -6)
        step()
        raise KeyError
    at += 2
    with contextlib.suppress(KeyError), producer.claim(1) as claim:
        claim[0] = (-7, -7, -8)
        raise KeyError
    at += 1
    producer.publish_records([record(at + i) for i in range(2)])
    producer.release()


def consume(ring: SharedRing, step: Steps) -> None:
    """Takes a seat, reads all that comes until the ring is closed, and leaves."""
    with ring.seat("victim") as seat:
        for records, _ in seat.batches(limit=2):
            for each in records.tolist():
                assert each == record(each[0]), each
            step()


def consume_evictable(ring: SharedRing, step: Steps) -> None:
    """As `consume`, in a seat that is evicted."""
    with ring.seat("victim", OnDeath.EVICT) as seat:
        for _ in seat.batches(limit=2):
            step()


def join(ring: SharedRing, step: Steps) -> None:
    """Takes a seat, and leaves it."""
    with ring.seat("victim", OnDeath.EVICT):
        step()


def evict(ring: SharedRing, step: Steps) -> None:
    """Makes the seat of a dead consumer vacant."""
    ring.evict("victim")


def close(ring: SharedRing, step: Steps) -> None:
    """Closes the ring with an error."""
    ring.close(RingBufferClosedError("closed by a victim"))


def wander(ring: SharedRing, step: Steps) -> None:
    """Does all that a ring with arbitrary contents allows, for a moment each. Errors are right."""

    def expire(*arguments: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, expire)

    def look() -> None:
        with ring.seat(f"seat {random.random()}") as seat:
            for records, _ in seat.batches(limit=3):
                records.tolist()

    def tell() -> None:
        producer = ring.producer()
        for _ in range(3):
            producer.publish_records([record(1)], timeout=0.01)
        with contextlib.suppress(KeyError), producer.claim(2, 0.01):
            raise KeyError

    def other() -> None:
        str(ring.status)
        ring.evict("victim")
        ring.close()

    for action in (tell, look, other, look):
        with contextlib.suppress(Exception):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            action()
        signal.setitimer(signal.ITIMER_REAL, 0)


SCENARIOS: Final[dict[str, Callable[[SharedRing, Steps], None]]] = {
    function.__name__: function
    for function in (produce, consume, consume_evictable, join, evict, close, wander)
}


def run(scenario: str, name: str, last: str) -> str:
    """Run a scenario in this process. Returns what to print."""
    step = Steps(None if last == "-" else int(last))
    operations = shared_operations()
    if scenario != "wander":
        operations = KillingOperations(operations, step)
    patched: Any = ringbuffer.shared.shared_ring
    patched.shared_operations = lambda: operations
    set_lock = KernelLocks._set

    def step_and_set(self: KernelLocks, index: int, kind: int) -> bool:
        step()
        return set_lock(self, index, kind)

    KernelLocks._set = step_and_set  # type: ignore[method-assign]
    SCENARIOS[scenario](attach(name), step)
    return f"done {step.count}"


def main() -> None:
    """Read commands until there are no more."""
    for line in sys.stdin:
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read_end)
            try:
                answer = run(*line.split())
            except BaseException as error:
                answer = f"failed {error!r}"
            os.write(write_end, answer.encode()[:1000])
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end) as answers:
            told = answers.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            told = "killed" if number == signal.SIGKILL else f"crashed by signal {number}"
        print(told or "failed", flush=True)


if __name__ == "__main__":
    main()
