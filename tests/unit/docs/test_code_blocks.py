"""Every Python block in docs/ and in the pages at the top runs, file by file, in order.

The blocks of a page share their names, as one program would.
"""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
PAGES = [
    PROJECT / "README.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
    *PROJECT.glob("*/README.md"),
]
PAGES += [PROJECT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
REFERENCE = sorted((PROJECT / "docs" / "api").glob("*.rst"))


#: The first line of a block that says, in any way, that it is Python.
PYTHON_FENCE = re.compile(
    r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*\{?(?:code-block\}?[ \t]*)?py(?:thon|con)?[0-9]*\b.*$",
    re.M | re.I,
)


#: The same of a page of the API reference, and its lines.
DIRECTIVE = re.compile(r"^ *\.\. (?:code-block|code|sourcecode):: *py.*$|^ *>>> ", re.M)
INDENTED = re.compile(r"^ *\.\. code-block:: python\n\n((?:(?: +.*)?\n)+)", re.M)


def blocks(page: Path) -> list[str]:
    text = page.read_text()
    if page.suffix == ".rst":
        return [textwrap.dedent(block) for block in INDENTED.findall(text)]
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "page", [*PAGES, *REFERENCE], ids=lambda page: str(page.relative_to(PROJECT))
)
def test_the_code_on_this_page_runs(page: Path) -> None:
    program = "\n".join(blocks(page))
    if "import numpy" in program:
        pytest.importorskip("numpy", exc_type=ImportError)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_no_block_escapes_being_run(page: Path) -> None:
    """Each Python block begins in the way that the test above finds, without options or indents."""
    assert PYTHON_FENCE.findall(page.read_text()) == ["```python"] * len(blocks(page))


@pytest.mark.parametrize("page", REFERENCE, ids=lambda page: page.name)
def test_no_block_of_the_reference_escapes_being_run(page: Path) -> None:
    found = [line.strip() for line in DIRECTIVE.findall(page.read_text())]
    assert found == [".. code-block:: python"] * len(blocks(page))


def test_the_readme_shows_what_it_says() -> None:
    done = subprocess.run(
        [sys.executable, "-c", blocks(PROJECT / "README.md")[0]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "ACME 21.0\nBOLT 20.0\nACME 32.0\n"


def test_the_pages_are_found() -> None:
    assert PAGES[0].exists()
    assert blocks(PAGES[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_to_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target
