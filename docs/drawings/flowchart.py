"""Draws a flow chart that `Disruptor.to_mermaid()` has written."""

import re
from textwrap import wrap
from typing import Final

from svg import Picture

from tools.palette import BLUE, FREE, GREEN

#: A box with its key and label: a ring `[(...)]`, a consumer `[...]`, a worker pool `[[...]]`.
_BOX: Final = re.compile(r'(\w+)(\[\(|\[\[|\[)"(.*)"(?:\)\]|\]\]|\])')
_ARROW: Final = re.compile(r"(\w+) --> (\w+)")
_FILLS: Final = {"[(": BLUE, "[": GREEN, "[[": FREE}
_NAMES: Final = {"#quot;": '"', "#lt;": "<", "#gt;": ">", "#35;": "#"}

#: Characters of a line of a label.
_LINE: Final = 22
_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 190, 64, 60, 24, 12


def flowchart(text: str) -> tuple[str, str]:
    """The text of an SVG file, and its description in words.

    Args:
        text: a chart in the part of Mermaid's language that `to_mermaid` uses: `flowchart LR`, then
            boxes and arrows, one a line. Boxes come before the arrows from them.

    Raises:
        ValueError: a line is something else.
    """
    first, *lines = (line.strip() for line in text.strip().splitlines())
    if first != "flowchart LR":
        raise ValueError(f"{first!r} does not begin a flow chart that can be drawn here")
    labels: dict[str, tuple[str, str]] = {}
    arrows: list[tuple[str, str]] = []
    for line in lines:
        if box := _BOX.fullmatch(line):
            labels[box[1]] = (_plain(box[3]), _FILLS[box[2]])
        elif arrow := _ARROW.fullmatch(line):
            arrows.append((arrow[1], arrow[2]))
        else:
            raise ValueError(f"{line!r} cannot be drawn here: it is neither a box nor an arrow")
    columns = _columns(list(labels), arrows)
    rows = max(map(len, columns))
    words = "; ".join(f"{labels[a][0]} → {labels[b][0]}" for a, b in arrows)
    picture = Picture(
        2 * _EDGE + len(columns) * (_WIDTH + _ACROSS) - _ACROSS,
        2 * _EDGE + rows * (_HEIGHT + _DOWN) - _DOWN,
        words,
    )
    places: dict[str, tuple[float, float]] = {}
    for i, column in enumerate(columns):
        top = _EDGE + (rows - len(column)) * (_HEIGHT + _DOWN) / 2
        for j, key in enumerate(column):
            places[key] = (_EDGE + i * (_WIDTH + _ACROSS), top + j * (_HEIGHT + _DOWN))
    for before, after in arrows:
        (x, y), (to_x, to_y) = places[before], places[after]
        picture.arrow((x + _WIDTH, y + _HEIGHT / 2), (to_x - 2, to_y + _HEIGHT / 2))
    for key, (label, fill) in labels.items():
        picture.box(*places[key], _WIDTH, _HEIGHT, fill, *wrap(label, _LINE), has_title=False)
    return str(picture), words


def _columns(keys: list[str], arrows: list[tuple[str, str]]) -> list[list[str]]:
    """The boxes by the length of the longest path to them."""
    depth = dict.fromkeys(keys, 0)
    for key in keys:
        for before, after in arrows:
            if before == key:
                depth[after] = max(depth[after], depth[key] + 1)
    levels = range(max(depth.values()) + 1)
    return [[key for key in keys if depth[key] == level] for level in levels]


def _plain(label: str) -> str:
    for name, character in _NAMES.items():
        label = label.replace(name, character)
    return label
