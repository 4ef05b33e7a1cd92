"""The profiles of hypothesis: both suites try the same examples each time."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture.providers import HypothesisProvider

from tests.support.examples import QUICK, RANDOM, THOROUGH

TESTS = Path(__file__).parents[2]

SHOW_THE_PROFILES = """
from hypothesis import settings
from tests.support.examples import QUICK, RANDOM, THOROUGH, register_profiles
register_profiles()
for name in (QUICK, THOROUGH, RANDOM):
    print(name, settings.get_profile(name))
"""


def profiles_in(environment: dict[str, str]) -> str:
    """Returns the profiles of a process with these variables and nothing of a CI service."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    return subprocess.run(
        [sys.executable, "-c", SHOW_THE_PROFILES],
        cwd=TESTS.parent,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    ("profile", "same_each_time"), [(QUICK, True), (THOROUGH, True), (RANDOM, False)]
)
def test_the_suites_try_the_same_examples_each_time(profile: str, same_each_time: bool) -> None:
    assert settings.get_profile(profile).derandomize is same_each_time


def test_a_ci_service_tries_the_same_examples_as_the_desk() -> None:
    assert profiles_in({"CI": "true", "GITHUB_ACTIONS": "true"}) == profiles_in({})


def test_the_profile_decides_and_no_test_by_itself() -> None:
    profiles = TESTS / "support" / "examples.py"
    found = [
        path
        for path in TESTS.rglob("*.py")
        if path != profiles and re.search(r"\bderandomize\s*=", path.read_text())
    ]
    assert found == []


def test_no_example_depends_on_the_constants_of_our_sources() -> None:
    if settings.get_current_profile_name() != RANDOM:
        assert len(HypothesisProvider(None)._local_constants) == 0
