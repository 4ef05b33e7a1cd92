import io
import os
import sys
from pathlib import Path

import pytest

from ringbuffer.programs.demo.source import LineSource, SourceError


def test_a_folder_is_read_line_by_line_in_a_fixed_order_and_twice_the_same(tree: Path) -> None:
    source = LineSource.of([str(tree)])
    assert [file.name for file in source.files] == ["a.txt", "empty.txt", "b.txt"]
    expected = [
        (0, b"one two\n"),
        (0, b"two three\n"),
        (2, b"three\r\n"),
        (2, b"\r\n"),
        (2, b"no newline at the end"),
    ]
    assert list(source.lines()) == expected
    assert list(source.lines_again()) == expected
    assert source.changed == []
    assert source.skipped == []


def test_several_paths_are_read_one_after_the_other(tree: Path) -> None:
    source = LineSource.of([str(tree / "deep"), str(tree / "a.txt")])
    assert [file.name for file in source.files] == ["b.txt", "a.txt"]


def test_binary_and_unreadable_files_are_skipped_with_a_reason(tree: Path) -> None:
    (tree / "binary").write_bytes(b"x" * 8191 + b"\0")
    (tree / "late").write_bytes(b"x" * 8192 + b"\0")
    (tree / "dangling.py").symlink_to(tree / "nowhere")
    os.mkfifo(tree / "pipe")
    (tree / "folder.py").mkdir()
    (tree / "linked").symlink_to(tree / "deep")
    source = LineSource.of([str(tree)])
    assert {(file.name, reason) for file, reason in source.skipped} == {
        ("binary", "binary"),
        ("dangling.py", "a dangling link"),
        ("pipe", "not a regular file"),
        ("linked", "a link to a folder"),
    }
    assert [file.name for file in source.files] == ["a.txt", "empty.txt", "late", "b.txt"]


def test_a_file_that_cannot_be_opened_is_skipped(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A refusal has to be played: root may open everything.
    really_open = Path.open

    def refuse(self: Path, *arguments: str) -> object:
        if self.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return really_open(self, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert LineSource.of([str(tree)]).skipped == [(tree / "a.txt", "Permission denied")]


def test_a_folder_that_cannot_be_listed_is_skipped(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_scan = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return really_scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    source = LineSource.of([str(tree)])
    assert source.skipped == [(tree / "deep", "Permission denied")]
    assert [file.name for file in source.files] == ["a.txt", "empty.txt"]


def test_a_file_that_vanishes_before_it_is_read_is_skipped_in_both_passes(tree: Path) -> None:
    source = LineSource.of([str(tree)])
    (tree / "a.txt").unlink()
    assert (
        [file for file, _ in source.lines()]
        == [file for file, _ in source.lines_again()]
        == [2, 2, 2]
    )
    assert source.skipped == [(tree / "a.txt", "while reading: No such file or directory")]
    assert source.changed == []


def test_files_that_change_or_vanish_between_the_passes_are_noted(tree: Path) -> None:
    source = LineSource.of([str(tree)])
    list(source.lines())
    (tree / "a.txt").write_bytes(b"something else")
    (tree / "empty.txt").unlink()
    list(source.lines_again())
    assert source.changed == [tree / "a.txt", tree / "empty.txt"]


def test_a_file_that_breaks_off_in_both_passes_has_not_changed(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(io.FileIO):
        def __next__(self) -> bytes:
            raise OSError(5, "Input/output error")

    source = LineSource.of([str(tree / "a.txt")])
    monkeypatch.setattr(Path, "open", lambda self, mode: Failing(self, mode))
    assert list(source.lines()) == list(source.lines_again()) == []
    assert source.skipped == [(tree / "a.txt", "while reading: Input/output error")]
    assert source.changed == []


def test_standard_input_is_read_as_it_comes_and_kept(tree: Path) -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as stdin, open(writing, "wb", buffering=0) as feed:
        feed.write(b"a\n")
        source = LineSource.of([str(tree / "a.txt"), "-"], stdin)
        lines = source.lines()
        assert [next(lines), next(lines), next(lines)] == [
            (0, b"one two\n"),
            (0, b"two three\n"),
            (1, b"a\n"),
        ]
        feed.write(b"b\n")
        assert next(lines) == (1, b"b\n")
        feed.close()
        assert list(lines) == []
    assert [line for _, line in source.lines_again()] == [
        b"one two\n",
        b"two three\n",
        b"a\n",
        b"b\n",
    ]
    source.close()


def test_binary_standard_input_is_skipped(tree: Path) -> None:
    with LineSource.of(
        ["-", str(tree / "a.txt")], io.BufferedReader(io.BytesIO(b"text\0"))
    ) as source:
        assert source.skipped == [(Path("-"), "binary")]
        assert [line for _, line in source.lines()] == [b"one two\n", b"two three\n"]
        assert [line for _, line in source.lines_again()] == [b"one two\n", b"two three\n"]


def test_unreadable_standard_input_is_skipped() -> None:
    class Folder(io.RawIOBase):  # as in `python -m ringbuffer demo - < folder`
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            raise IsADirectoryError(21, "Is a directory")

    with pytest.raises(
        SourceError, match=r"1 file\(s\) are unreadable or binary \(-: Is a directory\)"
    ):
        LineSource.of(["-"], io.BufferedReader(Folder()))


def test_standard_input_can_be_named_once_only() -> None:
    with pytest.raises(SourceError, match="name it once"):
        LineSource.of(["-", "-"], io.BufferedReader(io.BytesIO(b"a\n")))


def test_closed_standard_input_matters_only_to_a_command_that_reads_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert len(LineSource.of([str(tree)]).files) == 3
    with pytest.raises(SourceError, match="is closed"):
        LineSource.of(["-"])


def test_without_a_path_the_standard_library_is_read() -> None:
    source = LineSource.of([])
    names = {file.name for file in source.files}
    assert {"threading.py", "queue.py", "test_threading.py"} <= names
    assert all(file.suffix == ".py" for file in source.files)
    assert not any("site-packages" in file.parts for file in source.files)


def test_site_packages_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "site-packages" / "site-packages" / "a.py"
    file.parent.mkdir(parents=True)
    file.write_text("x = 1\n")
    assert LineSource.of([str(tmp_path / "site-packages")]).files == [file]


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere does not exist"):
        LineSource.of([str(tmp_path / "nowhere")])


def test_input_of_which_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no files there"):
        LineSource.of([str(tmp_path)])
    (tmp_path / "binary").write_bytes(b"\0")
    with pytest.raises(
        SourceError, match=r"1 file\(s\) are unreadable or binary \(.*binary: binary\)"
    ):
        LineSource.of([str(tmp_path)])


def test_an_input_is_known_by_every_name_it_has(tree: Path) -> None:
    (tree / "binary").write_bytes(b"\0")
    source = LineSource.of([str(tree)])
    os.link(tree / "a.txt", tree / "hard")
    (tree / "soft").symlink_to("a.txt")
    (tree / "a.txt").with_name("other").write_bytes(b"")
    names = ("a.txt", "hard", "soft", "binary", "other", "nowhere")
    assert [source.is_input(tree / name) for name in names] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
