"""`python -m tools.verify_arm64`: the tests of the threads on an emulated arm64 processor.

It compiles a free-threaded CPython 3.13 for arm64, by a cross compiler, and runs the tests with it
under qemu, with the GIL off. Source, compiler, emulator and arm64's libraries are Debian's; they
are unpacked into a folder of the user's cache, which is then entered as the root folder: nothing of
this machine changes. `atomics` is its wheel for arm64.

It shows that the code of an arm64 processor runs: the operations of that library, and not the
plain moves of x86-64. It does not show that the code is correct on weak memory: the emulator runs
on this machine's processor, which delays only stores. `NAMES` chooses folders of tests/unit.
"""

import argparse
import os
import platform
import re
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.bootstrap import debian_source, source_build
from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress
from tools.platforms import chosen, runs
from tools.platforms.errors import Failure, Skip
from tools.platforms.root import SmallDebian

PROJECT: Final = Path(__file__).resolve().parents[1]
OUTPUT: Final = PROJECT / "build" / "verify-arm64"
#: Its CPython 3.13 helps to build the other one, so the source is that of the same suite.
SUITE: Final = "trixie"
HOST: Final = "aarch64-linux-gnu"
TOOLS: Final = (
    "diffutils",
    "findutils",
    "gawk",
    "gcc-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    "make",
    "python3.13",
    "qemu-user",
)
LIBRARIES: Final = (
    "libatomic1",
    "libbz2-dev",
    "libffi-dev",
    "liblzma-dev",
    "libssl-dev",
    "zlib1g-dev",
)
#: Where the small Debian has these folders of the cache.
SOURCE: Final = "/source"
PREFIX: Final = "/python"
ATOMICS: Final = "/atomics"
#: What the build cannot find out, because it cannot run a program of the other processor.
ANSWERS: Final = (
    "ac_cv_buggy_getaddrinfo=no",
    "ac_cv_file__dev_ptmx=yes",
    "ac_cv_file__dev_ptc=no",
)
#: Stands where the interpreter was, which it starts in the emulator. So a test that starts another
#: interpreter works: its `sys.executable` is this file.
STARTER: Final = f"""\
#!/bin/sh
exec /usr/bin/qemu-aarch64 -0 "$0" {PREFIX}/libexec/python3.13t "$@"
"""
PYTHON: Final = f"{PREFIX}/bin/python3.13t"


def refuse(machine: str) -> None:
    """Refuse a processor on which the emulator shows nothing.

    Raises:
        Skip: it is an arm64 itself.
    """
    if machine in ("aarch64", "arm64"):
        raise Skip("this machine is an arm64 itself: `make test` says more")


def locked(name: str, lock: str) -> str:
    """Returns the lines of a lock file that pin one package, with its hashes.

    Raises:
        Failure: it is not there.
    """
    found = re.search(rf"^{re.escape(name)}==.*(?:\n[ \t].*)*\n", lock, re.MULTILINE)
    if not found:
        raise Failure(f"requirements/dev.txt does not pin {name}")
    return found[0]


