"""`Stage`: a decorator of handlers, and how stages are put around one.

A stage is written once, as a generator, and works around plain handlers and coroutine functions alike: what comes before the
`yield` is done before the handler, what comes after it afterwards. The idea is that of `contextlib.contextmanager`; but a
stage may also go on more than once, or not at all, and it sees the result.

    class Timing:
        def around(self, delivery):
            begin = clock()
            try:
                return (yield)
            finally:
                print(delivery.handler, clock() - begin)
"""

import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Protocol

from ringbuffer.checks import check_can_be_called
from ringbuffer.messaging.delivery import Delivery

type Around = Callable[[Delivery], Generator[None, object, object]]
type Call = Callable[[Delivery], object]
type AsyncCall = Callable[[Delivery], Awaitable[object]]


class Stage(Protocol):
    """Implement this for a decorator of your own. Called in the handler's thread; by any number of threads at once."""

    def around(self, delivery: Delivery, /) -> Generator[None, object, object]:
        """Handle one delivery.

        Each `yield` goes on to the next stage, and in the end to the handler. It returns the handler's result, or raises what
        was raised there. A second `yield` is another try. What the generator returns is the result; what it raises, the error.
        """
        ...


def check_stage(stage: Stage) -> Stage:
    """`stage`, if it can be one.

    Raises:
        TypeError: it cannot.
    """
    if isinstance(stage, type):
        raise TypeError(f"a stage must be an object: pass {stage.__name__}(), not the class {stage!r}")
    around = getattr(stage, "around", None)
    if not callable(around):
        raise TypeError(f"a stage must have a method around(delivery); {stage!r} has none")
    if not inspect.isgeneratorfunction(around):
        raise TypeError(f"around of {stage!r} must be a generator function: it must yield where the handler is to be called")
    try:
        inspect.signature(around).bind(None)
    except TypeError:
        raise TypeError(f"around of {stage!r} must take one argument, the delivery") from None
    return stage


def put_around(around: Around, inner: Call) -> Call:
    """`inner`, with one stage around it."""

    def call(delivery: Delivery) -> object:
        steps = around(delivery)
        try:
            next(steps)
            # Each turn is one `yield` of the stage, which ends by returning or by raising.
            while True:
                try:
                    result = inner(delivery)
                except BaseException as error:
                    steps.throw(error)
                else:
                    steps.send(result)
        except StopIteration as end:
            return end.value

    return call


def put_around_async(around: Around, inner: AsyncCall) -> AsyncCall:
    """`inner`, a coroutine function, with one stage around it."""

    async def call(delivery: Delivery) -> object:
        steps = around(delivery)
        try:
            next(steps)
            # As above.
            while True:
                try:
                    result = await inner(delivery)
                except BaseException as error:
                    steps.throw(error)
                else:
                    steps.send(result)
        except StopIteration as end:
            return end.value

    return call


def plain_call(handler: Callable[..., object]) -> Call:
    """A handler of messages as a call of deliveries.

    A handler that returns a coroutine although it is no coroutine function gets an error: nobody would await it. A
    `StopIteration` of the handler becomes a `RuntimeError`, as in a generator.
    """

    def call(delivery: Delivery) -> object:
        try:
            result = handler(delivery.message)
        except StopIteration as error:
            raise RuntimeError(f"handler {delivery.handler!r} raised StopIteration") from error
        return result if result is None else no_coroutine(result)

    return call


def async_call(handler: Callable[..., Awaitable[object]]) -> AsyncCall:
    """The same for a coroutine function."""

    async def call(delivery: Delivery) -> object:
        return await handler(delivery.message)

    return call


def no_coroutine(result: object) -> object:
    """`result`, unless it is a coroutine, which nobody awaits.

    Raises:
        TypeError: it is one.
    """
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(
            f"the handler returned a coroutine, which nobody awaits: {result!r}. Pass the coroutine function itself"
        )
    return result


def is_coroutine_function(handler: object) -> bool:
    """Whether a handler is called as a coroutine function."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004 - an object that is called as a coroutine function
    )


def check_handler(handler: Callable[..., object]) -> Callable[..., object]:
    """`handler`, if it can be called with one message.

    Raises:
        TypeError: it cannot.
    """
    if isinstance(handler, type) or not callable(handler):
        raise TypeError(f"a handler must be a function of one message, or a coroutine function, not {handler!r}")
    check_can_be_called(f"handler {handler!r}", handler, 1)
    return handler
