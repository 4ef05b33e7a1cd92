"""The tutorial shows the program that the benchmark `service` measures."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
SERVICES = PROJECT / "benchmarks" / "services"
CODE = "".join(
    re.findall(
        r"^```python\n(.*?)^```", (PROJECT / "docs" / "tutorial.md").read_text(), re.M | re.S
    )
)


def definitions() -> Iterator[tuple[str, str]]:
    """Every function, class and constant of the program, with its source."""
    for name in ("trade.py", "on_disruptor.py", "__main__.py"):
        source = (SERVICES / name).read_text()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign):
                first = min(
                    (each.lineno for each in getattr(node, "decorator_list", [])), default=0
                )
                lines = source.splitlines(keepends=True)
                text = "".join(lines[(first or node.lineno) - 1 : node.end_lineno])
                yield f"{name}: {text.splitlines()[0]}", text


@pytest.mark.parametrize("source", [pytest.param(text, id=name) for name, text in definitions()])
def test_the_tutorial_shows_each_definition_of_the_program_as_it_is(source: str) -> None:
    assert source in CODE
