"""Both programs of the service store, add and send the same, and SIGTERM loses no trade."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from benchmarks.scenarios.service import Run, expected, lines_of, program
from benchmarks.services import on_disruptor, on_queues
from ringbuffer import ConsumerFailedError
from ringbuffer.programs.bench.verify import LostEventsError
from tests.support.threads import PATIENCE

PROJECT = Path(__file__).parents[3]
PROGRAMS = pytest.mark.parametrize("run", [on_disruptor.run, on_queues.run])


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        yield connection


@PROGRAMS
def test_a_service_does_what_a_plain_loop_does(run: Run, database: sqlite3.Connection) -> None:
    lines = lines_of(5000)
    sent: list[str] = []
    run(lines, database, sent.append)
    stored = database.execute("SELECT * FROM trades ORDER BY rowid").fetchall()
    assert (stored, sent) == expected(lines)


@PROGRAMS
def test_a_service_passes_over_a_line_that_is_wrong(
    run: Run, database: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[str] = []
    run(["ACME 10.5 2", "ACME ten 2", "ACME 11.0 1"], database, sent.append)
    assert sent == ["ACME 21.00", "ACME 32.00"]
    assert database.execute("SELECT COUNT(*) FROM trades").fetchone() == (2,)
    assert "ACME ten 2" in caplog.text


@PROGRAMS
def test_a_service_sends_a_trade_after_its_transaction(
    run: Run, database: sqlite3.Connection
) -> None:
    counted: list[int] = []

    def count(text: str) -> None:
        counted.append(0 if database.in_transaction else stored())

    def stored() -> int:
        (number,) = database.execute("SELECT COUNT(*) FROM trades").fetchone()
        return int(number)

    run(lines_of(1), database, count)
    assert counted == [1]


def test_a_disruptor_whose_store_dies_raises_the_reason(database: sqlite3.Connection) -> None:
    service = on_disruptor.service(database, print)
    database.execute("DROP TABLE trades")
    with pytest.raises(ConsumerFailedError, match="no such table: trades"), service:
        service.publish_event(on_disruptor.receive, "ACME 10.5 2")


def test_a_run_that_stores_something_else_does_not_count() -> None:
    with pytest.raises(LostEventsError, match="service has stored 9 trades for 10 lines"):
        program("service", lambda lines, *rest: on_queues.run([*lines][1:], *rest))(10)


def test_sigterm_ends_the_program_after_each_trade_is_stored_and_sent(tmp_path: Path) -> None:
    path = tmp_path / "trades.db"
    lines = lines_of(100)
    command = [sys.executable, "-m", "benchmarks.services", str(path)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n".join(lines) + "\n")
            process.stdin.flush()
            sent = [process.stdout.readline().strip() for _ in lines]
            process.send_signal(signal.SIGTERM)
            # A signal that comes just before the program reads is seen when it has read.
            with suppress(BrokenPipeError):
                os.write(process.stdin.fileno(), b"LAST 1.0 1\n")
            sent += process.stdout.read().splitlines()
            process.wait(PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert sent[:100] == expected(lines)[1]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM trades").fetchone() == (len(sent),)
