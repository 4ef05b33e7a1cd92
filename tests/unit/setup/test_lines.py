"""`python -m tools.lines` counts what it says."""

from tools.lines import Size, package_of, size_of, sizes, table

SOURCE = '''"""A docstring

of three lines."""

# a comment
value = """a string
of two lines"""


def double(number: int) -> int:
    """A docstring."""
    return (
        number  # with a comment
        * 2
    )
'''


def test_comments_docstrings_and_blank_lines_are_not_code() -> None:
    assert size_of(SOURCE) == Size(files=1, lines=15, code=7, statements=3)


def test_a_package_of_the_library_counts_for_itself() -> None:
    assert package_of("ringbuffer/wait/blocking.py") == "ringbuffer/wait"
    assert package_of("ringbuffer/host.py") == "ringbuffer"
    assert package_of("spec/tools/tlc.py") == "spec"
    assert package_of("docs/conf.py") is None
    assert package_of("README.md") is None


def test_the_table_has_a_package_that_is_new() -> None:
    before = sizes([("ringbuffer/a.py", "x = 1\n")])
    after = sizes([("ringbuffer/a.py", "x = 1\n"), ("ringbuffer/wait/b.py", "y = 2\nz = 3\n")])
    rows = table(before, after).splitlines()
    assert "| `ringbuffer/wait` | 0 → 1 | 0 → 2 | 0 → 2 | 0 → 2 |" in rows
    assert "| **the library** | 1 → 2 | 1 → 3 | 1 → 3 | 1 → 3 |" in rows
