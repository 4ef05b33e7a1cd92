"""`python -m tests.traces`: see `tests.traces.command`."""

import sys

from tests.traces.command import main

if __name__ == "__main__":
    sys.exit(main())
