"""`python -m tests.schedules`: see `tests.schedules.command`."""

import sys

from tests.schedules.command import main

if __name__ == "__main__":
    sys.exit(main())
