"""culsans: a queue for threads and any event loops; the face for threads is measured."""

import importlib

from ringbuffer.cli.bench.peers.peer import Channel, Peer


def _open(capacity: int) -> Channel:
    channel = importlib.import_module("culsans").Queue(capacity).sync_q
    return Channel(lambda: channel.put, lambda: channel.get)


PEER = Peer("culsans", bounded=True, open=_open, module="culsans")
