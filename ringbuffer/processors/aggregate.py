"""`AggregateEventHandler`: several handlers in one thread, one after the other."""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer.processors.handlers import AnyHandler, HandlerHooks, warn_of_on_error


class AggregateEventHandler[E]:
    """Gives each event to several handlers in turn, in one consumer's thread (LMAX).

    For handlers that are too light to be worth a thread each. If one of them raises, those after it
    do not get the event. Every hook of every handler is called. A handler that releases early or
    handles whole batches cannot take part.

    Args:
        handlers: in the order in which they get each event.

    Raises:
        ValueError: there is no handler.
        TypeError: one of them handles whole batches, is asynchronous, releases early, or lacks the
            methods of a handler.
    """

    def __init__(self, *handlers: AnyHandler[E]) -> None:
        if not handlers:
            raise ValueError("name at least one handler")
        hooks = [HandlerHooks(handler) for handler in handlers]
        for handler, methods in zip(handlers, hooks, strict=True):
            releases_early = methods.set_sequence_callback is not None
            if methods.on_event is None or releases_early or methods.is_asynchronous:
                needs = "it must handle events one by one, without early release"
                raise TypeError(f"{handler!r} cannot share a thread: {needs}")
        warn_of_on_error(*handlers)
        on_event = [methods.on_event for methods in hooks]
        self._on_event: Final = tuple(each for each in on_event if each is not None)
        self.on_start: Final = _all([methods.on_start for methods in hooks])
        self.on_shutdown: Final = _all([methods.on_shutdown for methods in hooks])
        self.on_batch_start: Final = _all([methods.on_batch_start for methods in hooks])
        self.on_rewind: Final = _all([methods.on_rewind for methods in hooks])
        self.on_timeout: Final = _all([methods.on_timeout for methods in hooks])

    def on_event(self, event: E, sequence: int, end_of_batch: bool) -> None:
        """Give the event to each handler in turn."""
        for on_event in self._on_event:
            on_event(event, sequence, end_of_batch)


def _all(methods: list[Callable[..., object] | None]) -> Callable[..., None] | None:
    """Make a function that calls all of `methods`, even if one raises; None without any."""
    present = [method for method in methods if method is not None]

    def call(*arguments: Any) -> None:
        errors: list[Exception] = []
        for method in present:
            try:
                method(*arguments)
            except Exception as error:
                errors.append(error)
        if len(errors) > 1:
            raise ExceptionGroup(f"{len(errors)} of {len(present)} handlers failed", errors)
        if errors:
            raise errors[0]

    return call if present else None
