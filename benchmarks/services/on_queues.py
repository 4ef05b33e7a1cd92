"""The service on queues: four threads, and a `queue.Queue` on each way between two of them."""

import logging
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, Queue, ShutDown

from benchmarks.services.trade import CREATE, INSERT, Trade


def each[Item](source: Queue[Item]) -> Iterator[Item]:
    """Take items from a queue until it is shut down and empty."""
    with suppress(ShutDown):
        while True:
            yield source.get()


def parse(lines: Queue[str], to_store: Queue[Trade], to_add: Queue[Trade]) -> None:
    """Make trades of lines. A line that is wrong is logged."""
    for line in each(lines):
        try:
            symbol, price, amount = line.split()
            trade = Trade(line, symbol, float(price), int(amount))
        except ValueError:
            logging.exception("cannot parse %r", line)
        else:
            to_store.put(trade)
            to_add.put(trade)
    to_store.shutdown()
    to_add.shutdown()


def store(trades: Queue[Trade], connection: sqlite3.Connection, stored: Queue[Trade]) -> None:
    """Store trades, each batch in one transaction."""
    for trade in each(trades):
        batch = [trade]
        with suppress(Empty, ShutDown):
            while len(batch) < 1024:
                batch.append(trades.get_nowait())
        rows = [(trade.symbol, trade.price, trade.amount) for trade in batch]
        with connection:
            connection.executemany(INSERT, rows)
        for trade in batch:
            stored.put(trade)
    stored.shutdown()


def aggregate(trades: Queue[Trade], added: Queue[Trade]) -> None:
    """Add up the turnover of each symbol."""
    turnovers: defaultdict[str, float] = defaultdict(float)
    for trade in each(trades):
        turnovers[trade.symbol] += trade.price * trade.amount
        trade.turnover = turnovers[trade.symbol]
        added.put(trade)
    added.shutdown()


def publish(stored: Queue[Trade], added: Queue[Trade], send: Callable[[str], object]) -> None:
    """Send the new turnover of a symbol, when the trade is stored and added."""
    for trade in each(stored):
        added.get()  # the same trade, because both queues keep the order
        send(f"{trade.symbol} {trade.turnover:.2f}")


def run(
    lines: Iterable[str], connection: sqlite3.Connection, send: Callable[[str], object]
) -> None:
    """Handle all lines, and end when each of them is stored, added and sent."""
    connection.execute(CREATE)
    received: Queue[str] = Queue(1024)
    to_store, to_add, stored, added = (Queue[Trade](1024) for _ in range(4))
    threads = [
        threading.Thread(target=parse, args=(received, to_store, to_add)),
        threading.Thread(target=store, args=(to_store, connection, stored)),
        threading.Thread(target=aggregate, args=(to_add, added)),
        threading.Thread(target=publish, args=(stored, added, send)),
    ]
    for thread in threads:
        thread.start()
    try:
        for line in lines:
            received.put(line)
    finally:
        received.shutdown()
        for thread in threads:
            thread.join()
