"""The file for a public forge's CI runs commands that there are."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
TEXT = (PROJECT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)", TEXT))))
def test_each_target_is_there(target: str) -> None:
    assert target in TARGETS


def test_each_command_is_a_target_or_a_module_of_the_project() -> None:
    commands = re.findall(r"^ *- run: (.+)$", TEXT, re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        assert re.match(r"make |\.venv/bin/python -m benchmarks ", command), command


def test_what_the_key_of_the_cache_names_is_there() -> None:
    for pattern in re.findall(r"'([^']+/\*\*)'", TEXT):
        assert list(PROJECT.glob(pattern)), pattern


def test_it_is_indented_by_spaces_and_has_every_trigger() -> None:
    assert "\t" not in TEXT
    for trigger in ("push:", "pull_request:", "schedule:", "workflow_dispatch:"):
        assert f"  {trigger}" in TEXT
