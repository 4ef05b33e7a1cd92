"""Hot code that takes the steps of a signal itself takes them in the order that its proof needs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.layout.test_house import MODULES, ROOT, tree_of, within

#: The modules that take the steps, and how often.
PLACES = {
    "producer/biased.py": 3,
    "producer/multi.py": 4,
    "producer/multi_fill.py": 1,
    "producer/single.py": 4,
    "wait/signal.py": 1,
}


def blocks_of(module: Path) -> Iterator[list[ast.stmt]]:
    """Each block of statements that takes the steps of a signal."""
    for node in ast.walk(tree_of(module)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and any(is_look(each) for each in block):
                yield block


def is_look(statement: ast.stmt) -> bool:
    """Whether it looks if a thread waits for a signal."""
    looks = ("needed[0]", "needed_[0]", "not needed_[0]")
    return isinstance(statement, ast.If) and ast.unparse(statement.test) in looks


@pytest.mark.parametrize("module", MODULES, ids=within)
def test_a_thread_passes_its_fence_before_it_looks_whether_a_signal_is_needed(
    module: Path,
) -> None:
    blocks = list(blocks_of(module))
    assert len(blocks) == PLACES.get(str(module.relative_to(ROOT)), 0), "change PLACES, and say why"
    for block in blocks:
        look = next(at for at, each in enumerate(block) if is_look(each))
        assert look > 0, f"line {block[0].lineno}: the fence comes first"
        passage = ast.unparse(block[look - 1])
        assert passage in ("fence[0] = None", "fence_[0] = None"), f"line {block[look].lineno}"
