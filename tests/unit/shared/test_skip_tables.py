"""The table of skipped ranges, beside a plain set of what was skipped and published."""

import random

import pytest

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import PROCESS_MEMORY
from ringbuffer.memory.words import Block
from ringbuffer.shared.skip_table import SkipTable


def table_of(size: int) -> SkipTable:
    block = Block(-(-(size // 2 + 2) * 16 // 128) * 128)
    return SkipTable(size, PROCESS_MEMORY, SYSTEM_HOST, block, PROCESS_MEMORY.atomics)


@pytest.mark.parametrize("size", [1, 2, 4, 16])
@pytest.mark.parametrize("seed", range(25))
def test_a_consumer_passes_over_what_was_skipped_and_published_and_nothing_else(
    size: int, seed: int
) -> None:
    """Producers die after a note, and their successors publish other records in its place."""
    chosen = random.Random(seed)
    table = table_of(size)
    view = table.view()
    skipped: set[int] = set()
    cursor = position = -1
    for _ in range(300):
        action = chosen.random()
        room = position + size - cursor
        if action < 0.5 and room:
            length = chosen.randint(1, room)
            is_skipped = chosen.random() < 0.6
            if is_skipped:
                table.add(cursor + 1, cursor + length)
            if chosen.random() < 0.3:  # it dies before the publication
                table.drop_after(cursor)
                continue
            if is_skipped:
                skipped |= set(range(cursor + 1, cursor + length + 1))
            cursor += length
        elif position < cursor:
            last = chosen.randint(position + 1, cursor)
            shown = [
                sequence
                for low, high in (
                    view.pieces(position + 1, last)
                    if view.concerns(last)
                    else [(position + 1, last)]
                )
                for sequence in range(low, high + 1)
            ]
            assert shown == [s for s in range(position + 1, last + 1) if s not in skipped]
            if chosen.random() < 0.8:  # otherwise it asks again for the same
                position = last
        if chosen.random() < 0.05:
            view = table.view()  # a successor of the consumer


def test_an_interrupted_note_may_be_made_again() -> None:
    table = table_of(8)
    table.add(0, 2)
    table.add(0, 2, again=True)
    assert table.ranges == ((0, 2),)
    assert table.between(-1, 7) == table.noted_until(7) == 3


def test_a_note_that_continues_the_last_one_makes_it_longer() -> None:
    table = table_of(8)
    view = table.view()
    table.add(0, 1)
    assert view.pieces(0, 3) == [(2, 3)]
    table.add(2, 2)
    assert view.concerns(3)
    assert view.pieces(0, 3) == [(3, 3)]
    assert table.ranges == ((0, 2),)


def test_consumers_do_not_skip() -> None:
    with pytest.raises(TypeError, match="a consumer cannot skip"):
        table_of(8).view().note(0, 0)
