"""The page about the proof has the recorded numbers of obligations."""

import re
from pathlib import Path

from spec.folder import SPEC
from spec.tools.proof import read_proofs

PAGE = Path(__file__).parents[3] / "docs" / "proof.md"


def test_the_page_counts_the_obligations() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\([^)]+\) \| ([\d,]+) \|", PAGE.read_text(), re.MULTILINE)
    shown = {name: int(number.replace(",", "")) for name, number in rows}
    recorded = {each.name: each.obligations for each in read_proofs(SPEC)}
    assert shown
    assert shown == {name: recorded.get(name) for name in shown}
