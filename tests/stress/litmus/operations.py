"""Races of read-modify-writes: one of two is first, and neither is lost."""

from collections.abc import Callable

from tests.stress.litmus.grades import Act, Litmus, acceptable, forbidden, interesting
from tests.stress.litmus.moves import Cells, cells, clear


def swap(number: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        exchange = cells[0].view().exchange
        return lambda: exchange(number)

    return actor


def claim(number: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        compare_and_set = cells[0].view().compare_and_set
        return lambda: compare_and_set(0, number)

    return actor


def add(cells: Cells) -> Act:
    fetch_add = cells[0].view().fetch_add
    return lambda: fetch_add(1)


def count_by_claims(cells: Cells) -> Act:
    """Ends after two iterations: each but the last means that the other one has counted."""
    view = cells[0].view()
    word, compare_and_set = view.word, view.compare_and_set

    def act() -> None:
        while True:
            seen = word[0]
            if compare_and_set(seen, seen + 1):
                return

    return act


def count_by_moves(cells: Cells) -> Act:
    word = cells[0].view().word

    def act() -> None:
        word[0] = word[0] + 1

    return act


def value(cells: Cells) -> Act:
    word = cells[0].view().word
    return lambda: word[0]


_LOST = "one of the two was lost"

RACES = (
    Litmus(
        "compare-and-set, one winner", "cas(x, 0, 1)  |  cas(x, 0, 2)", cells(1),
        (claim(1), claim(2)), clear,
        (
            acceptable((True, False, 1), "the first won"),
            acceptable((False, True, 2), "the second won"),
            forbidden((True, True, 1), "both won"),
            forbidden((True, True, 2), "both won"),
            forbidden((False, False, 0), "neither won"),
        ),
        value,
    ),
    Litmus(
        "compare-and-set, counting", "until cas(x, s, s + 1): s = x  |  the same", cells(1),
        (count_by_claims,) * 2, clear,
        (acceptable((None, None, 2), "both count"), forbidden((None, None, 1), _LOST)), value,
    ),
    Litmus(
        "plain moves, counting", "x = x + 1  |  x = x + 1", cells(1), (count_by_moves,) * 2, clear,
        (
            acceptable((None, None, 2), "one after the other"),
            interesting((None, None, 1), "one of the two was lost: so claims are not moves"),
        ),
        value,
    ),
    Litmus(
        "fetch_add", "r1 = fetch_add(x, 1)  |  r2 = fetch_add(x, 1)", cells(1), (add, add), clear,
        (
            acceptable((0, 1, 2), "the first was first"),
            acceptable((1, 0, 2), "the second was first"),
            forbidden((0, 0, 1), _LOST),
        ),
        value,
    ),
    Litmus(
        "exchange hands over", "r1 = exchange(x, 1)  |  r2 = exchange(x, 2)", cells(1),
        (swap(1), swap(2)), clear,
        (
            acceptable((0, 1, 2), "the first was first"),
            acceptable((2, 0, 1), "the second was first"),
            forbidden((0, 0, 1), "both took what was there"),
            forbidden((0, 0, 2), "both took what was there"),
        ),
        value,
    ),
)  # fmt: skip
