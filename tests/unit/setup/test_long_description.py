"""The description of a distribution has no links to files of the repository."""

import re
from pathlib import Path

import pytest

from tools.long_description import LongDescription, standalone

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("See [the guide](docs/guide.md).", "See the guide (`docs/guide.md`)."),
        ("[docs/guide.md](docs/guide.md)", "`docs/guide.md`"),
        ("[`a.py`](some/a.py)", "`some/a.py`"),
        ("[fork](docs/failures.md#fork)", "fork (`docs/failures.md`)"),
        ("[below](#licence)", "[below](#licence)"),
        ("[home](https://example.org/a)", "[home](https://example.org/a)"),
        ("one\n\n![A chart](docs/a.svg)\n\ntwo", "one\n\ntwo"),
        ("```python\nx = a[0](b)\n```", "```python\nx = a[0](b)\n```"),
    ],
)
def test_a_link_to_a_file_becomes_its_name(page: str, shown: str) -> None:
    assert standalone(page).startswith(f"{shown}\n")


def test_the_description_of_this_project_names_files_that_are_there() -> None:
    metadata: dict[str, dict[str, str]] = {}
    LongDescription(str(PROJECT), {}).update(metadata)
    text = metadata["readme"]["text"]
    assert re.findall(r"\]\((?!https?:|#)", text) == []
    names = re.findall(r"\(`([\w/.-]+\.\w+)`\)", text)
    assert "docs/quick-start.md" in names
    for name in names:
        assert (PROJECT / name).exists(), name


def test_the_readme_links_to_places_that_it_has() -> None:
    text = (PROJECT / "README.md").read_text()
    headings = {
        heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings
