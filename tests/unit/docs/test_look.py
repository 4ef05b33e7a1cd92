"""`tools.look` without a browser: it reads pictures, compares them, and says what it lacks."""

import shutil
import struct
import zlib
from pathlib import Path

import pytest

from tools.look import browser, png, sheet, visit
from tools.look.__main__ import BAD, BROKEN, GOOD, LOOKS, USAGE, main
from tools.look.compare import SQUARE, difference
from tools.look.png import Pixels
from tools.look.sheet import Sight
from tools.look.views import REFERENCES, VIEWS, View, reference_name

DOCS = LOOKS.parent


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + bytes(4)


def file(width: int, height: int, colour: int, lines: list[bytes]) -> bytes:
    """A PNG file; each line has the number of its filter before it."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(lines)))
        + chunk(b"IEND", b"")
    )


def plain(colour: int, *, width: int = 80, height: int = 80) -> Pixels:
    return Pixels(width, height, 3, (bytes([colour] * width * 3),) * height)


def halves(row: int) -> Pixels:
    """White down to a row, black below it."""
    return Pixels(80, 80, 3, (*plain(255).rows[:row], *plain(0).rows[row:]))


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (0, [10, 20, 30]),
        (1, [10, 10, 10]),  # minus the pixel before
        (2, [9, 18, 27]),  # minus the pixel above
        (3, [10, 14, 19]),  # minus the mean of both
        (4, [9, 10, 10]),  # minus the nearer of these and the corner
    ],
)
def test_each_filter_of_png_is_undone(number: int, line: list[int]) -> None:
    above = bytes([0, 1, 2, 3])
    pixels = png.read(file(3, 2, 0, [above, bytes([number, *line])]))
    assert pixels.rows == (bytes([1, 2, 3]), bytes([10, 20, 30]))


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (6, 4)])
def test_a_square_has_a_mean_colour(colour: int, channels: int) -> None:
    pixels = png.read(file(2, 1, colour, [bytes([0, *[10] * channels, *[30] * channels])]))
    assert pixels.channels == channels
    assert pixels.colour(0, 0, 8) == (20, 20, 20)
    assert pixels.colour(1, 0, 1) == (30, 30, 30)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", file(1, 1, 3, [b"\0\0"])],
    ids=["nothing", "another", "no header", "a palette"],
)
def test_what_is_not_such_a_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="PNG"):
        png.read(data)


def test_equal_pictures_do_not_differ() -> None:
    assert difference(plain(40), plain(40)) is None


def test_words_that_move_a_little_do_not_matter() -> None:
    assert difference(halves(70), halves(72)) is None


def test_another_palette_differs() -> None:
    assert difference(plain(255), plain(20)) == "100% of it look different"


def test_another_layout_differs() -> None:
    assert difference(halves(40), plain(255)) == "50% of it look different"


def test_another_size_differs() -> None:
    assert difference(plain(1), plain(1, width=80 + SQUARE)) == (
        "it has 80 by 80 pixels, the reference 88 by 80"
    )


def test_the_references_are_there_and_small() -> None:
    names = {
        reference_name(page, view) for page in REFERENCES for view in VIEWS if not view.is_switched
    }
    files = list(LOOKS.iterdir())
    assert {each.name for each in files} == names, "run: make docs-look, see it, then --accept"
    assert sum(each.stat().st_size for each in files) < 1_000_000
    for each in files:
        assert difference(png.read(each.read_bytes()), png.read(each.read_bytes())) is None


@pytest.mark.parametrize("page", REFERENCES)
def test_a_page_with_references_is_on_the_site(page: str) -> None:
    stem = DOCS.parent / page.removesuffix(".html")
    assert stem.with_suffix(".md").exists() or stem.with_suffix(".rst").exists()


def test_a_reader_may_choose_against_the_system() -> None:
    assert View(390, "dark").system == "dark"
    assert View(390, "dark", is_switched=True).system == "light"
    assert str(View(390, "dark", is_switched=True)) == "390 dark by the switch"


def test_a_fault_is_reported_once_with_its_views() -> None:
    sight = Sight()
    sight.add("is cut", View(390, "light"))
    sight.add("is cut", View(390, "dark"))
    sight.add("complains")
    assert sight.lines() == ["is cut [390 light, 390 dark]", "complains"]


def test_the_sheet_shows_pages_with_faults_first(tmp_path: Path) -> None:
    bad = Sight(thumbnails={VIEWS[0]: "b.webp"})
    bad.add("is <cut>")
    text = sheet.write(tmp_path, {"a.html": Sight(), "b.html": bad}).read_text()
    assert text.index("b.html") < text.index("a.html")
    assert "is &lt;cut&gt;" in text
    assert 'src="b.webp"' in text


def test_without_a_site_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == USAGE
    assert "run `make docs`" in capsys.readouterr().err


def test_without_a_browser_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "find", lambda: None)
    (tmp_path / "index.html").write_text("")
    assert main([str(tmp_path)]) == GOOD
    assert capsys.readouterr().out.startswith("skipped: none of these browsers is installed: ")


def test_a_browser_that_ends_at_once_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "find", lambda: shutil.which("true"))
    (tmp_path / "index.html").write_text("")
    assert main([str(tmp_path), "--sheet", str(tmp_path / "sheet")]) == BROKEN
    assert "cannot be used: the browser ended before it answered" in capsys.readouterr().err


GOOD_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>A page</title><style>
body { background: white; color: black }
@media (prefers-color-scheme: dark) {
  body:not([data-theme=light]) { background: black; color: white }
}
body[data-theme=dark] { background: black; color: white }
</style></head><body><div id="furo-main-content"><p>Words.</p>BODY</div></body></html>"""


