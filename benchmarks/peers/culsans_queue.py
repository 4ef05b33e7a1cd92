"""culsans: a queue for threads and any event loops; its interface for threads is measured."""

import importlib

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer


def _open(capacity: int) -> OpenQueue:
    channel = importlib.import_module("culsans").Queue(capacity).sync_q
    return OpenQueue(lambda: channel.put, lambda: channel.get)


PEER = Peer("culsans", bounded=True, open=_open, module="culsans")
