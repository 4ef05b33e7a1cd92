"""The contenders of a scenario beside all peers, those of other libraries too."""

import functools
from typing import Final

from benchmarks.peers import PEERS
from ringbuffer.programs.bench import queues

#: As the library's own, with more peers.
contenders: Final = functools.partial(queues.contenders, peers=PEERS)
