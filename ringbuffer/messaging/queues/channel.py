"""`ChannelQueue`: a queue of messages under one lock."""

from collections.abc import Iterable
from typing import Final

from ringbuffer.backoff import Backoff
from ringbuffer.checks import Duration, check_timeout
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.envelope import TransportEnvelope, check_envelope
from ringbuffer.messaging.options import InMemoryQueueOptions
from ringbuffer.messaging.queues.consumed_queue import ConsumedQueue
from ringbuffer.messaging.queues.enqueue_many import enqueue_in_chunks
from ringbuffer.messaging.queues.message_channel import MessageChannel
from ringbuffer.messaging.queues.queue import PutEnvelope


class ChannelQueue(ConsumedQueue):
    """An `InMemoryQueue` under one lock: the default. Any thread.

    Args:
        options: the options. It uses `buffer_size` and `drop_when_full`.
        name, grace, drain_at_exit, host: see `create_queue`.
    """

    def __init__(
        self,
        options: InMemoryQueueOptions,
        *,
        name: str = "queue",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._channel: Final = MessageChannel(options.buffer_size, host)
        self._drops: Final = options.drop_when_full
        super().__init__(self._channel, host, name, grace, drain_at_exit)

    @property
    def buffer_size(self) -> int:
        return self._channel.size

    @property
    def depth(self) -> int:
        return self._channel.waiting + len(self._followers.returned)

    @property
    def message_count(self) -> int:
        return self._channel.count

    @property
    def dropped(self) -> int:
        return self._channel.dropped

    @property
    def _taken(self) -> int:
        return self._channel.taken

    def enqueue_sync(self, envelope: TransportEnvelope, timeout: Duration | None = None) -> bool:
        limit = None if timeout is None else check_timeout(timeout)
        accepted = self.try_enqueue(envelope)
        if accepted is not None:
            return accepted
        with self._consumers.waiting_for_capacity(limit):
            wait = self._channel.wait_for_capacity(None if limit is None else max(0.0, limit))
            # Terminates because a consumer takes a message, the queue is closed, or the time is up.
            while True:
                accepted = self._channel.put(envelope)
                if accepted is not None:
                    return accepted
                if wait.is_over:
                    raise self.no_capacity(limit)
                wait.pause()

    def sender(self) -> PutEnvelope:
        """See `InMemoryQueue`. All threads share one function, because they share one lock."""
        return self.enqueue_sync

    def try_enqueue(self, envelope: TransportEnvelope) -> bool | None:
        check_envelope(envelope)
        return self._channel.put(envelope, self._drops)

    def enqueue_many(
        self, messages: Iterable[TransportEnvelope], timeout: Duration | None = None
    ) -> int:
        """See `InMemoryQueue`. Each time there is free capacity, it is filled."""
        return enqueue_in_chunks(messages, timeout, self.buffer_size, self._put_chunk, self._host)

    def _put_chunk(
        self, chunk: list[TransportEnvelope], timeout: float | None, count: list[int]
    ) -> bool | None:
        """See `PutChunk`."""
        channel, before = self._channel, count[0]
        accepted = channel.put_many(chunk, self._drops, count)
        if accepted is not None:
            return accepted
        with self._consumers.waiting_for_capacity(timeout):
            wait = channel.wait_for_capacity(None if timeout is None else max(0.0, timeout))
            # Terminates because consumers take messages, the queue is closed, or the time is up.
            while True:
                accepted = channel.put_many(chunk[count[0] - before :], False, count)
                if accepted is not None or wait.is_over:
                    return accepted
                wait.pause()

    def _shut(self, backoff: Backoff) -> None:
        self._channel.shut()
