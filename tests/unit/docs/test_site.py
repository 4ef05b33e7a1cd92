"""`tools.site` finds each kind of bad link in a built site, and no fault in good ones."""

import re
from pathlib import Path

import pytest

from tools.site import faults, main

DOCS = Path(__file__).parents[3] / "docs"


def site(tmp_path: Path, body: str) -> Path:
    (tmp_path / "index.html").write_text(f"<html><body>{body}</body></html>")
    (tmp_path / "other.html").write_text('<h1 id="here">Here</h1>')
    (tmp_path / "a b.svg").write_text("<svg/>")
    return tmp_path


@pytest.mark.parametrize(
    "body",
    [
        '<a href="other.html">',
        '<a href="other.html#here">',
        '<p id="there"></p><a href="#there">',
        '<img src="a%20b.svg">',
        '<a href="https://example.org/">',
        '<img src="data:image/png;base64,AA==">',
    ],
)
def test_a_good_link_is_not_a_fault(tmp_path: Path, body: str) -> None:
    assert list(faults(site(tmp_path, body))) == []
    assert main([str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="missing.html">', "leads nowhere"),
        ('<a href="..">', "leads nowhere"),
        ('<a href="other.html#there">', "no such place"),
        ('<a href="#there">', "no such place"),
        ('<script src="https://example.org/a.js"></script>', "another host"),
        ('<link rel="stylesheet" href="//example.org/a.css">', "another host"),
    ],
)
def test_a_bad_link_is_reported(
    tmp_path: Path, body: str, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = faults(site(tmp_path, body))
    assert fault in found
    assert main([str(tmp_path)]) == 1
    assert found in capsys.readouterr().out


def test_a_folder_without_a_site_is_an_error(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([]) == 2


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_a_page_links_to_no_page_that_the_site_lacks(page: Path) -> None:
    """README.md is not on it, and Sphinx is strict."""
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(((?:\.\./)+)README\.md", text)
    assert not [up for up in links if (page.parent / up).resolve() == DOCS.parent]
