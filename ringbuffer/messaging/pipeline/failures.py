"""The stage `ErrorHandling`: what has failed for good goes to the dead letters."""

from collections.abc import Generator
from typing import Final

from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery


class ErrorHandling:
    """Puts a delivery that has failed into a dead-letter queue, and lets the error go on to whoever waits for it.

    What is to be retried has not failed yet: `RetryLater` passes.

    Args:
        dead_letters: where to.
    """

    def __init__(self, dead_letters: DeadLetterQueue) -> None:
        if not isinstance(dead_letters, DeadLetterQueue):
            raise TypeError(f"dead_letters must be a DeadLetterQueue, not {dead_letters!r}")
        self._dead_letters: Final = dead_letters

    @property
    def dead_letters(self) -> DeadLetterQueue:
        """Where failed deliveries go."""
        return self._dead_letters

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        try:
            return (yield)
        except Exception as error:
            self._dead_letters.add(delivery, error)
            raise
