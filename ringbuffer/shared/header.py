"""`Header`: what a ring between processes says about itself, and where its parts are.

    0     magic, version, sizes, numbers, a check sum, the table of offsets
    256   the description of a record, in ASCII: see `RecordLayout.description`
    ...   words        one cell of 128 bytes for each shared word
          seats        three blocks of 128 bytes for each seat
          notes        why the ring was closed
          skips        the ranges that are skipped
          records      the slots

A process that attaches trusts nothing of this. It computes the sizes and the offsets from the
numbers, and compares. Nothing is read from a place that the file alone gives.
"""

import struct
import zlib
from typing import Final, NamedTuple

from ringbuffer.errors import SharedRingError
from ringbuffer.memory.slot_limits import LARGEST
from ringbuffer.records import RecordLayout

MAGIC: Final = b"\x89RINGBF\n"
VERSION: Final = 1
#: magic, version, bytes of the header, of the file, slots, seats, bytes of the description, flags.
_FIXED: Final = struct.Struct("=8sIIQQIII")
_PART: Final = struct.Struct("=QQ")
_SUM: Final = struct.Struct("=I")
_DESCRIPTION: Final = 256
#: The least that a file may have: the header without a description.
LEAST: Final = 4096
LONGEST_DESCRIPTION: Final = 1 << 16
MOST_SEATS: Final = 64
#: Shared words: those of a sequencer, of the skipped ranges, of the end, and some to spare.
WORDS: Final = 16
SEAT_BYTES: Final = 3 * 128
NOTES: Final = 8
NOTE_BYTES: Final = 1024
RANGE_BYTES: Final = 16
#: Flag: the records were described by a numpy dtype.
USES_NUMPY: Final = 1


class Part(NamedTuple):
    """Where a part is, in bytes from the start of the file."""

    offset: int
    size: int


class Header(NamedTuple):
    """What a ring consists of, and where.

    Attributes:
        slots: in the ring, a power of two.
        seats: for consumers.
        layout: of a record.
    """

    slots: int
    seats: int
    layout: RecordLayout

    @property
    def ranges(self) -> int:
        """How many skipped ranges are kept: two of them never touch, and all are in one lap."""
        return self.slots // 2 + 2

    @property
    def _header_bytes(self) -> int:
        used = _DESCRIPTION + len(self.layout.description.encode("ascii"))
        return -(-used // LEAST) * LEAST

    @property
    def parts(self) -> tuple[Part, ...]:
        """The words, the seats, the notes, the skipped ranges, and the records."""
        at, parts = self._header_bytes, []
        for size in (
            WORDS * 128,
            self.seats * SEAT_BYTES,
            NOTES * NOTE_BYTES,
            self.ranges * RANGE_BYTES,
            self.slots * self.layout.itemsize,
        ):
            parts.append(Part(at, size))
            at += -(-size // 128) * 128
        return tuple(parts)

    @property
    def file_bytes(self) -> int:
        """Bytes of the file, in whole pages."""
        last = self.parts[-1]
        return -(-(last.offset + last.size) // LEAST) * LEAST

    def written(self) -> bytes:
        """The header as it stands in the file."""
        description = self.layout.description.encode("ascii")
        fixed = _FIXED.pack(
            MAGIC,
            VERSION,
            self._header_bytes,
            self.file_bytes,
            self.slots,
            self.seats,
            len(description),
            USES_NUMPY * self.layout.uses_numpy,
        )
        table = b"".join(_PART.pack(*part) for part in self.parts)
        total = _SUM.pack(zlib.crc32(fixed + table + description))
        return (fixed + table + total).ljust(_DESCRIPTION, b"\0") + description


def read_header(data: bytes, size: int, path: str, numpy: bool | None) -> Header:
    """The header in the first bytes of a file.

    Args:
        data: the file's first bytes, with all of the header: see `header_bytes`.
        size: of the file.
        path: of the file, for errors.
        numpy: whether the records are numpy arrays; None means as the creator had them, where
            numpy is installed.

    Raises:
        SharedRingError: it is not a header, or does not fit the file.
        ImportError: numpy is wanted or needed, and is not installed.
    """
    magic, version, _, _, slots, seats, length, flags = _FIXED.unpack_from(data)
    if magic != MAGIC:
        raise SharedRingError(f"{path} is not a ring: it does not begin as one")
    if version != VERSION:
        raise SharedRingError(
            f"{path} has version {version} of the layout, and this library {VERSION}: use the same "
            f"version of the library in all processes"
        )
    if (
        not 1 <= slots <= LARGEST
        or slots & (slots - 1)
        or not 1 <= seats <= MOST_SEATS
        or not 1 <= length <= LONGEST_DESCRIPTION
        or len(data) < _DESCRIPTION + length
    ):
        raise SharedRingError(
            f"{path} is broken: {slots} slots, {seats} seats, a description of {length} bytes"
        )
    raw = data[_DESCRIPTION : _DESCRIPTION + length]
    try:
        layout = RecordLayout.parse(raw.decode("ascii"))
        header = Header(slots, seats, layout)
        expected = header.written()
    except (ValueError, TypeError, OverflowError, struct.error) as error:
        raise SharedRingError(f"{path} is broken: {error}") from error
    if flags == USES_NUMPY:  # a flag of the description, which `parse` does not know
        expected = _with_numpy(expected, raw)
    if header.file_bytes != size or data[: len(expected)] != expected:
        raise SharedRingError(
            f"{path} is broken: {size} bytes, and {header.file_bytes} belong to {slots} slots, "
            f"{seats} seats and records of {layout.itemsize} bytes; or its table is wrong"
        )
    return header._replace(layout=_chosen(layout, flags == USES_NUMPY, numpy))


def header_bytes(fixed: bytes) -> int:
    """How many bytes `read_header` needs, from the first `LEAST` bytes. At most 70,000."""
    length = _FIXED.unpack_from(fixed)[6]
    return _DESCRIPTION + min(int(length), LONGEST_DESCRIPTION)


def _with_numpy(written: bytes, description: bytes) -> bytes:
    """A header, with the flag for numpy."""
    fixed = _FIXED.pack(*_FIXED.unpack_from(written)[:-1], USES_NUMPY)
    stop = len(fixed) + 5 * _PART.size
    table = written[len(fixed) : stop]
    total = _SUM.pack(zlib.crc32(fixed + table + description))
    return (fixed + table + total).ljust(_DESCRIPTION, b"\0") + description


def _chosen(layout: RecordLayout, creator_has: bool, numpy: bool | None) -> RecordLayout:
    if numpy is None and creator_has:
        try:
            return layout.with_numpy()
        except ImportError:
            return layout
    return layout.with_numpy() if numpy else layout
