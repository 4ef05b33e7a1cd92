"""`python -m tests.over SOURCE MODULE …`: run a module of tests over another source of atomics.

`SOURCE` is one of those that `RINGBUFFER_ATOMICS` takes, as in

    python -m tests.over native pytest tests/unit/sequencer
    python -m tests.over libatomic tests.interrupts --every 16 "multi producer"

The exit code is that of the module; 2 for a source that is unknown or not installed.
"""

import os
import sys

from ringbuffer.memory.choice import VARIABLE, installed


def main(arguments: list[str]) -> int:
    """Replace this process by the module, or return 2."""
    match arguments:
        case [source, module, *rest] if source in installed():
            environment = {**os.environ, VARIABLE: source}
            sys.stdout.flush()
            os.execve(sys.executable, [sys.executable, "-m", module, *rest], environment)
    print(f"{__doc__}\ninstalled: {', '.join(installed())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
