"""`Blocks`: closes message queues and event buses at the end of a `with` block or the program."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Protocol, Self

from ringbuffer.at_exit import AtExit
from ringbuffer.blocking_bridge import begin_call, outlast_cancellation
from ringbuffer.checks import Duration
from ringbuffer.ending import Grace, check_grace, check_seconds_or_none, drains
from ringbuffer.forks import made_here
from ringbuffer.host import Host


class UsedInBlocks(Protocol):
    """What a `with` block or an `async with` block closes at its end."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Close within the grace period; after `KeyboardInterrupt`, discard what waits."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """As `__exit__`, but does not block the loop.

        A task that is cancelled, even repeatedly, still drains.
        """
        ...


class Blocks(ABC):
    """`with` and `async with`, by the rule of `ringbuffer.ending`. Any thread.

    Args:
        name: the name of the queue or the bus.
        host: the source of threads.
        grace: how long the end of a block waits for unhandled messages.
        drain_at_exit: how long the end of the program waits, in seconds; None does not drain.
    """

    def __init__(
        self, name: str, host: Host, grace: Grace | Duration | None, drain_at_exit: Duration | None
    ) -> None:
        self._name: Final = name
        self._host: Final = host
        self._grace: Final = check_grace(grace)
        made_here(self)
        self._at_exit: Final = AtExit(
            name, self._left, lambda limit: self._closing(True, limit)(), drain_at_exit
        )

    @abstractmethod
    def _left(self) -> tuple[str, ...]:
        """What is left unhandled, with numbers and names. Takes no lock that a handler may hold."""

    @abstractmethod
    def _closing(self, drain: bool, timeout: Duration | None) -> Callable[[], object]:
        """A function that closes it for the calling thread; any thread may call the function."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Close within the grace period; after `KeyboardInterrupt`, close without a drain.

        An interrupt ends that wait: the waiting messages are left, and their number is logged. If
        another interrupt prevents the log entry, or if another thread closes, then the end of the
        program logs it.
        """
        try:
            self._closing(drains(error), self._grace.after(error))()
        except BaseException as raised:
            if not isinstance(raised, Exception):
                with contextlib.suppress(Exception):
                    self._closing(False, 0.0)()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Close as a plain block does, but do not block the loop.

        A task that is cancelled, even repeatedly, still drains.
        """
        closing = self._closing(drains(error), self._grace.after(error))
        await outlast_cancellation(
            begin_call(self._host, closing, f"{self._name} closes"),
            check_seconds_or_none("grace", self._grace.exceptional),
        )
