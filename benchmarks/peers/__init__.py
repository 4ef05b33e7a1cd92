"""What else could carry events from thread to thread, one library a file."""

from benchmarks.peers import (
    aiologic_queues,
    culsans_queue,
    deque_queue,
    ft_utils_queue,
    janus_queue,
    pyring_disruptor,
)
from ringbuffer.programs.bench.peers import STANDARD as IN_EVERY_PYTHON
from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer, available

#: All of them; the standard library's first.
PEERS = (
    *IN_EVERY_PYTHON,
    deque_queue.PEER,
    janus_queue.PEER,
    culsans_queue.PEER,
    aiologic_queues.SIMPLE,
    aiologic_queues.BOUNDED,
    ft_utils_queue.PEER,
    pyring_disruptor.PEER,
)

#: Those that are always there.
STANDARD = PEERS[:3]

__all__ = ["PEERS", "STANDARD", "OpenQueue", "Peer", "available"]
