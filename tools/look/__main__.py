"""`python -m tools.look [SITE]`: look at the built site in a real browser, at three widths.

It visits every page in both palettes. It reports what scrolls sideways, is cut, is hard to read or
is not loaded, and errors of scripts. It compares pictures of some pages with those in docs/looks.
It writes a contact sheet of all pages.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from tools.look import browser, png, sheet, visit
from tools.look.compare import difference
from tools.look.sheet import Sight
from tools.look.views import REFERENCES, VIEWS, reference_name

PROJECT: Final = Path(__file__).resolve().parents[2]
LOOKS: Final = PROJECT / "docs" / "looks"

#: Exit codes.
GOOD, BAD, USAGE, BROKEN = 0, 1, 2, 3


def main(arguments: list[str]) -> int:
    """Exit codes: 0 all is well, or there is no browser; 1 faults; 2 no site; 3 it broke down."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.look", description=__doc__, epilog=main.__doc__
    )
    parser.add_argument("site", nargs="?", type=Path, default=PROJECT / "build" / "docs")
    parser.add_argument(
        "--sheet", type=Path, default=PROJECT / "build" / "look", help="the contact sheet's folder"
    )
    parser.add_argument(
        "--pages", nargs="+", metavar="PART", default=[""], help="visit pages with this in the name"
    )
    parser.add_argument(
        "--accept", action="store_true", help="write the pictures of docs/looks anew"
    )
    options = parser.parse_args(arguments)
    site: Path = options.site.resolve()
    if not (site / "index.html").is_file():
        print(f"{options.site} has no index.html; run `make docs`", file=sys.stderr)
        return USAGE
    program = browser.find()
    if program is None:
        print(f"skipped: none of these browsers is installed: {', '.join(browser.NAMES)}")
        return GOOD
    options.sheet.mkdir(parents=True, exist_ok=True)
    pages = [
        name
        for name in (path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html")))
        # The page at the top leads to another at once.
        if name != "index.html" and any(part in name for part in options.pages)
    ]
    sights = {page: Sight() for page in pages}
    try:
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
            browser.Browser(program, Path(profile)) as opened,
        ):
            for page, sight in sights.items():
                see(opened, site, page, sight, options.sheet)
                if page in REFERENCES:
                    compare(opened, page, sight, LOOKS, accept=options.accept)
            if options.pages == [""]:
                see_pictures(opened, site, sights)
    except browser.BrowserError as error:
        print(f"{program} cannot be used: {error}", file=sys.stderr)
        return BROKEN
    for page, sight in sights.items():
        for line in sight.lines():
            print(f"{page}: {line}")
    count = sum(len(sight.faults) for sight in sights.values())
    path = sheet.write(options.sheet, sights)
    print(f"{len(pages)} pages in {len(VIEWS)} views, {count} faults; see {path}")
    return BAD if count else GOOD


def see(opened: browser.Browser, site: Path, page: str, sight: Sight, folder: Path) -> None:
    """Visit a page in each view; note faults, and save thumbnails in `folder`."""
    visit.show(opened, VIEWS[0])
    visit.open_page(opened, (site / page).as_uri())
    for view in VIEWS:
        visit.show(opened, view)
        for fault in visit.faults(opened, view):
            sight.add(fault, view)
        if not view.is_switched:
            file = reference_name(page, view).replace(".png", ".webp")
            (folder / file).write_bytes(visit.thumbnail(opened, view))
            sight.thumbnails[view] = file
    for complaint in opened.complaints():
        sight.add(f"a script complains: {complaint}")


def compare(opened: browser.Browser, page: str, sight: Sight, looks: Path, *, accept: bool) -> None:
    """Compare the shown page in each view with its reference, or write that anew."""
    for view in VIEWS:
        if view.is_switched:
            continue
        visit.show(opened, view)
        picture = visit.look(opened, page, view)
        reference = looks / reference_name(page, view)
        if accept:
            looks.mkdir(exist_ok=True)
            reference.write_bytes(picture)
        elif not reference.is_file():
            sight.add(f"lacks a reference; see it, then run with --accept: {reference}", view)
        elif found := difference(png.read(picture), png.read(reference.read_bytes())):
            sight.add(f"{found} than in {reference}", view)


def see_pictures(opened: browser.Browser, site: Path, sights: dict[str, Sight]) -> None:
    """Open each picture alone, and note words that leave it."""
    for path in sorted((site / "_images").glob("*.light.svg")):
        visit.open_page(opened, path.as_uri())
        for fault in visit.cut_words(opened):
            sights.setdefault(path.relative_to(site).as_posix(), Sight()).add(fault)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
