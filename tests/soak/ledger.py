"""`Ledger`: what one handler has done with each message; `settle`, what that comes to.

A message *arrives* when the handler is first called with it; it is then handled, at once or at a
later attempt, or its letter is found among the dead ones, or its failure is counted by a handler
without a pipeline. Numbers that a handler must have got, because they were published while it was
certainly subscribed, and did not get are lost.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

NEVER, ARRIVED, HANDLED = 0, 1, 2
_ROOM: Final = bytes(4096)


@dataclass(slots=True)
class Account:
    """Counts of a handler, a round or a run. All but the first line must be 0.

    Attributes:
        arrived, handled, dead, failed, discarded: what became of messages, as was to be. `failed`
            are those of handlers without a pipeline; `discarded` were left where a bus was closed,
            or a handler unsubscribed, without draining.
        lost: must have arrived, or ended, and did not.
        doubled: handled twice, or handled and dead.
        reordered: came after a later one of the same producer, where order is promised.
        phantoms: arrived and were not published for this handler, or have a dead letter without
        having arrived.
        torn: with a wrong checksum.
        misreported: what the library said of itself is not what was counted.
    """

    arrived: int = 0
    handled: int = 0
    dead: int = 0
    failed: int = 0
    discarded: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    phantoms: int = 0
    torn: int = 0
    misreported: int = 0

    @property
    def faults(self) -> dict[str, int]:
        """The counts that must be 0 and are not."""
        names = ("lost", "doubled", "reordered", "phantoms", "torn", "misreported")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def add(self, other: "Account") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def __str__(self) -> str:
        return ", ".join(f"{each.name} {getattr(self, each.name):,}" for each in fields(self))


class Ledger:
    """What one handler has seen. Its own thread, or task, writes; others read when it has ended."""

    def __init__(self) -> None:
        self._marks: Final[defaultdict[int, bytearray]] = defaultdict(bytearray)
        self._latest: Final[defaultdict[int, int]] = defaultdict(lambda: -1)
        self.doubled = self.torn = 0
        self.reordered: Final[defaultdict[int, int]] = defaultdict(int)

    def arrives(self, producer: int, number: int) -> bool:
        """The handler is called with a message: whether for the first time."""
        marks = self._marks[producer]
        if number >= len(marks):
            marks.extend(bytes(number - len(marks)) + _ROOM)
        mark = marks[number]
        if mark == HANDLED:
            self.doubled += 1
        if mark != NEVER:
            return False
        marks[number] = ARRIVED
        if number < self._latest[producer]:
            self.reordered[producer] += 1
        else:
            self._latest[producer] = number
        return True

    def handled(self, producer: int, number: int) -> None:
        self._marks[producer][number] = HANDLED

    def passes(self, producer: int, number: int) -> None:
        """`arrives` and `handled` in one, for a message that is fine."""
        self.arrives(producer, number)
        self._marks[producer][number] = HANDLED

    def marks(self, producer: int, count: int) -> bytes:
        """One mark for each of the first `count` numbers of a producer, and for later seen ones."""
        marks = bytes(self._marks[producer])
        return marks.ljust(count, b"\0") if len(marks) < count else marks

    @property
    def producers(self) -> list[int]:
        return sorted(self._marks)


@dataclass(frozen=True, slots=True)
class Expected:
    """What one handler is to have got of one producer.

    Attributes:
        producer: whose messages.
        low: numbers below must not have arrived: they were published before the handler came.
        sure_from: numbers from here on must have arrived, up to `sure_to`.
        sure_to: numbers below must have arrived.
        high: numbers from here on must not have arrived.
        only_odd: whether the handler wants no even numbers.
        ordered: whether they come in order, so that those that arrived are a row without gaps.
        absent: numbers that never came so far, because they died on the way.
    """

    producer: int
    low: int
    sure_from: int
    sure_to: int
    high: int
    only_odd: bool = False
    ordered: bool = True
    absent: frozenset[int] = frozenset()


def settle(
    ledger: Ledger,
    expected: Iterable[Expected],
    dead: set[tuple[int, int]],
    *,
    has_letters: bool = True,
    may_discard: bool = False,
) -> Account:
    """What a handler's ledger comes to.

    Args:
        ledger: of the handler, which has ended.
        expected: what it is to have got, for each producer.
        dead: the messages that have letters from this handler.
        has_letters: whether what failed for good gets a letter; if not, it counts as failed.
        may_discard: whether messages that arrived, and were to be tried again, may have been
        discarded.
    """
    account = Account(doubled=ledger.doubled, torn=ledger.torn)
    known = set()
    for each in expected:
        producer = each.producer
        known.add(producer)
        account.reordered += ledger.reordered[producer] if each.ordered else 0
        marks = ledger.marks(producer, each.high)
        account.phantoms += _count(marks[: each.low]) + _count(marks[each.high :])
        if each.only_odd:
            account.phantoms += _count(marks[::2])
        account.lost += _holes(marks, each)
        account.arrived += _count(marks)
        account.handled += marks.count(HANDLED)
        account.dead += sum(
            1
            for number in dead_of(dead, producer)
            if marks[number : number + 1] == bytes([ARRIVED])
        )
        account.doubled += sum(
            1
            for number in dead_of(dead, producer)
            if marks[number : number + 1] == bytes([HANDLED])
        )
        account.phantoms += sum(
            1 for number in dead_of(dead, producer) if marks[number : number + 1] in (b"", b"\0")
        )
    account.phantoms += sum(
        _count(ledger.marks(producer, 0)) for producer in ledger.producers if producer not in known
    )
    left = account.arrived - account.handled - account.dead
    if not has_letters:
        account.failed = left
    elif may_discard:
        account.discarded = left
    else:
        account.lost += max(0, left)
    return account


def open_ends(ledger: Ledger, dead: set[tuple[int, int]], most: int = 5) -> list[tuple[int, int]]:
    """Messages that arrived, and were neither handled nor got a letter: the first few of each."""
    return [
        (producer, number)
        for producer in ledger.producers
        for number in [
            at
            for at, mark in enumerate(ledger.marks(producer, 0))
            if mark == ARRIVED and (producer, at) not in dead
        ][:most]
    ]


def dead_of(dead: set[tuple[int, int]], producer: int) -> list[int]:
    return [number for each, number in dead if each == producer]


def _count(marks: bytes) -> int:
    return len(marks) - marks.count(NEVER)


def _holes(marks: bytes, each: Expected) -> int:
    """How many numbers did not arrive, but had to, or are between others of an ordered producer."""
    start, end = each.sure_from, each.sure_to
    if each.ordered:
        arrived = len(marks.rstrip(b"\0"))
        if arrived:
            first = len(marks) - len(marks.lstrip(b"\0"))
            start, end = (min(start, first), max(end, arrived)) if start < end else (first, arrived)
    if start >= end:
        return 0
    step = 2 if each.only_odd else 1
    start += each.only_odd and start % 2 == 0
    wanted = range(start, end, step)
    holes = marks[start:end:step].count(NEVER)
    return holes - sum(1 for number in each.absent if number in wanted and marks[number] == NEVER)
