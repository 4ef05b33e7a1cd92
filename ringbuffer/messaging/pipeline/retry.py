"""`RetryPolicy` and the stage `Retry`: exponential delays with jitter, and no blocked thread.

For a retry with a delay, the stage raises `RetryLater`. The bus or the consumer then schedules the
delivery, and the handler gets it again when the delay has passed. Meanwhile the handler gets the
messages behind it, so **events overtake one that is retried later**. A retry with a delay of zero
runs immediately, and keeps the order.
"""

import random
from collections.abc import Callable, Generator
from typing import Final

from ringbuffer.checks import Duration, check_duration, check_integer, check_real
from ringbuffer.messaging.delivery import Delivery, RetryLater

#: The default for the random part of a delay.
DEFAULT_JITTER: Final = 0.5


class RetryPolicy:
    """Which errors are retried, how often, and after how long. Any thread.

    The delay before attempt *n* + 1 is at most `min(max_delay, delay * factor ** (n - 1))`. A
    random part of up to `jitter` of it is subtracted. So messages that fail together are not
    retried together.

    Args:
        max_attempts: the number of attempts, the first one included, 1 or more.
        delay: seconds before the second attempt; 0 retries immediately.
        factor: the growth of the delay from attempt to attempt, 1 or more.
        max_delay: the longest delay in seconds. The library limits any delay to 30 years, which is
            more than clocks and locks need to hold (46 days on Windows).
        jitter: from 0, which keeps the delay, to 1: anything from no delay to the full one.
        retry_on: the classes of errors that are retried.
        random: a function that returns a number from 0 to 1.

    Raises:
        ValueError, TypeError: an argument is out of its range.
    """

    def __init__(
        self,
        max_attempts: int = 3,
        *,
        delay: Duration = 0.1,
        factor: float = 2.0,
        max_delay: Duration = 30.0,
        jitter: float = DEFAULT_JITTER,
        retry_on: type[Exception] | tuple[type[Exception], ...] = Exception,
        random: Callable[[], float] = random.random,
    ) -> None:
        max_attempts = check_integer("max_attempts", max_attempts)
        if max_attempts < 1:
            raise ValueError(
                f"max_attempts must be 1 or more, since the first attempt counts; "
                f"not {max_attempts!r}"
            )
        self.max_attempts: Final = max_attempts
        self.delay: Final = check_duration("delay", delay, allow_zero=True)
        self.factor: Final = check_real("factor", factor, 1)
        self.max_delay: Final = check_duration("max_delay", max_delay, allow_zero=True)
        self.jitter: Final = check_real("jitter", jitter, 0, 1)
        classes = retry_on if isinstance(retry_on, tuple) else (retry_on,)
        if not all(isinstance(each, type) and issubclass(each, Exception) for each in classes):
            raise TypeError(
                f"retry_on must be one class of exceptions or a tuple of them, not {retry_on!r}"
            )
        self.retry_on: Final = classes
        self._random: Final = random

    def delay_after(self, attempt: int, error: BaseException) -> float | None:
        """Seconds to wait after attempt number `attempt` failed with `error`; None to give up."""
        if attempt >= self.max_attempts or not isinstance(error, self.retry_on):
            return None
        try:
            delay = min(self.max_delay, self.delay * self.factor ** (attempt - 1))
        except OverflowError:
            delay = self.max_delay if self.delay else 0.0
        return delay * (1 - self.jitter * self._random())

    def __repr__(self) -> str:
        return (
            f"RetryPolicy({self.max_attempts}, delay={self.delay}, factor={self.factor}, "
            f"max_delay={self.max_delay}, jitter={self.jitter})"
        )


class Retry:
    """Retries failed messages by a policy.

    Make it the innermost stage. After a delay, all stages run again; at an immediate retry only
    those inside this one do.

    Args:
        policy: when to retry, and how often.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        if not isinstance(policy, RetryPolicy):
            raise TypeError(f"policy must be a RetryPolicy, not {policy!r}")
        self._policy: Final = policy

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        # Terminates because each iteration but the last is one more attempt, and the policy limits
        # their number.
        while True:
            try:
                return (yield)
            except Exception as error:
                delay = self._policy.delay_after(delivery.attempt, error)
                if delay:
                    # A user may have written the policy. A wrong delay fails this delivery alone:
                    # it never reaches the thread that waits for all retries.
                    delay = check_duration("the delay of the retry policy", delay)
                if delay is None or (delay and delivery.schedule_redelivery is None):
                    raise
                if delay:
                    raise RetryLater(delay) from error
            delivery.next_attempt()
