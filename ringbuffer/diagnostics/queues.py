"""Queues: what this layer needs of them, so that it can look at queues that it does not import."""

from collections.abc import Sequence as Items
from typing import Final, Protocol, runtime_checkable

from ringbuffer.diagnostics.positions import Positions, settle


@runtime_checkable
class CountedQueue(Protocol):
    """A queue that knows its sequences, as `ringbuffer.queues.Queue`. Any thread."""

    @property
    def maxsize(self) -> int:
        """The most items at a time."""
        ...

    @property
    def claimed(self) -> int:
        """The last sequence given to a put."""
        ...

    @property
    def published(self) -> int:
        """The sequence of the last item put."""
        ...

    @property
    def consumed(self) -> int:
        """The sequence of the last item taken."""
        ...


class ObservedQueue:
    """Such a queue. Its consumers compete, so there is one position for all of them. Any thread."""

    def __init__(self, queue: CountedQueue, name: str) -> None:
        self.name: Final = name
        self._queue: Final = queue

    def read(self) -> Positions:
        """See `Observed`; what was taken is read before what was put."""
        queue = self._queue
        consumed, published, claimed = queue.consumed, queue.published, queue.claimed
        return settle(queue.maxsize, consumed, (), published, claimed, {})


@runtime_checkable
class MessageQueue(Protocol):
    """A queue that counts messages, as `ringbuffer.messaging.InMemoryQueue`. Any thread."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def buffer_size(self) -> int:
        """How many messages wait at most."""
        ...

    @property
    def depth(self) -> int:
        """How many messages wait now."""
        ...

    @property
    def message_count(self) -> int:
        """How many messages were ever accepted."""
        ...

    @property
    def dropped(self) -> int:
        """How many messages made room for newer ones."""
        ...

    @property
    def failed(self) -> int:
        """How many messages a handler failed on."""
        ...

    @property
    def consumers(self) -> Items[object]:
        """The consumers now."""
        ...


class ObservedMessageQueue:
    """Such a queue. Its consumers compete, so there is one position for all of them. Any thread."""

    def __init__(self, queue: MessageQueue, name: str) -> None:
        self.name: Final = name
        self._queue: Final = queue

    def read(self) -> Positions:
        """See `Observed`.

        What was taken is `message_count - depth`, never too high if the count is read before the depth; what is published is
        read afterwards. A depth that has grown meanwhile makes what was taken too low by at most a ring, which `settle` puts
        right.
        """
        queue = self._queue
        taken = queue.message_count - queue.depth
        published = queue.message_count - 1
        counters = {"dropped": queue.dropped, "failed": queue.failed, "consumers": len(queue.consumers)}
        return settle(queue.buffer_size, taken - 1, (), published, published, counters)
