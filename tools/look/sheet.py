"""A page with all thumbnails and all faults, to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

from tools.look.views import VIEWS, View

_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Contact sheet</title>
<style>
body { font-family: system-ui, sans-serif; background: #d4d8de; margin: 1rem }
div { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: flex-start }
img { max-height: 30rem; object-fit: cover; object-position: top; border: 1px solid #6b7280 }
ul { color: #b91c1c }
</style>
"""


@dataclass(slots=True)
class Sight:
    """What was seen of one page.

    Attributes:
        faults: each fault with the views in which it was seen.
        thumbnails: the file of each view's picture.
    """

    faults: dict[str, list[View | None]] = field(default_factory=dict)
    thumbnails: dict[View, str] = field(default_factory=dict)

    def add(self, fault: str, view: View | None = None) -> None:
        """Note a fault; without a view it is one of the page itself."""
        self.faults.setdefault(fault, []).append(view)

    def lines(self) -> list[str]:
        """A line for each fault, with the views in brackets."""
        return [
            f"{fault} [{', '.join(map(str, views))}]" if views[0] is not None else fault
            for fault, views in self.faults.items()
        ]


def write(folder: Path, sights: Mapping[str, Sight]) -> Path:
    """Write `index.html`; pages with faults come first. Returns its path."""
    parts = [_HEAD, f"<h1>{len(sights)} pages</h1>\n"]
    for page, sight in sorted(sights.items(), key=lambda each: not each[1].faults):
        parts.append(f"<h2>{escape(page)}</h2>\n{_list(sight.lines())}<div>\n")
        parts += [
            f'<img loading="lazy" src="{escape(sight.thumbnails[view])}" alt="{page}, {view}">\n'
            for view in VIEWS
            if view in sight.thumbnails
        ]
        parts.append("</div>\n")
    path = folder / "index.html"
    path.write_text("".join(parts) + "</html>\n")
    return path


def _list(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if items else ""
