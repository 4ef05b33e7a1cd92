"""No jump back of a loop falls out of the block that the loop stands in."""

from pathlib import Path

import pytest

import ringbuffer
from tests.interrupts.loops import uncovered_jumps

ROOT = Path(ringbuffer.__file__).parent
#: What runs in no thread that a signal may interrupt in the middle of the library's work: programs.
PROGRAMS = ("cli", "programs")
MODULES = [
    each for each in sorted(ROOT.rglob("*.py")) if each.relative_to(ROOT).parts[0] not in PROGRAMS
]
HARNESS = sorted((ROOT.parent / "tests" / "interrupts").rglob("*.py"))

WITH_CONDITION = """
def f(lock, more):
    with lock:
        while more():
            pass
"""
WITHOUT_CONDITION = """
def f(lock, more):
    with lock:
        while True:
            if not more():
                break
"""


def test_a_loop_with_a_condition_in_a_block_is_found() -> None:
    assert uncovered_jumps(WITH_CONDITION, "f.py") == ["4 f"]


def test_a_loop_that_tests_within_is_part_of_its_block() -> None:
    assert uncovered_jumps(WITHOUT_CONDITION, "f.py") == []


@pytest.mark.parametrize(
    "module", [*MODULES, *HARNESS], ids=lambda module: str(module.relative_to(ROOT.parent))
)
def test_every_jump_back_is_part_of_its_block(module: Path) -> None:
    assert uncovered_jumps(module.read_text(), str(module)) == []
