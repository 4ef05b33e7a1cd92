"""Reads the pictures that the browser takes: PNG files with 8 bits a channel, not interlaced."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
#: Channels of a pixel by the type of colour.
_CHANNELS: Final = {0: 1, 2: 3, 6: 4}


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture: its rows from the top, each with `channels` bytes for a pixel."""

    width: int
    height: int
    channels: int
    rows: tuple[bytes, ...]

    def colour(self, left: int, top: int, size: int) -> tuple[float, float, float]:
        """The mean colour of a square, as far as it is inside the picture."""
        rows = [
            row[left * self.channels : (left + size) * self.channels]
            for row in self.rows[top : top + size]
        ]
        count = sum(map(len, rows)) // self.channels
        red, green, blue = (
            sum(sum(row[min(channel, self.channels - 1) :: self.channels]) for row in rows) / count
            for channel in range(3)
        )
        return red, green, blue


def read(data: bytes) -> Pixels:
    """The pixels of a PNG file.

    Raises:
        ValueError: the data are not a PNG file of the kind that a browser writes.
    """
    if not data.startswith(_SIGNATURE):
        raise ValueError("not a PNG file: it has another signature")
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR":
        raise ValueError("not a PNG file: it has no header")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or colour not in _CHANNELS or interlaced:
        raise ValueError(f"cannot read a PNG file of depth {depth} and colour type {colour}")
    channels = _CHANNELS[colour]
    packed = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    length = width * channels
    rows: list[bytes] = []
    above = bytes(length)
    for y in range(height):
        start = y * (length + 1)
        above = _unfilter(packed[start], packed[start + 1 : start + 1 + length], above, channels)
        rows.append(above)
    return Pixels(width, height, channels, tuple(rows))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + 8 <= len(data):  # terminates because `at` grows
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += length + 12


def _unfilter(kind: int, line: bytes, above: bytes, channels: int) -> bytes:
    """A row as it was before one of PNG's five filters."""
    row = bytearray(line)
    for i in range(len(row)):
        left = row[i - channels] if i >= channels else 0
        up = above[i]
        corner = above[i - channels] if i >= channels else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[i] = (row[i] + guess) & 255
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))
