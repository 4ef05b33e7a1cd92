"""`SharedRunner`: passes events to a plain handler, in a thread that handlers share."""

import functools
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.host import Event
from ringbuffer.messaging.bus.event_receiver import EventReceiver
from ringbuffer.messaging.bus.handler_waits import deadline_after, remaining
from ringbuffer.messaging.bus.runners.handler_runner import HandlerRunner
from ringbuffer.messaging.bus.runners.runner_group import RunnerGroup
from ringbuffer.messaging.bus.runners.thread import HandlerProcessor, threads_of
from ringbuffer.messaging.bus.subscription import Subscription
from ringbuffer.messaging.bus.transports.positions import RingPosition
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequence import Sequence


class SharedRunner(HandlerRunner):
    """One handler of a `RunnerGroup`, whose thread calls it. See `HandlerRunner`.

    The thread that drives it passes it a batch, then stores its position. No other thread drives it
    meanwhile. If another thread takes over, the lock of the `RunnerGroup` hands it on.

    Args:
        subscription: the subscription of the handler.
        ring: the ring.
        batch: the most events that the handler gets at once.
        share: adds the runner to a group.

    Attributes:
        receiver: calls the handler.
        sequences: the handler's sequence, as `RingState.drive` takes it. It gates the publishers
            only after the runner has left its group, whose own sequence does so before.
        own: the word of that sequence.
        ended: set when no thread will call the handler any more.
        at: the last sequence that the handler has finished, as its group knows it.
        until: up to where it is driven now.
        is_driven, is_stopping: whether a thread drives it; whether no thread shall any more. The
            lock of the `RunnerGroup` guards these and the two before.
    """

    def __init__(
        self,
        subscription: Subscription,
        ring: RingBuffer[Any],
        batch: int,
        share: Callable[["SharedRunner"], object],
    ) -> None:
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
        self._group: RunnerGroup | None = None
        #: What drives it in a thread of its own; None while it shares one.
        self._processor: HandlerProcessor | None = None

    @property
    def threads(self) -> tuple[int, ...]:
        """See `HandlerRunner`: the thread that drives it now."""
        return threads_of(self._ring, self._sequence)

    def belong_to(self, group: RunnerGroup) -> None:
        """Note the group, before it knows the runner: then `stop` finds it."""
        self._group = group

    def start(self) -> None:
        """See `HandlerRunner`."""
        assert self._group is not None, "it is attached before it is started"
        self._group.start()

    def stop(self) -> None:
        """See `HandlerRunner`. May be called twice: an interrupt may leave some of it undone."""
        if self._group is None:
            self.ended.set()
            return
        self._group.stop(self)
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
        if self._group is not None:
            self._group.join(lambda: remaining(host, deadline))
        return True

    def _leave(self) -> None:
        """Let publishers continue without it. A second call changes nothing."""
        if self._group is not None:
            self._group.remove(self)
        self._ring.remove_gating_sequence(self._sequence)

    # -- in the thread that drives it -------------------------------------------------------------

    def begin(self) -> None:
        """Call the receiver's `on_start`, once."""
        if not self._has_begun:
            self._has_begun = True
            self.receiver.on_start()

    def continue_alone(self, group: RunnerGroup) -> None:
        """Drive it in the calling thread alone from now on, until it is stopped.

        The caller has finished a batch, and the group drives it no more. Until the group forgets
        it, it holds the publishers back for it. Its own sequence does so from before that moment.

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
            if group.hand_over(self, keep):
                processor.run()
            else:
                ring.remove_gating_sequence(own)
        except BaseException as error:
            if self.failure is None:  # the processor has not reported it
                self.die(error)
        finally:
            self.ended.set()
