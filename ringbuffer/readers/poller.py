"""`EventPoller`: consume in the caller's own thread, without waiting."""

import enum
import inspect
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Self

from ringbuffer.checks import check_at_least_one
from ringbuffer.readers.source import Source
from ringbuffer.sequence import Sequence, SequenceGroup


class PollState(enum.Enum):
    """What a poll found."""

    #: Events, which the handler got.
    PROCESSING = "processing"
    #: Events are published, but a sequence that the poller depends on has not passed them.
    GATING = "gating"
    #: Nothing.
    IDLE = "idle"


class EventPoller[E]:
    """A consumer that looks when it is told to (LMAX Disruptor, `EventPoller`). One thread at a time.

    It gates the producers from the moment that it is made, until `close()`.

    Args:
        source: the ring.
        dependents: sequences that must have passed an event before the poller gets it.
    """

    def __init__(self, source: Source[E], *dependents: Sequence | SequenceGroup) -> None:
        self._source: Final = source
        self._sequence: Final = Sequence(memory=source.memory)
        barrier = source.new_barrier(*dependents)
        source.add_gating_sequences(self._sequence, start=barrier)
        self._own: Final = self._sequence.view().word
        self._available: Final = barrier.view().available
        self._published: Final = source.sequencer.published_view().get
        self._reader: Final = source.reader()
        self._advanced: Final = source.on_advance()
        self._closed = False
        self._is_polling = False
        self._owes = False
        self._thread: int | None = None

    @property
    def sequence(self) -> Sequence:
        """The last event that was finished with; others may depend on it."""
        return self._sequence

    def poll(self, handler: Callable[[E, int, bool], object] | Any, limit: int | None = None) -> PollState:
        """Give what is available to `handler`, and return.

        Args:
            handler: a function, or an object with `on_event`, called as `handler(event, sequence, end_of_batch)`. If it returns
                False it gets no more in this poll; the event counts as finished. An event on which it raises does not, and
                comes again at the next poll.
            limit: the most events to give it; None sets no limit.

        Raises:
            ValueError: `limit` is less than 1.
            TypeError: `handler` is none, or asynchronous.
            RuntimeError: the poller is closed, or handing out events already.
            Exception: what the handler raised.
        """
        on_event = getattr(handler, "on_event", handler)
        if not callable(on_event):
            raise TypeError(f"{handler!r} cannot be polled with: pass a function, or an object with on_event")
        first, last = self._range(limit)
        if last < first:
            return PollState.GATING if self._published() >= first else PollState.IDLE
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
                        raise TypeError(f"{handler!r} is asynchronous, and nobody would await it; use a stream")
                    finished = sequence
                    if go_on is False:
                        return PollState.PROCESSING
            finished = last
        finally:
            self._end(finished)
        return PollState.PROCESSING

    def take(self, limit: int | None = None) -> Iterator[E]:
        """Iterate over what is available now, at most `limit` events; none if there is nothing.

        An event is valid, and its slot taken, until the next one is asked for; leaving the loop finishes the last one too.
        The errors are those of `poll`, raised when the first event is asked for.
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
            self._end(finished)

    def close(self) -> None:
        """Let producers go on without this poller. What it has not finished is nobody's concern any more."""
        self._closed = True
        self._leave()
        self._settle()
        self._source.remove_gating_sequence(self._sequence)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _range(self, limit: int | None) -> tuple[int, int]:
        """The first sequence that is not finished, and the last that may be handed out now."""
        if self._closed:
            raise RuntimeError("this poller is closed; make a new one")
        if self._is_polling:
            raise RuntimeError("this poller is handing out events already: end that poll() or take() first")
        check_at_least_one("limit", limit)
        self._settle()
        first = self._own[0] + 1
        last = self._available()
        return first, last if limit is None else min(last, first + limit - 1)

    def _begin(self) -> None:
        """From here on nobody else polls, and a claim of this thread that would wait for this poller is refused."""
        self._is_polling = True
        self._thread = self._source.sequencer.state.enter_consumer(self._sequence)

    def _end(self, sequence: int) -> None:
        """Everything up to `sequence` is finished."""
        self._leave()
        if self._own[0] < sequence and not self._closed:
            self._owes = True
            self._own[0] = sequence  # release: the slots have been read before a producer may fill them again
            self._settle()
        self._is_polling = False

    def _leave(self) -> None:
        """This thread consumes no more."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._source.sequencer.state.leave_consumer(thread, self._sequence)

    def _settle(self) -> None:
        """Tell of the last advance, also if an interrupt came between the two."""
        if self._owes and self._advanced is not None:
            self._advanced()
        self._owes = False
