"""Rings with names of their own, which are removed; and a server of processes that die."""

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from ringbuffer.shared import unlink

_numbers: Final = itertools.count()

#: `kill(scenario, name, step)` runs a scenario in a process, which is killed at a step; see
#: tests/shared/victims.py.
type Kill = Callable[[str, str, int | None], str]


@pytest.fixture
def names() -> Iterator[Callable[[], str]]:
    """Makes names of rings. All of them are removed at the end of the test."""
    made: list[str] = []

    def make() -> str:
        made.append(f"test-{os.getpid()}-{next(_numbers)}")
        return made[-1]

    yield make
    for name in made:
        with contextlib.suppress(OSError):
            unlink(name)


@pytest.fixture
def name(names: Callable[[], str]) -> str:
    """The name of a ring."""
    return names()


@pytest.fixture(scope="session")
def kill() -> Iterator[Kill]:
    """See `Kill`."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.shared.victims"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        commands, answers = server.stdin, server.stdout
        assert commands is not None
        assert answers is not None

        def run(scenario: str, name: str, step: int | None = None) -> str:
            print(scenario, name, "-" if step is None else step, file=commands, flush=True)
            return answers.readline().strip()

        yield run
        commands.close()
