"""`EventStream`: a ring as an asynchronous iterator of batches."""

import asyncio
import weakref
from types import TracebackType
from typing import Final, Self

from ringbuffer.checks import check_at_least_one
from ringbuffer.errors import AlertError, ConsumerFailedError
from ringbuffer.readers.bridge import Bridge
from ringbuffer.readers.source import Source
from ringbuffer.sequence import Sequence, SequenceGroup


class EventStream[E]:
    """`async for batch in ring.stream():` each batch is a list of what is available. One task at a time, in one event loop.

    A batch is valid, and its slots are taken, until the next one is asked for. The stream gates the producers from the moment
    that it is made until it is closed: by `async with`, by `aclose()`, or when nothing refers to it any more.

    It ends when the ring is closed and everything was handed out, or the processor that it waits for has stopped. It gives
    the loop a turn before each batch, and waits in a thread of its own, so it never keeps other tasks from running.

    Args:
        source: the ring.
        dependents: sequences that must have passed an event before the stream hands it out.
        max_batch_size: the most events in one batch; None sets no limit.

    Raises:
        ValueError: `max_batch_size` is less than 1.
    """

    def __init__(self, source: Source[E], *dependents: Sequence | SequenceGroup, max_batch_size: int | None = None) -> None:
        check_at_least_one("max_batch_size", max_batch_size)
        state = source.sequencer.state
        self._source: Final = source
        self._limit: Final = state.size if max_batch_size is None else max_batch_size
        self._barrier: Final = source.new_barrier(*dependents)
        self._sequence: Final = Sequence(memory=source.memory)
        source.add_gating_sequences(self._sequence, start=self._barrier)
        self._own: Final = self._sequence.view().word
        self._view: Final = self._barrier.view()
        self._reader: Final = source.reader()
        self._advanced: Final = source.on_advance()
        self._handed_out = self._own[0]
        self._first = self._handed_out + 1
        self._waits = False
        bridge = self._bridge = Bridge(self._barrier, source.host, "ring stream")
        alert = self._barrier.alert
        state.add_close_listener(alert)
        sequence = self._sequence

        threads: list[int] = []
        self._threads: Final = threads

        def end() -> None:
            state.remove_close_listener(alert)
            sequence.has_stopped = True
            for thread in threads:
                state.leave_consumer(thread, sequence)
            bridge.close()
            source.remove_gating_sequence(sequence)

        # A stream that is left behind ends too, and in another thread: whatever collects it may hold one of the ring's locks.
        self._end: Final = end
        self._left_behind: Final = weakref.finalize(self, source.host.start_thread, end, "ring stream ends")
        self._left_behind.atexit = False  # type: ignore[misc]

    @property
    def sequence(self) -> Sequence:
        """The last event that was finished with; others may depend on it."""
        return self._sequence

    @property
    def first_sequence(self) -> int:
        """The number of the first event of the batch that was handed out last."""
        return self._first

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[E]:
        """The next batch.

        Raises:
            StopAsyncIteration: the stream is closed; or the ring is, and everything was handed out.
            ConsumerFailedError: the ring was closed because another consumer died, and everything was handed out.
            RuntimeError: another task is waiting for a batch of this stream.
        """
        if self._waits:
            raise RuntimeError("another task waits for a batch of this stream; give each task a stream of its own")
        self._finish()
        if not self._threads:
            # A claim that blocks this thread, and with it the loop and this stream, is refused where it waits for the stream.
            self._threads.append(self._source.sequencer.state.enter_consumer(self._sequence))
        self._waits = True
        try:
            await asyncio.sleep(0)
            # Each turn but the last waits for an event, or passes over skipped ones.
            while self._left_behind.alive:
                batch = self._next_batch()
                if batch:
                    return batch
                if self._own[0] < self._handed_out:
                    self._finish()
                    continue
                if self._is_at_end():
                    failure = self._source.sequencer.state.refusal()
                    await self.aclose()
                    if isinstance(failure, ConsumerFailedError):
                        raise failure
                    break
                try:
                    await self._bridge.wait_for(self._own[0] + 1)
                except AlertError:
                    self._barrier.clear_alert()
        finally:
            self._waits = False
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Finish the last batch, and let producers go on without this stream."""
        self._finish()
        if self._left_behind.detach() is not None:
            self._end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _next_batch(self) -> list[E]:
        """What is available, up to the first skipped sequence; empty if there is nothing."""
        first = self._own[0] + 1
        available = self._view.available()
        if available < first:
            return []
        last = min(available, first + self._limit - 1)
        pieces = self._reader.shown(first, last)
        if not pieces:
            self._handed_out = last
            return []
        self._first, self._handed_out = pieces[0]
        return self._reader.read(*pieces[0])

    def _finish(self) -> None:
        """What was handed out is finished."""
        if self._own[0] < self._handed_out and self._left_behind.alive:
            self._own[0] = self._handed_out  # release: the slots have been read before a producer may fill them again
            if self._advanced is not None:
                self._advanced()

    def _is_at_end(self) -> bool:
        """Whether nothing can come any more: everything was handed out, or it waits for a consumer that has stopped.

        What is claimed, and who has stopped, is asked after the ring is known to be closed; then how far that one came.
        """
        sequencer = self._source.sequencer
        if not sequencer.is_closed:
            return False
        if sequencer.claimed <= self._own[0]:
            return True
        before = (each for each in self._barrier.dependents if isinstance(each, Sequence))
        return any(each.has_stopped and each.get() <= self._own[0] for each in before)
