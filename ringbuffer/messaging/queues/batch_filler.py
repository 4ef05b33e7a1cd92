"""`BatchFiller`: how a consumer takes batches of messages, fills them, and has them handled.

A batch is taken in one critical section of the dequeue lock, in which a single message could have
been taken. Its length has two limits: `Batching.size`, and a fair share. While other consumers
rest, the waiting messages are divided among all of them, see `share`. So a batch leaves at least
one message for each consumer that rests.

With an age, a batch that is not full waits for more. It then takes only what no resting consumer
will take. Nothing signals such messages: the consumer looks again after a pause, see `Backoff`.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ringbuffer.backoff import Backoff
from ringbuffer.checks import Duration, check_duration, check_integer, is_coroutine_function
from ringbuffer.host import Host
from ringbuffer.messaging.envelope import TransportEnvelope
from ringbuffer.messaging.message_handler import batch_function_of, function_of
from ringbuffer.messaging.queues.bind_receiver import bind_receiver
from ringbuffer.messaging.queues.follower import Follower
from ringbuffer.messaging.queues.leader_followers import LeaderFollowers
from ringbuffer.messaging.queues.source import Dequeuer, MessageReceiver

type Batch = list[TransportEnvelope]


@dataclass(frozen=True, slots=True)
class Batching:
    """The limits of a consumer's batches.

    Attributes:
        size: how many messages a batch has at most.
        age: how long a batch that is not full waits for more, in seconds, from its first message.
    """

    size: int
    age: float

    @classmethod
    def of(cls, size: int | None, age: Duration) -> "Batching | None":
        """The limits that `add_consumer` got; None for a consumer without batches.

        Raises:
            TypeError: the size is not an integer, or the age is not a duration.
            ValueError: the size is less than 1, the age is negative, or there is only an age.
        """
        limit = check_duration("max_batch_age", age, allow_zero=True)
        if size is not None:
            return cls(check_integer("max_batch_size", size, 1), limit)
        if limit:
            raise ValueError(f"max_batch_age={age!r} needs a max_batch_size. Nothing was added")
        return None


def function_for(handler: Any, batching: Batching | None) -> Callable[[Any], object]:
    """Returns the function of a handler of messages, or of batches.

    Raises:
        TypeError: it is neither, or it handles batches and there are no limits for them.
    """
    if batching is not None:
        return batch_function_of(handler)
    if hasattr(handler, "on_batch") and not callable(handler) and not hasattr(handler, "handle"):
        raise TypeError(f"{handler!r} handles batches: say max_batch_size=. Nothing was added")
    return function_of(handler)


class BatchFiller:
    """The batches of one consumer. Any thread may read the attributes.

    Args:
        on_batch: the handler's function, plain or a coroutine function.
        batching: their limits.
        followers: the dequeue lock, and the other consumers.
        follower: the consumer, as `followers` sees it.
        host: the source of the time.

    Attributes:
        function: fills a batch, and passes it to the handler. A coroutine function if the handler
            is one.
        held: how many messages the current batch has, or the last one.
        first: the identifier of its first message.
    """

    def __init__(
        self,
        on_batch: Callable[[Batch], object],
        batching: Batching,
        followers: LeaderFollowers,
        follower: Follower,
        host: Host,
    ) -> None:
        self.held = 0
        self.first = ""
        self._batching: Final = batching
        self._followers: Final = followers
        self._follower: Final = follower
        self._host: Final = host
        self._take_many: Callable[[int, int, int], Batch | None] | None = None
        self.function: Final = (
            self._awaits(on_batch) if is_coroutine_function(on_batch) else self._calls(on_batch)
        )

    def receiver(self) -> MessageReceiver[Batch]:
        """The functions that receive batches. The consumer's own thread calls this."""
        return bind_receiver(self._followers, self._follower, self._bind_take)

    def _bind_take(self, dequeuer: Dequeuer) -> Callable[[int], Batch | None]:
        """See `BindTake`."""
        followers, follower, most = self._followers, self._follower, self._batching.size
        take_many = self._take_many = dequeuer.take_many

        def take(beyond: int) -> Batch | None:
            return take_many(beyond, followers.others_at_rest(follower), most)

        return take

    def _calls(self, on_batch: Callable[[Batch], object]) -> Callable[[Batch], object]:
        def fill_and_call(batch: Batch) -> object:
            self._note(batch)
            if self._waits(batch):
                with contextlib.suppress(MemoryError):  # what is there is handled anyway
                    self._fill(batch)
            return on_batch(batch)

        return fill_and_call

    def _awaits(self, on_batch: Callable[[Batch], Any]) -> Callable[[Batch], object]:
        async def fill_and_await(batch: Batch) -> None:
            self._note(batch)
            if self._waits(batch):
                # A task that an earlier batch left behind may cancel this one: then it waits no
                # longer. The consumer takes such a cancellation back.
                with contextlib.suppress(MemoryError, asyncio.CancelledError):
                    await self._fill_in_loop(batch)
            await on_batch(batch)

        return fill_and_await

    def _note(self, batch: Batch) -> None:
        self.first, self.held = batch[0].message_id, len(batch)

    def _waits(self, batch: Batch) -> bool:
        """Whether a batch may wait for more messages."""
        return self._batching.age > 0 and len(batch) < self._batching.size

    def _fill(self, batch: Batch) -> None:
        """Add messages until the batch is full or old, or the consumer is to stop."""
        backoff = Backoff(self._host, self._host.event(), self._batching.age)
        # Terminates because the age is reached, at the latest.
        while self._add(batch) and backoff.pause():
            pass
        self._add(batch)

    async def _fill_in_loop(self, batch: Batch) -> None:
        """As `_fill`; the other tasks of the loop run meanwhile."""
        end = self._host.monotonic() + self._batching.age
        # Terminates because the age is reached, at the latest.
        while self._add(batch) and (left := end - self._host.monotonic()) > 0:
            await asyncio.sleep(min(left, Backoff.LONGEST_PARK))

    def _add(self, batch: Batch) -> bool:
        """Add messages that wait, and that no resting consumer will take. Whether to add more."""
        take_many, room = self._take_many, self._batching.size - len(batch)
        if take_many is None or room <= 0:
            return False
        with self._followers.lock:
            if self._follower.is_stopping:
                return False
            others = self._followers.others_at_rest(self._follower)
            more = take_many(others, others, room)
        if more is not None:
            batch += more
            self.held = len(batch)
        return len(batch) < self._batching.size
