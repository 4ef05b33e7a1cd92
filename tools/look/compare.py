"""Compares a small picture of a page with the reference.

Other versions of a font move words by a few pixels. So squares are compared by their mean colour,
and some of them may differ. A missing style sheet, another palette or another layout changes most.
"""

from typing import Final

from tools.look.png import Pixels

#: Pixels along the side of a square of the small picture.
SQUARE: Final = 8
#: How far the mean of a colour may be off, of 255.
LEVELS: Final = 40
#: Which share of the squares may be off by more.
SHARE: Final = 0.12


def difference(picture: Pixels, reference: Pixels) -> str | None:
    """What differs by more than fonts explain; None if nothing does."""
    if (picture.width, picture.height) != (reference.width, reference.height):
        return (
            f"it has {picture.width} by {picture.height} pixels, "
            f"the reference {reference.width} by {reference.height}"
        )
    squares = [
        (x, y) for y in range(0, picture.height, SQUARE) for x in range(0, picture.width, SQUARE)
    ]
    off = sum(
        any(
            abs(one - other) > LEVELS
            for one, other in zip(
                picture.colour(x, y, SQUARE), reference.colour(x, y, SQUARE), strict=True
            )
        )
        for x, y in squares
    )
    if off <= SHARE * len(squares):
        return None
    return f"{off / len(squares):.0%} of it look different"
