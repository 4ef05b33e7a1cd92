"""`RetryPolicy` and the stage `Retry`: exponential, with jitter, and without a thread that waits.

A retry that has to wait leaves: the stage raises `RetryLater`, whoever delivers puts the delivery aside, and it comes
back to its handler when its time has come. Meanwhile the handler gets what is behind it, so **events overtake one that is
retried later**. A delay of zero is retried on the spot, and keeps the order.
"""

import random
from collections.abc import Callable, Generator
from typing import Final

from ringbuffer.messaging.delivery import Delivery, RetryLater

#: How much of a delay is left to chance, unless it is told otherwise.
DEFAULT_JITTER: Final = 0.5


class RetryPolicy:
    """Which errors are retried, how often, and after how long. Any thread.

    The delay before attempt *n* + 1 is `min(max_delay, delay * factor ** (n - 1))`, of which a random part, at most `jitter` of
    it, is taken away, so that what failed together does not come back together.

    Args:
        max_attempts: tries in all, the first one included, 1 or more.
        delay: seconds before the second attempt; 0 retries on the spot.
        factor: by which the delay grows, 1 or more.
        max_delay: the longest delay in seconds.
        jitter: from 0, none, to 1: anything from no delay to the full one.
        retry_on: classes of the errors that are retried.
        random: a number from 0 to 1 at every call.

    Raises:
        ValueError, TypeError: an argument is out of its range.
    """

    def __init__(
        self,
        max_attempts: int = 3,
        *,
        delay: float = 0.1,
        factor: float = 2.0,
        max_delay: float = 30.0,
        jitter: float = DEFAULT_JITTER,
        retry_on: type[Exception] | tuple[type[Exception], ...] = Exception,
        random: Callable[[], float] = random.random,
    ) -> None:
        if isinstance(max_attempts, bool) or not isinstance(max_attempts, int):
            raise TypeError(f"max_attempts must be an integer, not {max_attempts!r}")
        if max_attempts < 1:
            raise ValueError(f"max_attempts must be 1 or more: the first try counts; not {max_attempts!r}")
        self.max_attempts: Final = max_attempts
        self.delay: Final = _within("delay", delay, 0)
        self.factor: Final = _within("factor", factor, 1)
        self.max_delay: Final = _within("max_delay", max_delay, 0)
        self.jitter: Final = _within("jitter", jitter, 0, 1)
        classes = retry_on if isinstance(retry_on, tuple) else (retry_on,)
        if not all(isinstance(each, type) and issubclass(each, Exception) for each in classes):
            raise TypeError(f"retry_on must be one class of exceptions or a tuple of them, not {retry_on!r}")
        self.retry_on: Final = classes
        self._random: Final = random

    def delay_after(self, attempt: int, error: BaseException) -> float | None:
        """Seconds to wait after attempt number `attempt` has failed with `error`; None to give up."""
        if attempt >= self.max_attempts or not isinstance(error, self.retry_on):
            return None
        try:
            delay = min(self.max_delay, self.delay * self.factor ** (attempt - 1))
        except OverflowError:
            delay = self.max_delay if self.delay else 0.0
        return delay * (1 - self.jitter * self._random())

    def __repr__(self) -> str:
        return (
            f"RetryPolicy({self.max_attempts}, delay={self.delay}, factor={self.factor}, max_delay={self.max_delay}, "
            f"jitter={self.jitter})"
        )


class Retry:
    """Tries again what failed, as its policy says. The innermost stage: what is outside of it runs again at every attempt.

    Args:
        policy: when, and how often.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        if not isinstance(policy, RetryPolicy):
            raise TypeError(f"policy must be a RetryPolicy, not {policy!r}")
        self._policy: Final = policy

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        # Each turn but the last is one more attempt, of which the policy allows a number.
        while True:
            try:
                return (yield)
            except Exception as error:
                delay = self._policy.delay_after(delivery.attempt, error)
                if delay is None or (delay and delivery.comes_back is None):
                    raise
                if delay:
                    raise RetryLater(delay) from error
            delivery.attempt += 1


def _within(name: str, value: float, low: float, high: float = float("inf")) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, not {value!r}")
    if not low <= value <= high or value == float("inf"):
        limit = f"from {low} to {high}" if high != float("inf") else f"{low} or more, and finite"
        raise ValueError(f"{name} must be {limit}, not {value!r}")
    return value
