"""`end_when_lost`: a consumer that nothing refers to any more stops gating the producers.

Without its owner no thread would advance its sequence, and producers would wait for it forever. An
interrupt may lose a consumer: a signal handler may raise when the constructor has returned, before
the caller has stored what it returns.
"""

import contextlib
import weakref
from collections.abc import Callable

from ringbuffer.sequencer.ring_state import RingState


def end_when_lost[T](
    owner: T, state: RingState, end: Callable[[], object], name: str
) -> "weakref.finalize[[], T]":
    """Call `end` in another thread after `owner` was garbage-collected. Any thread.

    Not in the thread that collects it, which may hold one of the ring's locks. Until that thread
    runs, or if the system lacks one, a producer that waits for free capacity calls `end`.

    Args:
        owner: the consumer.
        state: of its ring.
        end: removes its gate; must not refer to `owner`. It may be called twice.
        name: of the thread.

    Returns:
        What to `detach` when the consumer ends by itself.
    """

    def lost() -> None:
        state.ends.append(end)  # first: an interrupt may end the start of the thread
        with contextlib.suppress(Exception):  # no thread is left
            state.host.start_thread(state.run_ends, name)

    finalizer = weakref.finalize(owner, lost)
    finalizer.atexit = False  # type: ignore[misc]
    return finalizer
