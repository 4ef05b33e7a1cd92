"""Which tests run on another interpreter or processor, and how pytest is called there."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

#: Folders and files of tests/unit: the core of the library.
CORE: Final = (
    "memory/test_cells.py",
    "sequence",
    "sequencer",
    "barrier",
    "wait",
    "processors",
    "ring",
)
#: Folders of tests/unit for a processor that is emulated: where the threads meet. An emulator is
#: some ten times as slow.
MEETING: Final = (
    "memory",
    "sequence",
    "sequencer",
    "barrier",
    "wait",
    "producer",
    "processors",
    "ring",
    "readers",
    "reclaiming",
    "service",
    "queues",
    "disruptor",
)
#: Folders of tests/unit: the whole library. The others are about this repository: its documents,
#: models and tools, which do not change with the interpreter; or, as "interrupts", about the points
#: at which signal handlers run in CPython 3.13.
LIBRARY: Final = (
    *MEETING,
    "records",
    "shared",
    "messaging",
    "diagnostics",
    "checks",
    "blocked_loop",
    "shortages",
    "endings",
    "forks",
    "testing",
    "cli",
)
#: Where a small Debian has this repository, and the packages of this environment.
PROJECT: Final = "/project"
PACKAGES: Final = "/packages"
#: Of the environment there. Without the last one, the interpreters would mix their files with ours.
VARIABLES: Final = {"PYTHONPATH": PROJECT, "PYTHONPYCACHEPREFIX": "/tmp/compiled"}
#: For one test, in seconds.
TIMEOUT: Final = 300
#: Hypothesis counts references, and CPython 3.14 and newer have fewer of them.
MISTAKEN: Final = "ignore:It looks like `register_random` was passed an object"


def cache(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Returns the folder of this user for a command."""
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ringbuffer" / name


def link_packages(packages: Path, folder: Path, others: Mapping[str, str]) -> Path:
    """Make a folder of packages for another interpreter, and return it.

    A test that starts an interpreter may set PYTHONPATH, so they have to be where that interpreter
    looks by itself. Files that end in .pth name folders that a small Debian does not have.

    Args:
        packages: those of this environment, which are to be shown at `PACKAGES`.
        folder: in which it is made.
        others: packages that are taken from elsewhere in the small Debian.
    """
    made = folder / "site"
    made.mkdir()
    for each in packages.iterdir():
        if each.suffix != ".pth":
            (made / each.name).symlink_to(others.get(each.name, f"{PACKAGES}/{each.name}"))
    return made


def pytest(python: str, folders: Sequence[str]) -> list[str]:
    """Returns the command that runs folders of tests/unit, in a small Debian."""
    # `env` enters the folder, which may be another one outside.
    enter = ["env", f"--chdir={PROJECT}", python, "-m", "pytest"]
    options = ["-p", "no:cacheprovider", "--color=no", f"--timeout={TIMEOUT}", "-W", MISTAKEN]
    return [*enter, *options, *(f"tests/unit/{each}" for each in folders)]
