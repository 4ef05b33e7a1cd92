"""`Case`: a callback that fails, of a kind of consumer, and how badly; each is drawn in turn."""

import enum
import random
from dataclasses import dataclass

from ringbuffer.programs.stress.switches import Switches, switches_of
from ringbuffer.programs.stress.waiting import WAITING


class Severity(enum.Enum):
    """What happens to it."""

    #: The exception handler returns: the consumer carries on.
    SURVIVED = "survived"
    #: The exception handler itself raises: the consumer dies of that.
    FATAL = "killed by the exception handler"
    #: A `BaseException`, which no exception handler sees: the consumer dies of it.
    INTERRUPT = "killed by an interrupt"


@dataclass(frozen=True, slots=True)
class Case:
    """One callback of one kind of consumer, failing in one way."""

    consumer: str
    place: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.consumer}, {self.place}, {self.severity.value}"


#: A consumer's kinds, and what each handles its events with.
PROCESSORS = {
    "events": "on_event",
    "batches": "on_batch",
    "coroutine": "on_event",
    "worker": "on_event",
}
READERS = ("poller", "taker", "stream")
_HOOKS = (
    "on_start",
    "set_sequence_callback",
    "on_batch_start",
    "on_timeout",
    "on_rewind",
    "rewind strategy",
    "on_shutdown",
)


def _cases() -> list[Case]:
    cases = []
    for consumer, handles in PROCESSORS.items():
        for place in (*_HOOKS, handles):
            cases += [Case(consumer, place, severity) for severity in Severity]
        # A consumer that releases too much gets a ValueError, which it lets through; exceptions of
        # the strategy reach no exception handler.
        cases += [
            Case(consumer, "release", severity) for severity in (Severity.SURVIVED, Severity.FATAL)
        ]
        cases += [Case(consumer, "wait strategy", Severity.INTERRUPT)]
    for consumer in READERS:
        cases += [
            Case(consumer, "loop", severity) for severity in (Severity.FATAL, Severity.INTERRUPT)
        ]
    return cases


CASES = tuple(_cases())
#: The call that fails is one of the first so many; of what is not named here, the first.
_MOST_CALLS = {
    "on_event": 30,
    "on_batch": 3,
    "on_batch_start": 3,
    "release": 30,
    "loop": 30,
    "wait strategy": 3,
}
#: With more threads than cores, busy spinning measures the scheduler's time slice.
_WAITING = sorted(set(WAITING) - {"busy spin"})


@dataclass(frozen=True, slots=True)
class FaultShape:
    """A case, and the graph that it happens in.

    Attributes:
        seed: what it was drawn from.
        case: what fails.
        call: at which call of it.
        size: slots in the ring.
        values: whether they hold values.
        single: whether one producer at a time publishes.
        producers: how many publish.
        waiting: the name of the wait strategy.
        behind: whether the victim comes after another stage.
        dependent: whether another stage comes after the victim.
        colleagues: other workers of the victim's pool.
        removed: whether the dead is taken out, rather than started again, where it can be.
        switches: how threads are put on cores.
    """

    seed: int
    case: Case
    call: int
    size: int
    values: bool
    single: bool
    producers: int
    waiting: str
    behind: bool
    dependent: bool
    colleagues: int
    removed: bool
    switches: Switches

    def __str__(self) -> str:
        kind = (
            f"{'single' if self.single else 'multi'} producer, "
            f"{'values' if self.values else 'events'}"
        )
        graph = (
            f"{'behind another' if self.behind else 'first'}, "
            f"{'one after it' if self.dependent else 'last'}"
        )
        return (
            f"seed {self.seed}: {self.case}, at call {self.call}; ring of {self.size}, {kind}, "
            f"{self.waiting}, "
            f"{self.producers} producers; {graph}, {self.colleagues} colleagues, "
            f"{'removed' if self.removed else 'started again'}, {self.switches}"
        )


def fault_of(seed: int) -> FaultShape:
    """The round of a seed: as many seeds in a row as there are cases have each of them once."""
    case, pick = CASES[seed % len(CASES)], random.Random(seed)
    colleagues = pick.randint(0, 2) if case.consumer == "worker" else 0
    return FaultShape(
        seed=seed,
        case=case,
        call=pick.randint(1, _MOST_CALLS.get(case.place, 1)),
        # With room for one event, one worker may get them all
        size=1 << pick.randint(3 if colleagues else 0, 7),
        values=pick.choice([False, True]),
        single=pick.choice([False, True]),
        producers=pick.randint(1, 4),
        waiting="timeout blocking" if case.place == "on_timeout" else pick.choice(_WAITING),
        behind=pick.choice([False, True]),
        dependent=pick.choice([False, True]),
        colleagues=colleagues,
        removed=pick.choice([False, True]),
        switches=switches_of(pick, seed),
    )
