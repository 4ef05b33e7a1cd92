"""Installs the dependency group `bench`: `python -m benchmarks.prepare`.

Each package by itself, and one that cannot be installed is said and left out: the suite runs with
the peers that are there.
"""

import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

PROJECT: Final = Path(__file__).parents[1]


def wanted() -> list[Requirement]:
    """What the group lists for this interpreter."""
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    listed = map(Requirement, groups["bench"])
    return [each for each in listed if each.marker is None or each.marker.evaluate()]


def is_installed(requirement: Requirement) -> bool:
    """Whether the pinned version is there."""
    try:
        return importlib.metadata.version(requirement.name) in requirement.specifier
    except importlib.metadata.PackageNotFoundError:
        return False


def main() -> int:
    """Install what is missing; always 0, since each peer is optional."""
    for requirement in wanted():
        if is_installed(requirement):
            continue
        print(f"installing {requirement} …", flush=True)
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
            str(requirement),
        ]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"{requirement} cannot be installed, and is left out: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
