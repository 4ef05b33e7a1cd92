"""`ringbuffer demo`: its arguments, its steps, its exit code."""

import argparse
import logging
import sys
import tempfile
import traceback
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Final

from ringbuffer import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from ringbuffer.cli.arguments import count
from ringbuffer.programs.demo.bus import both_modes
from ringbuffer.programs.demo.checks import Check, check
from ringbuffer.programs.demo.progress import ProgressLine
from ringbuffer.programs.demo.replay import Replay, replay
from ringbuffer.programs.demo.report import Report
from ringbuffer.programs.demo.source import LineSource, SourceError

STRATEGIES: Final[dict[str, Callable[[], WaitStrategy]]] = {
    "adaptive": AdaptiveWaitStrategy,
    "blocking": BlockingWaitStrategy,
    "busy-spin": BusySpinWaitStrategy,
    "lite-blocking": LiteBlockingWaitStrategy,
    "phased-backoff": lambda: PhasedBackoffWaitStrategy.with_lock(100e-6, 1e-3),
    "sleeping": SleepingWaitStrategy,
    "timeout-blocking": lambda: TimeoutBlockingWaitStrategy(0.1),
    "yielding": YieldingWaitStrategy,
}
#: The default number of slots in the ring.
_RING_SIZE: Final = 4096
_LARGEST_RING: Final = 1 << 24
#: The report, and not the log, says that a consumer died.
_SILENCE: Final = logging.NullHandler()

_DESCRIPTION: Final = """
Replays real input, line by line, through a diamond of consumers: a journal and a counter in
parallel, and an indexer after both. Then it checks every line against a plain pass over the same
input. Without a path, the input is every .py file of the running Python's standard library. Binary
and unreadable files are skipped and reported. The first Ctrl-C ends the replay early: published
lines are handled and checked. A second Ctrl-C aborts.

With --bus, the input becomes messages of up to 32 lines each. They go through a queue, a pipeline
and an event bus, first in Channel mode and then in ring mode. A message that is not UTF-8 is
retried, and becomes a dead letter. The results of the handlers in each mode are compared with a
plain pass, and with the other mode. Without a path, the input is a part of the standard library.
"""

_EPILOG: Final = """
exit codes: 0 all is well; 1 a check failed, or the run broke down; 2 the command line, or its
input, cannot be used; 130 interrupted
"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's description and its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a file, a folder (every file in it), or - for standard input",
    )
    parser.add_argument(
        "--bus",
        action="store_true",
        help="send messages through queue, pipeline and event bus, in both modes",
    )
    parser.add_argument(
        "--buffer-size",
        type=_ring_size,
        metavar="N",
        help=f"slots in the ring, a power of two (default: {_RING_SIZE}); with --bus, the capacity "
        f"of each queue and each bus in messages (default: {both_modes.BUFFER_SIZE})",
    )
    parser.add_argument(
        "--wait-strategy",
        choices=sorted(STRATEGIES),
        default="sleeping",
        help="how consumers wait (default: %(default)s); busy-spin needs a core for each of the "
        "four threads",
    )
    parser.add_argument("--limit", type=count, metavar="N", help="stop after N lines")
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="write the journal to this file (default: a temporary file); not with --bus",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Replay, check and report. Returns the exit code."""
    progress = ProgressLine(sys.stderr)
    logging.getLogger("ringbuffer").addHandler(_SILENCE)
    try:
        return _run_bus(options, progress) if options.bus else _run_ring(options, progress)
    except SourceError as error:
        _say(error)
        return 2
    except KeyboardInterrupt:
        progress.clear()
        _say("aborted; nothing was checked")
        return 130


def _run_ring(options: argparse.Namespace, progress: ProgressLine) -> int:
    """Run the demo of the ring."""
    size = options.buffer_size or _RING_SIZE
    with (
        LineSource.of(options.paths) as source,
        tempfile.TemporaryDirectory(prefix="ringbuffer-demo-") as folder,
    ):
        path = options.journal or Path(folder, "journal")
        with _open_journal(path, source) as journal:
            strategy = STRATEGIES[options.wait_strategy]()
            replayed = replay(source, journal, size, strategy, progress, options.limit)
        checks = _check(source, replayed, path, progress)
        progress.clear()
        report = Report(source, replayed, checks, size, options.wait_strategy, options.journal)
        return _tell(report, as_json=options.json)


def _run_bus(options: argparse.Namespace, progress: ProgressLine) -> int:
    """Run the demo of messaging."""
    if options.journal is not None:
        raise SourceError(
            f"the demo with --bus writes no journal to {options.journal}; leave --journal out"
        )
    size = options.buffer_size or both_modes.BUFFER_SIZE
    with LineSource.of(options.paths, parts=both_modes.PARTS) as source:
        report = both_modes.run(source, size, options.wait_strategy, options.limit, progress)
        progress.clear()
        print(report.as_json() if options.json else report.as_text(), flush=True)
        if not report.passed:
            return 1
        return 130 if report.interrupted else 0


def _open_journal(path: Path, source: LineSource) -> FileIO:
    """Open the journal's file, and empty it.

    Raises:
        SourceError: the file is part of the input, which the journal would overwrite; or it cannot
            be written, or cannot be read again.
    """
    if source.is_input(path):
        raise SourceError(
            f"the journal {path} is part of the input, and would overwrite it; name another file"
        )
    if path.is_fifo():
        raise SourceError(
            f"the journal {path} is a pipe, which cannot be read again for the checks; name a file"
        )
    try:
        return FileIO(path, "w")
    except OSError as error:
        raise SourceError(f"the journal {path} cannot be written: {error.strerror}") from error


def _check(
    source: LineSource, replayed: Replay, journal: Path, progress: ProgressLine
) -> list[Check] | None:
    """The checks; None if a consumer died, or if Ctrl-C interrupted the checks."""
    if replayed.failure is not None:
        return None
    try:
        return check(source, replayed, journal, progress)
    except KeyboardInterrupt:
        replayed.interrupted = True
        return None


def _tell(report: Report, *, as_json: bool) -> int:
    """Print the report. Returns the exit code.

    An error that the system did not cause is a bug, so its traceback is shown.
    """
    print(report.as_json() if as_json else report.as_text(), flush=True)
    failure = report.replayed.failure
    if failure is not None and not isinstance(failure, OSError):
        traceback.print_exception(failure)
    if not report.passed:
        return 1
    return 130 if report.replayed.interrupted else 0


def _say(message: object) -> None:
    print(f"ringbuffer demo: {message}", file=sys.stderr)


def _ring_size(text: str) -> int:
    size = count(text)
    if size & (size - 1) or size > _LARGEST_RING:
        raise argparse.ArgumentTypeError(
            f"the ring's size must be a power of two up to {_LARGEST_RING:,}, not {text}"
        )
    return size
