"""`python -m tests.interrupts`."""

import sys

from tests.interrupts.command import main

if __name__ == "__main__":
    sys.exit(main())
