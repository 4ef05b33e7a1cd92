"""`Ledger`: the events that one consumer saw; `settle` compares them with the published ones."""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from ringbuffer.programs.stress.message import Message, mark

#: A message as its sequence, its producer and its number.
type Entry = tuple[int, int, int]


@dataclass
class Account:
    """What is wrong: every field but the first must be 0.

    Attributes:
        events: how many were handled.
        lost: published, and not seen by a stage.
        doubled: seen more than once.
        phantoms: seen, though they were skipped or never published.
        reordered: seen after one that comes later.
        torn: half filled, or filled with parts of two.
        early: seen before a stage that comes before had finished with them.
        stuck: threads that did not end.
    """

    events: int = 0
    lost: int = 0
    doubled: int = 0
    phantoms: int = 0
    reordered: int = 0
    torn: int = 0
    early: int = 0
    stuck: int = 0

    def add(self, other: "Account") -> None:
        """Add another one to it."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def faults(self) -> dict[str, int]:
        """What must be 0 and is not."""
        counts = {
            each.name: getattr(self, each.name) for each in fields(self) if each.name != "events"
        }
        return {name: count for name, count in counts.items() if count}

    def __str__(self) -> str:
        return ", ".join(f"{each.name} {getattr(self, each.name):,}" for each in fields(self))


class Ledger:
    """The events that one consumer saw, in order.

    Only the consumer's thread may use it; after that thread's end, any thread may.

    Args:
        stage: the number of its stage.
        before: the stages that must have finished with an event before this one sees it.
    """

    __slots__ = ("_before", "_stage", "early", "seen", "torn")

    def __init__(self, stage: int, before: Iterable[int] = ()) -> None:
        self._stage = stage
        self._before = tuple(before)
        self.seen: list[Entry] = []
        self.torn = 0
        self.early = 0

    def note(self, message: Message, sequence: int) -> None:
        """Check a message, note it, and leave this stage's mark on it."""
        check, marks = message.check, message.marks
        if not message.is_whole():
            self.torn += 1
        for stage in self._before:
            if marks[stage] != mark(check, stage):
                self.early += 1
        self.seen.append((sequence, message.producer, message.number))
        marks[self._stage] = mark(check, self._stage)

    def roll_back(self, sequence: int) -> None:
        """What was noted from `sequence` on comes again."""
        seen = self.seen
        while seen and seen[-1][0] >= sequence:
            seen.pop()


def settle(ledgers: Collection[Ledger], published: Iterable[tuple[int, int]]) -> Account:
    """The account of one stage: its consumers together must have seen each message once.

    Args:
        ledgers: of the stage's consumers, which share its events.
        published: producer and number of every message, in any order.
    """
    account = Account()
    wanted = set(published)
    seen: Counter[tuple[int, int]] = Counter()
    for ledger in ledgers:
        account.torn += ledger.torn
        account.early += ledger.early
        account.events += len(ledger.seen)
        account.reordered += _steps_back([sequence for sequence, _, _ in ledger.seen])
        seen.update((producer, number) for _, producer, number in ledger.seen)
    together = sorted(entry for ledger in ledgers for entry in ledger.seen)
    for name in {producer for _, producer, _ in together}:
        account.reordered += _steps_back(
            [number for _, producer, number in together if producer == name]
        )
    account.lost = len(wanted - seen.keys())
    account.phantoms = sum(count for message, count in seen.items() if message not in wanted)
    account.doubled = sum(count - 1 for message, count in seen.items() if message in wanted)
    return account


def _steps_back(numbers: list[int]) -> int:
    """How many of them are lower than the one before; `doubled` counts equal ones."""
    return sum(later < earlier for earlier, later in itertools.pairwise(numbers))
