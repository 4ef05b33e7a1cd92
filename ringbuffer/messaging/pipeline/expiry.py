"""The stage `Expiry`: keeps envelopes whose time to live is over from the handler."""

from collections.abc import Generator
from typing import Final

from ringbuffer.messaging.dead_letters import DeadLetters
from ringbuffer.messaging.delivery import Delivery


class ExpiredError(TimeoutError):
    """A message expired before a handler could get it."""


class Expiry:
    """Refuses an envelope that has expired, before the next stage, also where it is retried.

    It looks at `expires_at`, by the wall clock. Other messages pass.

    Args:
        dead_letters: receives expired messages; None only reports the error.
    """

    def __init__(self, dead_letters: DeadLetters | None = None) -> None:
        self._dead_letters: Final = dead_letters

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        """See `Stage.around`."""
        envelope = delivery.envelope
        if envelope is not None and envelope.is_expired():
            error = ExpiredError(
                f"message {envelope.message_id} ({envelope.message_type}) expired at "
                f"{envelope.expires_at} and was not handled"
            )
            if self._dead_letters is not None:
                self._dead_letters.add(delivery, error)
            raise error
        return (yield)
