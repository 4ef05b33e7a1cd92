"""janus: a queue with a face for threads and one for an event loop; the one for threads is measured."""

import importlib

from ringbuffer.cli.bench.peers.peer import Channel, Peer


def _open(capacity: int) -> Channel:
    channel = importlib.import_module("janus").Queue(capacity).sync_q
    return Channel(lambda: channel.put, lambda: channel.get)


PEER = Peer("janus", bounded=True, open=_open, module="janus")
