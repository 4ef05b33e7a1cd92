"""Two `SimpleQueue`s, one of items and one of permits: a bounded queue from the standard library.

A producer takes a permit before it puts an item, and a consumer gives the permit back. Both queues
are written in C. It is not among `PEERS`: few programs are written like this.
"""

import queue
from collections.abc import Callable
from typing import Any

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer


def _open(capacity: int) -> OpenQueue:
    items: queue.SimpleQueue[Any] = queue.SimpleQueue()
    permits: queue.SimpleQueue[None] = queue.SimpleQueue()
    for _ in range(capacity):
        permits.put(None)

    def producer() -> Callable[[object], object]:
        take_permit, put_item = permits.get, items.put

        def put(item: object) -> None:
            take_permit()
            put_item(item)

        return put

    def consumer() -> Callable[[], object]:
        get_item, give_permit = items.get, permits.put

        def get() -> object:
            item = get_item()
            give_permit(None)
            return item

        return get

    return OpenQueue(producer, consumer)


PEER = Peer("two SimpleQueues", bounded=True, open=_open)
