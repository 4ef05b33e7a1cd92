"""Just enough SVG for the pictures of `docs/`: shapes, arrows and words, for two palettes."""

import math
from html import escape
from typing import Final

from tools.palette import INK, in_both_palettes


class Picture:
    """A drawing of `width` by `height` pixels. Each method adds a thing and returns nothing."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._parts: Final = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" '
            f'role="img" font-family="system-ui, Helvetica, Arial, sans-serif" font-size="14">',
            f"<title>{escape(title)}</title>",
        ]

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: str = "middle",
        color: str = INK,
        bold: bool = False,
    ) -> None:
        """`words`, with the middle of their height at `y`."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}" fill="{color}"{weight}>'
            f"{escape(words)}</text>"
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *lines: str,
        rounded: float = 6,
        has_title: bool = True,
    ) -> None:
        """A box with lines of text in its middle; the first of several is its title."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{rounded:.0f}" fill="{fill}" stroke="{INK}"/>'
        )
        for i, line in enumerate(lines):
            self.text(
                x + width / 2,
                y + height / 2 + 18 * (i - (len(lines) - 1) / 2),
                line,
                bold=has_title and i == 0 and len(lines) > 1,
            )

    def arrow(self, *points: tuple[float, float], dashed: bool = False) -> None:
        """A line through `points`, with a head at the last."""
        (x0, y0), (x, y) = points[-2:]
        angle = math.atan2(y - y0, x - x0)
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        head = " ".join(
            f"{x - 10 * math.cos(angle + d):.1f},{y - 10 * math.sin(angle + d):.1f}"
            for d in (0.4, -0.4)
        )
        dashes = ' stroke-dasharray="6 4"' if dashed else ""
        self._parts.append(
            f'<polyline points="{line}" fill="none" stroke="{INK}" stroke-width="1.5"{dashes}/>'
        )
        self._parts.append(f'<polygon points="{x:.1f},{y:.1f} {head}" fill="{INK}"/>')

    def wedge(
        self, x: float, y: float, inner: float, outer: float, start: float, stop: float, fill: str
    ) -> None:
        """A piece of a ring between two angles, in turns, clockwise from the top."""
        (a, b), (c, d) = on_circle(x, y, outer, start), on_circle(x, y, outer, stop)
        (e, f), (g, h) = on_circle(x, y, inner, stop), on_circle(x, y, inner, start)
        self._parts.append(
            f'<path d="M{a:.1f} {b:.1f} A{outer} {outer} 0 0 1 {c:.1f} {d:.1f} L{e:.1f} {f:.1f} '
            f'A{inner} {inner} 0 0 0 {g:.1f} {h:.1f} Z" fill="{fill}" stroke="{INK}"/>'
        )

    def __str__(self) -> str:
        return in_both_palettes("\n".join([*self._parts, "</svg>\n"]))


def on_circle(x: float, y: float, radius: float, turn: float) -> tuple[float, float]:
    """The point at `turn`, a fraction of a full turn clockwise from the top."""
    return x + radius * math.sin(2 * math.pi * turn), y - radius * math.cos(2 * math.pi * turn)
