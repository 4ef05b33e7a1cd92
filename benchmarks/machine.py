"""What a measurement beside other libraries ran on."""

import functools
from typing import Final

from ringbuffer.programs.bench import machine

#: As the library's own, with the versions of the peers.
describe: Final = functools.partial(
    machine.describe, (*machine.DISTRIBUTIONS, "janus", "culsans", "aiologic", "ft-utils", "pyring")
)
