"""The pictures of the pages are those that the script draws."""

import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PICTURES = sorted((DOCS / "drawings").glob("*.svg"))


def test_the_script_draws_what_is_there(tmp_path: Path) -> None:
    script = DOCS / "drawings" / "draw.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=60)
    drawn = {path.name: path.read_text() for path in tmp_path.glob("*.svg")}
    assert drawn == {path.name: path.read_text() for path in PICTURES}, (
        "run: python docs/drawings/draw.py"
    )


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: str(picture.name))
def test_a_picture_is_well_formed_and_says_what_it_shows(picture: Path) -> None:
    root = xml.parse(picture).getroot()
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text
    assert "http" not in picture.read_text().replace("http://www.w3.org/2000/svg", "")


def test_every_picture_is_on_a_page() -> None:
    shown = {
        name
        for page in (*DOCS.glob("*.md"), DOCS.parent / "CONTRIBUTING.md")
        for name in re.findall(r"!\[[^\]]+\]\((?:docs/)?drawings/([^)]+)\)", page.read_text())
    }
    assert {picture.name for picture in PICTURES} <= shown
