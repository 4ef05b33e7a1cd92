"""`SharedRunner`: passes events to a plain handler, in threads that handlers share."""

import functools
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.host import Event
from ringbuffer.messaging.bus.deadlines import deadline_after, remaining
from ringbuffer.messaging.bus.event_receiver import EventReceiver
from ringbuffer.messaging.bus.runners.positioned import PositionedRunner
from ringbuffer.messaging.bus.runners.runner_threads import RunnerThreads
from ringbuffer.messaging.bus.runners.thread import HandlerProcessor, threads_of
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.transports.ring_position import RingPosition
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class SharedRunner(PositionedRunner):
    """One handler among those that share the threads of a `RunnerThreads`. See `HandlerRunner`.

    The thread that drives it passes it a batch, then stores its position. No other thread drives it
    meanwhile. The lock of the `RunnerThreads` hands it from one thread to the next.

    Args:
        subscription: the subscription of the handler.
        ring: the ring.
        batch: the most events that the handler gets at once.
        share: adds the runner to the threads that it will share.

    Attributes:
        receiver: calls the handler.
        sequences: the handler's sequence, as `RingState.drive` takes it. It gates the publishers
            only after the runner has left the shared threads, whose own sequence does so before.
        own: the word of that sequence.
        ended: set when no thread will call the handler any more.
        at: the last sequence that the handler has finished, as the shared threads know it.
        until: up to where it is driven now.
        is_driven, is_stopping: whether a thread drives it; whether no thread shall any more. The
            lock of the `RunnerThreads` guards these and the two before.
    """

    def __init__(
        self,
        subscription: Subscription,
        ring: RingBuffer[Any],
        batch: int,
        share: Callable[["SharedRunner"], object],
    ) -> None:
        self.task: Final = None
        self.receiver: Final = EventReceiver(subscription)
        self._ring: Final = ring
        self._batch: Final = batch
        self._sequence: Final = Sequence(memory=ring.memory)
        attach = functools.partial(share, self)
        position = RingPosition(ring, self._sequence, attach, self._leave)
        super().__init__(subscription, self.receiver, position)
        self.own: Final = self._sequence.view().word
        self.sequences: Final = (self._sequence,)
        self.ended: Final[Event] = ring.host.event()
        self.at = self.until = -1
        self.is_driven = self.is_stopping = False
        self._has_begun = False
        self._threads: RunnerThreads | None = None
        #: What drives it in a thread of its own; None while it shares threads.
        self._processor: HandlerProcessor | None = None

    @property
    def threads(self) -> tuple[int, ...]:
        """See `HandlerRunner`: the thread that drives it now."""
        return threads_of(self._ring, self._sequence)

    def belong_to(self, threads: RunnerThreads) -> None:
        """Note the threads, before they know the runner: then `stop` finds them."""
        self._threads = threads

    def start(self) -> None:
        """See `HandlerRunner`."""
        assert self._threads is not None, "it is attached before it is started"
        self._threads.start()

    def stop(self) -> None:
        """See `HandlerRunner`. May be called twice: an interrupt may leave some of it undone."""
        if self._threads is None:
            self.ended.set()
            return
        self._threads.stop(self)
        if self._processor is not None:
            self._processor.halt()

    def join(self, timeout: float | None = None) -> bool:
        """See `HandlerRunner`. In a thread that drives it, it returns False at once."""
        host = self._ring.host
        if host.thread_id() in self.threads:
            return False
        deadline = deadline_after(host, timeout)
        if not self.ended.wait(timeout):
            return False
        if self._threads is not None:
            self._threads.join(lambda: remaining(host, deadline))
        return True

    def abort(self) -> None:
        """A thread cannot be cancelled."""

    def _leave(self) -> None:
        """Let publishers continue without it. A second call changes nothing."""
        if self._threads is not None:
            self._threads.remove(self)
        self._ring.remove_gating_sequence(self._sequence)

    # -- in the thread that drives it -------------------------------------------------------------

    def begin(self) -> None:
        """Call the receiver's `on_start`, once."""
        if not self._has_begun:
            self._has_begun = True
            self.receiver.on_start()

    def continue_alone(self, threads: RunnerThreads) -> None:
        """Drive it in the calling thread alone from now on, until it is stopped.

        The caller has finished a batch, and the shared threads drive it no more. Until they forget
        it, they hold the publishers back for it. Its own sequence does so from before that moment.

        A `stop` is either before `hand_over` or after it. Before, nothing is handed over. After, it
        finds the processor and halts it, which the processor remembers; and the `detach` that
        comes later removes the sequence.
        """
        name, ring, own = self._subscription.name, self._ring, self._sequence
        try:
            processor = HandlerProcessor(name, ring, self.receiver, self._batch, self.die, own)

            def keep() -> None:
                self._processor = processor

            ring.add_gating_sequences(own, start=own)
            if threads.hand_over(self, keep):
                processor.run()
            else:
                ring.remove_gating_sequence(own)
        except BaseException as error:
            if self.failure is None:  # the processor has not reported it
                self.die(error)
        finally:
            self.ended.set()
