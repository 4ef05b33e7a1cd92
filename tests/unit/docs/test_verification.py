"""The page on verification counts what there is."""

import re
from pathlib import Path

from tests.schedules.faults import FAULTS
from tests.schedules.jobs import FEWER, LEFT_OUT
from tests.schedules.scenarios import SCENARIOS

PAGE = Path(__file__).parents[3] / "docs" / "verification.md"


def test_the_page_counts_the_scenarios_and_the_faults() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())  # lines break anywhere
    scenarios = re.search(r"`make test` explores (\d+) of (\d+) scenarios", text)
    fewer = re.search(r"(\d+) of them with one preemption fewer", text)
    faults = re.search(r"looks for (\d+) one-line faults", text)
    assert scenarios is not None
    assert fewer is not None
    assert faults is not None
    assert int(scenarios[1]) == len(SCENARIOS) - len(LEFT_OUT)
    assert int(scenarios[2]) == len(SCENARIOS)
    assert int(fewer[1]) == len(FEWER)
    assert int(faults[1]) == len(FAULTS)
