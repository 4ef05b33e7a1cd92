"""`queue.SimpleQueue`: the unbounded queue of the standard library, in C."""

import queue

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer


def _open(capacity: int) -> OpenQueue:
    channel: queue.SimpleQueue[object] = queue.SimpleQueue()
    return OpenQueue(lambda: channel.put, lambda: channel.get)


PEER = Peer("queue.SimpleQueue", bounded=False, open=_open)
