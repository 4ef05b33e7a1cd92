"""aiologic: queues for threads and any event loops; the functions for threads are measured."""

import importlib

from ringbuffer.cli.bench.peers.peer import Channel, Peer


def _open_simple(capacity: int) -> Channel:
    channel = importlib.import_module("aiologic").SimpleQueue()
    return Channel(lambda: channel.put, lambda: channel.green_get)


def _open_bounded(capacity: int) -> Channel:
    channel = importlib.import_module("aiologic").Queue(capacity)
    return Channel(lambda: channel.green_put, lambda: channel.green_get)


SIMPLE = Peer("aiologic.SimpleQueue", bounded=False, open=_open_simple, module="aiologic")
BOUNDED = Peer("aiologic.Queue", bounded=True, open=_open_bounded, module="aiologic")
