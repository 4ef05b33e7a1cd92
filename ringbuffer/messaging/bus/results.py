"""`PublishResult`: the results of an event that a publisher waits for; `Completion` collects them.

Only such events have a completion. All others travel without one, at no cost.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ringbuffer.checks import Duration
from ringbuffer.errors import RingBufferClosedError, RingBufferError
from ringbuffer.host import Host


class BusClosedError(RingBufferClosedError):
    """The bus was closed: it accepts no more events, and no more handlers."""


class UnsubscribedError(RingBufferError):
    """A handler was unsubscribed before it came to an event that a publisher waits for."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """The results and errors of all handlers of one event.

    Attributes:
        results: what the handlers returned, by the handler's name.
        errors: what they raised, likewise; `UnsubscribedError` or `BusClosedError` for handlers
            that never came to the event.
    """

    results: Mapping[str, object] = field(default_factory=dict)
    errors: Mapping[str, BaseException] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether no handler failed."""
        return not self.errors

    def raise_errors(self) -> None:
        """Raise the handlers' errors as one `BaseExceptionGroup`; do nothing if none failed."""
        if self.errors:
            raise BaseExceptionGroup(
                f"failed: {', '.join(self.errors)}", list(self.errors.values())
            )


class HandlingTimeoutError(RingBufferError, TimeoutError):
    """The event was published, but some handlers had not finished it in time. They continue.

    Attributes:
        result: the results of the others.
        waiting_for: the names of the handlers that had not finished.
    """

    def __init__(self, message: str, result: PublishResult, waiting_for: tuple[str, ...]) -> None:
        super().__init__(message)
        self.result: Final = result
        self.waiting_for: Final = waiting_for


class Completion:
    """Collects the results of one event. Any thread.

    Args:
        expected: the names of the handlers that will handle it.
        done: called by the thread that settles for the last of them; twice if two threads do that
            at once.
        host: what provides the lock.

    Attributes:
        names: all handlers that were expected.
    """

    def __init__(self, expected: Iterable[str], done: Callable[[], object], host: Host) -> None:
        self._lock: Final = host.lock()
        self._waiting_for: Final = dict.fromkeys(expected)
        self.names: Final = tuple(self._waiting_for)
        self._done: Final = done
        self._is_told = False
        self._results: Final[dict[str, object]] = {}
        self._errors: Final[dict[str, BaseException]] = {}

    @property
    def is_done(self) -> bool:
        """Whether every handler has settled."""
        return not self._waiting_for

    def settle(self, name: str, result: object, error: BaseException | None) -> None:
        """Note the end of one handler. A second call, or an unexpected name, changes nothing.

        An interrupt may come before the waiting publisher is woken. Then the next call wakes it.
        """
        with self._lock:
            if name in self._waiting_for:
                if error is None:
                    self._results[name] = result
                else:
                    self._errors[name] = error
                del self._waiting_for[name]  # nothing is called between the two
            is_last = not self._waiting_for
        if is_last and not self._is_told:
            self._done()
            self._is_told = True

    def settle_all(self, error: Callable[[str], BaseException]) -> None:
        """Settle for all handlers that have not: each gets an error of its own."""
        for name in self.names:
            self.settle(name, None, error(name))

    def waiting_for(self) -> tuple[str, ...]:
        """The handlers that have not settled."""
        with self._lock:
            return tuple(self._waiting_for)

    def result(self) -> PublishResult:
        """The results until now."""
        with self._lock:
            return PublishResult(dict(self._results), dict(self._errors))

    def timed_out(self, timeout: Duration | None) -> HandlingTimeoutError:
        """The timeout error for a caller whose wait expired."""
        names = self.waiting_for()
        return HandlingTimeoutError(
            f"published, but {', '.join(names)} not done with it within {timeout} s; they go on",
            self.result(),
            names,
        )
