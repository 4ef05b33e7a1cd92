"""`ObservedQueue`, `ObservedMessageQueue`: the positions of queues."""

from typing import TYPE_CHECKING, Any, Final

from ringbuffer.diagnostics.positions import ConsumerPosition, Positions, settle
from ringbuffer.queues import Queue

if TYPE_CHECKING:  # loads asyncio
    from ringbuffer.messaging import InMemoryQueue


class ObservedQueue:
    """A `Queue`. Its consumers compete, so there is one position for all of them. Any thread."""

    def __init__(self, queue: Queue[Any], name: str) -> None:
        self.name: Final = name
        self._queue: Final = queue

    def read(self) -> Positions:
        """See `Observed`; reads what was taken before what was put."""
        queue = self._queue
        consumed, published, claimed = queue.consumed, queue.published, queue.claimed
        counters = {"unfinished_tasks": queue.unfinished_tasks}
        return settle(queue.maxsize, consumed, (), published, claimed, counters)


class ObservedMessageQueue:
    """A queue of messages. Its consumers compete: each waiting message may go to any of them.

    Any thread.
    """

    def __init__(self, queue: "InMemoryQueue", name: str) -> None:
        self.name: Final = name
        self._queue: Final = queue

    def read(self) -> Positions:
        """See `Observed`.

        The number of messages taken is `message_count - depth`, never too high if the count is
        read before the depth; what is published is read afterwards. If the depth has grown
        meanwhile, the number is too low by at most a ring, and `settle` corrects it.
        """
        queue = self._queue
        consumers = [
            ConsumerPosition(each.name, each.finished - 1, each.state) for each in queue.progress()
        ]
        taken = queue.message_count - queue.depth
        published = queue.message_count - 1
        counters = {
            "dropped": queue.dropped,
            "failed": queue.failed,
            "consumers": len(queue.consumers),
        }
        return settle(queue.buffer_size, taken - 1, consumers, published, published, counters)
