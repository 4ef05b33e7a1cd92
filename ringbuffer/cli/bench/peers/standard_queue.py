"""`queue.Queue`: the bounded queue of the standard library, a deque behind a lock and two conditions."""

import queue

from ringbuffer.cli.bench.peers.peer import Channel, Peer


def _open(capacity: int) -> Channel:
    channel: queue.Queue[object] = queue.Queue(capacity)
    return Channel(lambda: channel.put, lambda: channel.get)


PEER = Peer("queue.Queue", bounded=True, open=_open)
