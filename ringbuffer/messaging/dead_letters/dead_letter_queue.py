"""`DeadLetterQueue`: dead letters in memory.

It takes a plain lock: formatting the traceback of a failed message costs more than the lock.
"""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.dead_letters.dead_letters import DEFAULT_CAPACITY, DeadLetters
from ringbuffer.messaging.dead_letters.letter import DeadLetter, DeadLetterStatistics
from ringbuffer.messaging.delivery import Delivery


class DeadLetterQueue(DeadLetters):
    """Keeps dead letters in memory. Any thread.

    Args:
        capacity: how many are kept; None sets no limit. A full queue drops its oldest letter for a
            new one: it logs the letter, and counts it in `dropped`.
        host: the source of the lock.

    Raises:
        ValueError, TypeError: `capacity` is not a number of letters.
    """

    def __init__(
        self, capacity: int | None = DEFAULT_CAPACITY, *, host: Host = SYSTEM_HOST
    ) -> None:
        super().__init__(capacity, host)
        #: Replaced as a whole where several letters are removed.
        self._letters: dict[int, DeadLetter] = {}
        self._last = self._dropped = 0
        self._gone = {"replayed": 0, "discarded": 0}

    def add(self, delivery: Delivery, error: BaseException) -> DeadLetter:
        """See `DeadLetters.add`."""
        unnumbered = DeadLetter.of(delivery, error)
        dropped: tuple[DeadLetter, ...] = ()
        with self._lock:
            letter = replace(unnumbered, number=self._last + 1)
            if self._capacity is not None and len(self._letters) >= self._capacity:
                dropped = (next(iter(self._letters.values())),)
            # No calls from here on: an interrupt finds all of these lines done, or none.
            self._letters[letter.number] = letter
            self._last = letter.number
            delivery.is_dead = True
            if dropped:
                del self._letters[dropped[0].number]
                self._dropped += 1
        self._log_dropped(dropped)
        return letter

    def statistics(self) -> DeadLetterStatistics:
        """See `DeadLetters.statistics`."""
        with self._lock:
            letters, dropped, gone = tuple(self._letters.values()), self._dropped, {**self._gone}
        return DeadLetterStatistics(
            kept=len(letters),
            dropped=dropped,
            **gone,
            by_error=Counter(letter.error_type for letter in letters),
            by_handler=Counter(letter.handler for letter in letters),
            by_message_type=Counter(letter.message_type for letter in letters),
        )

    def __len__(self) -> int:
        return len(self._letters)

    def _find(self, numbers: AbstractSet[int] | None) -> tuple[DeadLetter, ...]:
        letters = self._letters
        wanted = letters if numbers is None else sorted(numbers & letters.keys())
        return tuple([letters[number] for number in wanted])

    def _remove(self, numbers: AbstractSet[int], fate: str) -> int:
        gone = numbers & self._letters.keys()
        count = len(gone)
        if count == 1:  # as in a replay, letter by letter
            (number,) = gone
            del self._letters[number]  # nothing is called between this and the count
        elif count:
            left = dict(filter(lambda entry: entry[0] not in gone, self._letters.items()))
            self._letters = left
        self._gone[fate] += count
        return count

    def __repr__(self) -> str:
        return f"DeadLetterQueue({len(self)} letters, capacity {self._capacity})"
