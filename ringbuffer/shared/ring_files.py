"""The files of rings between processes: how they are named, made, opened and removed.

A ring is made in a file without a name, which the system removes if its process dies. It gets its
name when it is complete. So no process ever opens a ring that is half made.
"""

import errno
import os
import re
import stat
from operator import attrgetter, methodcaller
from typing import Final

from ringbuffer.errors import SharedRingError

#: Where the system keeps memory that has a name.
FOLDER: Final = "/dev/shm"
PREFIX: Final = "ringbuffer."
NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
#: Only the user who made the ring may open it.
MODE: Final = 0o600


def check_name(name: object) -> str:
    """Returns the name of a ring.

    Raises:
        TypeError: it is not a string.
        ValueError: it has other characters than letters, digits and `_ . -`, or is too long.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a ring must be a string, not {name!r}")
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{name[:120]!r} cannot name a ring: use 1 to 100 letters, digits and the characters "
            f"_ . -, with a letter, a digit or _ first"
        )
    return name


def path_of(name: str) -> str:
    """The path of the ring of that name."""
    return f"{FOLDER}/{PREFIX}{check_name(name)}"


def check_system() -> None:
    """Raise `SharedRingError` if the system has no shared memory with locks that processes lose."""
    import fcntl

    folders = (FOLDER, "/proc/self/fd")
    if not all(map(os.path.isdir, folders)) or not hasattr(fcntl, "F_OFD_SETLK"):
        raise SharedRingError(
            f"a ring between processes needs {FOLDER}, /proc, and locks of open files "
            f"(F_OFD_SETLK), as on Linux; this system lacks one of them"
        )


def make_file(size: int) -> int:
    """A new file without a name, of `size` bytes, each 0. Returns its descriptor.

    Raises:
        OSError: there is not enough memory.
    """
    descriptor = os.open(FOLDER, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, MODE)
    try:
        os.fchmod(descriptor, MODE)
        # Each page exists from now on: a process that touches one that cannot be had is killed
        os.posix_fallocate(descriptor, 0, size)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def name_file(descriptor: int, name: str) -> None:
    """Give a complete file its name.

    Raises:
        FileExistsError: there is a ring of that name.
    """
    folder = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.link(
            f"/proc/self/fd/{descriptor}",
            PREFIX + check_name(name),
            src_dir_fd=folder,  # makes Python follow the link, although the path is absolute
            dst_dir_fd=folder,
            follow_symlinks=True,
        )
    except FileExistsError:
        raise FileExistsError(
            errno.EEXIST,
            f"there is a ring {name!r} already; attach to it, or remove it with unlink({name!r})",
            path_of(name),
        ) from None
    finally:
        os.close(folder)


def open_file(name: str, least: int) -> tuple[int, int]:
    """Open the file of a ring. Returns its descriptor and its size.

    Raises:
        FileNotFoundError: there is none of that name.
        SharedRingError: it is not a file of this user alone, or has less than `least` bytes.
        PermissionError: it belongs to another user.
    """
    path = path_of(name)
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise FileNotFoundError(
            errno.ENOENT, f"there is no ring {name!r}; create it first", path
        ) from None
    except PermissionError:
        raise
    except OSError as error:  # a symbolic link, a folder, a socket
        raise SharedRingError(f"{path} is not the file of a ring ({error.strerror})") from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise SharedRingError(f"{path} is not a regular file, so it is not a ring")
        if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o077:
            raise SharedRingError(
                f"{path} has the mode {stat.S_IMODE(facts.st_mode):o} and belongs to user "
                f"{facts.st_uid}; a ring belongs to its user alone, with mode {MODE:o}"
            )
        if facts.st_size < least:
            raise SharedRingError(f"{path} has {facts.st_size} bytes, too few for a ring")
        os.posix_fallocate(descriptor, 0, facts.st_size)  # see `make_file`
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, facts.st_size


def unlink(name: str) -> None:
    """Remove the name of a ring. Processes that have the ring keep it; its memory goes with them.

    Raises:
        FileNotFoundError: there is none of that name.
        ValueError: see `check_name`.
    """
    try:
        os.unlink(path_of(name))
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, f"there is no ring {name!r}", path_of(name)) from None


def names() -> list[str]:
    """The names of the rings of this machine that this user may open, sorted."""
    try:
        with os.scandir(FOLDER) as entries:
            files = filter(methodcaller("is_file", follow_symlinks=False), entries)
            found = list(map(attrgetter("name"), files))
    except OSError:
        return []
    known = [name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX)]
    return sorted(name for name in known if NAME.fullmatch(name))
