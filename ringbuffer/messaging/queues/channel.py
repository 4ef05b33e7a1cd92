"""`ChannelQueue`: a queue of messages on the standard library's queue."""

import queue
from typing import Final

from ringbuffer.checks import check_timeout
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.envelope import TransportEnvelope, check_envelope
from ringbuffer.messaging.options import InMemoryQueueOptions
from ringbuffer.messaging.queues.base import ConsumedQueue
from ringbuffer.messaging.queues.queue import Put
from ringbuffer.messaging.queues.turns import Taker


class Channel:
    """A `queue.Queue`, as a source of messages. Any thread.

    Attributes:
        messages: the queue; it has locks and conditions of its own.
        taken: how many messages consumers have taken; under the lock of the turns.
    """

    def __init__(self, size: int) -> None:
        self.messages: Final[queue.Queue[TransportEnvelope]] = queue.Queue(size)
        self.taken = 0
        self._interrupted = False

    def taker(self) -> Taker:
        """See `Source`."""
        return Taker(self.take, self.wait)

    def take(self, beyond: int) -> TransportEnvelope | None:
        """See `Taker`. A producer that drops the oldest message may come between the look and the taking."""
        messages = self.messages
        if len(messages.queue) <= beyond:
            return None
        try:
            envelope = messages.get_nowait()
        except (queue.Empty, queue.ShutDown):
            return None
        self.taken += 1
        return envelope

    def wait(self) -> None:
        """See `Taker`. Notified by whoever puts a message in, and by `interrupt`."""
        messages = self.messages
        with messages.not_empty:
            while not messages.queue and not self._interrupted:
                messages.not_empty.wait()
            self._interrupted = False

    def interrupt(self) -> None:
        """See `Source`."""
        messages = self.messages
        with messages.not_empty:
            self._interrupted = True
            messages.not_empty.notify_all()


class ChannelQueue(ConsumedQueue):
    """An `InMemoryQueue` on the standard library's `queue.Queue`: the default. Any thread.

    Args:
        options: its `buffer_size` and `drop_when_full` are used.
        name: what its consumers are called after.
        host: what provides locks, threads and time; the standard library's queue brings its own locks.
    """

    def __init__(self, options: InMemoryQueueOptions, *, name: str = "queue", host: Host = SYSTEM_HOST) -> None:
        self._channel: Final = Channel(options.buffer_size)
        self._messages: Final = self._channel.messages
        self._drops: Final = options.drop_when_full
        self._dropping: Final = host.lock()
        self._dropped = 0
        super().__init__(self._channel, host, name)

    @property
    def buffer_size(self) -> int:
        """See `InMemoryQueue`."""
        return self._messages.maxsize

    @property
    def depth(self) -> int:
        """See `InMemoryQueue`."""
        return self._messages.qsize()

    @property
    def message_count(self) -> int:
        """See `InMemoryQueue`. Nothing counts what is put in: it waits, or was taken, or dropped."""
        with self._turns.lock, self._dropping:
            return self._channel.taken + self._dropped + self._messages.qsize()

    @property
    def dropped(self) -> int:
        """See `InMemoryQueue`."""
        return self._dropped

    @property
    def _taken(self) -> int:
        return self._channel.taken

    def enqueue_sync(self, envelope: TransportEnvelope, timeout: float | None = None) -> bool:
        """See `InMemoryQueue`."""
        limit = None if timeout is None else check_timeout(timeout)
        if (accepted := self.try_enqueue(envelope)) is not None:
            return accepted
        with self.waiting_for_room(limit):
            try:
                self._messages.put(envelope, timeout=None if limit is None else max(0, limit))
            except queue.ShutDown:
                return False
            except queue.Full:
                raise self.no_room(timeout) from None
        return True

    def sender(self) -> Put:
        """See `InMemoryQueue`. All threads share it: the standard library's queue has a lock for all."""
        return self.enqueue_sync

    def try_enqueue(self, envelope: TransportEnvelope) -> bool | None:
        """See `ConsumedQueue`."""
        check_envelope(envelope)
        try:
            self._messages.put_nowait(envelope)
        except queue.ShutDown:
            return False
        except queue.Full:
            return self._drop_and_put(envelope) if self._drops else None
        return True

    def _drop_and_put(self, envelope: TransportEnvelope) -> bool:
        """Drop the oldest message until there is room. One thread at a time drops: each turn lets in a message."""
        with self._dropping:
            while True:
                try:
                    self._messages.put_nowait(envelope)
                except queue.ShutDown:
                    return False
                except queue.Full:
                    try:
                        self._messages.get_nowait()
                    except queue.Empty:
                        continue
                    self._dropped += 1
                else:
                    return True

    def _shut(self) -> None:
        self._messages.shutdown()
