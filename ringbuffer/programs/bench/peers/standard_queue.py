"""`queue.Queue`: the standard library's bounded queue, a deque with a lock and conditions."""

import queue

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer


def _open(capacity: int) -> OpenQueue:
    channel: queue.Queue[object] = queue.Queue(capacity)
    return OpenQueue(lambda: channel.put, lambda: channel.get)


PEER = Peer("queue.Queue", bounded=True, open=_open)
