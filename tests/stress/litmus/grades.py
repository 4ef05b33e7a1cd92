"""What a litmus test is: a race, and the grade of each outcome that it may have."""

import enum
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer.memory import Memory

#: An actor's own closure, made in the actor's thread, over its own views; what it returns is a part
#: of the outcome.
type Act = Callable[[], Hashable]


class Grade(enum.Enum):
    """What it means to see an outcome."""

    ACCEPTABLE = "acceptable"
    #: Allowed, and surprising to readers who think that memory is one sequence of operations.
    INTERESTING = "INTERESTING"
    FORBIDDEN = "FORBIDDEN"


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome."""

    outcome: Hashable
    grade: Grade
    reason: str


def acceptable(outcome: Hashable, reason: str) -> Row:
    return Row(outcome, Grade.ACCEPTABLE, reason)


def interesting(outcome: Hashable, reason: str) -> Row:
    return Row(outcome, Grade.INTERESTING, reason)


def forbidden(outcome: Hashable, reason: str) -> Row:
    return Row(outcome, Grade.FORBIDDEN, reason)


@dataclass(frozen=True, slots=True)
class Litmus:
    """A race.

    Attributes:
        name: a few words.
        race: what the actors do, side by side.
        make: one instance of what they share, over the given memory.
        actors: each makes its `Act` of an instance. All of them run every instance once, then it is
        set back.
        set_back: makes a function that puts an instance into its first state again.
        rows: the outcomes; one that is not among them is forbidden. An outcome is the tuple of what
        the acts returned.
        final: makes a function that looks at an instance afterwards; what it returns is the last
        item of the outcome.
        instances: how many there are, each run once before all are set back.
    """

    name: str
    race: str
    make: Callable[[Memory], Any]
    actors: tuple[Callable[[Any], Act], ...]
    set_back: Callable[[Any], Callable[[], object]]
    rows: tuple[Row, ...]
    final: Callable[[Any], Act] | None = None
    instances: int = 64


@dataclass
class Verdict:
    """How often each outcome of a race was seen, over one provider of memory."""

    litmus: Litmus
    memory: str
    counts: Counter[Hashable] = field(default_factory=Counter)

    def graded(self) -> list[tuple[Row, int]]:
        """Every row with its count, and what no row foresaw."""
        known = {row.outcome for row in self.litmus.rows}
        strangers = [
            forbidden(outcome, "no row foresees it")
            for outcome in self.counts
            if outcome not in known
        ]
        return [
            (row, self.counts[row.outcome])
            for row in (*self.litmus.rows, *sorted(strangers, key=repr))
        ]

    def count(self, grade: Grade) -> int:
        return sum(count for row, count in self.graded() if row.grade is grade)

    @property
    def is_right(self) -> bool:
        """Whether the race was run, and nothing forbidden was seen."""
        return self.counts.total() > 0 and self.count(Grade.FORBIDDEN) == 0

    @property
    def summary(self) -> str:
        """Without the table."""
        return f"{self.litmus.name}, {self.memory}: {self.counts.total():,} times"

    def __str__(self) -> str:
        lines = [f"{self.summary}    {self.litmus.race}"]
        for row, count in self.graded():
            lines.append(f"  {row.outcome!s:>30} {count:>12,}  {row.grade.value:<11} {row.reason}")
        return "\n".join(lines)
