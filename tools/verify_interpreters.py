"""`python -m tools.verify_interpreters`: the unit tests on regular builds of newer CPythons.

Debian's unstable suite has CPython 3.13, 3.14 and 3.15, with the GIL. They and what they need are
unpacked into a folder of the user's cache, which is then entered as the root folder: nothing of
this machine changes. The other packages that the tests import are pure Python, and are those of
the environment that runs this. `NAMES` chooses interpreters, such as `NAMES=python3.15`.

The output of each run is a file below build/verify-interpreters; one table comes at the end.
"""

import argparse
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.bootstrap.progress import Progress
from tools.platforms import chosen, runs
from tools.platforms.errors import Failure, Skip
from tools.platforms.root import SmallDebian

PROJECT: Final = Path(__file__).resolve().parents[1]
OUTPUT: Final = PROJECT / "build" / "verify-interpreters"
SUITE: Final = "sid"
INTERPRETERS: Final = ("python3.13", "python3.14", "python3.15")


def packages(interpreters: Sequence[str]) -> list[str]:
    """Returns their packages: each, and CPython's own tests, some of which run on our queues.

    libatomic is one of the libraries that the cells take their operations from.
    """
    return ["libatomic1", *interpreters, *(f"lib{name}-testsuite" for name in interpreters)]


def verify(names: Sequence[str], progress: Progress) -> list[runs.Run]:
    """Run the tests on each interpreter.

    Raises:
        Skip: this machine cannot do it.
        Failure: the interpreters could not be unpacked.
    """
    debian = SmallDebian(chosen.cache("verify-interpreters"), SUITE, packages(INTERPRETERS))
    debian.prepare(progress)
    done = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
            installed = Path(sysconfig.get_path("purelib"))
            site = chosen.link_packages(installed, Path(folder), {})
            shown = {
                Path(folder): "/tmp",
                PROJECT: chosen.PROJECT,
                installed: chosen.PACKAGES,
                site: f"/usr/local/lib/{name}/dist-packages",
            }
            tests = chosen.pytest(f"/usr/bin/{name}", chosen.LIBRARY)
            command = debian.inside(tests, shown, chosen.VARIABLES)
            done.append(runs.run(name, command, OUTPUT / f"{name}.log", "on", progress))
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 the tests passed, or cannot run here; 1 one failed; 2 for a wrong command."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.verify_interpreters",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(INTERPRETERS)}")
    names = parser.parse_args(arguments).names or INTERPRETERS
    unknown = [name for name in names if name not in INTERPRETERS]
    if unknown:
        parser.error(f"there is no interpreter {unknown[0]!r}; there are {', '.join(INTERPRETERS)}")
    try:
        done = verify(names, Progress())
    except Skip as skip:
        print(f"skipped: {skip}")
        return 0
    except Failure as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(runs.table(done))
    return int(any(each.problem for each in done))


if __name__ == "__main__":
    sys.exit(main())