class Arm64:
    """A CPython for arm64, in a folder of the cache.

    Args:
        folder: for all of it.
        progress: says what is done.

    Raises:
        Skip: this machine cannot build it.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        packages = (*TOOLS, *(f"{name}:arm64" for name in LIBRARIES))
        self._debian: Final = SmallDebian(folder / "debian", SUITE, packages, foreign="arm64")
        self._folder: Final = folder
        self._prefix: Final = folder / "python"
        self._atomics: Final = folder / "atomics"
        self._log: Final = folder / "log"
        self._progress: Final = progress

    def prepare(self) -> None:
        """Build and download what is not there yet.

        Raises:
            Skip: the archive cannot be reached.
            Failure: a step failed.
            SetupError: a step failed.
        """
        self._debian.prepare(self._progress)
        if not (self._prefix / "complete").exists():
            self._build()
        if not (self._atomics / "atomics").exists():
            self._download_atomics()

    def _build(self) -> None:
        work = self._folder / "build"
        work.mkdir(parents=True, exist_ok=True)
        self._progress.begin("downloading the source of CPython 3.13")
        try:
            tarball = debian_source.download(work, suites=(SUITE,))
        except SetupError as error:
            raise Skip(str(error)) from error
        self._progress.end(f"{debian_source.version(tarball)} of Debian")
        tree = source_build.unpack(tarball, work, self._log, self._progress)
        self._prefix.mkdir(exist_ok=True)
        configure = [
            "./configure",
            "--disable-gil",
            f"--prefix={PREFIX}",
            f"--build={platform.machine()}-linux-gnu",
            f"--host={HOST}",
            "--with-build-python=/usr/bin/python3.13",
            "--with-ensurepip=no",
            *ANSWERS,
        ]
        jobs = f"-j{len(os.sched_getaffinity(0))}"
        if not (tree / "configured").exists():
            self._step("configuring", configure, tree, 780)
            (tree / "configured").touch()
        compiling = "compiling CPython 3.13t for arm64, once for this user"
        self._step(compiling, ["make", jobs], tree, 850)
        self._step("installing", ["make", "install"], tree, 4900)
        python = self._prefix / "bin" / "python3.13t"
        (self._prefix / "libexec").mkdir(exist_ok=True)
        python.rename(self._prefix / "libexec" / "python3.13t")
        python.write_text(STARTER)
        python.chmod(0o755)
        (self._prefix / "complete").touch()

    def _step(self, name: str, command: Sequence[str], tree: Path, lines: int) -> None:
        command = ["env", f"--chdir={SOURCE}", *command]
        shown = {tree: SOURCE, self._prefix: PREFIX}
        inside = self._debian.inside(command, shown, {})
        source_build.step(name, inside, tree, self._log, self._progress, lines)

    def _download_atomics(self) -> None:
        wanted = self._folder / "atomics.txt"
        wanted.write_text(locked("atomics", (PROJECT / "requirements" / "dev.txt").read_text()))
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        options = ["--no-deps", "--only-binary", ":all:", "--platform", "manylinux2014_aarch64"]
        where = ["--target", str(self._atomics), "--require-hashes", "--requirement", str(wanted)]
        step = "getting atomics for arm64"
        command = [*pip, *options, *where]
        source_build.step(step, command, self._folder, self._log, self._progress, 1)

    def run(self, names: Sequence[str]) -> runs.Run:
        """Run the tests in folders of tests/unit."""
        with tempfile.TemporaryDirectory(prefix="arm64-") as folder:
            installed = Path(sysconfig.get_path("purelib"))
            ours = {"atomics": f"{ATOMICS}/atomics"}
            site = chosen.link_packages(installed, Path(folder), ours)
            shown = {
                Path(folder): "/tmp",
                PROJECT: chosen.PROJECT,
                installed: chosen.PACKAGES,
                self._atomics: ATOMICS,
                self._prefix: PREFIX,
                site: f"{PREFIX}/lib/python3.13t/site-packages",
            }
            tests = chosen.pytest(PYTHON, names)
            command = self._debian.inside(tests, shown, chosen.VARIABLES)
            name = "python3.13t, arm64 in qemu"
            return runs.run(name, command, OUTPUT / "python3.13t.log", "off", self._progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 the tests passed, or cannot run here; 1 one failed, or the build."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.verify_arm64",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="FOLDER", help="only these of tests/unit")
    names = parser.parse_args(arguments).names or chosen.MEETING
    try:
        refuse(platform.machine())
        arm64 = Arm64(chosen.cache("verify-arm64"), Progress())
        arm64.prepare()
        done = arm64.run(names)
    except Skip as skip:
        print(f"skipped: {skip}")
        return 0
    except (Failure, SetupError) as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(runs.table([done]))
    return int(bool(done.problem))


if __name__ == "__main__":
    sys.exit(main())
