from pathlib import Path

import pytest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of three files and five lines."""
    folder = tmp_path / "input"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"one two\ntwo three\n")
    (folder / "deep" / "b.txt").write_bytes(b"three\r\n\r\nno newline at the end")
    (folder / "empty.txt").write_bytes(b"")
    return folder
