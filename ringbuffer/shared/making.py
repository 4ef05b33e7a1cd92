"""`create` and `attach`: how processes get a ring that they share."""

import os
from typing import Final

from ringbuffer.checks import check_integer, check_is_instance_with, shown
from ringbuffer.memory.mapping import Mapping
from ringbuffer.memory.slot_limits import check_slots
from ringbuffer.records import RecordLayout
from ringbuffer.shared import ring_files
from ringbuffer.shared.header import (
    LEAST,
    LONGEST_DESCRIPTION,
    MOST_SEATS,
    Header,
    header_bytes,
    read_header,
)
from ringbuffer.shared.shared_ring import SharedRing
from ringbuffer.wait import SleepingWaitStrategy, WaitStrategy

#: The seats of a ring for which no number is given.
USUAL_SEATS: Final = 8


def create(
    name: str,
    size: int,
    dtype: object,
    *,
    seats: int = USUAL_SEATS,
    wait_strategy: WaitStrategy | None = None,
) -> SharedRing:
    """Create a ring of records that other processes can attach to.

    The ring exists until its name is removed by `unlink` and every process has left it, or the
    machine restarts. Only processes of the same user can open it.

    Args:
        name: of the ring on this machine: 1 to 100 letters, digits and the characters `_ . -`.
        size: slots in the ring, a power of two.
        dtype: what describes a record: a numpy dtype, a `struct` format, a ctypes structure, or a
            `RecordLayout`.
        seats: for consumers, 1 to 64.
        wait_strategy: how the consumers of this process wait; the default is
            `SleepingWaitStrategy`.

    Raises:
        FileExistsError: there is a ring of that name.
        ValueError, TypeError: an argument is wrong, or the strategy blocks.
        SharedRingError: the system has no memory for this.
        OSError: there is not enough shared memory.
    """
    ring_files.check_name(name)
    strategy = _check_strategy(wait_strategy)
    size = check_integer("size", size, what="an integer, a power of two")
    check_slots("size", size)
    if size < 1 or size & (size - 1):
        above = 1 << max(size - 1, 0).bit_length()
        raise ValueError(f"size must be a power of two, not {size!r}; the next one is {above}")
    seats = check_integer("seats", seats)
    if not 1 <= seats <= MOST_SEATS:
        raise ValueError(f"seats must be from 1 to {MOST_SEATS}, not {shown(seats)}")
    layout = RecordLayout.of(dtype)
    if not layout.description.isascii() or len(layout.description) > LONGEST_DESCRIPTION:
        raise ValueError("names of fields must be ASCII, and all of them at most 64 KiB")
    ring_files.check_system()
    header = Header(size, seats, layout)
    mapping = _mapped(ring_files.make_file(header.file_bytes), header.file_bytes)
    try:
        os.pwrite(mapping.descriptor, header.written(), 0)
        ring = SharedRing(name, header, mapping, strategy, creating=True)
        ring_files.name_file(mapping.descriptor, name)
    except BaseException:
        mapping.close()
        raise
    return ring


def attach(
    name: str, *, wait_strategy: WaitStrategy | None = None, numpy: bool | None = None
) -> SharedRing:
    """Attach to a ring that another process has created.

    The file is checked before anything in it is used.

    Args:
        name: of the ring.
        wait_strategy: how the consumers of this process wait, see `create`.
        numpy: whether records are numpy arrays; the default is as the creator has them, if numpy
            is installed.

    Raises:
        FileNotFoundError: there is no ring of that name.
        SharedRingError: the file is not a ring, is broken, or was made by another version.
        ValueError, TypeError: the name is not one, or the strategy blocks.
        PermissionError: the ring belongs to another user.
    """
    strategy = _check_strategy(wait_strategy)
    ring_files.check_system()
    path = ring_files.path_of(name)
    descriptor, size = ring_files.open_file(name, LEAST)
    try:
        start = os.pread(descriptor, LEAST, 0)
        data = os.pread(descriptor, header_bytes(start), 0)
        header = read_header(data, size, path, numpy)
    except BaseException:
        os.close(descriptor)
        raise
    mapping = _mapped(descriptor, size)
    try:
        return SharedRing(name, header, mapping, strategy)
    except BaseException:
        mapping.close()
        raise


def _mapped(descriptor: int, size: int) -> Mapping:
    try:
        return Mapping(descriptor, size)
    except BaseException:
        os.close(descriptor)
        raise


def _check_strategy(strategy: WaitStrategy | None) -> WaitStrategy:
    """Returns the strategy, or the default.

    Raises:
        TypeError: it is not one, or its consumers sleep until a thread of this process wakes them.
    """
    if strategy is None:
        return SleepingWaitStrategy()
    check_is_instance_with("the wait strategy", strategy, wait_for=4, signal_all_when_blocking=0)
    if strategy.is_blocking:
        raise TypeError(
            f"{type(strategy).__name__} cannot be used between processes: its consumers sleep "
            f"until a thread of their own process wakes them. Use SleepingWaitStrategy, "
            f"YieldingWaitStrategy or BusySpinWaitStrategy"
        )
    return strategy
