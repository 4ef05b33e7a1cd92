"""`python -m tests.stress`."""

import sys

from tests.stress.command import main

if __name__ == "__main__":
    sys.exit(main())
