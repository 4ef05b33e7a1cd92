"""Curves as SVG, drawn with nothing but text."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from tools.palette import CURVES, GRID, INK, in_both_palettes

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 240, 70, 12, 30, 34
#: The most points of a curve; of more, every so manieth is drawn.
POINTS: Final = 600


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a picture."""

    name: str
    times: Sequence[float]
    values: Sequence[float]


def picture(title: str, unit: str, curves: Sequence[Curve]) -> str:
    """A picture of curves over time in seconds, as the text of an SVG file."""
    longest = max((time for curve in curves for time in curve.times), default=0.0) or 1.0
    highest = max((value for curve in curves for value in curve.values), default=0.0) or 1.0
    top = _round_up(highest)
    across, up = (WIDTH - LEFT - RIGHT) / longest, (HEIGHT - TOP - BOTTOM) / top
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}">',
        f'<text x="{LEFT}" y="18" font-size="13">{escape(title)} ({escape(unit)})</text>',
    ]
    for step in range(5):
        value, y = top * step / 4, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * step / 4
        parts.append(
            f'<line x1="{LEFT}" y1="{y:.0f}" x2="{WIDTH - RIGHT}" y2="{y:.0f}" stroke="{GRID}"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{value:,.6g}</text>')
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / 4
        parts.append(
            f'<text x="{x:.0f}" y="{HEIGHT - 14}" '
            f'text-anchor="{"end" if step == 4 else "middle"}">'
            f"{longest * step / 4:,.0f} s</text>"
        )
    for number, curve in enumerate(curves):
        colour = CURVES[number % len(CURVES)]
        every = max(1, -(-len(curve.times) // POINTS))
        points = " ".join(
            f"{LEFT + time * across:.1f},{HEIGHT - BOTTOM - value * up:.1f}"
            for time, value in list(zip(curve.times, curve.values, strict=True))[::every]
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
        )
        parts.append(
            f'<text x="{WIDTH - RIGHT}" y="{14 + 12 * number}" text-anchor="end" '
            f'fill="{colour}">{escape(curve.name)}</text>'
        )
    return in_both_palettes("\n".join([*parts, "</svg>\n"]))


def _round_up(value: float) -> float:
    """The next number of the form 1, 2, 4, 8 or 10 times a power of ten."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power >= value:
        power /= 10
    return next(step * power for step in (1, 2, 4, 8, 10, 100) if step * power >= value)
