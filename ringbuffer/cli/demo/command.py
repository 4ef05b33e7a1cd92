"""`ringbuffer demo`: options, and the order of things."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ringbuffer import (
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from ringbuffer.cli.demo.checks import check
from ringbuffer.cli.demo.progress import ProgressLine
from ringbuffer.cli.demo.replay import replay
from ringbuffer.cli.demo.report import as_json, as_text
from ringbuffer.cli.demo.source import Source, SourceError

STRATEGIES: Final[dict[str, Callable[[], WaitStrategy]]] = {
    "blocking": BlockingWaitStrategy,
    "busy-spin": BusySpinWaitStrategy,
    "lite-blocking": LiteBlockingWaitStrategy,
    "phased-backoff": lambda: PhasedBackoffWaitStrategy.with_lock(100e-6, 1e-3),
    "sleeping": SleepingWaitStrategy,
    "timeout-blocking": lambda: TimeoutBlockingWaitStrategy(0.1),
    "yielding": YieldingWaitStrategy,
}

_DESCRIPTION: Final = """
Replays real input, line by line, through a diamond of consumers: a journal and a counter side by side, and after both an
indexer. Then checks every line against a plain pass over the same input. Without a path, the input is the standard library of
the running Python. Ctrl-C ends it early: what was published is finished and checked.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", epilog: str) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("demo", help="replay real input through a diamond", description=_DESCRIPTION, epilog=epilog)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a file, a folder, or - for standard input")
    parser.add_argument("--buffer-size", type=int, default=4096, metavar="N", help="slots in the ring (default: %(default)s)")
    parser.add_argument(
        "--wait-strategy", choices=sorted(STRATEGIES), default="sleeping", help="how consumers wait (default: %(default)s)"
    )
    parser.add_argument("--journal", type=Path, metavar="FILE", help="keep the journal there (default: a temporary file)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Replay, check, report; the exit code."""
    progress = ProgressLine(sys.stderr)
    try:
        source = Source.of(options.paths)
    except SourceError as error:
        return _refuse(error)
    except KeyboardInterrupt:
        return _abort(progress)
    try:
        with tempfile.TemporaryDirectory(prefix="ringbuffer-demo-") as folder:
            return _run(options, source, options.journal or Path(folder, "journal"), progress)
    except (ValueError, OSError) as error:  # the ring's size, the journal's file
        progress.clear()
        return _refuse(error)
    except KeyboardInterrupt:
        return _abort(progress)
    finally:
        source.close()


def _run(options: argparse.Namespace, source: Source, journal: Path, progress: ProgressLine) -> int:
    strategy = STRATEGIES[options.wait_strategy]()
    replayed = replay(source, journal, options.buffer_size, strategy, progress)
    checks = [] if replayed.failure is not None else check(source, replayed, journal, progress)
    progress.clear()
    settings = f"ring of {options.buffer_size} slots, {options.wait_strategy} consumers"
    print(
        as_json(source, replayed, checks, settings)
        if options.json
        else as_text(source, replayed, checks, options.journal, settings)
    )
    if replayed.failure is not None or not all(each.passed for each in checks):
        return 1
    return 130 if replayed.interrupted else 0


def _refuse(reason: Any) -> int:
    print(f"ringbuffer demo: {reason}", file=sys.stderr)
    return 2


def _abort(progress: ProgressLine) -> int:
    progress.clear()
    print("ringbuffer demo: aborted; nothing was checked", file=sys.stderr)
    return 130
