"""`ProcessorState`: the states of a processor, and the transitions between them.

             start() / run()         halt(), or a fatal error          the run has ended
        IDLE --------------> RUNNING -----------------------> HALTING ------------------> HALTED
          |                     ^                                                            |
          | halt()              '------------------- start() / run() -----------------------'
          v
     HALT_PENDING -- start() / run() returns at once, the handler is not called --> HALTED

Every transition is a compare-and-swap on one cell. So of two threads that start a processor, one
wins and the other gets an error. A halt that races with a start comes either before it, and is
remembered, or after it, and the run sees it.
"""

import enum

from ringbuffer.memory import Cell


class ProcessorState(enum.IntEnum):
    """The state of a processor."""

    IDLE = 0
    RUNNING = 1
    HALTING = 2
    HALTED = 3
    HALT_PENDING = 4


def move(cell: Cell, *transitions: tuple[ProcessorState, ProcessorState]) -> ProcessorState | None:
    """Make the first of `transitions` that starts from the state in `cell`.

    Terminates because each iteration but the last means that another thread made a transition in
    the meantime, and there are few of those.

    Returns:
        The new state; or None if none of `transitions` starts from the present state.
    """
    while True:
        state = cell.load()
        after = dict(transitions).get(ProcessorState(state))
        if after is None:
            return None
        if cell.compare_and_set(state, after):
            return after


def describe(failure: BaseException) -> str:
    """Return the failure's type and message; the type alone if the message cannot be formatted."""
    try:
        return f"{type(failure).__name__}: {failure}"
    except Exception:
        return type(failure).__name__
