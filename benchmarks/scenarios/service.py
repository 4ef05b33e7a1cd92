"""A service: parse, store in SQLite beside an aggregation, publish.

    lines --> [ Disruptor(Trade, 1024) ] --> parse --> { store, aggregate } --> publish

                             +--> queue --> store ------> queue --+
    lines --> queue --> parse                                     +--> publish
                             +--> queue --> aggregate --> queue --+

The programs are `benchmarks/services/on_disruptor.py`, as docs/tutorial.md builds it, and
`on_queues.py` beside it. Nothing is tuned. Every `queue.Queue` holds 1024 trades. Both programs
commit a batch at a time, into a database in memory. A run begins before the threads start, and ends
after they have ended. The rows of the table and the published lines are compared with what a plain
loop computes from the input.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from benchmarks.services import on_disruptor, on_queues
from ringbuffer.programs.bench.scenario import Contender, Measurement, Role, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import LostEventsError, payload

#: Runs a whole service: with its lines, its database, and what it sends its results by.
type Run = Callable[[Iterable[str], sqlite3.Connection, Callable[[str], object]], None]
type Row = tuple[str, float, int]


def lines_of(count: int) -> list[str]:
    """The input: trades of ten symbols."""
    return [f"S{value % 10} {value}.5 {value}" for value in payload(count)]


def expected(lines: Sequence[str]) -> tuple[list[Row], list[str]]:
    """The rows and the published lines, by a plain loop."""
    rows: list[Row] = []
    sent: list[str] = []
    turnovers: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        symbol, price, amount = line.split()
        rows.append((symbol, float(price), int(amount)))
        turnovers[symbol] += float(price) * int(amount)
        sent.append(f"{symbol} {turnovers[symbol]:.2f}")
    return rows, sent


def program(name: str, run: Run) -> Callable[[int], Measurement]:
    """Verified runs of one program."""

    def body(count: int) -> Measurement:
        lines = lines_of(count)
        sent: list[str] = []
        with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
            elapsed = together(lambda: run(lines, connection, sent.append))
            rows = connection.execute("SELECT * FROM trades ORDER BY rowid").fetchall()
        for what, got, right in zip(("stored", "sent"), (rows, sent), expected(lines), strict=True):
            if got != right:
                raise LostEventsError(
                    f"{name} has {what} {len(got)} trades for {count} lines, or other ones"
                )
        return elapsed.run(count)

    return body


def scenario() -> Scenario:
    """Both programs."""
    return Scenario(
        "service",
        __doc__,
        "rate",
        (
            Contender("Disruptor", program("Disruptor", on_disruptor.run)),
            Contender("queue.Queue", program("queue.Queue", on_queues.run), Role.PEER),
        ),
    )
