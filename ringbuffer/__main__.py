"""`python -m ringbuffer`."""

import sys

from ringbuffer.cli.main import main

sys.exit(main())
