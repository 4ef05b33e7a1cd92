"""`Signal`: what a thread does after it has advanced a sequence, to wake waiting threads."""

from collections.abc import Callable
from typing import Final, NamedTuple

from ringbuffer.memory import FenceLock, Word


class Steps(NamedTuple):
    """The steps of a signal. Code that runs for each event takes them itself, without a call.

    That code is::

        if notify is not None:
            fence[0] = None
            if needed[0]:
                notify()

    Attributes:
        fence: passed after the advance, and before the look whether a signal is needed.
        needed: its item 0 says whether a thread waits for a signal.
        notify: wakes the waiting threads; None if no thread ever waits for a signal.
    """

    fence: FenceLock
    needed: Word | tuple[int]
    notify: Callable[[], None] | None


class Signal:
    """A signal of the calling thread, which does nothing but two steps unless it is needed.

    See `LiteBlockingWaitStrategy` for why no wake-up is lost.

    Attributes:
        steps: what a call does.
    """

    __slots__ = ("steps",)

    def __init__(self, fence: FenceLock, needed: Word, notify: Callable[[], None]) -> None:
        self.steps: Final = Steps(fence, needed, notify)

    def __call__(self) -> None:
        """Wake the waiting threads, if there are any."""
        fence, needed, notify = self.steps
        fence[0] = None
        if needed[0] and notify is not None:
            notify()


def steps_of(signal: Callable[[], None] | None) -> Steps:
    """The steps of what `bind_signal` returns. A signal of another kind is always needed."""
    return signal.steps if isinstance(signal, Signal) else Steps([None], (1,), signal)


def followed_by(steps: Steps, then: Callable[[], None] | None) -> Callable[[], None] | None:
    """A function that takes the steps, and calls `then` after them; None if there is nothing to do.

    One of the two may be None.
    """
    fence, needed, notify = steps
    if notify is None:
        return then

    def signal_and_then() -> None:
        fence[0] = None
        if needed[0]:
            notify()
        if then is not None:
            then()

    return signal_and_then
