"""The service on a Disruptor: one ring, and four handlers, each in its own thread."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable

from benchmarks.services.trade import CREATE, INSERT, Trade
from ringbuffer import Disruptor, SkippingExceptionHandler


def receive(trade: Trade, sequence: int, line: str) -> None:
    """Fill an event with a line; the producer calls it."""
    trade.line = line


def parse(trade: Trade, sequence: int, end_of_batch: bool) -> None:
    """Write the fields that later stages read. A line that is wrong raises."""
    symbol, price, amount = trade.line.split()
    trade.symbol, trade.price, trade.amount = symbol, float(price), int(amount)


class Store:
    """Stores trades, each batch in one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def on_batch(self, trades: list[Trade], first_sequence: int) -> None:
        """Store a batch; `with` commits it, or rolls it back after an error."""
        rows = [(trade.symbol, trade.price, trade.amount) for trade in trades]
        with self.connection:
            self.connection.executemany(INSERT, rows)


class Aggregate:
    """Adds up the turnover of each symbol."""

    def __init__(self) -> None:
        # With `turnovers.get(symbol)`, a key that another thread has made would cost 100 times as
        # much in 3.13t.
        self.turnovers: defaultdict[str, float] = defaultdict(float)

    def on_event(self, trade: Trade, sequence: int, end_of_batch: bool) -> None:
        """Add a trade, and write the sum into it."""
        self.turnovers[trade.symbol] += trade.price * trade.amount
        trade.turnover = self.turnovers[trade.symbol]


class Publish:
    """Sends the new turnover of a symbol."""

    def __init__(self, send: Callable[[str], object]) -> None:
        self.send = send

    def on_event(self, trade: Trade, sequence: int, end_of_batch: bool) -> None:
        """Send; the trade is stored and added by now."""
        self.send(f"{trade.symbol} {trade.turnover:.2f}")


def service(connection: sqlite3.Connection, send: Callable[[str], object]) -> Disruptor[Trade]:
    """Wire the handlers."""
    connection.execute(CREATE)
    disruptor = Disruptor(Trade, 1024, name="trades")
    stages = disruptor.handle_events_with(parse).then(Store(connection), Aggregate())
    stages.then(Publish(send))
    disruptor.handle_exceptions_for(parse, SkippingExceptionHandler())
    return disruptor


def run(
    lines: Iterable[str], connection: sqlite3.Connection, send: Callable[[str], object]
) -> None:
    """Handle all lines, and end when each of them is stored, added and sent."""
    with service(connection, send) as disruptor:
        for line in lines:
            disruptor.publish_event(receive, line)