SCRIPT = (DOCS / "static" / "site.js").read_text()
STYLE = (DOCS / "static" / "site.css").read_text()


@pytest.mark.verify
@pytest.mark.skipif(browser.find() is None, reason="there is no browser")
def test_a_button_copies_the_commands_of_a_console_and_all_of_a_program(tmp_path: Path) -> None:
    blocks = (
        '<div class="highlight"><pre>$ make venv\nprepared\n$ make test\n</pre></div>'
        '<div class="highlight"><pre>import ringbuffer\n</pre></div>'
    )
    page = tmp_path / "page.html"
    page.write_text(GOOD_PAGE.replace("BODY", f"{blocks}<script>{SCRIPT}</script>"))
    program = browser.find()
    assert program is not None
    (tmp_path / "profile").mkdir()
    with browser.Browser(program, tmp_path / "profile") as opened:
        visit.open_page(opened, page.as_uri())
        copied = opened.evaluate("[...document.querySelectorAll('.highlight')].map(codeOf)")
        assert copied == ["make venv\nmake test\n", "import ringbuffer\n"]
        assert opened.evaluate("document.querySelectorAll('button.copy').length") == 2


@pytest.mark.verify
@pytest.mark.skipif(browser.find() is None, reason="there is no browser")
def test_a_table_that_is_too_wide_for_a_phone_becomes_a_list(tmp_path: Path) -> None:
    words = "averylongwordthatcannotbebroken"
    table = (
        '<div class="table-wrapper" style="overflow-x: auto"><table class="docutils">'
        f"<thead><tr><th>one</th><th>two</th></tr></thead><tbody><tr><td>{words}</td>"
        f"<td>{words}</td></tr></tbody></table></div>"
    )
    page = tmp_path / "page.html"
    body = f"<style>{STYLE}</style>{table}<script>{SCRIPT}</script>"
    page.write_text(GOOD_PAGE.replace("BODY", body))
    program = browser.find()
    assert program is not None
    (tmp_path / "profile").mkdir()
    seen = []
    with browser.Browser(program, tmp_path / "profile") as opened:
        visit.show(opened, VIEWS[0])
        visit.open_page(opened, page.as_uri())
        for width in (390, 1280):
            visit.show(opened, View(width, "light"))
            seen.append(opened.evaluate("!!document.querySelector('.as-list [data-head=two]')"))
            assert list(visit.faults(opened, View(width, "light"))) == []
    assert seen == [True, False]


@pytest.mark.verify
@pytest.mark.skipif(browser.find() is None, reason="there is no browser")
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", ""),
        ('<p style="width: 2000px">Wide.</p>', "sticks out of the window"),
        ('<p style="width: 2000px">Wide.</p>', "the page is 2"),
        ('<div style="overflow: hidden; white-space: nowrap">' + "word " * 500, "is cut"),
        ('<div style="overflow: auto"><table><td style="min-width: 3000px">', "scrolls sideways"),
        ('<p style="color: #777; background: #888">Grey.</p>', "is hard to read"),
        ('<img src="missing.png" alt="A picture">', "is not loaded"),
        ('<img src="missing.png" alt="">', "has no words"),
        ("<h2>Of `code`</h2>", "has a raw backtick"),
        ('<div class="highlight">code</div>', "lacks a button"),
        ('<div class="highlight-mermaid">chart</div>', "is not drawn"),
        ("<script>throw new Error('broken')</script>", "a script complains: Error: broken"),
        ("<script>console.error('bad')</script>", "a script complains: bad"),
    ],
)
def test_a_browser_finds_each_kind_of_fault(
    body: str, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("")
    (site / "page.html").write_text(GOOD_PAGE.replace("BODY", body))
    code = main([str(site), "--sheet", str(tmp_path / "sheet")])
    shown = capsys.readouterr().out
    assert code == (BAD if fault else GOOD), shown
    assert fault in shown
    assert (tmp_path / "sheet" / "index.html").exists()
