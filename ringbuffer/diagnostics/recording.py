"""`EventRecorder`: counts calls of a handler's method, and takes their times, in its thread.

Its functions are closures over their counters. So counting costs an addition to a cell of the
function, and no access to an attribute that another thread might load. Other threads read the
counters through functions that share the cells.
"""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.diagnostics.histogram import Histogram
from ringbuffer.processors import RewindBatch


class EventRecorder:
    """Wraps the method of one handler, once.

    The wrapped method is for the consumer's thread only. Any thread may read the counts.

    Args:
        clock: returns the time in seconds.
        durations: records the times of the calls; None turns this off.
        latencies: records the times since the publication; None turns this off.
        published_at: returns the time when an event was published.
        failed: called with the error that the method raised, and the sequence.
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
        #: How many events the method was called for, including the call in progress; replayed
        #: events count again.
        self.events: Callable[[], int] = lambda: 0

    def errors(self) -> int:
        """How often the method raised an error."""
        return self._errors

    def rewinds(self) -> int:
        """How often it asked for its batch again."""
        return self._rewinds

    def histograms(self) -> dict[str, Histogram]:
        """The histograms that are in use."""
        found = {"durations": self._durations, "latencies": self._latencies}
        return {name: histogram for name, histogram in found.items() if histogram is not None}

    def _note(self, error: BaseException, sequence: int) -> None:
        if isinstance(error, RewindBatch):
            self._rewinds += 1
        else:
            self._errors += 1
            self._failed(error, sequence)

    # -- one event at a time --------------------------------------------------------------

    def each(self, method: Callable[..., Any], is_async: bool) -> Callable[..., object]:
        """Wrap `method(event, sequence, end_of_batch)`.

        The wrapper counts an event before the call, so there are never more errors than events.
        """
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

    # -- whole batches --------------------------------------------------------------------

    def whole(self, method: Callable[..., Any], is_async: bool) -> Callable[..., object]:
        """Wrap `method(events, first_sequence)`; a batch that fails is one error."""
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

    # -- times ----------------------------------------------------------------------------

    def _timed(self, method: Callable[..., Any], is_async: bool) -> Callable[..., Any]:
        """Wrap `method` so that the times of its calls are recorded, also of calls that fail.

        Returns `method` itself if no times are wanted.
        """
        if self._published_at is not None:
            return self._timed_from_publication(method, is_async, self._published_at)
        if self._durations is None:
            return method
        clock, record = self._clock, self._durations.record

        def timed(*arguments: Any) -> object:
            started = clock()
            try:
                return method(*arguments)
            finally:
                record(clock() - started)

        async def timed_async(*arguments: Any) -> object:
            started = clock()
            try:
                return await method(*arguments)
            finally:
                record(clock() - started)

        return timed_async if is_async else timed

    def _timed_from_publication(
        self, method: Callable[..., Any], is_async: bool, published_at: Callable[[Any], float]
    ) -> Callable[..., Any]:
        """The same with latencies.

        The wrapper asks for the time of the publication first, because the handler may change the
        event.
        """
        clock, latencies, durations = self._clock, self._latencies, self._durations

        def end(published: float, started: float) -> None:
            now = clock()
            if durations is not None:
                durations.record(now - started)
            if latencies is not None:
                latencies.record(now - published)

        def timed(event: Any, sequence: int, end_of_batch: bool) -> object:
            published, started = published_at(event), clock()
            try:
                return method(event, sequence, end_of_batch)
            finally:
                end(published, started)

        async def timed_async(event: Any, sequence: int, end_of_batch: bool) -> object:
            published, started = published_at(event), clock()
            try:
                return await method(event, sequence, end_of_batch)
            finally:
                end(published, started)

        return timed_async if is_async else timed
