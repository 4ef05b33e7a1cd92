"""The picture of the house in CONTRIBUTING.md shows the floors that the tests enforce."""

import importlib.util

import pytest

from tests.unit.layout.test_house import FLOORS, PROJECT

DRAWINGS = PROJECT / "docs" / "drawings"


def test_the_picture_shows_the_floors_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DRAWINGS))
    script = importlib.util.spec_from_file_location("draw_the_house", DRAWINGS / "draw.py")
    assert script is not None
    assert script.loader is not None
    module = importlib.util.module_from_spec(script)
    script.loader.exec_module(module)
    assert [rooms for rooms, _, _ in module.HOUSE] == FLOORS, (
        "change HOUSE in docs/drawings/draw.py, then run: python docs/drawings/draw.py"
    )
