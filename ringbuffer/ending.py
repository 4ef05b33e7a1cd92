"""What the end of a `with` block does with events that are published and not handled: one rule.

* `KeyboardInterrupt` halts: each consumer stops after its current batch.
* Every other end drains: it waits until everything is handled, at most for a grace period. This
  includes `SystemExit`, an error, a closed generator and a cancelled task.

A program that is asked to end should finish its work. A user who presses Ctrl-C wants it to stop.
Disruptors, event buses, message queues and consumers of a pipeline use this rule. What is left is
logged here, once.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ringbuffer.checks import Duration, check_duration

logger: Final = logging.getLogger("ringbuffer")


def check_seconds_or_none(name: str, seconds: Duration | None) -> float | None:
    """Returns `seconds`, 0 or more, or None. Raises the errors of `check_duration`."""
    return None if seconds is None else check_duration(name, seconds, allow_zero=True)


@dataclass(frozen=True, slots=True)
class Grace:
    """How long the end of a `with` block waits for unhandled events. Immutable; any thread.

    Attributes:
        normal: the limit if the block ends normally, in seconds or a `timedelta`; None sets none.
        exceptional: the same if an exception ends the block.

    Raises:
        TypeError: a limit is not a number.
        ValueError: a limit is negative, infinite or not a number.
    """

    normal: Duration | None = None
    exceptional: Duration | None = 30.0

    def __post_init__(self) -> None:
        check_seconds_or_none("grace", self.normal)
        check_seconds_or_none("grace", self.exceptional)

    def after(self, error: BaseException | None) -> float | None:
        """The limit for a block that ended with `error`, in seconds; None sets no limit."""
        return check_seconds_or_none("grace", self.normal if error is None else self.exceptional)


#: The grace where none is given.
USUAL_GRACE: Final = Grace()


def check_grace(grace: Grace | Duration | None) -> Grace:
    """Returns `grace` as a `Grace`; a number of seconds, or None, is the limit in both cases.

    Raises:
        TypeError: it is neither.
        ValueError: it is negative, infinite or not a number.
    """
    return grace if isinstance(grace, Grace) else Grace(grace, grace)


def drains(error: BaseException | None) -> bool:
    """Whether a block that ended with `error` drains; if not, it halts."""
    return not isinstance(error, KeyboardInterrupt)


def log_left(name: str, how: str, left: Iterable[str]) -> None:
    """Log in one line what `name` leaves unhandled. Logs nothing if nothing is left.

    Args:
        name: of the disruptor, bus, queue or consumer.
        how: how it ended, such as "was halted".
        left: what is left, with numbers and names.
    """
    parts = "; ".join(left)
    if parts:
        logger.warning("%r %s; left unhandled: %s", name, how, parts)
