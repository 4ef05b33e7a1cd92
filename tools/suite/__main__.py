"""`python -m tools.suite test`, or `verify`: run the parts of a suite, and print one table.

The parts run side by side, as many as keep the processors busy. Each part's output goes into a file
below build/suite; the output of a part that failed is printed too.

Exit codes: 0 if every part passed, 1 if one failed, 2 for a wrong command, 130 if interrupted.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from tools.suite.part import in_turn
from tools.suite.parts import SUITES
from tools.suite.runner import Runner
from tools.suite.screen import Screen, table

PROJECT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.suite",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suite", choices=list(SUITES))
    parser.add_argument("names", nargs="*", metavar="PART", help="only these parts (default: all)")
    parser.add_argument("--list", action="store_true", help="list the parts, and run nothing")
    parser.add_argument(
        "--days",
        type=int,
        default=1,
        metavar="N",
        help="let the parts that repeat themselves exactly take turns: each has its turn every N "
        "days (default: all of them run)",
    )
    given = parser.parse_args(arguments)
    parts = SUITES[given.suite]()
    unknown = [name for name in given.names if name not in {part.name for part in parts}]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; --list shows all of them")
    if given.days < 1:
        parser.error(f"--days must be at least 1, not {given.days}")
    named = [part for part in parts if not given.names or part.name in given.names]
    chosen = named if given.names else in_turn(parts, given.days, int(time.time() // 86_400))
    others = ", ".join(part.name for part in named if part not in chosen)
    not_today = f"not today, but on another of {given.days} days: {others}\n" if others else ""
    if given.list:
        for part in chosen:
            print(f"{part.name:24} python {' '.join(part.command)}")
        print(not_today, end="")
        return 0
    os.chdir(PROJECT)
    folder = Path("build") / "suite" / given.suite
    shutil.rmtree(folder, ignore_errors=True)
    for number in (signal.SIGTERM, signal.SIGHUP):  # to end in the same way as after Ctrl-C
        signal.signal(number, signal.default_int_handler)
    started, processors = time.monotonic(), available_processors()
    runner = Runner(folder, Screen(), processors)
    results = runner.run(chosen)
    results.sort(key=lambda result: chosen.index(result.part))
    print(table(given.suite, results, time.monotonic() - started, processors))
    print(not_today, end="", flush=True)
    if runner.interrupted:
        return 130
    return int(any(result.problem for result in results))


def available_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
