"""Rings of records between processes: one process produces, others consume.

    ring = RingBuffer.create("ticks", 65536, [("price", "f8"), ("amount", "i4")])
    ...
    ring = RingBuffer.attach("ticks")  # in another program

The sequencer, the barriers and the wait strategies are those of threads. Their words are in a file
that the processes map. What is added is here: how the file is made and checked, the seats of the
consumers, and what happens when a process dies.
"""

from ringbuffer.shared.consumer_seat import ConsumerSeat
from ringbuffer.shared.making import attach, create
from ringbuffer.shared.ring_files import names, unlink
from ringbuffer.shared.seats import OnDeath
from ringbuffer.shared.shared_ring import SharedRing
from ringbuffer.shared.status import SeatStatus, SharedRingStatus

__all__ = [
    "ConsumerSeat",
    "OnDeath",
    "SeatStatus",
    "SharedRing",
    "SharedRingStatus",
    "attach",
    "create",
    "names",
    "unlink",
]
