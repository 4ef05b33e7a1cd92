"""A Sphinx extension for pictures: it draws flow charts, and shows each picture in two palettes.

A picture follows the reader's system by itself: see `tools/palette.py`. It cannot see the switch of
the site's theme. So the site shows two copies of each, one for each palette, of which the theme
hides one.
"""

import hashlib
import os
import re
from functools import partial
from html import escape
from pathlib import Path
from typing import Final

from docutils import nodes
from flowchart import flowchart
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from tools.palette import ALWAYS, IF_DARK, NEVER

_IMAGE: Final = re.compile(r'<img\b[^>]*?\bsrc="([^"#?]+)\.svg"[^>]*?>')
_CLASSES: Final = re.compile(r'\bclass="([^"]*)"')
#: The classes of the theme, and what the condition of the style sheet becomes in each copy.
_COPIES: Final = {"only-light": ("light", NEVER), "only-dark": ("dark", ALWAYS)}


def setup(app: Sphinx) -> dict[str, bool]:
    """Draw when a page is resolved; make the copies when all pages are written."""
    app.connect("doctree-resolved", draw)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def draw(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Replace each flow chart in Mermaid's language by a picture."""
    if app.builder.format != "html":
        return
    for block in list(doctree.findall(nodes.literal_block)):
        if block.get("language") == "mermaid":
            svg, words = flowchart(block.astext())
            file = f"_images/chart-{hashlib.sha256(svg.encode()).hexdigest()[:12]}.svg"
            target = Path(app.outdir, file)
            target.parent.mkdir(exist_ok=True)
            target.write_text(svg)
            address = relative_uri(app.builder.get_target_uri(page), file)
            image = f'<p><img src="{address}" alt="{escape(words)}"></p>'
            block.replace_self(nodes.raw("", image, format="html"))


def copy(app: Sphinx, error: Exception | None) -> None:
    """Replace each SVG image of the written pages by two, each with one palette."""
    if error is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text()
        both = _IMAGE.sub(partial(_both, page.parent), text)
        if both != text:
            page.write_text(both)


def _both(folder: Path, image: re.Match[str]) -> str:
    source = Path(os.path.normpath(folder / image[1]))
    svg = source.with_suffix(".svg").read_text()
    if IF_DARK not in svg:
        return image[0]
    shown = []
    for name, (palette, condition) in _COPIES.items():
        source.with_suffix(f".{palette}.svg").write_text(svg.replace(IF_DARK, condition))
        element = image[0].replace(f"{image[1]}.svg", f"{image[1]}.{palette}.svg")
        if _CLASSES.search(element):
            element = _CLASSES.sub(rf'class="\1 {name}"', element)
        else:
            element = element.replace("<img", f'<img class="{name}"')
        shown.append(element)
    return "".join(shown)
