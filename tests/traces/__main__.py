"""`python -m tests.traces`: see `tests.traces.command`. A fault is installed before the library."""

import sys

from tests.faults.fault import install
from tests.schedules.faults import FAULTS


def main(arguments: list[str]) -> int:
    if "--fault" in arguments[:-1]:
        name = arguments[arguments.index("--fault") + 1]
        if name not in FAULTS:
            print(f"there is no fault {name!r}; they are {sorted(FAULTS)}", file=sys.stderr)
            return 2
        install(FAULTS[name])
    from tests.traces.command import main as validate

    return validate(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
