"""`python -m tools.dist`: build the distributions into `dist/`, then test the wheel.

The trial is what a user does: a new environment of the same interpreter, the wheel and what it
depends on by pip, and the demo, a short benchmark and a round of stress from a folder in which
there is no checkout. The exporters run with the oldest and the newest libraries that they take; and
a regular build, if there is one, tells whether the wheel installs beside other packages. Last, the
native cells are built and installed, `atomics` is removed, and the library runs without it.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools import native_trial, neighbours, regular_python

PROJECT: Final = Path(__file__).parents[1]
FREE_THREADED: Final = sysconfig.get_config_var("Py_GIL_DISABLED") == 1
#: What a user installs: free-threaded 3.13 needs an extra.
EXTRA: Final = "[free-threaded]" if FREE_THREADED and sys.version_info < (3, 14) else ""
#: Enough lines to go round the demo's ring several times.
LINES: Final = 20_000


class TrialError(Exception):
    """A step failed; the message has what it said."""


def build(folder: Path) -> list[Path]:
    """The wheel and the source distribution, built into `folder`, which is emptied first.

    Raises:
        TrialError: the build failed, or made something else than one of each.
    """
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT], PROJECT)
    built = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    if [path.suffix for path in built] != [".whl", ".gz"]:
        raise TrialError(
            f"a wheel and a source distribution were to be built, "
            f"not {[path.name for path in built]}"
        )
    return built


def install(wheel: Path, venv: Path) -> Path:
    """The Python of a new environment `venv`, with the wheel and its dependencies.

    Raises:
        TrialError: a step failed.
    """
    run([sys.executable, "-m", "venv", venv], venv.parent)
    python = venv / "bin" / "python"
    run(
        [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", f"{wheel}{EXTRA}"],
        venv.parent,
    )
    run([python, "-m", "pip", "--disable-pip-version-check", "check"], venv.parent)
    return python


def demo(python: Path, folder: Path, lines: int = LINES) -> str:
    """What was found when the demo of the installed library ran in `folder`.

    Raises:
        TrialError: it failed, or a check of it did; it was not the installed library that ran; or
            the GIL was on and should not be.
    """
    where = run([python, "-c", "import ringbuffer; print(ringbuffer.__file__)"], folder).strip()
    if not Path(where).resolve().is_relative_to(python.parents[1].resolve()):
        raise TrialError(f"the library that ran is {where}, not the one that was installed")
    result = json.loads(
        run([python, "-m", "ringbuffer", "demo", "--json", "--limit", str(lines)], folder)
    )
    if not result["passed"] or result["events"] < 1:
        raise TrialError(f"the demo did not pass: {result}")
    if result["gil"] and FREE_THREADED:
        raise TrialError("the GIL was on in a free-threaded interpreter")
    return (
        f"{result['events']:,} lines replayed, {len(result['checks'])} checks passed, "
        f"GIL {'on' if result['gil'] else 'off'}"
    )


def bench_and_stress(python: Path, folder: Path) -> str:
    """What the installed library measured and found out about itself in `folder`.

    Raises:
        TrialError: an event was lost, or one of the two commands failed otherwise.
    """
    command: list[str | Path] = [python, "-m", "ringbuffer"]
    measured = json.loads(
        run([*command, "bench", "unicast", "--runs", "1", "--seconds", "0.01", "--json"], folder)
    )
    stressed = json.loads(
        run([*command, "stress", "--rounds", "1", "--seed", "1", "--json"], folder)
    )
    if not (measured["passed"] and stressed["passed"]):
        raise TrialError(f"an event was lost: {measured}, {stressed}")
    contenders = len(measured["scenarios"][0]["contenders"])
    return (
        f"{contenders} contenders measured; "
        f"{stressed['handled']:,} events of a stress round accounted for"
    )


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What the command prints; it runs in `folder`, and knows of no other environment nor checkout.

    Raises:
        TrialError: it failed.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHON_GIL")
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise TrialError(
            f"`{' '.join(map(str, command))}` failed ({done.returncode}):\n"
            f"{(done.stdout + done.stderr)[-3000:]}"
        )
    return done.stdout


def main() -> int:
    """Exit codes: 0 built and tried, 1 something is wrong."""
    try:
        built = build(PROJECT / "dist")
        for path in built:
            print(f"built      {path.relative_to(PROJECT)}, {path.stat().st_size:,} bytes")
        with tempfile.TemporaryDirectory(prefix="ringbuffer-dist-") as name:
            folder = Path(name)
            python = install(built[0], folder / "venv")
            print(
                f"installed  {built[0].name} and its dependencies, "
                f"into a new environment of {sys.version.split()[0]}"
            )
            print(f"demo       {demo(python, folder)}")
            print(f"commands   {bench_and_stress(python, folder)}")
            for line in neighbours.export(python, folder, run):
                print(f"exporters  with {line}")
            regular = regular_python.find()
            if regular is None:
                print("neighbours not tried: no regular build of CPython 3.13 or newer was found")
            else:
                for line in neighbours.check(Path(regular), built[0], folder, run):
                    print(f"neighbours {line}")
            native = native_trial.build(PROJECT, PROJECT / "dist", run)
            for path in native:
                print(f"built      {path.relative_to(PROJECT)}, {path.stat().st_size:,} bytes")
            wheel = next(path for path in native if path.suffix == ".whl")
            for line in native_trial.check(python, wheel, folder, run, FREE_THREADED):
                print(f"no atomics {line}")
    except (TrialError, neighbours.NeighbourError, native_trial.Error, ValueError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
