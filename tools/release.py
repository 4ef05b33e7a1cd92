"""`python -m tools.release`: what must hold before a release, each point checked.

Exit code 0 if all of it holds, 1 if not. It changes nothing. What takes long is not run again: the
commands leave traces, and the check looks whether these belong to the commit that is released.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
_HEADING: Final = re.compile(r"^## \[(.+?)\] – (unreleased|\d{4}-\d\d-\d\d)$", re.MULTILINE)


def git(project: Path, *arguments: str) -> str:
    """What a command of git prints."""
    done = subprocess.run(
        ["git", "-C", project, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def version(project: Path) -> str:
    """The version in pyproject.toml."""
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def is_clean(project: Path) -> str | None:
    """No file differs from the commit."""
    changed = git(project, "status", "--porcelain")
    return f"commit or remove: {changed.splitlines()[0]}" if changed else None


def is_dated(project: Path) -> str | None:
    """The changelog begins with this version and its date."""
    first = _HEADING.search((project / "CHANGELOG.md").read_text(encoding="utf-8"))
    if first is None or first[1] != version(project):
        return f"CHANGELOG.md must begin with [{version(project)}]"
    return "write the date into CHANGELOG.md" if first[2] == "unreleased" else None


def is_cited(project: Path) -> str | None:
    """CITATION.cff has this version."""
    found = re.search(r"^version: (.+)$", (project / "CITATION.cff").read_text(), re.MULTILINE)
    return None if found and found[1] == version(project) else "CITATION.cff has another version"


def is_new(project: Path) -> str | None:
    """No tag has this version."""
    tag = f"v{version(project)}"
    return f"there is a tag {tag}: raise the version" if git(project, "tag", "-l", tag) else None


def is_built(project: Path) -> str | None:
    """`dist/` has a wheel and a source distribution of this version, made after the commit."""
    built = [*(project / "dist").glob(f"ringbuffer-{version(project)}*")]
    if sorted(path.suffix for path in built) != [".gz", ".whl"]:
        return "run make dist"
    committed = int(git(project, "log", "-1", "--format=%ct"))
    old = [path.name for path in built if path.stat().st_mtime < committed]
    return f"run make dist: {old[0]} is older than the commit" if old else None


def is_measured(project: Path) -> str | None:
    """`results/latest.json` is there: the gates were measured on this machine."""
    found = project / "results" / "latest.json"
    return None if found.exists() else "run make bench, then make gates, on a machine at rest"


#: What is checked, in this order.
CHECKS: Final[tuple[Callable[[Path], str | None], ...]] = (
    is_clean,
    is_dated,
    is_cited,
    is_new,
    is_built,
    is_measured,
)
#: What no file shows. The person who releases has run it on this commit.
BY_HAND: Final = (
    "make test lint passed in a clean clone",
    "make verify passed; make check-full, interrupts, explore since the last change of a protocol",
    "a stranger has followed README.md and the tutorial on a new machine",
)


def findings(project: Path) -> Iterator[tuple[str, str | None]]:
    """Each point, and what is to be done about it; None if it holds."""
    for check in CHECKS:
        yield (check.__doc__ or check.__name__).rstrip("."), check(project)


def main(arguments: list[str] | None = None) -> int:
    """See the top of this file."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.release",
        description="Check what must hold before a release. Changes nothing.",
        epilog="Exit code 0 if all of it holds, 1 if not.",
    )
    parser.parse_args(arguments)
    is_ready = True
    for point, remedy in findings(PROJECT):
        is_ready = is_ready and remedy is None
        print(f"ok     {point}" if remedy is None else f"FAIL   {point}: {remedy}")
    for point in BY_HAND:
        print(f"ask    {point}")
    return 0 if is_ready else 1


if __name__ == "__main__":
    sys.exit(main())
