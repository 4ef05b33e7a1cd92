"""`ringbuffer demo --bus`: the order of things."""

from itertools import islice
from typing import Final

from ringbuffer.cli.demo.bus.checks import Plain, check, compare
from ringbuffer.cli.demo.bus.messages import blocks
from ringbuffer.cli.demo.bus.relay import Relayed, relay
from ringbuffer.cli.demo.bus.report import BusReport, Run
from ringbuffer.cli.demo.checks import changes
from ringbuffer.cli.demo.progress import ProgressLine
from ringbuffer.cli.demo.source import Source
from ringbuffer.messaging import QueueMode, WaitStrategyKind

#: Messages that each queue and each bus has room for, unless it is told otherwise.
BUFFER_SIZE: Final = 256
#: Folders of the standard library that are the input where none is named: enough for a few seconds; the tests have modules
#: that are not UTF-8.
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
    source: Source, buffer_size: int, wait_strategy: str, limit: int | None, progress: ProgressLine, *, as_json: bool
) -> int:
    """Send the input through both modes, check, report; the exit code. After a Ctrl-C no other mode is begun.

    Raises:
        KeyboardInterrupt: Ctrl-C came a second time.
    """
    kind = WaitStrategyKind(wait_strategy.replace("-", "_"))
    plain = Plain(lambda: blocks(islice(source.lines_again(), limit)), len(source.files))
    runs: list[Run] = []
    for mode in QueueMode:
        # The first reads the input, and the second reads again what the first has read.
        lines = source.lines_again() if runs else source.lines()
        relayed = relay(mode, blocks(islice(lines, limit)), len(source.files), buffer_size, kind, progress)
        runs.append(_checked(relayed, plain, progress))
        if relayed.interrupted:
            break
    progress.clear()
    overall = compare([each.relayed for each in runs]) + changes(source)
    report = BusReport(source, runs, overall, buffer_size, wait_strategy)
    print(report.as_json() if as_json else report.as_text(), flush=True)
    if not report.passed:
        return 1
    return 130 if report.interrupted else 0


def _checked(relayed: Relayed, plain: Plain, progress: ProgressLine) -> Run:
    """The run with its checks, unless Ctrl-C comes meanwhile."""
    progress.update("checking", 0)
    try:
        return Run(relayed, check(relayed, plain))
    except KeyboardInterrupt:
        relayed.interrupted = True
        return Run(relayed, None)
