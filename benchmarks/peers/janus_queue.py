"""janus: a queue with an interface for threads and one for a loop; threads are measured."""

import importlib

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer


def _open(capacity: int) -> OpenQueue:
    channel = importlib.import_module("janus").Queue(capacity).sync_q
    return OpenQueue(lambda: channel.put, lambda: channel.get)


PEER = Peer("janus", bounded=True, open=_open, module="janus")
