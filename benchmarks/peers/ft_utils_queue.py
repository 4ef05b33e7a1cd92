"""ft_utils: `ConcurrentQueue`, an unbounded queue made for free-threaded Python."""

import importlib

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer


def _open(capacity: int) -> OpenQueue:
    channel = importlib.import_module("ft_utils.concurrency").ConcurrentQueue()
    return OpenQueue(lambda: channel.push, lambda: channel.pop)


PEER = Peer("ft_utils.ConcurrentQueue", bounded=False, open=_open, module="ft_utils.concurrency")
