"""What several test modules of the demo need."""

import io
from io import FileIO
from pathlib import Path

from ringbuffer import SleepingWaitStrategy
from ringbuffer.programs.demo.event import LineEvent
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.demo.replay import Replay, replay
from ringbuffer.programs.demo.source import LineSource

PROJECT = Path(__file__).parents[3]
QUIET = ProgressLine(io.StringIO())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def event(file: int, line: bytes) -> LineEvent:
    filled = LineEvent()
    filled.file, filled.line = file, line
    return filled


def replayed(
    source: LineSource, journal: Path, buffer_size: int = 16, limit: int | None = None
) -> Replay:
    with FileIO(journal, "w") as stream:
        return replay(source, stream, buffer_size, SleepingWaitStrategy(), QUIET, limit)
