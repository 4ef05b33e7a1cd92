"""The explorations, and which of them `make test`, `make verify` and `make explore` run.

`make test` has less than a minute of two processors for all of them. So an exploration that takes
more than a second and a half is left out there, or allows one preemption fewer. `make verify` runs
those, up to the bound of their scenario.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ringbuffer.testing.buffers import Machine, StoreOrder
from tests.schedules.scenarios import DELAYED, NEEDED, SCENARIOS

#: What `make test` leaves out. Most of these allow no preemption, and still come to many states.
LEFT_OUT: Final = frozenset(
    {
        "batches",
        "diamond",
        "diamond-batch",
        "end-puts",
        "failed",
        "failed-one-slot",
        "failed-pool",
        "join-batches",
        "join-one-slot",
        "join-single",
        "join-two",
        "join-two-laps",
        "leave",
        "leave-multi",
        "multi-batch",
        "multi-chain",
        "multi-ones",
        "one-slot",
        "queue-dropped",
        "queue-ended",
        "queue-two",
        "shutdown",
        "three",
        "values-leave",
    }
)
#: What `make test` explores with one preemption fewer.
FEWER: Final = frozenset(
    {
        "alone",
        "alone-each",
        "alone-one",
        "close-alone-fills",
        "close-alone-puts",
        "close-puts",
        "each",
        "halt-adaptive",
        "halt-again",
        "halt-block",
        "halt-death",
        "halt-lite",
        "halt-phased",
        "halt-sleep",
        "halt-spin",
        "halt-timeout",
        "halt-yield",
        "hand-over",
        "hand-over-multi",
        "puts-multi",
        "queue-drained",
        "queue-end-one",
        "queue-mixed",
        "queue-room",
        "queue-yields",
        "refused",
        "restart",
        "rows",
        "skipping",
        "start-halt",
        "start-twice",
        "timeout-phased",
        "timeout-timeout",
        "torn-multi",
        "values-all-leave",
        "wait-adaptive",
        "wait-block",
        "wait-lite",
        "wait-phased",
        "wait-sleep",
        "wait-spin",
        "wait-timeout",
        "wait-yield",
    }
)
#: What `make test` explores on machines that delay stores, of what `DELAYED` names.
DELAYED_IN_TEST: Final = {
    StoreOrder.TSO: frozenset(
        {
            "close-put",
            "close-puts",
            "gate",
            "hand-over",
            "halt-again",
            "queue-discard",
            "torn",
        }
    ),
    StoreOrder.WEAK: frozenset({"close-put", "close-puts", "gate", "hand-over", "torn"}),
}


class Extent(StrEnum):
    """How much is explored.

    `TEST` is the short form, `REST` what it leaves out, and `FULL` everything, with the larger
    bound.
    """

    TEST = "test"
    REST = "rest"
    FULL = "full"


@dataclass(frozen=True)
class Job:
    """One line of the table.

    Attributes:
        name: of the scenario.
        machine: what memory is like.
        full: whether the larger bound is meant.
        strategy: "random" or "pct"; None is every schedule within the bound.
        schedules: how many, at random.
        seed: of the first of them.
        depth: how often priorities change.
        fewer: how many preemptions fewer than the bound are allowed.
        must_fail: whether something must be found: what the library asks of memory is not granted.
    """

    name: str
    machine: Machine
    full: bool
    strategy: str | None
    schedules: int
    seed: int
    depth: int
    fewer: int = 0
    must_fail: bool = False


def named(job: Job, names: list[str]) -> list[Job]:
    """A job for each scenario that the user has named."""
    return [replace(job, name=name) for name in names if name in SCENARIOS]


def undelayed(job: Job, extent: Extent) -> Iterator[Job]:
    """A job for each scenario that belongs to this extent, without delayed stores."""
    for name in SCENARIOS:
        if extent is Extent.FULL:
            yield replace(job, name=name)
        elif extent is Extent.TEST and name not in LEFT_OUT:
            yield replace(job, name=name, fewer=int(name in FEWER))
        elif extent is Extent.REST and name in LEFT_OUT | FEWER:
            yield replace(job, name=name)


def delayed(job: Job, extent: Extent, delays: int) -> Iterator[Job]:
    """A job for each scenario that belongs to this extent, on each machine that delays stores."""
    for order, in_test in DELAYED_IN_TEST.items():
        for name in DELAYED:
            if extent is Extent.FULL or (extent is Extent.TEST) == (name in in_test):
                yield replace(job, name=name, machine=Machine(order, delays))
    if extent is not Extent.REST:
        # The smaller bound is enough to find it. Within the larger one it comes later, or too late.
        found = replace(
            job, full=False, machine=Machine(StoreOrder.RELAXED, delays), must_fail=True
        )
        yield from (replace(found, name=name) for name in NEEDED)
