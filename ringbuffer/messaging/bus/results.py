"""What becomes of an event that somebody waits for: `PublishResult`, and the `Completion` that collects it.

Only events that are waited for have a completion; all others pass without one, and cost nothing for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ringbuffer.errors import RingBufferClosedError, RingBufferError
from ringbuffer.host import Host


class BusClosedError(RingBufferClosedError):
    """The bus was closed: it takes no more events, and no more handlers."""


class UnsubscribedError(RingBufferError):
    """A handler was unsubscribed before it came to an event that somebody waits for."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """What the handlers made of one event.

    Attributes:
        results: what the handlers returned, by the handler's name.
        errors: what they raised, likewise; `UnsubscribedError` and `BusClosedError` for those that never came to it.
    """

    results: Mapping[str, object] = field(default_factory=dict)
    errors: Mapping[str, BaseException] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether no handler failed."""
        return not self.errors

    def raise_errors(self) -> None:
        """Raise what the handlers raised, as one `BaseExceptionGroup`; nothing if none failed."""
        if self.errors:
            raise BaseExceptionGroup(f"failed: {', '.join(self.errors)}", list(self.errors.values()))


class HandlingTimeoutError(RingBufferError, TimeoutError):
    """The event was published, and not every handler was done with it in time. They go on.

    Attributes:
        result: what the others made of it.
        waiting_for: the names of those that were not done.
    """

    def __init__(self, message: str, result: PublishResult, waiting_for: tuple[str, ...]) -> None:
        super().__init__(message)
        self.result: Final = result
        self.waiting_for: Final = waiting_for


class Completion:
    """Collects what the handlers make of one event. Any thread.

    Args:
        expected: the names of the handlers that are to come to it.
        done: called once, when the last of them has settled; by whichever thread that is.
        host: what provides the lock.
    """

    def __init__(self, expected: Iterable[str], done: Callable[[], object], host: Host) -> None:
        self._lock: Final = host.lock()
        self._waiting_for: Final = dict.fromkeys(expected)
        self._done: Final = done
        self._results: Final[dict[str, object]] = {}
        self._errors: Final[dict[str, BaseException]] = {}

    @property
    def is_done(self) -> bool:
        """Whether every handler has settled."""
        return not self._waiting_for

    def settle(self, name: str, result: object, error: BaseException | None) -> None:
        """One handler's end. What settles a second time, or was not expected, changes nothing."""
        with self._lock:
            if name not in self._waiting_for:
                return
            del self._waiting_for[name]
            if error is None:
                self._results[name] = result
            else:
                self._errors[name] = error
            is_last = not self._waiting_for
        if is_last:
            self._done()

    def settle_all(self, error: Callable[[str], BaseException]) -> None:
        """The end for all that have not settled: each gets an error of its own."""
        for name in self.waiting_for():
            self.settle(name, None, error(name))

    def waiting_for(self) -> tuple[str, ...]:
        """The handlers that have not settled."""
        with self._lock:
            return tuple(self._waiting_for)

    def result(self) -> PublishResult:
        """What there is until now."""
        with self._lock:
            return PublishResult(dict(self._results), dict(self._errors))

    def timed_out(self, timeout: float | None) -> HandlingTimeoutError:
        """The error for who does not wait any longer."""
        names = self.waiting_for()
        return HandlingTimeoutError(
            f"published, but {', '.join(names)} not done with it within {timeout} s; they go on", self.result(), names
        )
