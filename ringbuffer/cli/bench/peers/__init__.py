"""What else could carry events from thread to thread: the queues that every Python has."""

from ringbuffer.cli.bench.peers import standard_queue, standard_simple_queue
from ringbuffer.cli.bench.peers.peer import Channel, Peer, available

#: Of the standard library.
STANDARD = (standard_queue.PEER, standard_simple_queue.PEER)

__all__ = ["STANDARD", "Channel", "Peer", "available"]
