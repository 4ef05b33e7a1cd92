"""`end_when_lost`: a consumer that nothing refers to any more stops gating the producers.

Without its owner no thread would advance its sequence, and producers would wait for it forever. An
interrupt may lose a consumer: a signal handler may raise when the constructor has returned, before
the caller has stored what it returns.
"""

import contextlib
import itertools
import weakref
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.sequencer.lost import Lost
from ringbuffer.sequencer.ring_state import RingState

_numbers: Final = itertools.count()


class LossWatch:
    """Waits for the loss of a consumer, until it is detached. Any thread."""

    __slots__ = ("_finalizer", "_number", "_state")

    def __init__(
        self, finalizer: "weakref.finalize[[], Any]", number: int, state: RingState
    ) -> None:
        self._finalizer: Final = finalizer
        self._number: Final = number
        self._state: Final = state

    @property
    def alive(self) -> bool:
        """Whether it waits: the consumer is not lost, and this was not detached."""
        return self._finalizer.alive

    def detach(self) -> bool:
        """Wait no longer: the consumer ends by itself. Returns whether it waited until now."""
        waited = self._finalizer.detach() is not None
        self._state.watched.pop(self._number, None)
        return waited


def end_when_lost(
    owner: object, state: RingState, end: Callable[[], object], name: str
) -> LossWatch:
    """Call `end` in another thread after `owner` was garbage-collected. Any thread.

    Not in the thread that collects it, which may hold one of the ring's locks. Until that thread
    runs, or if the system lacks one, a producer that waits for free capacity calls `end`.

    Args:
        owner: the consumer.
        state: of its ring.
        end: removes its gate; must not refer to `owner`. It may be called twice.
        name: of the thread.
    """
    number = next(_numbers)

    def start() -> None:
        lost = state.watched.get(number)
        if lost is not None and lost not in state.ends:  # its own note comes after this call
            state.ends.append(lost)
        with contextlib.suppress(Exception):  # no thread is left
            state.host.start_thread(state.run_ends, name)

    finalizer = weakref.finalize(owner, start)
    finalizer.atexit = False  # type: ignore[misc]
    # Comes before the finalizer, or after it, which depends on the collector. The finalizer may be
    # interrupted, or get no thread; this note always comes.
    state.watched[number] = Lost.watch(owner, end, number, state.ends.append)
    return LossWatch(finalizer, number, state)
