"""`MessageHandler`: what queues, buses and pipelines call with messages, and the checks of it."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ringbuffer.checks import check_can_be_called


class HandlesMessages[M](Protocol):
    """An object with a method `handle(message)`, plain or asynchronous."""

    def handle(self, message: M, /) -> object:
        """Handle one message."""
        ...


#: A handler of messages: a function of one message, a coroutine function of one, or an object with
#: a method `handle`.
type MessageHandler[M] = (
    Callable[[M], object] | Callable[[M], Awaitable[object]] | HandlesMessages[M]
)


def function_of(handler: MessageHandler[Any]) -> Callable[[Any], object]:
    """Returns the function that a handler is, or else its method `handle`.

    Raises:
        TypeError: it is neither, or cannot be called with one message.
    """
    if isinstance(handler, type):
        raise TypeError(f"{handler!r} is a class: pass an object of it, or a function")
    function = handler if callable(handler) else getattr(handler, "handle", None)
    if not callable(function):
        raise TypeError(
            f"{handler!r} is not a handler: it must be a function of one message, a coroutine "
            f"function, or an object with a method handle(message)"
        )
    check_can_be_called(f"handler {handler!r}", function, 1)
    return function


class HandlesMessageBatches[M](Protocol):
    """An object with a method `on_batch(messages)`, plain or asynchronous."""

    def on_batch(self, messages: list[M], /) -> object:
        """Handle some messages, in the order in which they were sent. The list is the handler's."""
        ...


#: A handler of batches: a function of a list of messages, a coroutine function of one, or an object
#: with a method `on_batch`.
type MessageBatchHandler[M] = (
    Callable[[list[M]], object] | Callable[[list[M]], Awaitable[object]] | HandlesMessageBatches[M]
)


def batch_function_of(handler: MessageBatchHandler[Any]) -> Callable[[list[Any]], object]:
    """Returns the method `on_batch` of a handler, or else the function that the handler is.

    Raises:
        TypeError: it is neither, or cannot be called with one list.
    """
    if isinstance(handler, type):
        raise TypeError(f"{handler!r} is a class: pass an object of it, or a function")
    function = getattr(handler, "on_batch", handler)
    if not callable(function):
        raise TypeError(
            f"{handler!r} is not a handler of batches: it must be a function of a list of "
            f"messages, a coroutine function, or an object with a method on_batch(messages)"
        )
    check_can_be_called(f"handler {handler!r}", function, 1)
    return function


def no_coroutine(result: object) -> object:
    """Returns `result`, unless it is a coroutine that no task awaits.

    Raises:
        TypeError: it is a coroutine.
    """
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(
            f"the handler returned a coroutine that no task awaits: {result!r}. "
            f"Pass the coroutine function itself"
        )
    return result
