"""Alternatives to the ring: the queues of the standard library."""

from ringbuffer.programs.bench.peers import standard_queue, standard_simple_queue
from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer, available

#: The queues of the standard library.
STANDARD = (standard_queue.PEER, standard_simple_queue.PEER)

__all__ = ["STANDARD", "OpenQueue", "Peer", "available"]
