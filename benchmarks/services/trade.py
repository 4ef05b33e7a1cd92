"""What both programs of the service handle: a trade, and the table that holds trades."""

from dataclasses import dataclass
from typing import Final

CREATE: Final = "CREATE TABLE IF NOT EXISTS trades (symbol TEXT, price REAL, amount INTEGER)"
INSERT: Final = "INSERT INTO trades VALUES (?, ?, ?)"


@dataclass(slots=True)
class Trade:
    """A trade; each field is written by one stage, and read by the stages after it."""

    line: str = ""  # written by the producer
    symbol: str = ""  # written by `parse`, as are price and amount
    price: float = 0.0
    amount: int = 0
    turnover: float = 0.0  # written by `Aggregate`: of the symbol, up to and with this trade
