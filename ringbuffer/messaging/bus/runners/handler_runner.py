"""`HandlerRunner`: what a bus and a subscription need to know of what calls a handler."""

from typing import Protocol


class HandlerFilter(Protocol):
    """What chooses the events of a handler, as far as the bus needs it."""

    @property
    def left(self) -> int:
        """How many events it omitted when it was stopped or cancelled."""
        ...

    def skip_rest(self) -> None:
        """Do not handle the rest of the batch. In the handler's thread, or loop."""
        ...


class HandlerRunner(Protocol):
    """Passes events to one handler, in a thread or a task of its own. Any thread."""

    @property
    def filter(self) -> HandlerFilter:
        """What chooses the handler's events."""
        ...

    @property
    def waiting(self) -> int:
        """How many published events the handler has yet to finish."""
        ...

    @property
    def failure(self) -> BaseException | None:
        """What it died of; None while it lives. No publisher waits for a dead runner."""
        ...

    @property
    def finished(self) -> int:
        """How many events it has finished, of those published since it was attached.

        It only grows.
        """
        ...

    @property
    def threads(self) -> tuple[int, ...]:
        """The identifiers of the threads that work for it; empty if they are unknown."""
        ...

    @property
    def task(self) -> object:
        """The task that handles the events; None if a thread does."""
        ...

    def attach(self) -> None:
        """Miss nothing that is published from now on; `detach` undoes it, even if interrupted."""
        ...

    def start(self) -> None:
        """Begin; or raise, and leave nothing behind, if something that it needs is missing."""
        ...

    def mark(self) -> int:
        """The position at which everything that is published by now is handled."""
        ...

    def has_passed(self, mark: int) -> bool:
        """Whether it has reached that position, or has died and never will."""
        ...

    def end_at(self, mark: int) -> None:
        """Pass on nothing that is published after that mark."""
        ...

    def blocks(self) -> bool:
        """Whether there is no free capacity because of it."""
        ...

    def stop(self) -> None:
        """Stop after the current batch, or a coroutine function's current event; return at once."""
        ...

    def join(self, timeout: float | None = None) -> bool:
        """Wait until it has stopped; return whether it has."""
        ...

    def abort(self) -> None:
        """Cancel the current event, if a coroutine handles it: a thread cannot be cancelled."""
        ...

    def detach(self) -> None:
        """Let publishers continue without it."""
        ...
