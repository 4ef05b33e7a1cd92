"""`MessageHandler`: what the consumers of a queue call, and the checks of it."""

import inspect
from collections.abc import Awaitable, Callable

from ringbuffer.checks import check_can_be_called
from ringbuffer.messaging.envelope import TransportEnvelope

#: A handler of messages: a function, or a coroutine function, of one envelope.
type MessageHandler = (
    Callable[[TransportEnvelope], object] | Callable[[TransportEnvelope], Awaitable[object]]
)


def is_coroutine_function(handler: MessageHandler) -> bool:
    """Whether the result of a handler must be awaited.

    Raises:
        TypeError: the handler cannot be called with one envelope.
    """
    if isinstance(handler, type):
        raise TypeError(f"{handler!r} is a class: pass an object of it, or a function")
    if not callable(handler):
        raise TypeError(f"{handler!r} is not a handler: it must be callable as handler(envelope)")
    check_can_be_called(f"handler {handler!r}", handler, 1)
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004 - an object whose call is a coroutine
    )


def check_was_run(handler: object, result: object) -> None:
    """Raise `TypeError` if a handler that looked like a plain function returned a coroutine."""
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(
            f"{handler!r} returned a coroutine, which is never awaited: "
            f"pass the coroutine function itself"
        )
