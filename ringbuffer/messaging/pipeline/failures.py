"""The stage `ErrorHandling`: messages that have failed for the last time become dead letters."""

from collections.abc import Generator
from typing import Final

from ringbuffer.messaging.dead_letters import DeadLetters
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.one_process import OneProcess


class ErrorHandling(OneProcess):
    """Puts a failed delivery into a dead-letter queue, and raises the error again for the caller.

    A delivery that is to be retried has not failed yet: `RetryLater` passes.

    Attributes:
        dead_letters: the queue, where failed deliveries go.
    """

    def __init__(self, dead_letters: DeadLetters) -> None:
        if not isinstance(dead_letters, DeadLetters):
            raise TypeError(
                f"dead_letters must be DeadLetters, such as a DeadLetterQueue, not {dead_letters!r}"
            )
        self.dead_letters: Final = dead_letters

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        try:
            return (yield)
        except Exception as error:
            self.dead_letters.add(delivery, error)
            raise
