"""What users implement to consume events, and how a processor sees it.

At minimum, a handler is a function of three arguments. It gets more by having these methods:

| method | called |
|---|---|
| `on_event(event, sequence, end_of_batch)` | for each event |
| `on_batch(events, first_sequence)` | instead, once for each batch: all of its events in a list; \
of a ring of records, a view of the slots |
| `on_start()`, `on_shutdown()` | before the first and after the last event of a run |
| `on_batch_start(batch_size, queue_depth)` | before each batch: its size; all events that wait |
| `on_rewind(sequence)` | before a batch is replayed from `sequence`, see `rewind.py` |
| `on_timeout(sequence)` | when a wait timed out; `sequence` is the last one finished |
| `set_sequence_callback(release)` | before `on_start`, see `EarlyRelease` |
"""

import inspect
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Protocol

from ringbuffer.checks import check_can_be_called
from ringbuffer.records import ColumnRecords, PlainRecords

if TYPE_CHECKING:
    import numpy as np


class EventHandler[E](Protocol):
    """Handles events one at a time. Every method is called in the processor's own thread.

    Only `on_event` is required; the other methods of the table above may be added.
    """

    def on_event(self, event: E, sequence: int, end_of_batch: bool, /) -> object:
        """Handle one event.

        Args:
            event: valid until this method returns; copy what you keep.
            sequence: the event's sequence.
            end_of_batch: whether no further event is available at this moment: the time to flush.
        """
        ...


class BatchHandler[E](Protocol):
    """Handles all available events at once. Processor's thread only."""

    def on_batch(self, events: list[E], first_sequence: int, /) -> object:
        """Handle the events `first_sequence`, `first_sequence + 1` and so on.

        They are valid until this method returns.
        """
        ...


class RecordHandler[R](Protocol):
    """Handles all available records at once. Processor's thread only.

    `R` is a numpy array; or `ColumnRecords`, for columns; or `PlainRecords`, without numpy.
    """

    def on_batch(self, records: R, first_sequence: int, /) -> object:
        """Handle the records of the sequences from `first_sequence` on.

        They are read-only, and valid until this method returns; copy what you keep.
        """
        ...


type EventFunction[E] = Callable[[E, int, bool], object]
type AnyHandler[E] = (
    EventHandler[E]
    | BatchHandler[E]
    | EventFunction[E]
    | RecordHandler[PlainRecords]
    | RecordHandler[ColumnRecords]
    | RecordHandler["np.ndarray[Any, Any]"]
)


class EarlyRelease(Protocol):
    """The argument of `set_sequence_callback`: releases slots before the batch ends."""

    def __call__(self, sequence: int, /) -> None:
        """Declare every event up to `sequence` finished. Processor's thread only.

        Raises:
            ValueError: `sequence` is lower than what was released before, or higher than what is
                available.
        """
        ...


class HandlerHooks[E]:
    """The methods of one handler, looked up once; None for each that it lacks.

    Raises:
        TypeError: the handler is not callable and has neither `on_event` nor `on_batch`; or it has
            both; or one of its methods takes other arguments, or is a generator function.
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
            name = handler.__name__
            raise TypeError(f"{handler!r} is a class: pass an instance of it, {name}()")
        on_event = _method(handler, "on_event", 3)
        on_batch = _method(handler, "on_batch", 2)
        if on_event is not None and on_batch is not None:
            raise TypeError(
                f"{handler!r} has both on_event and on_batch; a handler gets its events in one of "
                f"the two ways: remove one of the methods"
            )
        if on_event is None and on_batch is None:
            if not callable(handler):
                raise TypeError(
                    f"{handler!r} is not an event handler: it needs on_event(event, sequence, "
                    f"end_of_batch) or on_batch(events, first_sequence), or must be a function "
                    f"with the arguments of on_event"
                )
            check_can_be_called(repr(handler), handler, 3)
            on_event = handler

        def hook(name: str, arguments: int) -> Any:
            return _method(handler, name, arguments)

        self.on_event: Final[EventFunction[E] | None] = on_event
        self.on_batch: Final[Callable[[list[E], int], object] | None] = on_batch
        self.on_start: Final[Callable[[], object] | None] = hook("on_start", 0)
        self.on_shutdown: Final[Callable[[], object] | None] = hook("on_shutdown", 0)
        self.on_batch_start: Final[Callable[[int, int], object] | None] = hook("on_batch_start", 2)
        self.on_rewind: Final[Callable[[int], object] | None] = hook("on_rewind", 1)
        self.on_timeout: Final[Callable[[int], object] | None] = hook("on_timeout", 1)
        self.set_sequence_callback: Final[Callable[[EarlyRelease], object] | None] = hook(
            "set_sequence_callback", 1
        )

    @property
    def is_asynchronous(self) -> bool:
        """Whether one of the methods is a coroutine function."""
        methods = [getattr(self, name) for name in self.__slots__]
        # An object may be callable by a coroutine function.
        methods.append(getattr(self.on_event, "__call__", None))  # noqa: B004
        return any(map(inspect.iscoroutinefunction, methods))

    def wrapped(
        self, wrap: Callable[[Callable[..., object]], Callable[..., object]]
    ) -> "HandlerHooks[E]":
        """The same hooks, each method replaced by `wrap(method)`."""
        methods = [(name, getattr(self, name)) for name in self.__slots__]
        wrapped = {name: wrap(method) for name, method in methods if method is not None}
        return HandlerHooks(SimpleNamespace(**wrapped))


def _method(handler: object, name: str, arguments: int) -> Any:
    """The handler's method of that name, or None.

    Raises:
        TypeError: the attribute of that name cannot be called with so many arguments.
    """
    method = getattr(handler, name, None)
    if method is None:
        return None
    if not callable(method):
        raise TypeError(f"{name} of {handler!r} must be a method, not {method!r}")
    check_can_be_called(f"{name} of {handler!r}", method, arguments)
    return method


def warn_of_on_error(*handlers: object) -> None:
    """Warn if a handler has a method `on_error`: errors go to an exception handler instead."""
    for handler in handlers:
        if callable(getattr(handler, "on_error", None)):
            warnings.warn(
                f"on_error of {handler!r} is never called: what a handler raises goes to an "
                f"exception handler. Pass an object with handle_event_exception as "
                f"exception_handler=, or to disruptor.handle_exceptions_for",
                stacklevel=3,
            )


def name_of(handler: object) -> str:
    """A processor's default name: the name of its handler."""
    return str(getattr(handler, "__qualname__", type(handler).__qualname__))


def is_asynchronous(handler: AnyHandler[Any]) -> bool:
    """Whether one of a handler's methods is a coroutine function.

    Raises:
        TypeError: see `HandlerHooks`.
    """
    return HandlerHooks(handler).is_asynchronous
