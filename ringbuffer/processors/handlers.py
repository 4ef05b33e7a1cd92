"""What users implement to consume events, and how a processor sees it.

The least is a function of three arguments. Whatever else a handler wants to know, it says by having the method:

| method | called |
|---|---|
| `on_event(event, sequence, end_of_batch)` | for each event; or, instead of it, |
| `on_batch(events, first_sequence)` | once for each batch, with all of its events in a list |
| `on_start()`, `on_shutdown()` | in the processor's thread, before the first and after the last event of a run |
| `on_batch_start(batch_size, queue_depth)` | before each batch: its size, and how many events wait in all |
| `on_rewind(sequence)` | when a batch is about to be replayed from `sequence` on, see `ringbuffer.processors.rewind` |
| `on_timeout(sequence)` | when the wait strategy timed out; `sequence` is the last one finished |
| `set_sequence_callback(release)` | before `on_start`, with a function for early release, see `EarlyRelease` |
"""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final, Protocol

from ringbuffer.checks import check_can_be_called


class EventHandler[E](Protocol):
    """Handles events one at a time. Every method is called in the processor's own thread.

    Only `on_event` is needed; the other methods of the table above may be added.
    """

    def on_event(self, event: E, sequence: int, end_of_batch: bool, /) -> object:
        """Handle one event.

        Args:
            event: valid until this method returns; copy what is to be kept.
            sequence: its number.
            end_of_batch: whether no further event is available at this moment: the time to flush.
        """
        ...


class BatchHandler[E](Protocol):
    """Handles all events that are available at once. Every method is called in the processor's own thread."""

    def on_batch(self, events: list[E], first_sequence: int, /) -> object:
        """Handle the events `first_sequence`, `first_sequence + 1`, …, valid until this method returns."""
        ...


type EventFunction[E] = Callable[[E, int, bool], object]
type AnyHandler[E] = EventHandler[E] | BatchHandler[E] | EventFunction[E]


class EarlyRelease(Protocol):
    """Given to `set_sequence_callback`: lets a handler give slots back before its batch ends."""

    def __call__(self, sequence: int, /) -> None:
        """Declare every event up to `sequence` finished. Processor's thread only.

        Raises:
            ValueError: `sequence` is lower than what was released before, or higher than what is available.
        """
        ...


class HandlerHooks[E]:
    """The methods that one handler has, found once; None where it has none.

    Raises:
        TypeError: the handler is neither callable nor has `on_event` or `on_batch`; or it has both of these; or one of its
            methods takes other arguments, or is a generator function.
    """

    __slots__ = (
        "on_batch",
        "on_batch_start",
        "on_event",
        "on_rewind",
        "on_shutdown",
        "on_start",
        "on_timeout",
        "set_sequence_callback",
    )

    def __init__(self, handler: AnyHandler[E]) -> None:
        if isinstance(handler, type):
            raise TypeError(f"{handler!r} is a class: pass an object of it, {handler.__name__}()")
        on_event = _method(handler, "on_event", 3)
        on_batch = _method(handler, "on_batch", 2)
        if on_event is not None and on_batch is not None:
            raise TypeError(f"{handler!r} has both on_event and on_batch; a handler gets its events in one of the two ways")
        if on_event is None and on_batch is None:
            if not callable(handler):
                raise TypeError(
                    f"{handler!r} is no event handler: it needs on_event(event, sequence, end_of_batch) or "
                    f"on_batch(events, first_sequence), or must be callable as on_event is"
                )
            check_can_be_called(repr(handler), handler, 3)
            on_event = handler
        self.on_event: Final[EventFunction[E] | None] = on_event
        self.on_batch: Final[Callable[[list[E], int], object] | None] = on_batch
        self.on_start: Final[Callable[[], object] | None] = _method(handler, "on_start", 0)
        self.on_shutdown: Final[Callable[[], object] | None] = _method(handler, "on_shutdown", 0)
        self.on_batch_start: Final[Callable[[int, int], object] | None] = _method(handler, "on_batch_start", 2)
        self.on_rewind: Final[Callable[[int], object] | None] = _method(handler, "on_rewind", 1)
        self.on_timeout: Final[Callable[[int], object] | None] = _method(handler, "on_timeout", 1)
        self.set_sequence_callback: Final[Callable[[EarlyRelease], object] | None] = _method(
            handler, "set_sequence_callback", 1
        )

    @property
    def is_asynchronous(self) -> bool:
        """Whether one of the methods is a coroutine function."""
        methods = [getattr(self, name) for name in self.__slots__]
        return any(map(inspect.iscoroutinefunction, methods)) or inspect.iscoroutinefunction(
            getattr(self.on_event, "__call__", None)  # noqa: B004 - an object that is called as a coroutine function
        )

    def wrapped(self, wrap: Callable[[Callable[..., object]], Callable[..., object]]) -> "HandlerHooks[E]":
        """The same hooks, each method that there is replaced by `wrap(method)`."""
        methods = {name: getattr(self, name) for name in self.__slots__}
        return HandlerHooks(SimpleNamespace(**{name: wrap(method) for name, method in methods.items() if method is not None}))


def _method(handler: object, name: str, arguments: int) -> Any:
    """The handler's method of that name, or None.

    Raises:
        TypeError: the handler has something of that name which cannot be called with so many arguments.
    """
    method = getattr(handler, name, None)
    if method is None:
        return None
    if not callable(method):
        raise TypeError(f"{name} of {handler!r} must be a method, not {method!r}")
    check_can_be_called(f"{name} of {handler!r}", method, arguments)
    return method


def name_of(handler: object) -> str:
    """What to call a processor by default: its handler's name."""
    return str(getattr(handler, "__qualname__", type(handler).__qualname__))


def is_asynchronous(handler: AnyHandler[Any]) -> bool:
    """Whether a handler has a coroutine function among its methods. The errors are those of `HandlerHooks`."""
    return HandlerHooks(handler).is_asynchronous
