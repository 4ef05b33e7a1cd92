"""`ringbuffer bench`: its arguments, its measurements, its exit code."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

from ringbuffer.cli.arguments import count, positive_seconds
from ringbuffer.programs.bench.machine import describe
from ringbuffer.programs.bench.peers import STANDARD
from ringbuffer.programs.bench.results import Results
from ringbuffer.programs.bench.runner import GilError, Settings, run_scenario
from ringbuffer.programs.bench.scenarios import SCENARIOS
from ringbuffer.programs.bench.tables import LEGEND, head, table
from ringbuffer.programs.interruption import Interruption
from ringbuffer.programs.progress_line import Progress

#: Enough for a first impression, in about a quarter of a minute. Conclusions need more and longer
#: runs, on an idle machine.
_RUNS, _SECONDS = 3, 0.05

_DESCRIPTION: Final = f"""\
Measure the throughput and the latency of the ring on this machine, beside queue.Queue and
queue.SimpleQueue. The scenarios have one or two producers and one or three consumers. Events go
one at a time, or in batches. Another scenario measures the round trip between two threads.

Each producer and each consumer has its own thread. Each consumer checks that it received every
event, in order. A run that loses an event does not count, and the command fails. The runs of the
contenders alternate, so a disturbance affects all of them. The table shows the medians.

Scenarios: {", ".join(SCENARIOS)}.

The first Ctrl-C ends the measurement after the current run, and shows the results so far. A second
Ctrl-C aborts."""

_EPILOG: Final = """\
exit codes: 0 measured; 1 an event was lost, doubled or out of order, or a thread failed;
2 the command line is not valid; 130 interrupted"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's description and its arguments."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument(
        "names",
        nargs="*",
        type=_scenario,
        metavar="SCENARIO",
        help="what to measure (default: everything)",
    )
    parser.add_argument(
        "--runs",
        type=count,
        default=_RUNS,
        metavar="N",
        help="runs of each contender, interleaved (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=_SECONDS,
        metavar="S",
        help="approximate time of one run; each contender is warmed up for about twice as long "
        "(default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print every run as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and report. Returns the exit code."""
    progress = Progress()
    results = Results(describe(), {"runs": options.runs, "seconds": options.seconds})
    if not options.json:
        print(head(results), flush=True)
    try:
        with Interruption() as interruption:
            _measure(
                options.names or list(SCENARIOS),
                results,
                interruption,
                progress,
                as_table=not options.json,
            )
    except GilError as error:
        progress.clear()
        print(f"ringbuffer bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.clear()
        print("ringbuffer bench: aborted", file=sys.stderr)
        return 130
    return _tell(results, interrupted=interruption.requested, as_json=options.json)


def _measure(
    names: Sequence[str],
    results: Results,
    interruption: Interruption,
    progress: Progress,
    *,
    as_table: bool,
) -> None:
    """Add one scenario after the other to the results, until Ctrl-C.

    A scenario in which nothing was measured is omitted.
    """
    settings = Settings(results.settings["runs"], results.settings["seconds"])
    for name in names:
        result = run_scenario(
            SCENARIOS[name](STANDARD),
            settings,
            tell=progress.tell,
            go_on=lambda: not interruption.requested,
        )
        progress.clear()
        if any(each.runs or each.failure for each in result.contenders):
            results.scenarios.append(result)
            if as_table:
                print(table(result), flush=True)
        if interruption.requested:
            return


def _tell(results: Results, *, interrupted: bool, as_json: bool) -> int:
    """Print the rest of the report. Returns the exit code."""
    failures = results.failures
    if as_json:
        print(
            json.dumps(
                {**results.as_data(), "interrupted": interrupted, "passed": not failures}, indent=1
            )
        )
    else:
        print(LEGEND)
        for failure in failures:
            print(f"FAILED: {failure}")
        if interrupted:
            print("interrupted: the results above were measured before the interrupt")
    return 1 if failures else 130 if interrupted else 0


def _scenario(name: str) -> str:
    if name not in SCENARIOS:
        raise argparse.ArgumentTypeError(
            f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)}"
        )
    return name
