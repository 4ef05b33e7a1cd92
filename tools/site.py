"""`python -m tools.site FOLDER`: check that a built site has no broken link or foreign resource."""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Elements whose address is fetched as soon as the page is shown.
FETCHED = {"img", "script", "link", "iframe", "source"}


class Page(HTMLParser):
    """The addresses on a page, each with its element, and the anchors of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[tuple[str, str]] = []
        self.names: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element points to, and what it is called."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.addresses.append((tag, value))
            elif value and name in ("id", "name"):
                self.names.add(value)


def faults(site: Path) -> Iterator[str]:
    """A line for each address that leads nowhere or fetches something from another host."""
    pages = {path: Page(path.read_text()) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for tag, address in page.addresses:
            parts = urlsplit(address)
            where = f"{path.relative_to(site)}: {address}"
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                if tag in FETCHED:
                    yield f"{where} is fetched from another host"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{where} leads nowhere"
            elif (
                parts.fragment
                and target in pages
                and unquote(parts.fragment) not in pages[target].names
            ):
                yield f"{where}: there is no such place on that page"


def main(arguments: list[str]) -> int:
    """Exit codes: 0 every link is good, 1 some are not, 2 there is no such site."""
    site = Path(*arguments).resolve()
    if len(arguments) != 1 or not (site / "index.html").is_file():
        print("usage: python -m tools.site FOLDER, a site with an index.html", file=sys.stderr)
        return 2
    found = list(faults(site))
    for fault in found:
        print(fault)
    print(f"{site.name}: {sum(1 for _ in site.rglob('*.html'))} pages, {len(found)} bad links")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
