"""The page on verification counts what there is."""

import re
from pathlib import Path

from tests.schedules.faults import FAULTS
from tests.schedules.scenarios import SCENARIOS

PAGE = Path(__file__).parents[3] / "docs" / "verification.md"


def test_the_page_counts_the_scenarios_and_the_faults() -> None:
    text = PAGE.read_text(encoding="utf-8")
    scenarios = re.search(r"`make test` explores (\d+) scenarios", text)
    faults = re.search(r"looks for (\d+) one-line faults", text)
    assert scenarios is not None
    assert faults is not None
    assert int(scenarios[1]) == len(SCENARIOS)
    assert int(faults[1]) == len(FAULTS)
