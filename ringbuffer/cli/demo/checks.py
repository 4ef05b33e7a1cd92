"""The checks: does what came out of the ring equal what a plain, single-threaded pass over the input finds?"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ringbuffer.cli.demo.counter import Counter
from ringbuffer.cli.demo.indexer import add_words
from ringbuffer.cli.demo.journal import JournalError
from ringbuffer.cli.demo.journal import replay as read_journal
from ringbuffer.cli.demo.progress import ProgressLine
from ringbuffer.cli.demo.replay import Replay
from ringbuffer.cli.demo.source import Source


class Check(NamedTuple):
    """One thing that must hold."""

    name: str
    passed: bool
    detail: str


def check(source: Source, replayed: Replay, journal: Path, progress: ProgressLine) -> list[Check]:
    """Read the input once more, plainly, and the journal from disk; compare."""
    expected_counter = Counter(len(source.files))
    expected_words: dict[bytes, int] = {}

    def plain_pass() -> Iterator[tuple[int, bytes]]:
        for number, (file, line) in enumerate(islice(source.lines(), replayed.published)):
            expected_counter.add(file, line)
            add_words(expected_words, line)
            progress.update("checking", number)
            yield file, line

    expected_sum, expected_lines = checksum(plain_pass())
    try:
        journal_sum, journal_lines = checksum(read_journal(journal))
        journal_text = f"{journal_lines:,} records, checksum {journal_sum:08x}; the input's is {expected_sum:08x}"
    except JournalError as error:
        journal_sum, journal_lines, journal_text = -1, -1, str(error)
    counter, indexer = replayed.counter, replayed.indexer
    return [
        Check(
            "the journal replays to the input",
            (journal_sum, journal_lines) == (expected_sum, expected_lines) and expected_lines == replayed.published,
            journal_text,
        ),
        Check(
            "the counts equal a plain pass",
            counter.lines == expected_counter.lines and counter.bytes == expected_counter.bytes,
            f"{sum(counter.lines):,} lines, {sum(counter.bytes):,} bytes in {len(source.files):,} files",
        ),
        Check(
            "the index equals a plain pass",
            indexer.words == expected_words,
            f"{len(indexer.words):,} words, {sum(indexer.words.values()):,} times",
        ),
        Check(
            "the indexer came after both others",
            indexer.violations == 0 and indexer.latency.total == replayed.published,
            f"{indexer.violations:,} of {indexer.latency.total:,} lines out of order",
        ),
    ]


def checksum(records: Iterable[tuple[int, bytes]]) -> tuple[int, int]:
    """The CRC-32 over all file indexes and lines in order, and the number of lines."""
    crc = lines = 0
    for file, line in records:
        crc = zlib.crc32(line, zlib.crc32(file.to_bytes(4, "little"), crc))
        lines += 1
    return crc, lines
