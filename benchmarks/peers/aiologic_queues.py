"""aiologic: queues for threads and any event loops; the functions for threads are measured."""

import importlib

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer


def _open_simple(capacity: int) -> OpenQueue:
    channel = importlib.import_module("aiologic").SimpleQueue()
    return OpenQueue(lambda: channel.put, lambda: channel.green_get)


def _open_bounded(capacity: int) -> OpenQueue:
    channel = importlib.import_module("aiologic").Queue(capacity)
    return OpenQueue(lambda: channel.green_put, lambda: channel.green_get)


SIMPLE = Peer("aiologic.SimpleQueue", bounded=False, open=_open_simple, module="aiologic")
BOUNDED = Peer("aiologic.Queue", bounded=True, open=_open_bounded, module="aiologic")
