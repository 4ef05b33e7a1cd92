"""`ringbuffer stress`: its arguments, its report, its exit code."""

import argparse
import json
import platform
import sys
import time
from dataclasses import asdict
from typing import Any, Final

from ringbuffer.cli.arguments import count, positive_seconds
from ringbuffer.programs.interpreter import FREE_THREADED, gil_is_on
from ringbuffer.programs.interruption import Interruption
from ringbuffer.programs.progress_line import Progress
from ringbuffer.programs.stress.once import run as run_once
from ringbuffer.programs.stress.rounds import RoundsResult, run_rounds
from ringbuffer.programs.stress.shape import shape_of

_DESCRIPTION: Final = """\
Test the library on this machine with rings of random shapes, one after the other. A ring has one to
sixteen producers, stages of consumers of every kind, any wait strategy, and claims and batches of
any size. Publications fail. Handlers raise, or ask for a batch again. Consumers are halted and
started again. Threads are moved between cores, or share one core.

Every event carries a checksum and the marks of the stages that have handled it. Every consumer
records the events that it saw. At the end of a round, each stage must have handled each published
event exactly once, in order, intact, and after the stages before. The command stops at the first
round that fails, and prints the command that repeats this round.

The first Ctrl-C ends the test after the current round, and reports. A second Ctrl-C aborts."""

_EPILOG: Final = """\
exit codes: 0 every event is accounted for; 1 an event was lost, doubled, reordered or torn, or a
thread failed or was stuck; 2 the command line is not valid; 130 interrupted, and every round until
then passed"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's description and its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=10.0,
        metavar="S",
        help="start no further round after this time; at least one runs (default: %(default)g)",
    )
    parser.add_argument(
        "--rounds",
        type=count,
        metavar="N",
        help="run this number of rounds instead, without a time limit",
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        metavar="N",
        help="the seed of the first round; each further round has the next number. The seed "
        "decides the shape, not the timing of the threads (default: a new one)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run rounds and report. Returns the exit code."""
    seed = time.time_ns() % 1_000_000 if options.seed is None else options.seed
    progress = Progress()
    try:
        with Interruption() as interruption:
            outcome = run_rounds(
                shape_of,
                run_once,
                seed,
                options.seconds,
                options.rounds,
                tell=progress.tell,
                go_on=lambda: not interruption.requested,
            )
    except KeyboardInterrupt:
        progress.clear()
        print(f"ringbuffer stress: aborted; the seed was {seed}", file=sys.stderr)
        return 130
    progress.clear()
    told = as_json if options.json else as_text
    print(told(outcome, seed, interrupted=interruption.requested), flush=True)
    if outcome.failure is not None:
        return 1
    return 130 if interruption.requested else 0


def as_text(outcome: RoundsResult, seed: int, *, interrupted: bool) -> str:
    """The report for people."""
    account, counts = outcome.account, outcome.counts
    build = (
        f"{'free-threaded' if FREE_THREADED else 'regular'} build, "
        f"GIL {'on' if gil_is_on() else 'off'}"
    )
    did = ", ".join(
        f"{value:,} {name}"
        for name, value in sorted(counts.items())
        if name not in ("events", "published")
    )
    wrong = ", ".join(f"{value:,} {name}" for name, value in _wrong(outcome).items())
    lines = [
        f"Python {platform.python_version()}, {build}; seed {seed}",
        f"{outcome.rounds:,} rounds in {outcome.seconds:.1f} s: "
        f"{counts['published']:,} events published, handled {account.events:,} times",
        f"on the way: {did}" if did else "",
        wrong,
    ]
    if outcome.failure is not None and outcome.failed is not None:
        failed, shape = outcome.failed
        lines += [
            f"FAILED {outcome.failure}",
            f"  {shape}",
            f"  again: ringbuffer stress --seed {failed} --rounds 1",
        ]
    elif interrupted:
        lines.append("interrupted: until then every event is accounted for")
    else:
        lines.append("every event is accounted for")
    return "\n".join(filter(None, lines))


def as_json(outcome: RoundsResult, seed: int, *, interrupted: bool) -> str:
    """The report for programs."""
    failed, shape = outcome.failed or (None, None)
    told: dict[str, Any] = {
        "python": platform.python_version(),
        "gil": gil_is_on(),
        "seed": seed,
        "rounds": outcome.rounds,
        "seconds": outcome.seconds,
        "handled": outcome.account.events,
        "counts": {name: value for name, value in outcome.counts.items() if name != "events"},
        "wrong": _wrong(outcome),
        "failure": outcome.failure,
        "failed_seed": failed,
        "failed_shape": shape,
        "interrupted": interrupted,
        "passed": outcome.failure is None,
    }
    return json.dumps(told, indent=2)


def _wrong(outcome: RoundsResult) -> dict[str, int]:
    """The counts that must be 0."""
    return {name: value for name, value in asdict(outcome.account).items() if name != "events"}


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number of 0 or more is needed, not {text!r}")
    return int(text)
