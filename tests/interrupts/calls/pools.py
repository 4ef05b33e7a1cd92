"""Worker pools: made, started, halted, joined; workers: added, removed, run by the caller."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import BatchEventProcessor, RingBuffer, WorkerPool
from ringbuffer.host import Host
from tests.interrupts.call import Call, calls_of, require
from tests.interrupts.hosts import until
from tests.interrupts.rings import (
    SIZE,
    are_all_that_gate,
    is_empty,
    no_thread_consumes,
    ring_of_values,
)

BEFORE = 3
#: The handler halts its worker at this value.
LAST = -1


@dataclass(slots=True)
class Subject:
    """A ring of values, and a pool.

    Attributes:
        passed: what the processor that comes after the pool has handled, where there is one.
        sent: how much was published.
    """

    ring: RingBuffer[Any]
    pools: list[WorkerPool[Any]] = field(default_factory=list)
    handled: list[int] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    after: BatchEventProcessor[Any] | None = None
    sent: int = 0

    @property
    def pool(self) -> WorkerPool[Any]:
        return self.pools[0]

    def handle(self, value: int, sequence: int, end_of_batch: bool) -> None:
        self.handled.append(value)
        if value == LAST:
            self.pool.workers[0].halt()

    def make(self, workers: int = 2) -> None:
        self.pools.append(WorkerPool(self.ring, [self.handle] * workers, name=f"pool {id(self):x}"))

    def publish(self, count: int) -> None:
        for _ in range(count):
            self.ring.publish_value(self.sent, 5)
            self.sent += 1

    def abandon(self) -> None:
        for pool in self.pools:
            pool.halt()
        if self.after is not None:
            self.after.halt()


def alone(host: Host) -> Subject:
    return Subject(ring_of_values(host))


def idle(host: Host) -> Subject:
    made = alone(host)
    made.make()
    return made


def running(host: Host) -> Subject:
    made = idle(host)
    made.pool.start()
    made.publish(BEFORE)
    until(lambda: len(made.handled) == BEFORE, "the pool handles what was published")
    return made


def halted(host: Host) -> Subject:
    made = running(host)
    made.pool.halt()
    return made


def before_run(host: Host) -> Subject:
    """One worker, that is to run in the calling thread; a processor that comes after it runs."""
    made = alone(host)
    made.make(workers=1)
    passed = made.passed

    def pass_on(value: int, sequence: int, end_of_batch: bool) -> None:
        passed.append(value)

    made.after = BatchEventProcessor(
        made.ring, made.ring.new_barrier(made.pool.sequence), pass_on, name="after"
    )
    made.after.start()
    made.publish(BEFORE)
    made.ring.publish_value(LAST)
    return made


# -- calls ----------------------------------------------------------------------------------------


def add(made: Subject) -> None:
    made.pool.add(made.handle)


def remove(made: Subject) -> None:
    made.pool.remove(made.pool.workers[0], 10)


def join(made: Subject) -> None:
    require(made.pool.join(10), "it ends")


def run(made: Subject) -> None:
    made.pool.workers[0].run()


# -- checks ---------------------------------------------------------------------------------------


def is_made(made: Subject, happened: bool | None) -> None:
    """It gates the ring; or there is no pool, and nothing gates."""
    are_all_that_gate(made.ring, made.pools)
    if not happened:
        made.make()
    goes_on(made, happened)


def goes_on(made: Subject, happened: bool | None) -> None:
    """It can be halted, joined, and started again, and then handles each event once."""
    pool = made.pool
    require(pool.close(10), f"{pool} ends")
    require(pool.close(10), f"{pool} ends")
    for worker in pool.workers:
        require(not worker.is_running and not worker.unfinished, f"{worker} has nothing left")
        if worker.state.name == "HALT_PENDING":
            worker.start()
    no_thread_consumes(made.ring)
    require(len(pool._share.busy) == len(pool.workers), "each worker counts, and no other")
    pool.start()
    made.publish(2 * SIZE)
    until(lambda: len(made.handled) >= made.sent, f"all is handled; {made.handled}")
    require(pool.close(10), f"{pool} ends")
    require(sorted(made.handled) == list(range(made.sent)), f"{made.handled} were handled")
    is_empty(made.ring)


def has_started(made: Subject, happened: bool | None) -> None:
    """It runs if the call has returned, and ends by itself if not."""
    if happened:
        require(all(worker.is_running for worker in made.pool.workers), "they run")
    else:
        require(made.pool.join(10), f"{made.pool} ends")
    goes_on(made, happened)


def has(*counts: int) -> Callable[[Subject, bool | None], None]:
    """So many workers as one of `counts`: the last if the call has returned."""

    def check(made: Subject, happened: bool | None) -> None:
        expected = counts[-1:] if happened else counts
        require(
            len(made.pool.workers) in expected,
            f"{len(made.pool.workers)} workers, not as many as one of {expected}",
        )
        goes_on(made, happened)

    return check


def has_run(made: Subject, happened: bool | None) -> None:
    """A consumer after the pool gets what it has finished; the worker finishes its claim later."""
    (worker,), after = made.pool.workers, made.after
    assert after is not None
    require(worker.join(0), f"{worker} has ended")
    until(
        lambda: after.sequence.get() == made.pool.sequence.get(),
        "the next one gets what is finished",
    )
    if made.pool.sequence.get() < BEFORE:
        worker.run()
    until(lambda: len(made.passed) == BEFORE + 1, f"the next one gets all, not {made.passed}")
    require(
        list(dict.fromkeys(made.handled)) == [*range(BEFORE), LAST], f"{made.handled} were handled"
    )
    require(after.close(10), "the next one ends")
    no_thread_consumes(made.ring)


call = calls_of("worker pool")

CALLS: list[Call[Any]] = [
    call("made", alone, lambda made: made.make(), is_made),
    call("add", idle, add, has(2, 3)),
    call("add, running", running, add, has(2, 3)),
    call("remove", idle, remove, has(2, 1)),
    call("remove, running", running, remove, has(2, 1)),
    call("start", idle, lambda made: made.pool.start(), has_started),
    call("halt", running, lambda made: made.pool.halt(), goes_on),
    call("join", halted, join, goes_on),
    call("close", running, lambda made: made.pool.close(10), goes_on),
    call("a worker's run", before_run, run, has_run),
]
