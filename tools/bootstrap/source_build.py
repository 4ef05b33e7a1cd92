"""Builds a free-threaded CPython 3.13 from Debian's source, once per user and machine.

<cache>/build/           the tarball, the unpacked tree and its object files: an interrupted build
                         continues from here
<cache>/staging/         the tree while it is being installed
<cache>/python3.13t/     the same tree, renamed into place: if it exists, it is complete. It is
                         tested at each use
"""

import fcntl
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.bootstrap import build_packages, debian_source
from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress

#: About how many lines `make` prints for a whole build, to say how far it is.
_MAKE_LINES = 1440
#: What `make demo -k PYTHON=…` would say to the make of CPython.
_OF_THE_OUTER_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"}


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where builds for this user, on machines like this one, are kept."""
    base = environment.get("XDG_CACHE_HOME") or str(
        Path(environment.get("HOME", "~")).expanduser() / ".cache"
    )
    libc = "-".join(platform.libc_ver()) or "libc"
    return Path(base) / "ringbuffer" / f"cpython-3.13t-{platform.machine()}-{libc}"


def installed_python(cache: Path) -> Path:
    """The interpreter of a finished build; it may not be there."""
    return cache / "python3.13t" / "bin" / "python3.13t"


def build(cache: Path, progress: Progress, is_suitable: Callable[[Path], bool]) -> Path:
    """Download, configure, compile, install, try; return the interpreter.

    Raises:
        SetupError: a step failed; the message names it, and what to do.
    """
    if len(str(cache).split()) != 1:
        raise SetupError(
            f"CPython cannot be built below {str(cache)!r}, because that has a space, which its "
            f"Makefile does not take; set XDG_CACHE_HOME to a folder without one"
        )
    work = cache / "build"
    work.mkdir(parents=True, exist_ok=True)
    with _only_one(cache, progress):
        python = installed_python(cache)
        if is_suitable(python):  # another process built it while this one waited
            return python
        log = work / "build.log"
        build_packages.ensure(log)
        progress.begin("downloading the source of CPython 3.13")
        tarball = debian_source.download(work)
        progress.end(f"{debian_source.version(tarball)} of Debian")
        tree = unpack(tarball, work, log, progress)
        staging = cache / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        final = cache / "python3.13t"
        jobs = f"-j{len(os.sched_getaffinity(0))}"
        configured = tree / "configured"
        resumed = configured.exists()
        if not resumed:
            step(
                "configuring",
                ["./configure", "--disable-gil", f"--prefix={final}"],
                tree,
                log,
                progress,
                780,
            )
            configured.touch()
        compilation = (
            "compiling CPython 3.13t, once for this user",
            ["make", jobs],
            tree,
            log,
            progress,
            _MAKE_LINES,
        )
        try:
            step(*compilation)
        except SetupError:
            if not resumed:
                raise
            # A compiler that was killed leaves half an object file, which make takes for a whole
            # one.
            step("removing what an earlier run left", ["make", "clean"], tree, log, progress, 100)
            step(*compilation)
        # DESTDIR puts the whole path of the prefix below the staging folder.
        step("installing", ["make", "install", f"DESTDIR={staging}"], tree, log, progress, 4900)
        shutil.rmtree(final, ignore_errors=True)
        (staging / final.relative_to("/")).rename(final)
        if not is_suitable(python):
            shutil.rmtree(final)
            raise SetupError(
                f"CPython was built, but does not work as it must "
                f"(GIL off; ctypes, ssl and zlib there). "
                f"The log is {log}; remove {cache} to start over"
            )
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(work, ignore_errors=True)
        return python


@contextmanager
def _only_one(cache: Path, progress: Progress) -> Iterator[None]:
    """Hold the cache's lock.

    If this process is killed, the system releases it after its compilers have ended.
    """
    with (cache / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.begin("another process is building CPython; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
            progress.end()
        yield


def unpack(tarball: Path, work: Path, log: Path, progress: Progress) -> Path:
    """The source tree, unpacked under another name first, so that no half tree is ever used.

    By the system's tar, not by `tarfile`: Python 3.11 got its safe way to extract only with 3.11.4,
    and Debian 12 has 3.11.2. GNU tar lets no member leave the folder.

    Raises:
        SetupError: the tarball cannot be unpacked; the message says why.
    """
    tree = work / "source"
    if not tree.exists():
        half = work / "unpacking"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        step(
            "unpacking",
            ["tar", "--extract", "--no-same-owner", "--file", str(tarball)],
            half,
            log,
            progress,
            1,
        )
        next(half.iterdir()).rename(tree)
        half.rmdir()
    return tree


def step(
    name: str, command: list[str], tree: Path, log: Path, progress: Progress, lines: int
) -> None:
    """Run one step of the build, its output into the log.

    Raises:
        SetupError: the step failed.
    """
    progress.begin(name)
    with (
        log.open("a") as output,
        subprocess.Popen(
            command,
            cwd=tree,
            env={
                name: value for name, value in os.environ.items() if name not in _OF_THE_OUTER_MAKE
            },
            close_fds=False,  # the step holds the lock too
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        for number, line in enumerate(process.stdout):
            output.write(line)
            progress.update(f"about {min(99, 100 * number // lines)} %")
    if process.returncode:
        progress.end("failed")
        raise SetupError(
            f"{name}: `{' '.join(command)}` failed:\n{debian_source.tail(log)}\n"
            f"The whole log is {log}"
        )
    progress.end()
