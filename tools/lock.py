"""`python -m tools.lock`: write the lock files of `requirements/`, with uv, from `pyproject.toml`.

A lock file pins every package that is installed, for all interpreters and systems, with the hashes
of its files. `make venv` installs from it: pip refuses any other file. Run it after a change of a
pin, and look at the difference. `UV` names another uv than that on PATH.

Peers of the benchmarks have none: each is optional, and some do not install everywhere.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tools.bootstrap.environment import LOCKS

PROJECT: Final = Path(__file__).parents[1]
#: The lowest Python that the lock files are for.
LOWEST: Final = "3.13"


def listed(names: Iterable[str]) -> list[str]:
    """Returns what the library and these groups ask for."""
    description = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    groups = description["dependency-groups"]
    wanted = [*description["project"]["dependencies"], *(each for n in names for each in groups[n])]
    return list(dict.fromkeys(wanted))


def compile_lock(uv: str, names: Iterable[str], lock: Path) -> None:
    """Write a lock file. What it pins already stays, where the groups let it.

    Raises:
        subprocess.CalledProcessError: uv failed, and has said why.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".in") as asked:
        asked.write("\n".join(listed(names)))
        asked.flush()
        options = ["--universal", "--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
        command = [uv, "pip", "compile", asked.name, *options, "--python-version", LOWEST]
        subprocess.run([*command, "--output-file", str(lock)], check=True, cwd=PROJECT)


def main() -> int:
    """Exit codes: 0 written, 1 uv failed, 2 there is no uv."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        print("uv is needed: pip install uv, or set UV to one", file=sys.stderr)
        return 2
    try:
        for lock, names in LOCKS.items():
            compile_lock(uv, names, PROJECT / lock)
            print(f"written: {lock}")
    except subprocess.CalledProcessError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
