"""Standard input: read once, as it comes, and kept, because the checks read it again."""

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, Final


class StandardInput:
    """Lines of a stream that can be read only once. Used by one thread.

    Args:
        stream: a buffered binary stream, which stays open.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: Final = stream
        self._copy: Final = tempfile.TemporaryFile(prefix="ringbuffer-demo-")  # noqa: SIM115

    def lines(self) -> Iterator[bytes]:
        """Every line, once, as soon as it comes; it is kept before it is given away."""
        keep = self._copy.write
        for line in iter(self._stream.readline, b""):
            keep(line)
            yield line

    def lines_again(self) -> Iterator[bytes]:
        """The lines that `lines` has given."""
        self._copy.seek(0)
        yield from self._copy

    def close(self) -> None:
        """Remove the copy."""
        self._copy.close()
