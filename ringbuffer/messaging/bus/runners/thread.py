"""`ChannelThreadRunner` and `ProcessorRunner`: call a plain handler in a thread of its own."""

import functools
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.host import Host
from ringbuffer.messaging.bus.event_receiver import EventReceiver
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.transports.event_channel import EventChannel
from ringbuffer.messaging.bus.transports.positions import ChannelPosition, RingPosition
from ringbuffer.processors import BatchEventProcessor
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class ChannelThreadRunner(HandlerRunner):
    """Takes the events of a channel, in a thread of its own."""

    def __init__(self, subscription: Subscription, channel: EventChannel, host: Host) -> None:
        self._receiver: Final = EventReceiver(subscription)
        super().__init__(subscription, self._receiver, ChannelPosition(channel))
        self._name: Final = subscription.name
        self._host: Final = host
        self._channel: Final = channel
        self._ended: Final = host.event()
        self.stop = channel.close

    def start(self) -> None:
        """See `HandlerRunner`."""
        self._host.start_thread(self._run, self._name)

    def join(self, timeout: float | None = None) -> bool:
        """See `HandlerRunner`."""
        return self._ended.wait(timeout)

    def _run(self) -> None:
        """Take and handle events.

        Terminates because the channel is closed. An error that ends it earlier is reported.
        """
        channel, receiver = self._channel, self._receiver
        self._threads = (self._host.thread_id(),)
        try:
            receiver.on_start()
            while True:
                batch = channel.take()
                if not batch:
                    break
                receiver.on_batch(batch)
                channel.finish(len(batch))
        except BaseException as error:
            self.die(error)
        finally:
            self._ended.set()


class HandlerProcessor(BatchEventProcessor[Any]):
    """A processor of a bus, which continues without it if it dies; others close their ring then."""

    def __init__(
        self,
        name: str,
        ring: RingBuffer[Any],
        receiver: EventReceiver,
        batch: int,
        die: Callable[[BaseException], object],
        sequence: Sequence | None = None,
    ) -> None:
        self._die: Final = die
        # It does not gate by itself: an interrupt of the call that makes it would leave the ring
        # gated forever.
        super().__init__(
            ring,
            ring.new_barrier(),
            receiver,
            name=name,
            max_batch_size=batch,
            gating=False,
            sequence=sequence,
        )

    def on_death(self, failure: BaseException) -> None:
        """Report it to the bus."""
        self._die(failure)


class ProcessorRunner(HandlerRunner):
    """Consumes a ring, in the thread of a processor."""

    def __init__(self, subscription: Subscription, ring: RingBuffer[Any], batch: int) -> None:
        receiver = EventReceiver(subscription)
        self._ring: Final = ring
        self._processor: Final = HandlerProcessor(
            subscription.name, ring, receiver, batch, self.die
        )
        sequence, barrier = self._processor.sequence, self._processor.barrier
        attach = functools.partial(ring.add_gating_sequences, sequence, start=barrier)
        detach = functools.partial(ring.remove_gating_sequence, sequence)
        super().__init__(subscription, receiver, RingPosition(ring, sequence, attach, detach))
        self.start = self._processor.start
        self.stop = self._processor.halt
        self.join = self._processor.join

    @property
    def threads(self) -> tuple[int, ...]:
        """See `HandlerRunner`."""
        return threads_of(self._ring, self._processor.sequence)


def threads_of(ring: RingBuffer[Any], sequence: Sequence) -> tuple[int, ...]:
    """The threads that advance a sequence now."""
    consumers = ring.sequencer.state.consumers()
    return tuple(
        thread for thread, own in consumers.items() if any(each is sequence for each in own)
    )
