"""The checks: do the consumers find the same as a plain, single-threaded pass over the input?"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ringbuffer.programs.demo.counter import Counter
from ringbuffer.programs.demo.indexer import add_words
from ringbuffer.programs.demo.journal import JournalError
from ringbuffer.programs.demo.journal import replay as read_journal
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.demo.replay import Replay
from ringbuffer.programs.demo.source import LineSource


class Check(NamedTuple):
    """One thing that must hold."""

    name: str
    passed: bool
    detail: str


class Checksum(NamedTuple):
    """Of a series of lines."""

    crc: int
    lines: int


def check(
    source: LineSource, replayed: Replay, journal: Path, progress: ProgressLine
) -> list[Check]:
    """Read the published input again in a plain pass, and the journal from disk, and compare."""
    counter, indexer = replayed.counter, replayed.indexer
    expected_counter = Counter(len(source.files))
    expected_words: dict[bytes, int] = {}

    def plain_pass() -> Iterator[tuple[int, bytes]]:
        for file, line in islice(source.lines_again(), replayed.published):
            expected_counter.add(file, line)
            add_words(expected_words, line)
            yield file, line

    expected = checksum(_watched(plain_pass(), "checking the input", progress))
    journaled: Checksum | None = None
    try:
        journaled = checksum(_watched(read_journal(journal), "checking the journal", progress))
        journal_text = (
            f"{journaled.lines:,} records, checksum {journaled.crc:08x}; "
            f"the input's is {expected.crc:08x}"
        )
    except (JournalError, OSError) as error:
        journal_text = str(error)
    results = [
        Check(
            "the journal replays to the input",
            journaled == expected and expected.lines == replayed.published,
            journal_text,
        ),
        Check(
            "the counts equal a plain pass",
            counter.lines == expected_counter.lines and counter.bytes == expected_counter.bytes,
            f"{sum(counter.lines):,} lines, {sum(counter.bytes):,} bytes "
            f"in {len(source.files):,} files",
        ),
        Check(
            "the index equals a plain pass",
            indexer.words == expected_words,
            f"{len(indexer.words):,} words, {sum(indexer.words.values()):,} times",
        ),
        Check(
            "the indexer came after both others",
            indexer.violations == 0 and indexer.latency.distribution().count == replayed.published,
            f"{indexer.violations:,} violations in {indexer.latency.distribution().count:,} lines",
        ),
    ]
    return results + changes(source)


def changes(source: LineSource) -> list[Check]:
    """A failed check if the input was not the same when it was read again."""
    if not source.changed:
        return []
    names = ", ".join(map(str, source.changed[:3])) + (", …" if len(source.changed) > 3 else "")
    return [
        Check(
            "the input stayed the same",
            False,
            f"{len(source.changed):,} file(s) changed during the demo: {names}",
        )
    ]


def checksum(records: Iterable[tuple[int, bytes]]) -> Checksum:
    """The CRC-32 over all file indexes and lines in order, and the number of lines."""
    crc = lines = 0
    for file, line in records:
        crc = zlib.crc32(line, zlib.crc32(file.to_bytes(4, "little"), crc))
        lines += 1
    return Checksum(crc, lines)


def _watched(
    records: Iterable[tuple[int, bytes]], phase: str, progress: ProgressLine
) -> Iterator[tuple[int, bytes]]:
    """The records, with progress."""
    for number, record in enumerate(records):
        if number & 255 == 0:
            progress.update(phase, number)
        yield record
