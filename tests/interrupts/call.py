"""`Call`: one public call, its subject, and what must hold after an interrupt of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ringbuffer.host import Host


@dataclass(frozen=True, slots=True)
class Call[S]:
    """One public call.

    Attributes:
        name: of it, `part: call`.
        make: `make(host)`: what it is made on, new for each point. Not interrupted. If it has
            threads of its own, its method `abandon` ends them.
        call: `call(subject)`: the call; its interrupts are what is tried.
        check: `check(subject, happened)`: raises unless everything holds. `happened` is True if the
            call has returned, and None if an interrupt came out of it. In another thread, within
            `limit` seconds: what takes longer is wedged.
        then: `then(subject)`: what the interrupted thread does next, if that matters; before
        `check`.
        limit: of the call and of the check, in seconds.
        batch: how many subjects one random interrupt is aimed at.
        at_random: whether it is tried at random moments too. A call that runs an event loop is not:
            the interrupt would come in asyncio's own code, which it may leave waiting.
    """

    name: str
    make: Callable[[Host], S]
    call: Callable[[S], object]
    check: Callable[[S, bool | None], object]
    then: Callable[[S], object] | None = None
    limit: float = 20.0
    batch: int = 16
    at_random: bool = True


def require(condition: object, text: str) -> None:
    """Raise `AssertionError` unless the condition holds."""
    if not condition:
        raise AssertionError(text)


def calls_of(part: str, *, batch: int = 4, at_random: bool = True) -> Callable[..., Call[Any]]:
    """Makes the calls of one part: `calls_of(part)(what, make, do, check)` is `part: what`."""

    def call(
        what: str,
        make: Callable[[Host], Any],
        do: Callable[[Any], object],
        check: Callable[[Any, bool | None], object],
        then: Callable[[Any], object] | None = None,
    ) -> Call[Any]:
        return Call(f"{part}: {what}", make, do, check, then, batch=batch, at_random=at_random)

    return call
