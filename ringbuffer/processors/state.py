"""`ProcessorState`: where a processor is in its life.

                 start() / run()                halt(), or a fatal error              the run has ended
        IDLE ----------------------> RUNNING ----------------------------> HALTING ---------------------> HALTED
          |                             ^                                                                    |
          | halt()                      '----------------------- start() / run() ----------------------------'
          v
     HALT_PENDING ---- start() / run() returns at once, the handler is not called ----> HALTED

Every arrow is a compare-and-swap on one cell, so of two threads that start, one wins and the other gets an error, and a halt
that races with a start is either before it (and remembered) or after it (and seen by the run).
"""

import enum

from ringbuffer.memory import Cell


class ProcessorState(enum.IntEnum):
    """Where a processor is in its life."""

    IDLE = 0
    RUNNING = 1
    HALTING = 2
    HALTED = 3
    HALT_PENDING = 4


def move(cell: Cell, *transitions: tuple[ProcessorState, ProcessorState]) -> ProcessorState | None:
    """Make the first of `transitions` that starts from the present state in `cell`; the state after it, or None.

    Each turn but the last means that another thread made a transition meanwhile, and there are few of those.
    """
    while True:
        state = cell.load()
        after = dict(transitions).get(ProcessorState(state))
        if after is None:
            return None
        if cell.compare_and_set(state, after):
            return after


def describe(failure: BaseException) -> str:
    """The failure's type and message; the type alone where the message itself fails."""
    try:
        return f"{type(failure).__name__}: {failure}"
    except Exception:
        return type(failure).__name__
