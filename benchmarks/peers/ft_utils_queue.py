"""ft_utils: `ConcurrentQueue`, an unbounded queue made for free-threaded Python."""

import importlib

from ringbuffer.cli.bench.peers.peer import Channel, Peer


def _open(capacity: int) -> Channel:
    channel = importlib.import_module("ft_utils.concurrency").ConcurrentQueue()
    return Channel(lambda: channel.push, lambda: channel.pop)


PEER = Peer("ft_utils.ConcurrentQueue", bounded=False, open=_open, module="ft_utils.concurrency")
