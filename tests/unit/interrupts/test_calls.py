"""A part of `python -m tests.interrupts`: some points of each call, and a few random interrupts.

`make verify` tries more of them, and `make interrupts` all.
"""

import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.interrupts.call import Call
from tests.interrupts.catalogue import catalogue
from tests.interrupts.command import main
from tests.interrupts.exhaustive import explore
from tests.interrupts.points import KINDS
from tests.interrupts.randomly import by_exception, by_timer

#: Every so many points one is tried: others for each call, and the same each time.
EVERY = 96
CALLS = catalogue()


def quiet(text: str) -> None:
    """No progress is shown."""


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_an_interrupt_leaves_nothing_half_done(call: Call[Any]) -> None:
    result = explore(call, every=EVERY, offset=len(call.name))
    again = f"python -m tests.interrupts {call.name!r} --every {EVERY} --offset 0"
    assert not result.findings, "\n".join([*map(str, result.findings), f"again: {again}"])
    assert result.points > 0


@pytest.mark.parametrize(
    "call",
    random.Random(1).sample([call for call in CALLS if call.at_random], 5),
    ids=lambda call: call.name,
)
def test_random_interrupts_leave_nothing_half_done(call: Call[Any]) -> None:
    for way in (by_timer, by_exception):
        result = way(call, 5, random.Random(1), quiet)
        assert not result.findings, "\n".join(result.findings)


@pytest.mark.verify
def test_processes_share_the_calls_and_try_the_points_that_are_asked_for() -> None:
    names = ["Queue: get_nowait", "Queue: task_done"]
    options = ["--every=7", "--offset=3", "--times=0", "--processes=2"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.interrupts", *names, *options],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, *lines = done.stdout.splitlines()
    assert "2 calls, each 7th point from 3, seed" in first
    rows = [re.search(r"(\d+) points, +(\d+) tried; ok", line) for line in lines]
    found = [(int(row[1]), int(row[2])) for row in rows if row is not None]
    assert len(found) == 2
    for points, tried in found:
        assert tried <= 2 * (points // 7 + 1)
    assert len([line for line in lines if line.startswith("interrupts: 1 calls")]) == 2


def test_the_runs_of_consecutive_days_try_every_point() -> None:
    (call,) = (each for each in CALLS if each.name == "Queue: get_nowait")
    every = 5
    tried = sum(explore(call, every=every, offset=day).tried for day in range(every))
    assert tried == explore(call).tried


def test_only_points_of_the_kinds_that_are_asked_for_are_tried() -> None:
    (call,) = (each for each in CALLS if each.name == "joining: add_gating_sequences")
    numbers = [explore(call, kinds=kinds).points for kinds in (("method",), ("method", "text"))]
    assert 0 < numbers[0] < numbers[1] < explore(call, kinds=set(KINDS) - {"call"}).points
    assert main(["--kinds", "text", "--times", "0", "--processes", "1", "Queue: put_nowait"]) == 0
    with pytest.raises(SystemExit) as error:
        main(["--kinds", "text,unknown"])
    assert error.value.code == 2
