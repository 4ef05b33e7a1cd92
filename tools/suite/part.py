"""A part of the tests: a command, how many processors it uses, and what it counts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

#: For `Part.processors`: the command uses every processor, so it runs alone.
ALL: Final = Fraction(0)
#: For `Part.processors`: the command uses one.
ONE: Final = Fraction(1)
#: For `Part.processors`: the command often waits, for other threads and for other processes. Three
#: of them keep two processors busy.
OFTEN_WAITS: Final = Fraction(2, 3)


@dataclass(frozen=True)
class Count:
    """A number that a part reports in its output.

    Attributes:
        noun: what is counted, in the plural.
        pattern: matches it. With a group, the numbers in the group are added up; without one,
            the matches are counted. `^` and `$` match at each line.
    """

    noun: str
    pattern: str

    def read(self, output: str) -> int:
        """The number in `output`; 0 if the output does not contain it."""
        found: list[str] = re.findall(self.pattern, output, re.MULTILINE)
        if re.compile(self.pattern).groups == 0:
            return len(found)
        return sum(int(number.replace(",", "")) for number in found)


@dataclass(frozen=True)
class Part:
    """One command of a suite.

    Attributes:
        name: for the table, and to choose it.
        command: the arguments of the interpreter.
        counts: what the command reports. A command that succeeds and reports a first count of 0
            has failed: it ran nothing.
        processors: how many it keeps busy; `ALL` for all of them.
        repeats: whether it does exactly the same in each run, and so finds nothing new unless
            something has changed. Such parts may take turns, see `in_turn`.
    """

    name: str
    command: tuple[str, ...]
    counts: tuple[Count, ...]
    processors: Fraction = ONE
    repeats: bool = False

    def counted(self, output: str) -> Mapping[str, int]:
        """Each count that is not 0."""
        numbers = {count.noun: count.read(output) for count in self.counts}
        return {noun: number for noun, number in numbers.items() if number}


def in_turn(parts: Sequence[Part], days: int, today: int) -> list[Part]:
    """The parts of one day, if those that repeat themselves take turns.

    Args:
        parts: all of them.
        days: after how many days each has had its turn; 1 means every day.
        today: the number of the day.
    """
    turns = iter(range(len(parts)))
    return [each for each in parts if not each.repeats or next(turns) % days == today % days]
