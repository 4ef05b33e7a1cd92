"""The source of the lines: files, folders, standard input, or the running standard library."""

import os
import stat
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, Protocol, Self

from ringbuffer.programs.demo.standard_input import StandardInput

#: A file with a NUL byte in its beginning is taken for binary.
_LOOK_BYTES: Final = 8192


class SourceError(Exception):
    """The input as a whole cannot be used."""


class _Peekable(Protocol):
    def peek(self, size: int, /) -> bytes: ...


class LineSource:
    """Files to read line by line, twice: for the replay, and for the checks. One thread only.

    Attributes:
        files: what is read; an event names a file by its index here. Standard input is `-`.
        skipped: what is not, or not to its end, each with the reason.
        changed: files that were no longer the same when they were read again.
    """

    def __init__(self) -> None:
        self.files: Final[list[Path]] = []
        self.skipped: Final[list[tuple[Path, str]]] = []
        self.changed: Final[list[Path]] = []
        self._stamps: Final[dict[int, tuple[int, ...]]] = {}
        self._cut_off: Final[set[int]] = set()
        self._standard_input: StandardInput | None = None
        self._standard_index = -1

    @classmethod
    def of(
        cls, paths: Sequence[str], stdin: BinaryIO | None = None, parts: Sequence[str] = ("",)
    ) -> Self:
        """The source for the paths of the command line.

        `-` is standard input. Without a path, it is the standard library, or `parts` of it.

        Raises:
            SourceError: a path does not exist, or nothing in them can be read.
        """
        source = cls()
        try:
            for path in paths:
                source._collect(path, stdin)
            for part in () if paths else parts:
                source._add_folder(Path(sysconfig.get_path("stdlib"), part), ".py", "site-packages")
            if not source.files:
                skipped = "; ".join(f"{file}: {reason}" for file, reason in source.skipped[:3])
                raise SourceError(
                    f"nothing to read: {len(source.skipped)} file(s) are unreadable or binary "
                    f"({skipped})"
                    if skipped
                    else "nothing to read: no files there"
                )
        except BaseException:
            source.close()
            raise
        return source

    def is_input(self, path: Path) -> bool:
        """Whether `path` is, by whatever name, a file of this source, be it skipped."""
        if not path.exists():
            return False
        inputs = self.files + [file for file, _ in self.skipped]
        return any(file.exists() and file.samefile(path) for file in inputs)

    # -- finding files

    def _collect(self, path: str, stdin: BinaryIO | None) -> None:
        if path == "-":
            self._add_standard_input(stdin)
        elif os.path.isdir(path):
            self._add_folder(Path(path))
        elif os.path.lexists(path):
            self._add(Path(path))
        else:
            raise SourceError(
                f"{path} does not exist; name files or folders, or - for standard input"
            )

    def _add_folder(self, folder: Path, suffix: str = "", without: str | None = None) -> None:
        """Take every file in and below the folder, in a fixed order; do not follow links."""
        for root, folders, files in os.walk(folder, onerror=self._skip_folder):
            folders[:] = sorted(name for name in folders if name != without)
            self.skipped.extend(
                (link, "a link to a folder")
                for name in folders
                if (link := Path(root, name)).is_symlink()
            )
            for name in sorted(files):
                if name.endswith(suffix):
                    self._add(Path(root, name))

    def _skip_folder(self, error: OSError) -> None:
        self.skipped.append((Path(error.filename), _reason(error)))

    def _add(self, file: Path) -> None:
        """Take the file if it is a readable text; otherwise record the reason.

        A pipe is not opened, because it might block.
        """
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                self.skipped.append((file, "not a regular file"))
                return
            with file.open("rb") as stream:
                beginning = stream.read(_LOOK_BYTES)
        except OSError as error:
            self.skipped.append(
                (
                    file,
                    "a dangling link"
                    if file.is_symlink() and not file.exists()
                    else _reason(error),
                )
            )
            return
        self._add_unless_binary(file, beginning)

    def _add_standard_input(self, stdin: BinaryIO | None) -> None:
        """Take standard input; whether it is binary is judged by what comes first."""
        if self._standard_input is not None:
            raise SourceError("standard input (-) can be read once only; name it once")
        if stdin is None:
            if sys.stdin is None:
                raise SourceError("standard input (-) is closed")
            stdin = sys.stdin.buffer
        self._standard_input = StandardInput(stdin)
        # Every buffered reader has `peek`; typeshed's BinaryIO lacks it.
        stream: _Peekable = stdin  # type: ignore[assignment]
        try:
            beginning = stream.peek(_LOOK_BYTES)[:_LOOK_BYTES]
        except OSError as error:
            self.skipped.append((Path("-"), _reason(error)))
        else:
            if self._add_unless_binary(Path("-"), beginning):
                self._standard_index = len(self.files) - 1

    def _add_unless_binary(self, file: Path, beginning: bytes) -> bool:
        if b"\0" in beginning:
            self.skipped.append((file, "binary"))
            return False
        self.files.append(file)
        return True

    # -- reading

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Every line, once, with the index of its file. An error while reading ends that file."""
        for index, file in enumerate(self.files):
            try:
                if index == self._standard_index and self._standard_input is not None:
                    for line in self._standard_input.lines():
                        yield index, line
                else:
                    with file.open("rb") as stream:
                        self._stamps[index] = _stamp(stream)
                        for line in stream:
                            yield index, line
            except OSError as error:
                self._cut_off.add(index)
                self.skipped.append((file, f"while reading: {_reason(error)}"))

    def lines_again(self) -> Iterator[tuple[int, bytes]]:
        """The lines of `lines`, read again; files that have changed are recorded in `changed`."""
        for index, file in enumerate(self.files):
            if index == self._standard_index and self._standard_input is not None:
                for line in self._standard_input.lines_again():
                    yield index, line
            elif index in self._stamps:
                yield from self._read_again(index, file)

    def _read_again(self, index: int, file: Path) -> Iterator[tuple[int, bytes]]:
        try:
            with file.open("rb") as stream:
                try:
                    for line in stream:
                        yield index, line
                finally:
                    if _stamp(stream) != self._stamps[index]:
                        self.changed.append(file)
        except OSError:
            if index not in self._cut_off and file not in self.changed:
                self.changed.append(file)

    # -- end

    def close(self) -> None:
        """Remove what was kept of standard input."""
        if self._standard_input is not None:
            self._standard_input.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()


def _stamp(stream: BinaryIO) -> tuple[int, ...]:
    """What changes when a file does."""
    status = os.fstat(stream.fileno())
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
