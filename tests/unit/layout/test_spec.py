"""spec/ is beside the library: it uses parts of the command line; the library does not use it."""

import re
from pathlib import Path

import pytest

from tests.unit.layout.test_house import MODULES, PROJECT, imports_of, within

SPEC = sorted((PROJECT / "spec").rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=within)
def test_the_library_imports_neither_spec_nor_tests(module: Path) -> None:
    for name in imports_of(module):
        assert name.split(".")[0] not in ("spec", "tests"), (
            f"{within(module)}: move what it needs from {name} into ringbuffer/"
        )


@pytest.mark.parametrize("module", SPEC, ids=within)
def test_spec_uses_only_the_command_line_of_the_library(module: Path) -> None:
    for name in imports_of(module):
        top = name.split(".")[0]
        assert top != "tests", f"{within(module)}: move what it needs from {name} into spec/"
        assert top != "ringbuffer" or name.startswith("ringbuffer.cli."), (
            f"{within(module)}: a model does not import {name}"
        )


def test_the_folder_of_the_models_tests_holds_only_tests() -> None:
    folder = PROJECT / "tests" / "unit" / "model"
    others = [
        each.name for each in folder.glob("*.py") if not each.name.startswith(("test_", "__init__"))
    ]
    assert others == [], (
        "move mirrors and tools into spec/, and what only tests need into tests/support/"
    )


@pytest.mark.parametrize("page", sorted((PROJECT / "spec").glob("*.md")), ids=within)
def test_prose_has_lines_of_at_most_100_columns(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    long = [line for line in prose.splitlines() if len(line) > 100 and not line.startswith("|")]
    assert long == [], "wrap these lines at 100 columns; only tables and drawings may be wider"
