"""What is looked at: widths and palettes for every page, and the pages that have references."""

from dataclasses import dataclass
from typing import Final

#: Pixels of the windows: a phone, a tablet, a small laptop.
WIDTHS: Final = (390, 768, 1280)
PALETTES: Final = ("light", "dark")
#: Pixels from the top of a window to its bottom.
HEIGHT: Final = 900
#: A narrower window than this belongs to a phone.
PHONE: Final = 500
#: From this width on, code must be seen without scrolling.
WIDE: Final = 1280

#: The pages with references, and what is at the top of the window: an element, or the page's top.
REFERENCES: Final = {
    "docs/index.html": None,
    "docs/quick-start.html": "div.highlight",
    "docs/concepts.html": "article img",
    "docs/guide.html": 'img[src*="chart-"]',
    "docs/features.html": "article table",
    "docs/performance.html": "article table",
    "docs/api/disruptor.html": None,
}
#: A reference is this much smaller than the window.
SCALE: Final = 1 / 8


@dataclass(frozen=True, slots=True)
class View:
    """A window and its palette.

    Attributes:
        width: pixels.
        palette: `light` or `dark`, what is to be seen.
        is_switched: the reader has chosen the palette by the switch, against the system's.
    """

    width: int
    palette: str
    is_switched: bool = False

    @property
    def system(self) -> str:
        """The palette that the system asks for."""
        if not self.is_switched:
            return self.palette
        return next(each for each in PALETTES if each != self.palette)

    def __str__(self) -> str:
        return f"{self.width} {self.palette}{' by the switch' if self.is_switched else ''}"


#: The theme does the same at each width, so the switch is tried at one.
VIEWS: Final = (
    *(View(width, palette) for width in WIDTHS for palette in PALETTES),
    *(View(WIDTHS[-1], palette, is_switched=True) for palette in PALETTES),
)


def reference_name(page: str, view: View) -> str:
    """The name of the file that shows how a page looked, such as `index-390-dark.png`."""
    return f"{page.removesuffix('.html').replace('/', '-')}-{view.width}-{view.palette}.png"
