"""`MessageReceiver`: a consumer's functions to receive the messages of its queue."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Protocol

#: `check(result)` raises if a handler must not return such a result.
type Check = Callable[[object], object]


class Run[M](Protocol):
    """Receives messages, or batches, and calls `handle` with each. One thread at a time."""

    def __call__(
        self,
        handle: Callable[[M], object],
        check: Check,
        fail: Callable[[M], None],
        context: Context | None = None,
        pristine: Context | None = None,
    ) -> bool:
        """Continue until the follower is to stop, or `context` no longer equals `pristine`.

        While it waits for the next message, it does not keep the last one alive.

        Args:
            handle: the handler of the messages.
            check: called with the result of `handle`, unless that is None.
            fail: called with a message if `handle` or `check` raised on it.
            context: the context of the caller.
            pristine: a copy of that context from before the first message.

        Returns:
            Whether it ended because the handler has changed the context. Then there may be more
            messages.
        """
        ...


@dataclass(frozen=True, slots=True)
class MessageReceiver[M]:
    """A follower's functions to receive messages, or batches of them. One thread at a time.

    Attributes:
        receive_now: returns the next message if the follower may take one immediately. If it
            returns None, call `receive`.
        receive: waits for the next message; returns None if the follower is to stop.
        run: see `Run`.
        taken: how many messages all followers had taken when this one took its last; 0 before the
            first. Any thread.
    """

    receive_now: Callable[[], M | None]
    receive: Callable[[], M | None]
    run: Run[M]
    taken: Callable[[], int]
