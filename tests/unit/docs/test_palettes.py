"""Pictures are legible on light and on dark paper."""

import itertools
import re
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from tools.palette import (
    BLUE,
    CURVES,
    DARK,
    DARK_PAPER,
    FAINT,
    FREE,
    GREEN,
    IF_DARK,
    INK,
    LIGHT_PAPER,
    RED,
    contrast,
    in_both_palettes,
)

PROJECT = Path(__file__).parents[3]
PICTURES = sorted((PROJECT / "docs").rglob("*.svg"))
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
#: What WCAG 2.2 asks of words and of other things that a reader must see.
WORDS, THINGS = 4.5, 3.0


def dark(colour: str) -> str:
    return DARK.get(colour, colour)


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#777777", 1)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    ("words", "paper"),
    [
        *itertools.product([INK, FAINT], [LIGHT_PAPER]),
        *itertools.product([INK], [FREE, BLUE, GREEN, RED]),
    ],
)
def test_words_are_legible_in_both_palettes(words: str, paper: str) -> None:
    on_dark = DARK_PAPER if paper == LIGHT_PAPER else dark(paper)
    assert contrast(words, paper) >= WORDS
    assert contrast(dark(words), on_dark) >= WORDS


@pytest.mark.parametrize("curve", CURVES)
def test_curves_are_seen_in_both_palettes(curve: str) -> None:
    assert contrast(curve, LIGHT_PAPER) >= THINGS
    assert contrast(dark(curve), DARK_PAPER) >= THINGS


def test_each_curve_has_a_colour_of_its_own() -> None:
    assert len(set(CURVES)) == len(CURVES)


def test_only_colours_that_a_picture_uses_are_replaced() -> None:
    text = in_both_palettes(f'<svg a="b"><path fill="{INK}"/></svg>')
    assert text.startswith(f'<svg a="b">\n<style>\n{IF_DARK} {{\n[fill="{INK}"], [style*=')
    assert text.count("!important") == 1
    assert text.endswith(f'</style><path fill="{INK}"/></svg>')


def test_the_colours_of_matplotlib_are_found() -> None:
    assert f"{{ stroke: {dark(INK)} !important }}" in in_both_palettes(
        f'<svg><path style="fill: none; stroke: {INK}; stroke-width: 1"/></svg>'
    )


def test_a_picture_without_such_colours_stays_as_it_is() -> None:
    assert in_both_palettes("<svg></svg>") == "<svg></svg>"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: str(picture.name))
def test_a_picture_has_no_paper_and_only_colours_of_the_palettes(picture: Path) -> None:
    text = picture.read_text()
    style = re.search(r"<style>\n@media.*?</style>", text, re.DOTALL)
    assert style is not None, "it has one palette"
    assert set(COLOUR.findall(text.replace(style[0], ""))) <= {*DARK, *CURVES}
    assert "white" not in text
    xml.fromstring(text)
    assert all(colour in style[0] for colour in DARK if f'"{colour}"' in text)
