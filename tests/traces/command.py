"""The command: run shapes, ask TLC about their traces, tell."""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from ringbuffer.cli.check.tools import Tools, ToolsError, find_tools
from tests.traces.entries import Trace, trace_of
from tests.traces.run import Run, trace
from tests.traces.shapes import GRAPHS, SIZES, Shape, drawn, long
from tests.traces.validate import Verdict, account, validate

FAILED: Final = 1
CANNOT: Final = 2

#: TLC runs at a time. Each is one thread; the traces are made before, so they have the machine to themselves.
AT_A_TIME: Final = 2
#: Entries that one run of TLC gets, about: what it parses it holds in memory.
MOST_ENTRIES: Final = 40_000
#: Where the entries of a trace are kept that was refused.
KEPT: Final = Path("build/traces")

DESCRIPTION: Final = """\
Run the library on free-running threads, each of which notes what it does to shared memory, and have TLC say whether what they
have noted is a behaviour of spec/SingleProducer.tla or spec/MultiProducer.tla.

A line is printed for each kind of run (sequencer, graph of consumers, slots in the ring) as TLC ends: how many runs, entries,
states that TLC looked at, verdict, seconds of TLC. Exit codes: 0 every trace was accepted, 1 one was refused, 2 it could not be
run. A trace that is refused is told thread by thread, and kept in build/traces."""


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.traces", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="KIND", help="only such runs: single, multi, a graph, 'multi chain 4', ...")
    parser.add_argument("--runs", type=int, default=100, metavar="N", help="short runs, each of another shape (100)")
    parser.add_argument("--seed", type=int, default=1, help="of the shapes (1)")
    parser.add_argument("--long", action="store_true", help="a few long runs too")
    parser.add_argument("--list", action="store_true", help="only list the shapes")
    chosen = parser.parse_args(arguments)
    words = {"single", "multi", *GRAPHS, *map(str, SIZES)}
    unknown = [word for name in chosen.names for word in name.split() if word not in words]
    if unknown:
        print(f"there are no runs {unknown[0]!r}; kinds are made of {', '.join(sorted(words))}", file=sys.stderr)
        return CANNOT
    shapes = [drawn(chosen.seed, number) for number in range(chosen.runs)] + (long(chosen.seed) if chosen.long else [])
    shapes = [shape for shape in shapes if _is_meant(shape, chosen.names)]
    if chosen.list:
        for shape in shapes:
            print(shape)
        return 0
    try:
        tools = find_tools(_say)
    except ToolsError as error:
        print(error, file=sys.stderr)
        return CANNOT
    _say(f"seed {chosen.seed}, {len(shapes)} runs")
    return _validate_all(shapes, tools)


def _is_meant(shape: Shape, names: list[str]) -> bool:
    words = set(shape.kind.split())
    return not names or any(words.issuperset(name.split()) for name in names)


def _validate_all(shapes: list[Shape], tools: Tools) -> int:
    started = time.monotonic()
    runs = [trace(shape) for shape in shapes]
    noted = sum(len(log) for run in runs for logs in run.logs.values() for log in logs)
    _say(f"{len(runs)} runs, {noted:,} accesses noted, {time.monotonic() - started:.1f} s")
    _say(f"{'kind':18} {'runs':>4} {'entries':>9} {'states':>9}  {'verdict':10} {'s':>5}")
    refused, states = 0, 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        futures = {pool.submit(_ask, batch, tools): batch for batch in _batches(runs)}
        for future in as_completed(futures):
            batch = futures[future]
            verdict, accounts, length = future.result()
            refused += len(accounts)
            states += verdict.states
            says = f"{len(accounts)} REFUSED" if accounts else "accepted"
            _say(
                f"{batch[0].shape.kind:18} {len(batch):>4} {length:>9,} {verdict.states:>9,}  {says:10} {verdict.seconds:>5.1f}"
            )
            for each in accounts:
                _say(each)
    end = f"{refused} refused" if refused else "every trace is a behaviour of its model"
    _say(f"{len(runs)} runs, {states:,} states, {time.monotonic() - started:.0f} s: {end}")
    return FAILED if refused else 0


def _batches(runs: list[Run]) -> Iterator[list[Run]]:
    """Runs of one kind, as many as one run of TLC gets."""
    kinds = dict[str, list[Run]]()
    for run in runs:
        kinds.setdefault(run.shape.kind, []).append(run)
    for alike in kinds.values():
        batch, length = list[Run](), 0
        for run in alike:
            batch.append(run)
            length += trace_of(run).length
            if length >= MOST_ENTRIES:
                yield batch
                batch, length = [], 0
        if batch:
            yield batch


def _ask(runs: list[Run], tools: Tools) -> tuple[Verdict, list[str], int]:
    """The verdict on some runs; for each that is refused, how far it can be taken; and how many entries they have."""
    traces = [trace_of(run) for run in runs]
    verdict = validate(traces, tools)
    accounts = list[str]()
    for number, run in enumerate(runs):
        if not verdict.accepted[number]:
            in_full = trace_of(run, in_full=True)
            if not validate([in_full], tools).accepted[0]:
                accounts.append(f"{account(traces[number], tools)}\n  kept: {_keep(traces[number])}")
    return verdict, accounts, sum(each.length for each in traces)


def _keep(refused: Trace) -> Path:
    """Write its entries down."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{refused.shape.kind.replace(' ', '-')}-{len(list(KEPT.iterdir()))}.txt"
    lines = [f"{thread} {' '.join(map(str, entry))}" for thread, log in refused.logs.items() for entry in log]
    path.write_text("\n".join([str(refused.shape), *lines]) + "\n")
    return path


def _say(line: str) -> None:
    print(line, flush=True)
