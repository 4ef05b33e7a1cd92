"""Where the lines come from: files, folders, standard input, or the standard library of the running interpreter."""

import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

#: A file with a NUL byte in its beginning is taken for binary.
_LOOK_BYTES: Final = 8192


class SourceError(Exception):
    """The input as a whole cannot be used."""


class Source:
    """Files to read line by line, any number of times, always the same.

    Attributes:
        files: what is read; an event names a file by its index here.
        skipped: what is not, each with the reason.
    """

    def __init__(self) -> None:
        self.files: Final[list[Path]] = []
        self.skipped: Final[list[tuple[Path, str]]] = []
        self._spool: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def of(cls, paths: Sequence[str], stdin: BinaryIO | None = None) -> "Source":
        """The source for the command line's paths: `-` is standard input, none is the standard library.

        Raises:
            SourceError: a path does not exist, or nothing in them can be read.
        """
        source = cls()
        try:
            source._collect(paths, sys.stdin.buffer if stdin is None else stdin)
        except BaseException:
            source.close()
            raise
        return source

    def _collect(self, paths: Sequence[str], stdin: BinaryIO) -> None:
        for path in paths or [sysconfig.get_path("stdlib")]:
            root = Path(path)
            if path == "-":
                self._add(self._spool_input(stdin))
            elif root.is_dir():
                for file in sorted(root.rglob("*" if paths else "*.py")):
                    if "site-packages" not in file.parts and (file.is_symlink() or not file.is_dir()):
                        self._add(file)
            elif root.exists():
                self._add(root)
            else:
                raise SourceError(f"{path} does not exist; name files or folders, or - for standard input")
        if not self.files:
            raise SourceError(
                f"nothing to read: {len(self.skipped)} file(s) were unreadable or binary"
                if self.skipped
                else "nothing to read: no files there"
            )

    def _add(self, file: Path) -> None:
        """Take the file if it is a text that can be read; else note why not."""
        if not file.is_file():
            self.skipped.append((file, "not a regular file" if file.exists() else "a dangling link"))
            return
        try:
            with file.open("rb") as stream:
                beginning = stream.read(_LOOK_BYTES)
        except OSError as error:
            self.skipped.append((file, error.strerror or type(error).__name__))
            return
        if b"\0" in beginning:
            self.skipped.append((file, "binary"))
        else:
            self.files.append(file)

    def _spool_input(self, stdin: BinaryIO) -> Path:
        """Keep standard input in a file, since it is read twice: once to be replayed, once to check."""
        self._spool = tempfile.TemporaryDirectory(prefix="ringbuffer-demo-")
        copy = Path(self._spool.name, "stdin")
        with copy.open("wb") as file:
            shutil.copyfileobj(stdin, file)
        return copy

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Every line, with the index of its file. A file that cannot be read any more is as if it ended there."""
        for index, file in enumerate(self.files):
            try:
                with file.open("rb") as stream:
                    for line in stream:
                        yield index, line
            except OSError as error:
                self.skipped.append((file, f"while reading: {error.strerror or type(error).__name__}"))

    def close(self) -> None:
        """Remove the copy of standard input."""
        if self._spool is not None:
            self._spool.cleanup()
