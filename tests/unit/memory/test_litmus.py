"""Litmus tests in the manner of jcstress: free-running threads, and no forbidden outcome."""

from collections import Counter

import pytest

from ringbuffer.memory import ProcessMemory, WordKind
from tests.support.memories import memories
from tests.support.repetition import repeated
from tests.support.threads import together

#: Each memory, and how often a test may use it: as often as it is fast.
MEMORIES = [
    pytest.param(memory, 60_000 if WordKind.CALLED.value in name else 500_000, id=name)
    for name, memory in memories().items()
]


class Payload:
    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


@pytest.mark.parametrize(("memory", "outcomes"), MEMORIES)
def test_a_thread_that_sees_the_sequence_sees_the_payload(
    memory: ProcessMemory, outcomes: int
) -> None:
    # writer: payload = n; other cell = n; sequence = n
    # reader: s = sequence; p = payload; c = other cell
    # allowed: p >= s and c >= s (the writer may be ahead); forbidden: p < s or c < s
    sequence, other, payload = memory.cell(), memory.cell(), Payload()
    done = memory.cell()

    def write() -> None:
        sequence_word, other_word, done_word = (
            sequence.view().word,
            other.view().word,
            done.view().word,
        )
        number = 0
        while not done_word[0]:
            number += 1
            payload.value = number
            other_word[0] = number
            sequence_word[0] = number

    def read() -> Counter[str]:
        sequence_word, other_word = sequence.view().word, other.view().word
        same = ahead = forbidden = 0
        while not sequence_word[0]:  # what is seen before the writer has begun shows nothing
            pass
        for _ in range(outcomes):
            seen = sequence_word[0]
            object_value = payload.value
            cell_value = other_word[0]
            if object_value < seen or cell_value < seen:
                forbidden += 1
            elif object_value == seen:
                same += 1
            else:
                ahead += 1
        done.store(1)
        return Counter(same=same, ahead=ahead, forbidden=forbidden)

    table = together(read, write)[0]
    assert isinstance(table, Counter)
    print(f"message passing: {dict(table)}")
    assert table.total() == outcomes
    assert table["forbidden"] == 0


@repeated(4_000, 20_000)
@pytest.mark.parametrize(
    "memory", [each.values[0] for each in MEMORIES], ids=[str(each.id) for each in MEMORIES]
)
def test_after_an_exchange_at_least_one_of_two_threads_sees_the_other(
    memory: ProcessMemory, times: int
) -> None:
    # store buffering: x.exchange(1); read y  |  y.exchange(1); read x.   Forbidden: both read 0.
    pairs = [(memory.cell(), memory.cell()) for _ in range(times // 20)]
    table: Counter[tuple[int, int]] = Counter()
    for _ in range(20):
        for x, y in pairs:
            x.store(0)
            y.store(0)

        def play(mine: int, pairs: list[tuple[object, object]]) -> list[int]:
            views = [(pair[mine].view(), pair[1 - mine].view().word) for pair in pairs]  # type: ignore[attr-defined]
            return [0 * own.exchange(1) + other[0] for own, other in views]

        first, second = together(lambda: play(0, pairs), lambda: play(1, pairs))  # type: ignore[arg-type]
        table.update(zip(first, second, strict=True))  # type: ignore[call-overload]
    print(f"store buffering with exchanges: {dict(table)}")
    assert table.total() == times
    assert table[0, 0] == 0


@pytest.mark.parametrize(
    "memory", [each.values[0] for each in MEMORIES], ids=[str(each.id) for each in MEMORIES]
)
def test_a_flag_that_is_seen_set_shows_what_was_written_before(memory: ProcessMemory) -> None:
    # writer: event n, then flag n; reader: finds flags set in order, then reads the events.
    size, laps = 4096, 12
    flags = memory.flags(size, 1)
    events = [Payload() for _ in range(size)]
    finished = memory.cell(-1)

    def write() -> None:
        view, finished_word = flags.view(), finished.view().word
        for lap in range(laps):
            while finished_word[0] < lap - 1:
                pass
            for index in range(size):
                events[index].value = lap * size + index
                view.items[index] = lap & 1

    def read() -> int:
        view, finished_word = flags.view(), finished.view().word
        wrong = 0
        for lap in range(laps):
            index = 0
            while index < size:
                gap = view.find(lap & 1 ^ 1, index, size)
                available = size if gap < 0 else gap
                for slot in range(index, available):
                    wrong += events[slot].value != lap * size + slot
                index = available
            finished_word[0] = lap
        return wrong

    assert together(read, write)[0] == 0


@repeated(4_000, 20_000)
@pytest.mark.parametrize(
    "memory", [each.values[0] for each in MEMORIES], ids=[str(each.id) for each in MEMORIES]
)
def test_after_a_store_two_threads_may_miss_each_other_and_nothing_worse(
    memory: ProcessMemory, times: int
) -> None:
    # store buffering: x = 1; read y  |  y = 1; read x. Both may read 0: so no store-to-load
    # hand-over uses a plain store. The table is for the reader of the test's output. The only
    # forbidden outcome is a value that was never stored.
    pairs = [(memory.cell(), memory.cell()) for _ in range(times)]

    def play(mine: int) -> list[int]:
        words = [(pair[mine].view().word, pair[1 - mine].view().word) for pair in pairs]
        seen = []
        for own, other in words:
            own[0] = 1
            seen.append(other[0])
        return seen

    first, second = together(lambda: play(0), lambda: play(1))
    table: Counter[tuple[int, int]] = Counter(zip(first, second, strict=True))  # type: ignore[call-overload]
    print(f"store buffering with stores: {dict(table)}; interesting: (0, 0)")
    assert table.total() == times
    assert set(table) <= {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert all(x.load() == y.load() == 1 for x, y in pairs)


@pytest.mark.parametrize(
    ("memory", "outcomes"), [(each.values[0], 100_000) for each in MEMORIES], ids=lambda each: None
)
def test_two_looks_at_a_sequence_that_grows_never_see_it_shrink(
    memory: ProcessMemory, outcomes: int
) -> None:
    # coherence: the writer counts up; forbidden: a later read returns less than an earlier one.
    sequence, done = memory.cell(), memory.cell()

    def write() -> None:
        word, done_word = sequence.view().word, done.view().word
        number = 0
        while not done_word[0]:
            number += 1
            word[0] = number

    def read() -> int:
        word = sequence.view().word
        before = shrunk = 0
        while not word[0]:
            pass
        for _ in range(outcomes):
            seen = word[0]
            shrunk += seen < before
            before = seen
        return shrunk

    def read_and_end() -> int:
        try:
            return read()
        finally:
            done.store(1)

    _, *shrunk = together(write, read_and_end)
    assert shrunk == [0]
