"""What a stress run did, in two lines at its end; and no thread may be left of it."""

import threading
from collections.abc import Iterator

import pytest

from tests.stress.kit import REPORT, SEED
from tests.support.threads import PATIENCE


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"{thread.name} still runs"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    kinds = ("faults", "halts", "refused claims", "skipped", "joined", "left", "deaths")
    counts = ", ".join(f"{REPORT[kind]:,} {kind}" for kind in kinds)
    write = terminalreporter.write_line
    write(
        f"stress, seed {SEED}: {REPORT['rounds']:,} rounds, "
        f"{REPORT['events']:,} events handled; {counts}"
    )
    write(
        f"{REPORT['lost or doubled']} lost or doubled, "
        f"{REPORT['out of order or torn']} out of order or torn"
    )
