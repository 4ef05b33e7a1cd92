"""`EventPoller`: consume in the caller's own thread, without waiting."""

import enum
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, Self

from ringbuffer.checks import check_at_least_one
from ringbuffer.forks import made_here
from ringbuffer.one_process import OneProcess
from ringbuffer.readers.ending import is_at_end
from ringbuffer.readers.readable_ring import ReadableRing
from ringbuffer.sequence import Sequence
from ringbuffer.sequence_group import SequenceGroup
from ringbuffer.sequencer.left_behind import end_when_lost


class PollState(enum.Enum):
    """The result of a poll."""

    #: There were events, and the handler got them.
    PROCESSING = "processing"
    #: Events are published, but a sequence that the poller depends on has not passed them.
    GATING = "gating"
    #: No event is published.
    IDLE = "idle"
    #: No event can come any more: the ring is closed. The poller has finished every event, or a
    #: processor that it comes after has stopped before the next one.
    ENDED = "ended"


class EventPoller[E](OneProcess):
    """A consumer whose caller asks it for events (LMAX Disruptor, `EventPoller`).

    One thread at a time may use it.

    It gates the producers from its construction until `close()`, or until nothing refers to it any
    more.

    Args:
        source: the ring.
        dependents: sequences that must have passed an event before the poller gets it.
    """

    def __init__(self, source: ReadableRing[E], *dependents: Sequence | SequenceGroup) -> None:
        self._source: Final = source
        self._sequence: Final = Sequence(memory=source.memory)
        barrier = source.new_barrier(*dependents)
        self._own: Final = self._sequence.view().word
        self._available: Final = barrier.view().available
        self._published: Final = source.sequencer.published_view().get
        self._dependents: Final = barrier.dependents
        self._ring_closed: Final = source.sequencer.state.closed_word()
        self._reader: Final = source.reader()
        self._advanced: Final = source.on_advance()
        end = partial(source.remove_gating_sequence, self._sequence)
        # From here on it gates the producers: whatever may fail for lack of memory comes before.
        try:
            source.add_gating_sequences(self._sequence, start=barrier)
            self._sequence.driver, self._sequence.is_driven = "poller", True
            self._closed = False
            self._is_polling = False
            self._owes = False
            self._thread: int | None = None
            self._left_behind: Final = end_when_lost(
                self, source.sequencer.state, end, "ring poller ends"
            )
            made_here(self)
        except BaseException:  # an interrupt: no caller gets the poller, so it must not gate
            end()
            raise

    def _after_fork(self, made_in: int) -> None:
        """In a child: the poller is the parent's, so its collection must not end anything."""
        self._left_behind.detach()

    @property
    def sequence(self) -> Sequence:
        """The last event that it has finished; other consumers may depend on it."""
        return self._sequence

    def poll(
        self, handler: Callable[[E, int, bool], object] | Any, limit: int | None = None
    ) -> PollState:
        """Pass the available events to `handler`, and return.

        Args:
            handler: a function, or an object with `on_event`, called as `handler(event, sequence,
                end_of_batch)`. If it returns False, it gets no more events in this poll; the event
                is finished. If it raises, the event is not finished, and the next poll passes it
                again.
            limit: the most events to pass; None sets no limit.

        Raises:
            ValueError: `limit` is less than 1.
            TypeError: `handler` cannot be called, or is asynchronous.
            RuntimeError: the poller is closed, or in the middle of another poll.
            Exception: the handler raised it.
        """
        on_event = getattr(handler, "on_event", handler)
        if not callable(on_event):
            raise TypeError(
                f"{handler!r} cannot be polled with: pass a function, or an object with on_event"
            )
        first, last = self._range(limit)
        if last < first:
            return self._nothing(first)
        finished = first - 1
        try:
            self._begin()
            pieces = self._reader.shown(first, last)
            end = pieces[-1][1] if pieces else last
            for low, high in pieces:
                for sequence, event in enumerate(self._reader.read(low, high), low):
                    go_on = on_event(event, sequence, sequence == end)
                    if go_on is not None and inspect.iscoroutine(go_on):
                        go_on.close()
                        raise TypeError(
                            f"{handler!r} is asynchronous, and a poll does not await it; use a "
                            f"stream"
                        )
                    finished = sequence
                    if go_on is False:
                        return PollState.PROCESSING
                    go_on = None  # see `ringbuffer.system`: a statement after the test
            finished = last
        finally:
            try:
                self._end(finished)
            except BaseException:  # an interrupt: what it left undone is done now
                self._end(finished)
                raise
        return PollState.PROCESSING

    def take(self, limit: int | None = None) -> Iterator[E]:
        """Iterate over the available events, at most `limit`; empty if there is no event.

        An event is valid, and its slot taken, until the caller asks for the next one. Leaving the
        loop finishes the last event too. The errors are those of `poll`, raised when the caller
        asks for the first event.
        """
        first, last = self._range(limit)
        if last < first:
            return
        finished = first - 1
        try:
            self._begin()
            for low, high in self._reader.shown(first, last):
                for sequence, event in enumerate(self._reader.read(low, high), low):
                    finished = sequence
                    yield event
            finished = last
        finally:
            try:
                self._end(finished)
            except BaseException:  # an interrupt: what it left undone is done now
                self._end(finished)
                raise

    def close(self) -> None:
        """Let producers continue without this poller. Unfinished events no longer hold them up."""
        try:
            self._close()
        except BaseException:  # an interrupt: what it left undone is done now
            self._close()
            raise

    def _close(self) -> None:
        self._closed = True
        self._leave()
        self._settle()
        self._source.remove_gating_sequence(self._sequence)
        self._left_behind.detach()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()

    def _range(self, limit: int | None) -> tuple[int, int]:
        """The first sequence that is not finished, and the last one that may be handed out now."""
        if self._closed:
            raise RuntimeError("this poller is closed; make a new one")
        if self._is_polling:
            raise RuntimeError(
                "this poller is handing out events already: end that poll() or take() first"
            )
        limit = check_at_least_one("limit", limit)
        self._settle()
        first = self._own[0] + 1
        last = self._available()
        return first, last if limit is None else min(last, first + limit - 1)

    def _nothing(self, first: int) -> PollState:
        """Why there is no event from `first` on."""
        if self._ring_closed[0] and is_at_end(self._source.sequencer, self._dependents, first - 1):
            return PollState.ENDED
        return PollState.GATING if self._published() >= first else PollState.IDLE

    def _begin(self) -> None:
        """Begin a poll.

        From here on another poll is refused, and so is a claim of this thread that would wait for
        this poller.
        """
        self._is_polling = True
        state = self._source.sequencer.state
        # Stored first: after an interrupt, `_leave` removes the consumer if it was added
        self._thread = state.host.thread_id()
        state.enter_consumer(self._sequence)

    def _end(self, sequence: int) -> None:
        """End a poll: every event up to `sequence` is finished."""
        self._leave()
        if self._own[0] < sequence and not self._closed:
            self._owes = True
            # Release: the slots have been read before a producer may fill them again
            self._own[0] = sequence
        self._settle()
        self._is_polling = False

    def _leave(self) -> None:
        """Note that this thread no longer consumes."""
        if self._thread is not None:
            self._source.sequencer.state.leave_consumer(self._thread, self._sequence)
        self._thread = None

    def _settle(self) -> None:
        """Signal the last advance, also if an interrupt came between the advance and the signal."""
        if self._owes and self._advanced is not None:
            self._advanced()
        self._owes = False
