"""Runs the demo of messaging in both modes, and checks each against a plain pass."""

from itertools import islice
from typing import Final

from ringbuffer.messaging import QueueMode, WaitStrategyKind
from ringbuffer.programs.demo.bus.checks import Plain, check, compare
from ringbuffer.programs.demo.bus.messages import blocks
from ringbuffer.programs.demo.bus.relay import Relayed, relay
from ringbuffer.programs.demo.bus.report import BusReport, ModeRun
from ringbuffer.programs.demo.checks import changes
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.demo.source import LineSource

#: The default capacity of each queue and each bus, in messages.
BUFFER_SIZE: Final = 256
#: Folders of the standard library that are the input where none is named: enough for a few seconds;
#: the tests have modules that are not UTF-8.
PARTS: Final = (
    "asyncio",
    "email",
    "encodings",
    "idlelib",
    "importlib",
    "multiprocessing",
    "pydoc_data",
    "tkinter",
    "unittest",
    "xml",
    "test/encoded_modules",
    "test/tokenizedata",
)


def run(
    source: LineSource,
    buffer_size: int,
    wait_strategy: str,
    limit: int | None,
    progress: ProgressLine,
) -> BusReport:
    """Send the input through both modes, and check. After a Ctrl-C the other mode does not begin.

    Raises:
        KeyboardInterrupt: Ctrl-C came a second time.
    """
    kind = WaitStrategyKind(wait_strategy.replace("-", "_"))
    plain = Plain(lambda: blocks(islice(source.lines_again(), limit)), len(source.files))
    runs: list[ModeRun] = []
    for mode in QueueMode:
        # The first reads the input, and the second reads again what the first has read.
        lines = source.lines_again() if runs else source.lines()
        relayed = relay(
            mode, blocks(islice(lines, limit)), len(source.files), buffer_size, kind, progress
        )
        runs.append(_checked(relayed, plain, progress))
        if relayed.interrupted:
            break
    overall = compare([each.relayed for each in runs]) + changes(source)
    return BusReport(source, runs, overall, buffer_size, wait_strategy)


def _checked(relayed: Relayed, plain: Plain, progress: ProgressLine) -> ModeRun:
    """The run with its checks, unless Ctrl-C comes meanwhile."""
    progress.update("checking", 0)
    try:
        return ModeRun(relayed, check(relayed, plain))
    except KeyboardInterrupt:
        relayed.interrupted = True
        return ModeRun(relayed, None)
