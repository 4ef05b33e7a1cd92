"""Visits a page in each view: collects faults, and takes pictures."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.look.browser import Browser
from tools.look.views import HEIGHT, PHONE, REFERENCES, SCALE, WIDE, View

_HERE: Final = Path(__file__).parent
#: The thumbnails of the contact sheet: how much smaller, and the most pixels of a page from above.
_THUMBNAIL: Final = 0.2
_LONGEST: Final = 2400


def script(name: str) -> str:
    """A JavaScript function of this folder."""
    return (_HERE / name).read_text().strip()


def open_page(browser: Browser, address: str) -> None:
    """Show a page, and wait until it and its pictures are loaded."""
    browser.forget_events()
    browser.call("Page.navigate", url=address)
    browser.wait_for("Page.loadEventFired")


def show(browser: Browser, view: View) -> None:
    """Give the window the width and the palette of a view."""
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=view.width,
        height=HEIGHT,
        deviceScaleFactor=1,
        mobile=view.width < PHONE,
    )
    browser.call(
        "Emulation.setEmulatedMedia",
        features=[
            {"name": "prefers-color-scheme", "value": view.system},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ],
    )
    theme = view.palette if view.is_switched else "auto"
    browser.evaluate(f"document.body.dataset.theme = {theme!r}")
    browser.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def faults(browser: Browser, view: View) -> Iterator[str]:
    """What is wrong with the page in this view."""
    asked = f"({script('examine.js')})({str(view.width >= WIDE).lower()}, {view.palette!r})"
    yield from browser.evaluate(asked)


def cut_words(browser: Browser) -> Iterator[str]:
    """The words of an SVG file that leave its picture."""
    yield from browser.evaluate(f"({script('words_within.js')})()")


def thumbnail(browser: Browser, view: View) -> bytes:
    """A small picture of the whole page, or of the upper part of a long one."""
    height = browser.evaluate("document.documentElement.scrollHeight")
    return _picture(browser, view.width, 0, min(height, _LONGEST), _THUMBNAIL, "webp")


def look(browser: Browser, page: str, view: View) -> bytes:
    """A small picture of the part of a page that has a reference."""
    place = REFERENCES[page]
    top = 0
    if place is not None:
        top = browser.evaluate(
            f"[...document.querySelectorAll({place!r})].find((each) => each.checkVisibility())"
            ".getBoundingClientRect().top + scrollY"
        )
    return _picture(browser, view.width, max(0, int(top) - 100), HEIGHT, SCALE, "png")


def _picture(browser: Browser, width: int, top: int, height: int, scale: float, kind: str) -> bytes:
    answer = browser.call(
        "Page.captureScreenshot",
        format=kind,
        captureBeyondViewport=True,
        clip={"x": 0, "y": top, "width": width, "height": height, "scale": scale},
    )
    return base64.b64decode(answer["data"])
