"""The command: run shapes, ask TLC about their traces, tell."""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final, NamedTuple

from ringbuffer.cli.program import CommandError
from spec.tools.installation import find_tools
from spec.tools.tlc import TlcTools
from tests.traces.cost import tell
from tests.traces.entries import Trace, trace_of
from tests.traces.run import trace
from tests.traces.shapes import GRAPHS, POOLS, SIZES, Shape, long, short
from tests.traces.validate import Verdict, account, validate

FAILED: Final = 1
CANNOT: Final = 2

#: TLC runs at a time. Each is one thread; the traces are made before, so they have the machine to
#: themselves.
AT_A_TIME: Final = 2
#: Entries that one run of TLC gets, about: what it parses it holds in memory.
MOST_ENTRIES: Final = 40_000
#: Where the entries of a trace are kept that was refused.
KEPT: Final = Path("build/traces")

DESCRIPTION: Final = """\
Run the library on free-running threads, each of which records its accesses to shared memory. TLC
says whether the records are a behaviour of a model in spec/modules: SingleProducer, MultiProducer
or WorkPool.

A line is printed for each kind of run (sequencer, graph of consumers, slots in the ring) when TLC
ends: numbers of runs, entries and states, the verdict, seconds of TLC. Exit codes: 0 every trace
was accepted, 1 one was refused, 2 it could not be run. A refused trace is printed thread by thread,
and kept in build/traces."""


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.traces",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="KIND",
        help="only such runs: single, multi, pool, 'multi chain 4', ...",
    )
    parser.add_argument(
        "--runs", type=int, default=100, metavar="N", help="short runs, each of another shape (100)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the shapes (1)")
    parser.add_argument("--long", action="store_true", help="a few long runs too")
    parser.add_argument(
        "--cost", action="store_true", help="instead, measure what tracing costs, on and off"
    )
    parser.add_argument(
        "--fault",
        metavar="NAME",
        help="with a fault of tests/schedules/faults.py in the library: to be refused",
    )
    parser.add_argument("--list", action="store_true", help="only list the shapes")
    chosen = parser.parse_args(arguments)
    words = {"single", "multi", "pool", *GRAPHS, *POOLS, *map(str, SIZES)}
    unknown = [word for name in chosen.names for word in name.split() if word not in words]
    if unknown:
        print(
            f"there are no runs {unknown[0]!r}; kinds are made of {', '.join(sorted(words))}",
            file=sys.stderr,
        )
        return CANNOT
    shapes = short(chosen.seed, chosen.runs) + (long(chosen.seed) if chosen.long else [])
    shapes = [shape for shape in shapes if _is_meant(shape, chosen.names)]
    if chosen.cost:
        tell()
        return 0
    if chosen.list:
        for shape in shapes:
            print(shape)
        return 0
    try:
        tools = find_tools(_say)
    except CommandError as error:
        print(error, file=sys.stderr)
        return CANNOT
    _say(f"seed {chosen.seed}, {len(shapes)} runs")
    return _validate_all(shapes, tools)


def _is_meant(shape: Shape, names: list[str]) -> bool:
    words = set(shape.kind.split())
    return not names or any(words.issuperset(name.split()) for name in names)


class _Asked(NamedTuple):
    """A trace, and the same with every iteration of its producers."""

    trace: Trace
    in_full: Trace


def _validate_all(shapes: list[Shape], tools: TlcTools) -> int:
    started, noted, failed = time.monotonic(), 0, 0
    asked = list[_Asked]()
    for shape in shapes:
        try:
            run = trace(shape)
        except AssertionError as error:
            failed += 1
            _say(f"FAILED {shape}: {error}")
            continue
        noted += sum(len(log) for logs in run.logs.values() for log in logs)
        asked.append(_Asked(trace_of(run), trace_of(run, all_of_producers=True)))
    _say(f"{len(asked)} runs, {noted:,} accesses noted, {time.monotonic() - started:.1f} s")
    _say(f"{'kind':18} {'runs':>4} {'entries':>9} {'states':>9}  {'verdict':10} {'s':>5}")
    refused, states = 0, 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        futures = {pool.submit(_ask, batch, tools): batch for batch in _batches(asked)}
        for future in as_completed(futures):
            batch = futures[future]
            verdict, accounts = future.result()
            refused += len(accounts)
            states += verdict.states
            kind, length = batch[0].trace.shape.kind, sum(each.trace.length for each in batch)
            says = f"{len(accounts)} REFUSED" if accounts else "accepted"
            _say(
                f"{kind:18} {len(batch):>4} {length:>9,} {verdict.states:>9,}  "
                f"{says:10} {verdict.seconds:>5.1f}"
            )
            for each in accounts:
                _say(each)
    end = (
        f"{refused} refused, {failed} failed"
        if refused or failed
        else "every trace is a behaviour of its model"
    )
    _say(f"{len(asked)} runs, {states:,} states, {time.monotonic() - started:.0f} s: {end}")
    return FAILED if refused or failed else 0


def _batches(asked: list[_Asked]) -> Iterator[list[_Asked]]:
    """Traces of one kind, as many as one run of TLC gets; the longest come first."""
    kinds = dict[str, list[_Asked]]()
    for each in sorted(asked, key=lambda each: -each.trace.length):
        kinds.setdefault(each.trace.shape.kind, []).append(each)
    for alike in kinds.values():
        batch, length = list[_Asked](), 0
        for each in alike:
            batch.append(each)
            length += each.trace.length
            if length >= MOST_ENTRIES:
                yield batch
                batch, length = [], 0
        if batch:
            yield batch


def _ask(asked: list[_Asked], tools: TlcTools) -> tuple[Verdict, list[str]]:
    """The verdict on some traces; and for each that is refused, how far it can be taken."""
    verdict = validate([each.trace for each in asked], tools)
    accounts = list[str]()
    for each, accepted in zip(asked, verdict.accepted, strict=True):
        refused = not accepted and (
            each.in_full == each.trace or not validate([each.in_full], tools).accepted[0]
        )
        if refused:
            accounts.append(f"{account(each.in_full, tools)}\n  kept: {_keep(each.in_full)}")
    return verdict, accounts


def _keep(refused: Trace) -> Path:
    """Write its entries down."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{refused.shape.kind.replace(' ', '-')}-{len(list(KEPT.iterdir()))}.txt"
    lines = [
        f"{thread} {' '.join(map(str, entry))}"
        for thread, log in refused.logs.items()
        for entry in log
    ]
    path.write_text("\n".join([str(refused.shape), *lines]) + "\n")
    return path


def _say(line: str) -> None:
    print(line, flush=True)
