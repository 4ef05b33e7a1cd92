"""Why the GIL is on in an interpreter that can do without.

The user may have asked for it (`PYTHON_GIL=1`, `-X gil=1`), or an extension module was imported
that does not say that it is safe without: the interpreter then switches it on, for good. Which one
it was is not kept anywhere, so each candidate is imported by itself in a fresh interpreter.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES

#: How long one import may take, in seconds.
PATIENCE = 60.0

#: Imports a module, and says by its exit code how that was.
_PROBE = """
import sys
try:
    __import__(sys.argv[1])
except BaseException as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(3)
sys.exit(4 if sys._is_gil_enabled() else 0)
"""


def reasons(gil_is_on: bool, modules: Iterable[str] = ()) -> tuple[str, ...]:
    """Why the GIL is on, or would be after an import of `modules`; empty if it stays off."""
    found = []
    if gil_is_on:
        if sys._xoptions.get("gil") == "1":
            found.append("the interpreter was started with -X gil=1")
        elif os.environ.get("PYTHON_GIL") == "1":
            found.append("the environment has PYTHON_GIL=1")
        else:
            suspects = sorted(extensions_loaded())
            found += [
                f"the extension module {name!r} switches it on"
                for name in suspects
                if probe(name) is True
            ]
            found = found or ["an extension module that was imported before has switched it on"]
    for name in modules:
        outcome = probe(name)
        if isinstance(outcome, str):
            found.append(f"{name!r} cannot be imported: {outcome}")
        elif outcome:
            found.append(f"importing {name!r} switches it on")
    return tuple(found)


def extensions_loaded() -> set[str]:
    """The names of this process's extension modules that are not in the standard library."""
    return {
        name
        for name, module in list(sys.modules.items())
        if str(getattr(module, "__file__", None) or "").endswith(tuple(EXTENSION_SUFFIXES))
        and name.partition(".")[0] not in sys.stdlib_module_names
    }


def probe(module: str) -> bool | str:
    """Whether importing `module` switches the GIL on; or why it cannot be imported."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _PROBE, module],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {PATIENCE:g} s"
    if done.returncode in (0, 4):
        return done.returncode == 4
    return (done.stderr.strip().splitlines() or [f"the interpreter ended with {done.returncode}"])[
        -1
    ]
