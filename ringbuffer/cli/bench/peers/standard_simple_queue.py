"""`queue.SimpleQueue`: the unbounded queue of the standard library, in C."""

import queue

from ringbuffer.cli.bench.peers.peer import Channel, Peer


def _open(capacity: int) -> Channel:
    channel: queue.SimpleQueue[object] = queue.SimpleQueue()
    return Channel(lambda: channel.put, lambda: channel.get)


PEER = Peer("queue.SimpleQueue", bounded=False, open=_open)
