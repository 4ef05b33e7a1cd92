"""Every example runs, alone, and prints what its docstring says."""

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = sorted(EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("example", FILES, ids=lambda example: example.stem)
def test_it_prints_what_it_says(example: Path) -> None:
    said = ast.get_docstring(ast.parse(example.read_text()))
    assert said is not None
    _, _, printed = said.partition("Prints:\n")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip() == textwrap.dedent(printed).rstrip()


def test_the_list_names_each_of_them() -> None:
    named = re.findall(
        r"^\| \[(\w+\.py)\]\(\1\) \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(named) == [example.name for example in FILES]
