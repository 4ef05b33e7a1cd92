"""`python3 -m tools.bootstrap`: prepare `.venv`, doing only what is not done yet."""

import argparse
import os
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"the set-up needs Python 3.11 or newer as python3; this is {sys.version.split()[0]}")

from tools.bootstrap import environment, interpreter
from tools.bootstrap.errors import SetupError
from tools.bootstrap.progress import Progress


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 the environment is ready, 1 it is not, 130 interrupted (run again to go on)."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.bootstrap", description=__doc__)
    parser.add_argument(
        "--venv", type=Path, default=Path(".venv"), help="where to make it (default: %(default)s)"
    )
    parser.add_argument("--group", help="what else to install: docs, pyright")
    options = parser.parse_args(arguments)
    project = Path(__file__).resolve().parents[2]
    venv = project / options.venv
    progress = Progress()
    try:
        if os.environ.get("PYTHON") or not environment.is_current(project, venv):
            python = interpreter.find(os.environ, progress)
            if not environment.is_current(project, venv, python):
                environment.prepare(project, venv, python, progress)
        if options.group:
            environment.add_group(project, venv, options.group, progress)
    except SetupError as error:
        print(f"\nset-up failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
