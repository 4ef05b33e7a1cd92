import struct
import threading
from io import FileIO
from pathlib import Path

import pytest

from ringbuffer.programs.demo.counter import Counter
from ringbuffer.programs.demo.event import END_OF_INPUT, LineEvent
from ringbuffer.programs.demo.indexer import Indexer, add_words
from ringbuffer.programs.demo.journal import Journal, JournalError
from ringbuffer.programs.demo.journal import replay as read_journal
from tests.unit.cli.kit import event


def marked(file: int, line: bytes, sequence: int) -> LineEvent:
    """An event that has passed the journal and the counter."""
    filled = event(file, line)
    filled.journaled = filled.counted = sequence
    return filled


# -- journal --------------------------------------------------------------------------------------


def test_a_journal_replays_to_what_was_written(tmp_path: Path) -> None:
    records = [(0, b"one\n"), (7, b""), (1 << 20, b"\0" * 1000)]
    with FileIO(tmp_path / "journal", "w") as stream:
        journal = Journal(stream)
        for number, record in enumerate(records):
            journal.on_event(event(*record), number, False)
        assert list(read_journal(tmp_path / "journal")) == []  # the batch has not ended
        journal.on_event(event(END_OF_INPUT, b"left over"), len(records), True)
        assert list(read_journal(tmp_path / "journal")) == records


def test_a_record_is_a_file_index_a_length_and_the_line(tmp_path: Path) -> None:
    with FileIO(tmp_path / "journal", "w") as stream:
        Journal(stream).on_event(event(5, b"abc"), 0, True)
    assert (tmp_path / "journal").read_bytes() == struct.pack("<II", 5, 3) + b"abc"


def test_each_batch_is_written_once(tmp_path: Path) -> None:
    with FileIO(tmp_path / "journal", "w") as stream:
        journal = Journal(stream)
        for number in range(3):
            journal.on_event(event(number, b"line"), number, True)
    assert [file for file, _ in read_journal(tmp_path / "journal")] == [0, 1, 2]


def test_a_write_that_takes_only_a_part_is_continued(tmp_path: Path) -> None:
    class Hesitant(FileIO):
        def write(self, data: memoryview) -> int:  # type: ignore[override]
            return super().write(data[:3])

    with Hesitant(tmp_path / "journal", "w") as stream:
        Journal(stream).on_event(event(0, b"a longer line"), 0, True)
    assert list(read_journal(tmp_path / "journal")) == [(0, b"a longer line")]


@pytest.mark.parametrize(("cut", "where"), [(3, "within a line"), (10, "within a prefix")])
def test_a_journal_that_was_cut_off_is_an_error(tmp_path: Path, cut: int, where: str) -> None:
    path = tmp_path / "journal"
    with FileIO(path, "w") as stream:
        Journal(stream).on_event(event(0, b"12345"), 0, True)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(JournalError, match=where):
        list(read_journal(path))


# -- counter --------------------------------------------------------------------------------------


def test_the_counter_counts_lines_and_bytes_of_each_file() -> None:
    counter = Counter(2)
    for number, (file, line) in enumerate(
        [(0, b"abc"), (1, b"x\n"), (0, b"de"), (END_OF_INPUT, b"")]
    ):
        counter.on_event(event(file, line), number, False)
    assert (counter.lines, counter.bytes) == ([2, 1], [5, 2])


def test_the_journal_and_the_counter_leave_their_marks(tmp_path: Path) -> None:
    line = event(0, b"x")
    with FileIO(tmp_path / "journal", "w") as stream:
        Journal(stream).on_event(line, 41, True)
    Counter(1).on_event(line, 42, True)
    assert (line.journaled, line.counted) == (41, 42)


# -- indexer --------------------------------------------------------------------------------------


def test_the_indexer_counts_words_and_empties_the_event() -> None:
    indexer = Indexer(threading.Event())
    line = marked(0, b"a_word, a_word and _2more 3x", 0)
    indexer.on_event(line, 0, True)
    assert indexer.words == {b"a_word": 2, b"and": 1, b"_2more": 1, b"x": 1}
    assert line.line == b""
    assert indexer.violations == 0


def test_the_indexer_reports_the_end_mark() -> None:
    finished = threading.Event()
    indexer = Indexer(finished)
    indexer.on_event(marked(0, b"", 0), 0, True)
    assert not finished.is_set()
    indexer.on_event(marked(END_OF_INPUT, b"", 1), 1, True)
    assert finished.is_set()
    assert indexer.latency.distribution().count == 1


@pytest.mark.parametrize(("journaled", "counted"), [(6, 7), (7, 6), (-1, -1)])
def test_the_indexer_notices_what_comes_before_the_journal_or_the_counter(
    journaled: int, counted: int
) -> None:
    indexer = Indexer(threading.Event())
    early = event(0, b"")
    early.journaled, early.counted = journaled, counted
    indexer.on_event(early, 7, True)
    assert indexer.violations == 1


def test_words_are_identifiers() -> None:
    words: dict[bytes, int] = {}
    add_words(words, "def f(größe): return f".encode())
    assert words == {b"def": 1, b"f": 2, b"gr": 1, b"e": 1, b"return": 1}
