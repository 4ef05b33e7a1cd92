"""`EventStream`: a ring as an asynchronous iterator of batches."""

from typing import Final, Self

from ringbuffer.checks import check_at_least_one
from ringbuffer.errors import AlertError, ConsumerFailedError
from ringbuffer.forks import made_here
from ringbuffer.one_process import OneProcess
from ringbuffer.readers.async_wait import AsyncBarrierWait
from ringbuffer.readers.ending import is_at_end
from ringbuffer.readers.readable_ring import ReadableRing
from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer.left_behind import end_when_lost


class EventStream[E](OneProcess):
    """An asynchronous iterator of batches: `async for batch in ring.stream():`.

    Each batch is a list of the available events. One task at a time may use it, in one event loop.

    A batch is valid, and its slots are taken, until the task asks for the next one. The stream
    gates the producers from its construction until it is closed: by `async with`, by `aclose()`, or
    when nothing refers to it any more.

    It ends when the ring is closed and every event was handed out, or when the processor that it
    comes after has stopped. It lets other tasks run before each batch, and waits in its own thread.
    So it never blocks the loop.

    Args:
        source: the ring.
        dependents: sequences that must have passed an event before the stream hands it out.
        max_batch_size: the most events in one batch; None sets no limit.

    Raises:
        ValueError: `max_batch_size` is less than 1.
    """

    def __init__(
        self,
        source: ReadableRing[E],
        *dependents: Sequence | SequenceGroup,
        max_batch_size: int | None = None,
    ) -> None:
        max_batch_size = check_at_least_one("max_batch_size", max_batch_size)
        state = source.sequencer.state
        self._source: Final = source
        self._limit: Final = state.size if max_batch_size is None else max_batch_size
        self._barrier: Final = source.new_barrier(*dependents)
        self._sequence: Final = Sequence(memory=source.memory)
        self._own: Final = self._sequence.view().word
        self._view: Final = self._barrier.view()
        self._reader: Final = source.reader()
        self._advanced: Final = source.on_advance()
        wait = self._wait = AsyncBarrierWait(self._barrier, source.host, "ring stream")
        alert = self._barrier.alert
        sequence = self._sequence
        threads: list[int] = []
        self._threads: Final = threads

        def end() -> None:
            """May be called twice: an interrupt may leave some of it undone."""
            state.remove_close_listener(alert)
            sequence.has_stopped = True
            for thread in threads:
                state.leave_consumer(thread, sequence)
            wait.close()
            source.remove_gating_sequence(sequence)

        self._end: Final = end
        # From here on it gates the producers: whatever may fail for lack of memory comes before.
        try:
            source.add_gating_sequences(sequence, start=self._barrier)
            sequence.driver, sequence.is_driven = "stream", True
            self._handed_out = self._own[0]
            self._first = self._handed_out + 1
            self._waits = False
            state.add_close_listener(alert)
            self._left_behind: Final = end_when_lost(self, state, end, "ring stream ends")
            made_here(self)
        except BaseException:  # an interrupt: no caller gets the stream, so it must not gate
            end()
            raise

    def _after_fork(self, made_in: int) -> None:
        """In a child: the stream is the parent's, so its collection must not end anything."""
        self._left_behind.detach()

    @property
    def sequence(self) -> Sequence:
        """The last event that it has finished; other consumers may depend on it."""
        return self._sequence

    @property
    def first_sequence(self) -> int:
        """The sequence of the first event of the last batch."""
        return self._first

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[E]:
        """The next batch.

        Raises:
            StopAsyncIteration: the stream is closed; or the ring is, and every event was handed
                out.
            ConsumerFailedError: the ring was closed because another consumer died, and every event
                was handed out.
            RuntimeError: another task is waiting for a batch of this stream.
        """
        import asyncio  # here, so that a program of threads alone does not load it

        if self._waits:
            raise RuntimeError(
                "another task waits for a batch of this stream; give each task its own stream"
            )
        self._finish()
        if not self._threads:
            # A claim that blocks this thread would block the loop and this stream with it. So a
            # claim that waits for the stream is refused.
            state = self._source.sequencer.state
            # Stored first: after an interrupt, `end` removes the consumer if it was added
            self._threads.append(state.host.thread_id())
            state.enter_consumer(self._sequence)
        self._waits = True
        try:
            await asyncio.sleep(0)
            # Each iteration but the last waits for an event, or passes over skipped ones.
            # Terminates because an event comes, or because the stream or the ring is closed.
            # The test is inside, so that the jump back is in the `try`: see `ringbuffer.system`
            while True:
                if not self._left_behind.alive:
                    break
                batch = self._next_batch()
                if len(batch):  # an array of records has no truth value
                    return batch
                if self._own[0] < self._handed_out:
                    self._finish()
                    continue
                if is_at_end(self._source.sequencer, self._barrier.dependents, self._own[0]):
                    failure = self._source.sequencer.state.refusal()
                    await self.aclose()
                    if isinstance(failure, ConsumerFailedError):
                        raise failure
                    break
                try:
                    await self._wait.wait_for(self._own[0] + 1)
                except AlertError:
                    self._barrier.clear_alert()
        except BaseException:
            # The caller did not get what was handed out last: the next call hands it out again
            self._handed_out = self._own[0]
            raise
        finally:
            self._waits = False
        raise StopAsyncIteration

    def prepare(self) -> None:
        """Start the waiting thread now, so that a lack of threads shows here.

        Raises:
            RuntimeError, MemoryError: the system has no thread left. Nothing was done.
        """
        self._wait.start()

    async def aclose(self) -> None:
        """Finish the last batch, and let producers continue without this stream."""
        self._finish()
        self.end()

    def end(self) -> None:
        """Let producers continue without this stream, which hands out no more events.

        Any thread may call it, any number of times.
        """
        try:
            if self._left_behind.detach():
                self._end()
        except BaseException:  # an interrupt: what it left undone is done now
            self._left_behind.detach()
            self._end()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self.aclose()

    def _next_batch(self) -> list[E]:
        """The available events up to the first skipped sequence; empty if there is no event."""
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
        """Mark what was handed out as finished."""
        if self._own[0] < self._handed_out and self._left_behind.alive:
            try:
                # Release: the slots have been read before a producer may fill them again
                self._own[0] = self._handed_out
                if self._advanced is not None:
                    self._advanced()
            except BaseException:
                # An interrupt: threads that wait for the advance must still be notified.
                if self._advanced is not None:
                    self._advanced()
                raise
