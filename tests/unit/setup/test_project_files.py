"""What stands at the top of the repository agrees with itself."""

import re
import tomllib
from pathlib import Path

import ringbuffer

PROJECT = Path(__file__).parents[3]
DESCRIPTION = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def citation() -> dict[str, str]:
    """The simple fields of CITATION.cff: those that stand on one line."""
    found = re.findall(
        r'^([a-z-]+): "?(.+?)"?$', (PROJECT / "CITATION.cff").read_text(), re.MULTILINE
    )
    assert len(found) == len(dict(found)), "a field is there twice"
    return dict(found)


def test_the_citation_has_what_its_format_asks_for() -> None:
    text = (PROJECT / "CITATION.cff").read_text()
    fields = citation()
    assert fields["cff-version"] == "1.2.0"
    assert fields["message"]
    assert fields["title"]
    assert fields["type"] == "software"
    assert re.search(r'^authors:\n  - name: "The ringbuffer authors"$', text, re.MULTILINE)
    top_level = {line.split(":")[0] for line in text.splitlines() if not line.startswith(" ")}
    assert top_level == {*fields, "authors", "keywords"}


def test_version_licence_and_authors_are_the_same_everywhere() -> None:
    assert DESCRIPTION["version"] == ringbuffer.__version__ == citation()["version"]
    assert DESCRIPTION["license"] == citation()["license"] == "MIT"
    assert DESCRIPTION["authors"] == [{"name": "The ringbuffer authors"}]


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(
        r"^## \[(.+?)\] – (unreleased|\d{4}-\d\d-\d\d)$",
        (PROJECT / "CHANGELOG.md").read_text(),
        re.MULTILINE,
    )
    assert versions[0][0] == ringbuffer.__version__
    assert "unreleased" not in [when for _, when in versions[1:]]
