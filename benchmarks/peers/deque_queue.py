"""`collections.deque`, with a consumer that yields while it is empty: a hand-written queue."""

import os
import time
from collections import deque
from collections.abc import Callable

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer

yield_now = getattr(os, "sched_yield", lambda: time.sleep(0))


def _open(capacity: int) -> OpenQueue:
    items: deque[object] = deque()

    def consumer() -> Callable[[], object]:
        popleft = items.popleft

        def get() -> object:
            while True:
                try:
                    return popleft()
                except IndexError:
                    yield_now()

        return get

    return OpenQueue(lambda: items.append, consumer)


PEER = Peer("deque", bounded=False, open=_open)
