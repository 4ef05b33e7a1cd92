"""A file that is not a ring, or a broken one, is refused before anything in it is used."""

import os
import random
import stat
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from ringbuffer.errors import SharedRingError
from ringbuffer.records import RecordLayout
from ringbuffer.shared import attach, create, header, names, ring_files
from tests.unit.shared.conftest import Kill

LAYOUT = RecordLayout.of_struct("qqq", "sequence one two")


@pytest.fixture
def path(name: str) -> Path:
    """The file of a complete ring."""
    create(name, 8, LAYOUT, seats=2).detach()
    return Path(ring_files.path_of(name))


def refused(name: str, words: str) -> None:
    with pytest.raises(SharedRingError, match=words):
        attach(name)


def test_a_ring_belongs_to_its_user_alone(name: str, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o644, 0o660, 0o602):
        path.chmod(mode)
        refused(name, "belongs to its user alone")
    path.chmod(0o600)
    attach(name).detach()


def test_a_ring_of_another_user_is_refused(
    name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    refused(name, "belongs to its user alone")


def test_links_and_other_things_are_refused(name: str, path: Path) -> None:
    real = path.with_name(path.name + "-real")
    path.rename(real)
    try:
        path.symlink_to(real)
        refused(name, "is not the file of a ring")
        assert name not in names()
        path.unlink()
        path.mkdir()
        refused(name, "is not the file of a ring")
        path.rmdir()
        os.mkfifo(path, 0o600)
        refused(name, "is not a regular file")
    finally:
        real.unlink()


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 8192])
def test_a_truncated_file_is_refused(name: str, path: Path, size: int) -> None:
    os.truncate(path, size)
    refused(name, "too few|belong to")


def test_a_file_that_has_grown_is_refused(name: str, path: Path) -> None:
    os.truncate(path, path.stat().st_size + 4096)
    refused(name, "belong to")


def test_a_file_with_holes_gets_its_memory_before_it_is_mapped(name: str, path: Path) -> None:
    size = path.stat().st_size
    os.truncate(path, 4096)
    os.truncate(path, size)
    attach(name).detach()
    assert path.stat().st_blocks * 512 >= size


@pytest.mark.parametrize(
    ("offset", "data", "words"),
    [
        (0, b"not a ring", "does not begin as one"),
        (8, struct.pack("=I", 2), "has version 2 of the layout"),
        (12, struct.pack("=I", 8192), "is broken"),
        (16, struct.pack("=Q", 1 << 40), "is broken"),
        (24, struct.pack("=Q", 16), "is broken"),
        (24, struct.pack("=Q", 7), "7 slots"),
        (24, struct.pack("=Q", 1 << 62), "slots"),
        (24, struct.pack("=Q", 0), "0 slots"),
        (32, struct.pack("=I", 0), "0 seats"),
        (32, struct.pack("=I", 65), "65 seats"),
        (32, struct.pack("=I", 3), "is broken"),
        (36, struct.pack("=I", 0), "a description of 0 bytes"),
        (36, struct.pack("=I", 0xFFFFFFFF), "a description of 4294967295 bytes"),
        (36, struct.pack("=I", 60000), "is broken"),
        (36, struct.pack("=I", 5), "is broken"),
        (40, struct.pack("=I", 2), "is broken"),
        (44, struct.pack("=Q", 128), "is broken"),
        (256, b"9999999999999;a:<i8:0", "is broken"),
        (256, b"\xff\xfe", "is broken"),
        (256, b"24;__import__('os')", "is broken"),
    ],
)
def test_a_header_that_lies_is_refused(
    name: str, path: Path, offset: int, data: bytes, words: str
) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
    refused(name, words)


def test_no_changed_byte_of_a_header_is_overlooked(name: str, path: Path) -> None:
    whole = path.read_bytes()
    used = 256 + len(LAYOUT.description)
    for offset in range(used):
        changed = bytearray(whole[:used])
        changed[offset] ^= 1 << offset % 8
        with pytest.raises(SharedRingError):
            header.read_header(bytes(changed), len(whole), str(path), None)
    # Padding apart, each byte of the header counts; the records do not
    assert header.read_header(whole, len(whole), str(path), None).layout == LAYOUT


@pytest.mark.parametrize("seed", range(3))
def test_arbitrary_bytes_are_never_a_header(seed: int) -> None:
    chosen = random.Random(seed)
    for _ in range(200):
        data = bytearray(chosen.randbytes(4096))
        for piece in (header.MAGIC, header.MAGIC + struct.pack("=I", 1)):
            data[: len(piece)] = piece
            with pytest.raises(SharedRingError):
                header.read_header(bytes(data), 4096, "file", None)


@pytest.mark.parametrize("seed", range(4))
def test_a_ring_with_arbitrary_contents_gives_errors_and_no_crash(
    kill: Kill, name: str, path: Path, seed: int
) -> None:
    chosen = random.Random(seed)
    size = path.stat().st_size
    numbers: list[Callable[[], int]] = [
        lambda: 0,
        lambda: -1,
        lambda: (1 << 63) - 1,
        lambda: -(1 << 63),
        lambda: chosen.randrange(20),
        lambda: chosen.getrandbits(63),
    ]
    with path.open("r+b") as file:
        file.seek(4096)
        for _ in range((size - 4096) // 8):
            file.write(struct.pack("=q", chosen.choice(numbers)()))
    assert kill("wander", name, None).startswith("done")


def test_a_name_that_is_not_a_path_stays_in_its_folder() -> None:
    for name in ("../x", "a/b", "/etc/passwd", "a\0b", ".hidden", "-x", "a b", "é"):
        with pytest.raises(ValueError, match="cannot name a ring"):
            ring_files.path_of(name)
