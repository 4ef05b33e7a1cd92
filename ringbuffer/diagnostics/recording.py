"""`EventRecorder`: counts events and times around one handler's method, in the thread that calls it.

Its functions are closures over their counters: to count costs an addition to a cell of the function's own, and no attribute of
anything that another thread might look at. Another thread reads the counters through functions that share the cells.
"""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.diagnostics.histogram import Histogram
from ringbuffer.processors import RewindBatch


class EventRecorder:
    """Wraps the method of one handler, once. The wrapped method: consumer's thread only. The counts: any thread.

    Args:
        clock: seconds.
        durations: where the times of the calls go; None takes none.
        latencies: where the times since the publication go; None takes none.
        published_at: when an event was published.
        failed: called with what the method raised, and the sequence.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        durations: Histogram | None,
        latencies: Histogram | None,
        published_at: Callable[[Any], float] | None,
        failed: Callable[[BaseException, int], None],
    ) -> None:
        self._clock: Final = clock
        self._durations: Final = durations
        self._latencies: Final = latencies
        self._published_at: Final = published_at
        self._failed: Final = failed
        self._errors = self._rewinds = 0
        #: How often the method was called for an event, the one in progress included; replayed events count again.
        self.events: Callable[[], int] = lambda: 0

    def errors(self) -> int:
        """How often the method raised an error."""
        return self._errors

    def rewinds(self) -> int:
        """How often it asked for its batch again."""
        return self._rewinds

    def histograms(self) -> dict[str, Histogram]:
        """Those that there are."""
        found = {"durations": self._durations, "latencies": self._latencies}
        return {name: histogram for name, histogram in found.items() if histogram is not None}

    def _note(self, error: BaseException, sequence: int) -> None:
        if isinstance(error, RewindBatch):
            self._rewinds += 1
        else:
            self._errors += 1
            self._failed(error, sequence)

    # -- one event at a time ------------------------------------------------------------------------------------

    def each(self, method: Callable[..., Any], is_async: bool) -> Callable[..., object]:
        """`method(event, sequence, end_of_batch)`, counted before it is called, so there are never more errors than events."""
        events, note = 0, self._note
        call = self._timed(method, is_async)

        def on_event(event: Any, sequence: int, end_of_batch: bool) -> object:
            nonlocal events
            events += 1
            try:
                return call(event, sequence, end_of_batch)
            except BaseException as error:
                note(error, sequence)
                raise

        async def on_event_async(event: Any, sequence: int, end_of_batch: bool) -> object:
            nonlocal events
            events += 1
            try:
                return await call(event, sequence, end_of_batch)
            except BaseException as error:
                note(error, sequence)
                raise

        self.events = lambda: events
        return on_event_async if is_async else on_event

    # -- whole batches ------------------------------------------------------------------------------------------

    def whole(self, method: Callable[..., Any], is_async: bool) -> Callable[..., object]:
        """`method(events, first_sequence)`; a batch that fails is one error."""
        events, note = 0, self._note
        call = self._timed(method, is_async)

        def on_batch(batch: list[Any], first_sequence: int) -> object:
            nonlocal events
            events += len(batch)
            try:
                return call(batch, first_sequence)
            except BaseException as error:
                note(error, first_sequence)
                raise

        async def on_batch_async(batch: list[Any], first_sequence: int) -> object:
            nonlocal events
            events += len(batch)
            try:
                return await call(batch, first_sequence)
            except BaseException as error:
                note(error, first_sequence)
                raise

        self.events = lambda: events
        return on_batch_async if is_async else on_batch

    # -- times --------------------------------------------------------------------------------------------------

    def _timed(self, method: Callable[..., Any], is_async: bool) -> Callable[..., Any]:
        """`method`, its times taken, also of calls that fail; the method itself where no times are wanted."""
        if self._durations is None and self._latencies is None:
            return method
        clock, begin, end = self._clock, self._begin, self._end

        def timed(what: Any, *arguments: Any) -> object:
            published, started = begin(what), clock()
            try:
                return method(what, *arguments)
            finally:
                end(published, started)

        async def timed_async(what: Any, *arguments: Any) -> object:
            published, started = begin(what), clock()
            try:
                return await method(what, *arguments)
            finally:
                end(published, started)

        return timed_async if is_async else timed

    def _begin(self, event: Any) -> float:
        """When it was published: asked first, since the handler may change the event."""
        return 0.0 if self._published_at is None else self._published_at(event)

    def _end(self, published: float, started: float) -> None:
        now = self._clock()
        if self._durations is not None:
            self._durations.record(now - started)
        if self._latencies is not None:
            self._latencies.record(now - published)
