"""`ringbuffer stress`: its arguments, its report, its exit code."""

import argparse
import json
import platform
import sys
import time
from dataclasses import asdict
from typing import Any, Final

from ringbuffer.cli.arguments import count, positive_seconds
from ringbuffer.cli.interpreter import FREE_THREADED, gil_is_on
from ringbuffer.cli.interruption import Interruption
from ringbuffer.cli.progress import Progress
from ringbuffer.cli.stress.once import run as run_once
from ringbuffer.cli.stress.rounds import Outcome, run_rounds
from ringbuffer.cli.stress.shape import shape_of

_DESCRIPTION: Final = """\
Try the library on this machine: rings of random shapes, one after the other, with one to sixteen producers and stages of
consumers of every kind, all wait strategies, claims and batches of any size; with publications that fail, handlers that raise
or ask for a batch again, consumers that are halted and started again, and threads that are crowded onto one core or moved
about. Every event carries a checksum and the marks of the stages that have handled it, and every consumer keeps an account of
what it saw: at the end of a round each event that was published was handled by each stage once, in order, whole, and after the
stages before. The first round that fails is the last, and the command to repeat it is printed.

Ctrl-C ends after the round that is being run, and reports; a second Ctrl-C aborts."""

_EPILOG: Final = """\
exit codes: 0 every event is accounted for; 1 one was lost, doubled, reordered or torn, or a thread broke down or was stuck;
2 the command line cannot be used; 130 interrupted, and everything until then was right"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Say what the command is for, and add its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=10.0,
        metavar="S",
        help="begin no further round after so long; one is run at least (default: %(default)g)",
    )
    parser.add_argument("--rounds", type=count, metavar="N", help="run so many rounds instead, however long they take")
    parser.add_argument(
        "--seed",
        type=_seed,
        metavar="N",
        help="of the first round; the next has the next. Decides each shape, not what its threads do when (default: a new one)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run rounds, report; the exit code."""
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


def as_text(outcome: Outcome, seed: int, *, interrupted: bool) -> str:
    """For people."""
    account, counts = outcome.account, outcome.counts
    build = f"{'free-threaded' if FREE_THREADED else 'regular'} build, GIL {'on' if gil_is_on() else 'off'}"
    did = ", ".join(f"{value:,} {name}" for name, value in sorted(counts.items()) if name not in ("events", "published"))
    wrong = ", ".join(f"{value:,} {name}" for name, value in _wrong(outcome).items())
    lines = [
        f"Python {platform.python_version()}, {build}; seed {seed}",
        f"{outcome.rounds:,} rounds in {outcome.seconds:.1f} s: {counts['published']:,} events published, "
        f"handled {account.events:,} times",
        f"on the way: {did}" if did else "",
        wrong,
    ]
    if outcome.failure is not None and outcome.failed is not None:
        failed, shape = outcome.failed
        lines += [f"FAILED {outcome.failure}", f"  {shape}", f"  again: ringbuffer stress --seed {failed} --rounds 1"]
    elif interrupted:
        lines.append("interrupted: until then every event is accounted for")
    else:
        lines.append("every event is accounted for")
    return "\n".join(filter(None, lines))


def as_json(outcome: Outcome, seed: int, *, interrupted: bool) -> str:
    """For programs."""
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


def _wrong(outcome: Outcome) -> dict[str, int]:
    """The counts that must be 0."""
    return {name: value for name, value in asdict(outcome.account).items() if name != "events"}


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0 on is needed, not {text!r}")
    return int(text)
