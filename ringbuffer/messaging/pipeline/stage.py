"""`Stage`: a decorator of handlers, and the functions that put stages around a handler.

A stage is written once, as a generator, and works around plain handlers and coroutine functions
alike. The code before the `yield` runs before the handler, the code after it runs afterwards. The
idea is that of `contextlib.contextmanager`. But a stage may also `yield` several times, or not at
all, and it sees the result.

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
from typing import Any, Protocol

from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.message_handler import no_coroutine

type Around = Callable[[Delivery], Generator[None, object, object]]
type Call = Callable[[Delivery], object]
type AsyncCall = Callable[[Delivery], Awaitable[object]]


class Stage(Protocol):
    """Implement this for your own decorator of handlers.

    It is called in the handler's thread, and by any number of threads at once.
    """

    def around(self, delivery: Delivery, /) -> Generator[None, object, object]:
        """Handle one delivery.

        Each `yield` runs the next stage; the innermost one runs the handler. It returns the
        handler's result, or raises its exception. A second `yield` is another attempt. The
        generator returns the result of the delivery, or raises its error.
        """
        ...


def check_stage(stage: Stage) -> Stage:
    """Returns `stage` if it is one.

    Raises:
        TypeError: it is not.
    """
    if isinstance(stage, type):
        raise TypeError(
            f"a stage must be an object: pass {stage.__name__}(), not the class {stage!r}"
        )
    around = getattr(stage, "around", None)
    if not callable(around):
        raise TypeError(f"a stage must have a method around(delivery), but {stage!r} lacks it")
    if not inspect.isgeneratorfunction(around):
        raise TypeError(
            f"around of {stage!r} must be a generator function: "
            f"it must yield where the handler is to be called"
        )
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
            # Terminates because each iteration is one `yield` of the stage, and the stage ends when
            # it returns or raises.
            while True:
                try:
                    result = inner(delivery)
                except BaseException as error:
                    steps.throw(error)
                else:
                    steps.send(result)
        except StopIteration as end:
            return end.value
        except BaseException:
            # An interrupt may come while the stage is suspended. The stage ends now, and not when
            # the traceback is released. It has no effect on a stage that has ended.
            steps.close()
            raise

    return call


def put_around_async(around: Around, inner: AsyncCall) -> AsyncCall:
    """`inner`, a coroutine function, with one stage around it."""

    async def call(delivery: Delivery) -> object:
        steps = around(delivery)
        try:
            next(steps)
            # Terminates for the same reason as the loop of `put_around`.
            while True:
                try:
                    result = await inner(delivery)
                except BaseException as error:
                    steps.throw(error)
                else:
                    steps.send(result)
        except StopIteration as end:
            return end.value
        except BaseException:
            steps.close()  # as in `put_around`
            raise

    return call


def plain_call(handler: Callable[..., object]) -> Call:
    """Turns a handler of messages into a function of deliveries.

    A handler that is not a coroutine function, but returns a coroutine, gets an error: no task
    would await it. A `StopIteration` of the handler becomes a `RuntimeError`, as in a generator.
    """

    def call(delivery: Delivery) -> object:
        try:
            result = handler(delivery.message)
        except StopIteration as error:
            raise RuntimeError(f"handler {delivery.handler!r} raised StopIteration") from error
        return result if result is None else no_coroutine(result)

    return call


def async_call(handler: Callable[..., Any]) -> AsyncCall:
    """Turns a coroutine function of messages into a coroutine function of deliveries."""

    async def call(delivery: Delivery) -> object:
        return await handler(delivery.message)

    return call
