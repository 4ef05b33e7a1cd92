"""`python3 -m tools.first_command`: the first command, as on a machine that knows nothing of us.

It copies the last commit into a folder whose name has a space, and there runs `make venv` and a
short demo with the system's own `/usr/bin/python3`, one core, an empty cache, the `VIRTUAL_ENV` of
something else, and, if it may choose, a user without rights. Then both run again without a network,
and once where nothing can be downloaded: that must end in a sentence.

A whole run compiles CPython on one core, in about five minutes. So what was shown for the same
set-up less than a day ago is not shown again; `--again` does.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"
#: What decides whether the set-up works, beside the machine.
DECIDING = (
    "tools/bootstrap",
    "tools/first_command.py",
    "requirements/dev.txt",
    "pyproject.toml",
    "Makefile",
)
#: How long a run counts, in seconds.
A_DAY = 24 * 3600
#: The id of the user without rights that every Linux system has.
WITHOUT_RIGHTS = 65534
#: What a new user's shell has of ours: nothing but how this machine reaches its registries.
KEPT = ("PIP_", "SSL_", "UV_")


class Failure(Exception):
    """The first command did not do what it promises; the message says what it printed."""


def fingerprint(project: Path = PROJECT) -> str:
    """Returns what was shown, in short: the set-up's files, and the system's interpreter."""
    python = Path(PYTHON).resolve()
    digest = hashlib.sha256(f"{python} {python.stat().st_size}".encode())
    for name in DECIDING:
        top = project / name
        for path in [top] if top.is_file() else sorted(top.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def mark(cache: Path) -> Path:
    """Returns the file that says when this set-up was shown."""
    return cache / f"first-command-{fingerprint()}"


def was_shown(cache: Path, now: float) -> bool:
    """Whether this set-up was shown less than a day ago."""
    try:
        return now - mark(cache).stat().st_mtime < A_DAY
    except OSError:
        return False


class Newcomer:
    """A user with a copy of the project, and nothing else of it.

    Args:
        folder: is the newcomer's.
    """

    def __init__(self, folder: Path) -> None:
        self.project = folder / "ring buffer"
        self._home = folder / "home"

    def arrive(self) -> None:
        """Copy the last commit of this checkout, and give it to the newcomer."""
        self.project.mkdir()
        self._home.mkdir()
        archive = ["git", "-C", str(PROJECT), "archive", "HEAD"]
        with subprocess.Popen(archive, stdout=subprocess.PIPE) as packed:
            subprocess.run(["tar", "-x", "-C", str(self.project)], stdin=packed.stdout, check=True)
        if packed.returncode:
            raise Failure("`git archive HEAD` failed")
        if os.geteuid() == 0:
            top = self.project.parent
            top.chmod(0o755)
            for path in [top, *top.rglob("*")]:
                os.chown(path, WITHOUT_RIGHTS, WITHOUT_RIGHTS)

    def make(self, *arguments: str, network: bool = True, fails: bool = False) -> str:
        """Run make; return what it printed.

        Raises:
            Failure: it failed, or did not fail; or it printed a traceback.
        """
        command = ["taskset", "-c", _first_core(), "make", *arguments, f"PYTHON_FOR_SETUP={PYTHON}"]
        if os.geteuid() == 0:
            who = [
                f"--reuid={WITHOUT_RIGHTS}",
                f"--regid={WITHOUT_RIGHTS}",
                "--clear-groups",
                "--no-new-privs",
            ]
            command = ["setpriv", *who, *command]
            if not network:
                command = ["unshare", "--net", *command]
        elif not network:
            command = ["unshare", "--net", "--map-root-user", *command]
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if (done.returncode != 0) != fails or "Traceback" in done.stdout:
            raise Failure(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
        return {
            **ours,
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self._home),
            "LANG": "C.UTF-8",
            "VIRTUAL_ENV": "/nowhere/environment",
        }


def _first_core() -> str:
    return str(min(os.sched_getaffinity(0)))


def show(newcomer: Newcomer) -> None:
    """Show it, step by step.

    Raises:
        Failure: a step went wrong.
    """
    demo = ("demo", "ARGS=--limit 20000")

    def step(says: str, *arguments: str, network: bool = True, fails: bool = False) -> str:
        started = time.monotonic()
        out = newcomer.make(*arguments, network=network, fails=fails)
        print(f"ok     {says}: {time.monotonic() - started:.1f} s", flush=True)
        return out

    newcomer.arrive()
    out = step(
        "without a network, make venv says what is missing", "venv", network=False, fails=True
    )
    if "set-up failed: " not in out:
        raise Failure(f"no sentence says what failed:\n{out}")
    step("make venv, from nothing", "venv")
    step("make demo", *demo)
    step("make venv again, without a network", "venv", network=False)
    step("make demo, without a network", *demo, network=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 it works, was shown today, or cannot be tried here; 1 it fails."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.first_command", description=__doc__)
    parser.add_argument("--again", action="store_true", help="also if it was shown today")
    options = parser.parse_args(arguments)
    if not Path(PYTHON).exists():
        print(f"skipped: this machine has no {PYTHON}")
        return 0
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringbuffer"
    if not options.again and was_shown(cache, time.time()):
        print(f"shown less than a day ago: {mark(cache)}")
        return 0
    with tempfile.TemporaryDirectory(prefix="first-command-") as folder:
        try:
            show(Newcomer(Path(folder)))
        except Failure as failure:
            print(f"FAILED {failure}", file=sys.stderr)
            return 1
    cache.mkdir(parents=True, exist_ok=True)
    mark(cache).touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
