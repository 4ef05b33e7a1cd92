"""Dead letters: messages that a handler could not handle, in memory or in a file of SQLite."""

from ringbuffer.messaging.dead_letters.dead_letter_queue import DeadLetterQueue
from ringbuffer.messaging.dead_letters.dead_letters import DeadLetters
from ringbuffer.messaging.dead_letters.letter import (
    DeadLetter,
    DeadLetterStatistics,
    UnreadableMessage,
)

__all__ = [
    "DeadLetter",
    "DeadLetterQueue",
    "DeadLetterStatistics",
    "DeadLetters",
    "UnreadableMessage",
]
