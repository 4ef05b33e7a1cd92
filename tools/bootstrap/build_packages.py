"""What building CPython needs from the system, and how to get it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.bootstrap.errors import SetupError

#: What must be there -> the Debian package that brings it. A name with a slash is a header below an
#: include folder.
NEEDED = {
    "cc": "gcc",
    "make": "make",
    "xz": "xz-utils",
    "ffi.h": "libffi-dev",
    "openssl/ssl.h": "libssl-dev",
    "zlib.h": "zlib1g-dev",
    "bzlib.h": "libbz2-dev",
    "lzma.h": "liblzma-dev",
    "sqlite3.h": "libsqlite3-dev",
    "readline/readline.h": "libreadline-dev",
}
#: The part of it that cffi needs, which has no wheel for free-threaded 3.13.
FOR_CFFI = {thing: NEEDED[thing] for thing in ("cc", "ffi.h")}


def missing(has: Callable[[str], bool], needed: Mapping[str, str] = NEEDED) -> list[str]:
    """The Debian packages of everything in `needed` that `has` says is not there."""
    return [package for thing, package in needed.items() if not has(thing)]


def on_this_machine(thing: str) -> bool:
    """Whether a command is on PATH, or the C compiler finds a header."""
    if not thing.endswith(".h"):
        return shutil.which(thing) is not None
    compiler = shutil.which("cc")
    if compiler is None:
        return False
    # readline.h uses FILE without including what defines it.
    program = f"#include <stdio.h>\n#include <{thing}>\n"
    check = [compiler, "-E", "-x", "c", "-", "-o", os.devnull]
    return (
        subprocess.run(check, input=program, text=True, capture_output=True, check=False).returncode
        == 0
    )


def ensure(log: Path, needed: Mapping[str, str] = NEEDED) -> None:
    """Install what is missing, where this user may.

    Raises:
        SetupError: something is missing and could not be installed; the message names the packages.
    """
    packages = missing(on_this_machine, needed)
    if not packages:
        return
    prefix = _privileged()
    if prefix is not None:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        with log.open("a") as output:
            for command in (
                ["apt-get", "update"],
                ["apt-get", "install", "-y", "--no-install-recommends", *packages],
            ):
                subprocess.run(
                    [*prefix, *command], stdout=output, stderr=output, env=environment, check=False
                )
        packages = missing(on_this_machine, needed)
    if packages:
        raise SetupError(refusal(packages))


def refusal(packages: list[str]) -> str:
    """What to say about packages that are missing."""
    return (
        "the set-up compiles code that needs these packages, "
        "which are not installed and could not be installed from here: "
        f"{' '.join(packages)}\nInstall them with: sudo apt-get install {' '.join(packages)}"
    )


def _privileged() -> list[str] | None:
    """What to put before a command that only root may run; None if this user may not."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None
