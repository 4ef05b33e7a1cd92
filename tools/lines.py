"""`python -m tools.lines COMMIT`: the size of each package in a commit and in the working tree.

Code lines are lines of Python without comments, docstrings and blank lines. Their number depends on
how long a line may be. So ruff formats the files of the commit first, as pyproject.toml says now.
The number of statements does not depend on that.

`--write FILE` puts the table into a page, between the two comments that begin with `lines:`.
"""

import argparse
import ast
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Tokens that do not make a line one of code.
SILENT: Final = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}

BEGIN: Final = "<!-- lines: written by `python -m tools.lines` -->"
END: Final = "<!-- lines: end -->"


@dataclass(frozen=True)
class Size:
    """How large some Python files are."""

    files: int = 0
    lines: int = 0
    code: int = 0
    statements: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(
            self.files + other.files,
            self.lines + other.lines,
            self.code + other.code,
            self.statements + other.statements,
        )


def size_of(source: str) -> Size:
    """The size of one file."""
    tree = ast.parse(source)
    docstrings = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node, clean=False) is not None
    ]
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT:
            code.update(range(token.start[0], token.end[0] + 1))
    for each in docstrings:
        code.difference_update(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    statements = sum(isinstance(node, ast.stmt) for node in ast.walk(tree))
    return Size(1, source.count("\n"), len(code), statements - len(docstrings))


def package_of(name: str) -> str | None:
    """The package that a file counts for; None if the file is not counted."""
    parts = name.split("/")
    if not name.endswith(".py") or name.startswith("docs/"):
        return None
    if parts[0] in ("ringbuffer", "tests"):
        return "/".join(parts[:2]) if len(parts) > 2 else parts[0]
    return parts[0] if len(parts) > 1 else None


def sizes(files: Iterable[tuple[str, str]]) -> dict[str, Size]:
    """The size of each package, of files with their names."""
    found: dict[str, Size] = {}
    for name, source in files:
        if (package := package_of(name)) is not None:
            found[package] = found.get(package, Size()) + size_of(source)
    return found


def files_of(commit: str | None) -> Iterable[tuple[str, str]]:
    """The Python files of a commit, or of the working tree, each with its name."""
    if commit is None:
        listed = subprocess.run(
            ["git", "ls-files", "*.py"], capture_output=True, check=True, text=True
        )
        for name in listed.stdout.splitlines():
            if Path(name).exists():
                yield name, Path(name).read_text(encoding="utf-8")
    else:
        archive = subprocess.run(["git", "archive", commit], capture_output=True, check=True).stdout
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                files.extractall(folder, filter="data")
            ruff = [sys.executable, "-m", "ruff", "format", "-q", "--config", "pyproject.toml"]
            subprocess.run([*ruff, "--no-cache", folder], check=True)
            for path in sorted(Path(folder).rglob("*.py")):
                yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")


def table(before: dict[str, Size], after: dict[str, Size]) -> str:
    """Both as Markdown, with a total of the library and one of everything."""

    def row(name: str, old: Size, new: Size) -> str:
        pairs = (
            (old.files, new.files),
            (old.lines, new.lines),
            (old.code, new.code),
            (old.statements, new.statements),
        )
        return f"| {name} | " + " | ".join(f"{a:,} → {b:,}" for a, b in pairs) + " |"

    def total(name: str, prefix: str) -> str:
        old, new = (
            sum((size for package, size in each.items() if package.startswith(prefix)), Size())
            for each in (before, after)
        )
        return row(f"**{name}**", old, new)

    names = sorted({*before, *after})
    return "\n".join(
        (
            "| package | files | lines | lines of code | statements |",
            "|---|---:|---:|---:|---:|",
            *(
                row(f"`{name}`", before.get(name, Size()), after.get(name, Size()))
                for name in names
            ),
            total("the library", "ringbuffer"),
            total("the tests", "tests"),
            total("everything", ""),
        )
    )


def main(arguments: list[str]) -> int:
    """Print the table, or write it. Exit codes: 0 done, 1 the page has no place for it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.lines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("commit", metavar="COMMIT", help="what the working tree is compared with")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the page for the table")
    options = parser.parse_args(arguments)
    text = table(sizes(files_of(options.commit)), sizes(files_of(None)))
    if options.write is None:
        print(text)
        return 0
    page = options.write.read_text(encoding="utf-8")
    place = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if place.search(page) is None:
        print(f"{options.write} has no lines {BEGIN!r} and {END!r}", file=sys.stderr)
        return 1
    new = place.sub(lambda _: f"{BEGIN}\n\n{text}\n\n{END}", page)
    options.write.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
