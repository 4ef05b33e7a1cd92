"""cvc5, the second solver: does it contradict Z3?

cvc5 has no wheel for free-threaded 3.13. So it runs in its own environment, made with another
interpreter of this machine, in the user's cache.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

_PACKAGE: Final = "cvc5==1.4.2"
#: Interpreters for which there is a wheel.
_PYTHONS: Final = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")
#: How many steps cvc5 may take for an obligation.
LIMIT: Final = 200_000
_RUNNER: Final = Path(__file__).with_name("cvc5_runner.py")


def find_python(say: Callable[[str], object]) -> Path | str:
    """Returns an interpreter that has cvc5, or the reason why it is missing.

    CVC5_PYTHON names one. Otherwise an environment in the user's cache has it; it is made if it is
    missing, which installs cvc5 with pip.

    Args:
        say: gets a line before an installation.
    """
    if named := os.environ.get("CVC5_PYTHON"):
        return Path(named) if _has_cvc5(Path(named)) else f"CVC5_PYTHON={named} has no cvc5"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringbuffer" / "cvc5"
    python = cache / "bin" / "python"
    if _has_cvc5(python):
        return python
    for name in filter(shutil.which, _PYTHONS):
        say(f"installing {_PACKAGE} with {name} into {cache}")
        shutil.rmtree(cache, ignore_errors=True)
        if (
            _runs([name, "-m", "venv", str(cache)])
            and _runs(
                [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", _PACKAGE]
            )
            and _has_cvc5(python)
        ):
            return python
    return f"no interpreter of {', '.join(_PYTHONS)} could install {_PACKAGE}"


def ask(python: Path, folder: Path) -> Mapping[str, str]:
    """Returns the answer of cvc5 for each text of SMT-LIB in a folder, by the name of its file.

    Raises:
        RuntimeError: cvc5 broke down.
    """
    command = [str(python), str(_RUNNER), str(folder), str(LIMIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode:
        raise RuntimeError(f"cvc5 failed: {done.stderr[-1000:]}")
    pairs = (line.split() for line in done.stdout.splitlines())
    return {name: answer.strip("()") for name, answer in pairs}


def _has_cvc5(python: Path) -> bool:
    return python.exists() and _runs([str(python), "-c", "import cvc5"])


def _runs(command: list[str]) -> bool:
    done = subprocess.run(command, capture_output=True, check=False, env=_environment())
    return done.returncode == 0


def _environment() -> dict[str, str]:
    """Returns the environment without what is meant for this interpreter alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
