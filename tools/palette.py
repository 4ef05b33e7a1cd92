"""The colours of every picture, on light and on dark paper.

A picture is drawn in light colours on no paper at all. `in_both_palettes` adds a style sheet that
replaces each colour where the reader's system prefers a dark page. A program that knows no such
style sheets shows the light colours.
"""

from collections.abc import Mapping
from typing import Final

#: The paper of the site, in its two palettes.
LIGHT_PAPER: Final = "#ffffff"
DARK_PAPER: Final = "#131416"

#: Lines and words; words that matter less; lines behind curves.
INK: Final = "#1f2937"
FAINT: Final = "#6b7280"
GRID: Final = "#d4d8de"

#: Boxes with words in them.
FREE: Final = "#f3f4f6"
BLUE: Final = "#bfdbfe"
GREEN: Final = "#bbf7d0"
RED: Final = "#fecaca"

#: Bars and curves, which are seen on both papers.
OURS: Final = "#1f6feb"
PEER: Final = "#7d8794"
LIMIT: Final = "#1a8f46"
CURVES: Final = (
    OURS, "#d9480f", LIMIT, "#a45ee5", "#a16207", "#0e8a9c", "#d6336c", "#6b7f1f", PEER, "#8d6e63",
)  # fmt: skip

#: Each colour that the other paper needs in another shade.
DARK: Final[Mapping[str, str]] = {
    INK: "#e5e7eb",
    FAINT: "#a3abb8",
    GRID: "#3a3f47",
    FREE: "#2b3038",
    BLUE: "#1e3f74",
    GREEN: "#14532d",
    RED: "#7a2222",
}

#: What makes the style sheet hold; the site replaces it by a fixed answer.
IF_DARK: Final = "@media (prefers-color-scheme: dark)"
ALWAYS: Final = "@media all"
NEVER: Final = "@media not all"


def in_both_palettes(svg: str) -> str:
    """The same picture with a style sheet for dark pages, if it uses a colour of `DARK`.

    Args:
        svg: the text of an SVG file that gives colours in attributes, or in `style` attributes as
            matplotlib does.

    Raises:
        ValueError: the text has no `<svg ...>` element.
    """
    rules = [
        f'[{name}="{light}"], [style*="{name}: {light}"] {{ {name}: {dark} !important }}'
        for light, dark in DARK.items()
        for name in ("fill", "stroke")
        if f'{name}="{light}"' in svg or f"{name}: {light}" in svg
    ]
    if not rules:
        return svg
    start = svg.index("<svg")
    end = svg.index(">", start) + 1
    lines = "\n".join(("<style>", f"{IF_DARK} {{", *rules, "}", "</style>"))
    return f"{svg[:end]}\n{lines}{svg[end:]}"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours such as `#1f2937`, from 1 to 21, as WCAG 2.2 defines it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
