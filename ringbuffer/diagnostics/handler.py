"""`DiagnosticEventHandler`: wraps any handler, counts, takes times, and writes log lines.

The wrapper counts, in the handler's own thread, what sequences cannot show. A handler without a
wrapper costs nothing more. A wrapped one costs an addition and a call for each event, or for each
batch if the handler takes whole batches.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.checks import (
    check_at_least_one,
    check_can_be_called,
    check_duration,
    is_coroutine_function,
)
from ringbuffer.diagnostics.histogram import Distribution, Histogram
from ringbuffer.diagnostics.recording import EventRecorder
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.one_process import OneProcess
from ringbuffer.processors import AnyHandler, EventFunction
from ringbuffer.processors.handlers import HandlerHooks, name_of

logger: Final = logging.getLogger("ringbuffer.diagnostics")


class DiagnosticEventHandler[E](OneProcess):
    """Wraps a handler of any form, and counts its events, batches and errors.

    The handler is a function, or an object with `on_event` or `on_batch`; coroutine functions too.
    The wrapper has the hooks of the handler, and those that it needs for counting. It belongs to
    one consumer, whose thread calls its methods. Any thread may read the counts.

    Args:
        handler: the handler to wrap.
        name: the name in the log; the default is the handler's.
        log_events: write a line after so many events, at the next batch; None turns this off.
        log_seconds: write a line after so many seconds, at the next batch or timeout; None turns
            this off.
        durations: whether to take the time of each call of the handler. That costs two reads of the
            clock.
        published_at: returns the time when an event was published, by the host's clock. Then the
            time from there until the end of the handler is recorded for each event. Not for
            handlers that take whole batches.
        enabled: False turns the wrapper off: each of its methods is the handler's own. It counts
            nothing, and adds no call.
        log: the logger for the lines.
        host: provides the clock.

    Raises:
        TypeError: `handler` is not a handler, or `published_at` cannot be called with an event.
        ValueError: `log_events` is less than 1, `log_seconds` is not positive, or the handler takes
            whole batches and there is a `published_at`.

    Attributes:
        wrapped: the handler.
        is_enabled: whether it counts.
    """

    def __init__(
        self,
        handler: AnyHandler[E],
        *,
        name: str | None = None,
        log_events: int | None = 10_000,
        log_seconds: float | None = None,
        durations: bool = False,
        published_at: Callable[[E], float] | None = None,
        enabled: bool = True,
        log: logging.Logger = logger,
        host: Host = SYSTEM_HOST,
    ) -> None:
        hooks: HandlerHooks[E] = HandlerHooks(handler)
        log_events = check_at_least_one("log_events", log_events)
        if log_seconds is not None:
            log_seconds = check_duration("log_seconds", log_seconds)
        if published_at is not None:
            check_can_be_called("published_at", published_at, 1)
            if hooks.on_batch is not None:
                raise ValueError(
                    f"{handler!r} takes whole batches: published_at is for handlers that take "
                    f"events one by one"
                )
        self.wrapped: Final = handler
        self.is_enabled: Final = enabled
        # A processor takes its default name from this attribute of its handler.
        self.__qualname__ = name or name_of(handler)
        self._log: Final = log
        self._log_events: Final = log_events
        self._log_seconds: Final = log_seconds
        self._clock: Final = host.monotonic
        self._batches = self._timeouts = self._largest = 0
        self._batch_sizes: Final = Histogram()
        self._recorder: Final = EventRecorder(
            self._clock,
            Histogram(1e-6) if durations else None,
            None if published_at is None else Histogram(1e-6),
            published_at,
            self._failed,
        )
        self._logged_events, self._logged_at = 0, self._clock()
        # From here on: the handler's hooks, counted or unchanged. A processor treats a hook that is
        # None like one that is missing.
        record = self._recorder
        on_event, on_batch = hooks.on_event, hooks.on_batch
        self.on_start: Final = hooks.on_start
        self.on_rewind: Final = hooks.on_rewind
        self.set_sequence_callback: Final = hooks.set_sequence_callback
        # None for a handler of whole batches. The declared type hides that, so that type checkers
        # accept this class as a handler.
        self.on_event: Final[EventFunction[E]] = (
            record.each(on_event, is_coroutine_function(on_event))  # type: ignore[assignment]
            if enabled and on_event
            else on_event
        )
        self.on_batch: Final = (
            record.whole(on_batch, is_coroutine_function(on_batch))
            if enabled and on_batch
            else on_batch
        )
        self.on_batch_start: Final = (
            _before(self._batch, hooks.on_batch_start) if enabled else hooks.on_batch_start
        )
        self.on_timeout: Final = (
            _before(self._timeout, hooks.on_timeout) if enabled else hooks.on_timeout
        )
        self.on_shutdown: Final = (
            _before(self.log_now, hooks.on_shutdown) if enabled else hooks.on_shutdown
        )

    # -- counting, in the consumer's thread -----------------------------------------------

    def _batch(self, size: int, depth: int) -> None:
        self._batches += 1
        self._batch_sizes.record(size)
        if size > self._largest:
            self._largest = size
        self._log_if_due()

    def _timeout(self, sequence: int) -> None:
        self._timeouts += 1
        self._log_if_due()

    def _failed(self, error: BaseException, sequence: int) -> None:
        """Log which event failed. The exception handler logs the traceback."""
        self._log.error("%s failed on sequence %d: %r", self.__qualname__, sequence, error)

    # -- logging --------------------------------------------------------------------------

    def _log_if_due(self) -> None:
        events, seconds = self._log_events, self._log_seconds
        if (events is not None and self._recorder.events() - self._logged_events >= events) or (
            seconds is not None and self._clock() - self._logged_at >= seconds
        ):
            self.log_now()

    def log_now(self) -> None:
        """Write a line: events, the rate since the last line, batches, errors.

        Consumer's thread only.
        """
        events, now = self._recorder.events(), self._clock()
        elapsed = now - self._logged_at
        rate = (events - self._logged_events) / elapsed if elapsed > 0 else 0.0
        self._logged_events, self._logged_at = events, now
        self._log.info(
            "%s: %d events, %.0f/s over %.3f s, %d batches, %d errors",
            self.__qualname__,
            events,
            rate,
            elapsed,
            self._batches,
            self._recorder.errors(),
        )

    # -- counts ---------------------------------------------------------------------------

    def counters(self) -> dict[str, float]:
        """Return events, batches, errors, rewinds, timeouts, and the largest batch. Any thread.

        They count from the construction of this object. Errors and rewinds are read before the
        events, so there are never more of them than events.
        """
        errors, rewinds = self._recorder.errors(), self._recorder.rewinds()
        return {
            "events": self._recorder.events(),
            "batches": self._batches,
            "errors": errors,
            "rewinds": rewinds,
            "timeouts": self._timeouts,
            "largest_batch": self._largest,
        }

    def distributions(self) -> dict[str, Distribution]:
        """Return the batch sizes, and the durations and latencies if they are recorded. Any thread.

        Durations of calls and latencies of events are in seconds.
        """
        found = {"batch_sizes": self._batch_sizes, **self._recorder.histograms()}
        return {name: histogram.distribution() for name, histogram in found.items()}

    def __repr__(self) -> str:
        enabled = "" if self.is_enabled else ", enabled=False"
        return f"DiagnosticEventHandler({self.wrapped!r}{enabled})"


def _before(note: Callable[..., None], method: Callable[..., Any] | None) -> Callable[..., object]:
    """Make a hook that calls `note`, and then the handler's own method if it has one."""
    if method is None:
        return note
    own = method

    def call(*arguments: Any) -> object:
        note(*arguments)
        return own(*arguments)

    async def call_async(*arguments: Any) -> object:
        note(*arguments)
        return await own(*arguments)

    return call_async if is_coroutine_function(own) else call
