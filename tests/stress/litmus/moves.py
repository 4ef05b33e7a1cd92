"""Races of loads and stores: what acquire and release promise, and what they do not."""

from collections.abc import Callable
from typing import Any

from ringbuffer.memory import Cell, FlagArray, Memory
from ringbuffer.memory.words import PLAIN_MOVES_ARE_ORDERED
from tests.stress.litmus.grades import Act, Litmus, acceptable, forbidden, interesting

type Cells = list[Cell]

#: Flags, and events, of one instance of the race for flags.
FLAGS = 64
#: Two words that differ in every bit.
ONES, ALTERNATING = -1, 0x5555_5555_5555_5555


def cells(count: int) -> Callable[[Memory], Cells]:
    return lambda memory: [memory.cell(0) for _ in range(count)]


def clear(cells: Cells) -> Callable[[], None]:
    words = [cell.view().word for cell in cells]

    def set_back() -> None:
        for word in words:
            word[0] = 0

    return set_back


def store_then_load(own: int, other: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        x, y = cells[own].view().word, cells[other].view().word

        def act() -> int:
            x[0] = 1
            return y[0]

        return act

    return actor


def exchange_then_load(own: int, other: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        exchange, y = cells[own].view().exchange, cells[other].view().word

        def act() -> int:
            exchange(1)
            return y[0]

        return act

    return actor


def store_add_then_load(own: int, other: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        x, add, y = cells[own].view().word, cells[2].view().fetch_add, cells[other].view().word

        def act() -> int:
            x[0] = 1
            add(0)
            return y[0]

        return act

    return actor


def load_then_store(own: int, other: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        x, y = cells[own].view().word, cells[other].view().word

        def act() -> int:
            seen = y[0]
            x[0] = 1
            return seen

        return act

    return actor


def store_both(cells: Cells) -> Act:
    payload, sequence = cells[0].view().word, cells[1].view().word

    def act() -> None:
        payload[0] = 1
        sequence[0] = 1

    return act


def load_both(first: int, second: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        one, other = cells[first].view().word, cells[second].view().word

        def act() -> tuple[int, int]:
            seen = one[0]
            return seen, other[0]

        return act

    return actor


def store(index: int, *values: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        word = cells[index].view().word

        def act() -> None:
            for value in values:
                word[0] = value

        return act

    return actor


def load(index: int) -> Callable[[Cells], Act]:
    def actor(cells: Cells) -> Act:
        word = cells[index].view().word
        return lambda: word[0]

    return actor


class Message:
    """An event whose sequence is published."""

    __slots__ = ("number", "sequence")

    def __init__(self, memory: Memory) -> None:
        self.number = 0
        self.sequence = memory.cell(0)


def fill_message(message: Message) -> Act:
    sequence = message.sequence.view().word

    def act() -> None:
        message.number = 1
        sequence[0] = 1

    return act


def read_message(message: Message) -> Act:
    sequence = message.sequence.view().word

    def act() -> tuple[int, int]:
        seen = sequence[0]
        return seen, message.number

    return act


def clear_message(message: Message) -> Callable[[], None]:
    sequence = message.sequence.view().word

    def set_back() -> None:
        message.number = sequence[0] = 0

    return set_back


class Row:
    """Events and their flags: 0 until the event is there."""

    def __init__(self, memory: Memory) -> None:
        self.events = [0] * FLAGS
        self.flags: FlagArray = memory.flags(FLAGS, 0)


def fill_row(row: Row) -> Act:
    fill, events = row.flags.view().fill, row.events

    def act() -> None:
        for index in range(FLAGS):
            events[index] = 1
        fill(0, FLAGS, 1)

    return act


def fill_one_by_one(row: Row) -> Act:
    items, events = row.flags.view().items, row.events

    def act() -> None:
        for index in range(FLAGS):
            events[index] = 1
            items[index] = 1

    return act


def find_in_row(row: Row) -> Act:
    find, events = row.flags.view().find, row.events

    def act() -> tuple[str, str]:
        end = find(0, 0, FLAGS)
        available = FLAGS if end < 0 else end
        whole = sum(events[:available]) == available
        return (
            "none" if not available else "some" if available < FLAGS else "all",
            "there" if whole else "missing",
        )

    return act


def clear_row(row: Row) -> Callable[[], None]:
    fill = row.flags.view().fill

    def set_back() -> None:
        row.events[:] = [0] * FLAGS
        fill(0, FLAGS, 0)

    return set_back


def _flags(name: str, writer: Callable[[Row], Act], race: str) -> Litmus:
    return Litmus(
        name, race, Row, (writer, find_in_row), clear_row,
        (
            acceptable((None, ("none", "there")), "the reader was first"),
            acceptable((None, ("some", "there")), "in the middle: each set flag has its event"),
            acceptable((None, ("all", "there")), "the writer was first"),
            forbidden((None, ("some", "missing")), "a flag was seen before its event"),
            forbidden((None, ("all", "missing")), "a flag was seen before its event"),
        ),
    )  # fmt: skip


def _iriw() -> Litmus:
    orders = "the readers see the stores in an order that both can agree on"
    split = ((None, None, (1, 0), (1, 0)), "the readers see the two stores in opposite orders")
    rows = [
        acceptable((None, None, first, second), orders)
        for first in ((0, 0), (0, 1), (1, 0), (1, 1))
        for second in ((0, 0), (0, 1), (1, 0), (1, 1))
        if (first, second) != ((1, 0), (1, 0))
    ]
    strange = forbidden(*split) if PLAIN_MOVES_ARE_ORDERED else interesting(*split)
    return Litmus(
        "independent reads of independent writes",
        "x = 1  |  y = 1  |  r1 = x, r2 = y  |  r3 = y, r4 = x",
        cells(2), (store(0, 1), store(1, 1), load_both(0, 1), load_both(1, 0)), clear,
        (*rows, strange),
    )  # fmt: skip


def _passing() -> tuple[Any, ...]:
    return (
        acceptable((None, (0, 0)), "the reader was first"),
        acceptable((None, (0, 1)), "between the two stores"),
        acceptable((None, (1, 1)), "the writer was first"),
        forbidden((None, (1, 0)), "the sequence was seen before the payload"),
    )


_NOT_SEEN = "both stores were still in store buffers; 0 times would prove nothing"
_ONE = (
    acceptable((0, 1), "the first was first"),
    acceptable((1, 0), "the second was first"),
    acceptable((1, 1), "side by side"),
)
_MISSED = "both missed the other, in spite of the fence"

RACES = (
    Litmus(
        "store buffering, stores", "x = 1, r1 = y  |  y = 1, r2 = x", cells(2),
        (store_then_load(0, 1), store_then_load(1, 0)), clear,
        (*_ONE, interesting((0, 0), _NOT_SEEN)),
    ),
    Litmus(
        "store buffering, exchanges", "exchange(x, 1), r1 = y  |  exchange(y, 1), r2 = x", cells(2),
        (exchange_then_load(0, 1), exchange_then_load(1, 0)), clear,
        (*_ONE, forbidden((0, 0), _MISSED)),
    ),
    Litmus(
        "store buffering, fetch_add between",
        "x = 1, add(w, 0), r1 = y  |  y = 1, add(w, 0), r2 = x", cells(3),
        (store_add_then_load(0, 1), store_add_then_load(1, 0)), clear,
        (*_ONE, forbidden((0, 0), _MISSED)),
    ),
    Litmus(
        "message passing, two cells", "x = 1, y = 1  |  r1 = y, r2 = x", cells(2),
        (store_both, load_both(1, 0)), clear, _passing(),
    ),
    Litmus(
        "message passing, an attribute of an event",
        "e.number = 1, y = 1  |  r1 = y, r2 = e.number", Message,
        (fill_message, read_message), clear_message, _passing(),
    ),
    Litmus(
        "load buffering", "r1 = y, x = 1  |  r2 = x, y = 1", cells(2),
        (load_then_store(0, 1), load_then_store(1, 0)), clear,
        (
            acceptable((0, 0), "both loaded first"),
            acceptable((0, 1), "the first was first"),
            acceptable((1, 0), "the second was first"),
            forbidden((1, 1), "both loaded what was stored after the other's load"),
        ),
    ),
    Litmus(
        "coherence of two loads", "x = 1, x = 2  |  r1 = x, r2 = x", cells(1),
        (store(0, 1, 2), load_both(0, 0)), clear,
        (
            *(
                acceptable((None, (one, two)), "never backwards")
                for one in range(3) for two in range(one, 3)
            ),
            *(
                forbidden((None, (one, two)), "the second load saw an older value")
                for one in range(3) for two in range(one)
            ),
        ),
    ),
    Litmus(
        "a store of 64 bits", "x = -1  |  x = 0x5555…  |  r = x", cells(1),
        (store(0, ONES), store(0, ALTERNATING), load(0)), clear,
        (
            acceptable((None, None, 0), "the reader was first"),
            acceptable((None, None, ONES), "whole"),
            acceptable((None, None, ALTERNATING), "whole"),
        ),
    ),
    _iriw(),
    _flags(
        "flags filled as a range", fill_row,
        "all events, fill(flags)  |  find(flags), the events before it",
    ),
    _flags(
        "flags set one by one", fill_one_by_one,
        "event i, flag i, …  |  find(flags), the events before it",
    ),
)  # fmt: skip
