"""`python -m benchmarks.services trades.db`: the service on a Disruptor, with lines from stdin."""

import signal
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing

from benchmarks.services.on_disruptor import run


def main(lines: Iterable[str], database: str) -> None:
    """Handle lines until there are no more, or SIGTERM arrives; keep trades in a file."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with closing(sqlite3.connect(database, check_same_thread=False)) as connection:
        run(lines, connection, lambda text: print(text, flush=True))


if __name__ == "__main__":
    main(sys.stdin, sys.argv[1])
