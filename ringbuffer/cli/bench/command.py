"""`ringbuffer bench`: its arguments, its order of things, its exit code."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

from ringbuffer.cli.arguments import count, positive_seconds
from ringbuffer.cli.bench.machine import describe
from ringbuffer.cli.bench.peers import STANDARD
from ringbuffer.cli.bench.report import LEGEND, head, table
from ringbuffer.cli.bench.results import Results
from ringbuffer.cli.bench.runner import GilError, Settings, run_scenario
from ringbuffer.cli.bench.scenarios import SCENARIOS
from ringbuffer.cli.interruption import Interruption
from ringbuffer.cli.progress import Progress

#: For a first look, in about a quarter of a minute. Conclusions need more and longer runs, on a machine that does nothing else.
_RUNS, _SECONDS = 3, 0.05

_DESCRIPTION: Final = f"""\
Measure on this machine how fast events go through the ring, beside queue.Queue and queue.SimpleQueue: from one producer and
from two, one at a time and in batches, to one consumer and to three; and how long a round trip between two threads takes.
Every run has its producers and consumers in threads of their own, and every consumer checks that it got what was sent, in
order; a run that loses something does not count, and fails the command. The contenders take turns, run by run, so that a
disturbance meets all of them alike; the table shows the medians.

Scenarios: {", ".join(SCENARIOS)}.

Ctrl-C ends after the run that is being made, and shows what was measured; a second Ctrl-C
aborts."""

_EPILOG: Final = """\
exit codes: 0 measured; 1 an event was lost, doubled or out of order, or a thread broke down; 2 the command line cannot be used;
130 interrupted"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Say what the command is for, and add its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument("names", nargs="*", type=_scenario, metavar="SCENARIO", help="what to measure (default: everything)")
    parser.add_argument(
        "--runs", type=count, default=_RUNS, metavar="N", help="of each contender, interleaved (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=_SECONDS,
        metavar="S",
        help="how long one run takes, about; each contender is warmed up for about twice as long (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print every run as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure, report; the exit code."""
    progress = Progress()
    results = Results(describe(), {"runs": options.runs, "seconds": options.seconds})
    if not options.json:
        print(head(results), flush=True)
    try:
        with Interruption() as interruption:
            _measure(options.names or list(SCENARIOS), results, interruption, progress, as_table=not options.json)
    except GilError as error:
        progress.clear()
        print(f"ringbuffer bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.clear()
        print("ringbuffer bench: aborted", file=sys.stderr)
        return 130
    return _tell(results, interrupted=interruption.requested, as_json=options.json)


def _measure(names: Sequence[str], results: Results, interruption: Interruption, progress: Progress, *, as_table: bool) -> None:
    """Add to the results scenario after scenario, until a Ctrl-C; one in which nothing was measured is left out."""
    settings = Settings(results.settings["runs"], results.settings["seconds"])
    for name in names:
        result = run_scenario(SCENARIOS[name](STANDARD), settings, tell=progress.tell, go_on=lambda: not interruption.requested)
        progress.clear()
        if any(each.runs or each.failure for each in result.contenders):
            results.scenarios.append(result)
            if as_table:
                print(table(result), flush=True)
        if interruption.requested:
            return


def _tell(results: Results, *, interrupted: bool, as_json: bool) -> int:
    """Print the rest of the report; the exit code."""
    failures = results.failures
    if as_json:
        print(json.dumps({**results.as_data(), "interrupted": interrupted, "passed": not failures}, indent=1))
    else:
        print(LEGEND)
        for failure in failures:
            print(f"FAILED: {failure}")
        if interrupted:
            print("interrupted: what is above was measured before")
    return 1 if failures else 130 if interrupted else 0


def _scenario(name: str) -> str:
    if name not in SCENARIOS:
        raise argparse.ArgumentTypeError(f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)}")
    return name
