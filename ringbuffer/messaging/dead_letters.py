"""`DeadLetterQueue`: keeps messages that a handler could not handle, until the program decides.

It takes a plain lock: formatting the traceback of a failed message costs more than the lock.
"""

import itertools
import logging
import traceback
from collections.abc import Iterable, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Final

from ringbuffer.checks import check_at_least_one
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery, Identity
from ringbuffer.one_process import OneProcess

logger: Final = logging.getLogger("ringbuffer.messaging")

#: The default for the number of dead letters that are kept.
DEFAULT_CAPACITY: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class DeadLetter(OneProcess):
    """A message that a handler could not handle.

    Attributes:
        number: its number in the queue: 1 for the first dead letter ever, and so on.
        message: the message that the handler received.
        identity: which message it is and what it belongs to, if that is known; an envelope has
            these values too.
        handler: the name of the handler that failed.
        error: the exception, for programs; it keeps the frames of its traceback alive.
        error_type: the name of the exception's class.
        error_message: the text of the exception.
        traceback: the traceback as text, for people.
        attempts: the number of attempts.
        time: when it was added, in seconds on the host's monotonic clock.
        delivery: the delivery that failed, as the pipeline saw it.
    """

    number: int
    message: object
    identity: Identity | None
    handler: str
    error: BaseException
    error_type: str
    error_message: str
    traceback: str
    attempts: int
    time: float
    delivery: Delivery


class DeadLetterQueue(OneProcess):
    """Keeps dead letters; they can be listed, replayed and discarded. Any thread.

    Args:
        capacity: how many are kept; None sets no limit. A full queue drops its oldest letter for a
            new one: it logs the letter, and counts it in `dropped`.
        host: the source of the lock and the clock.

    Raises:
        ValueError, TypeError: `capacity` is not a number of letters.
    """

    def __init__(
        self, capacity: int | None = DEFAULT_CAPACITY, *, host: Host = SYSTEM_HOST
    ) -> None:
        self._capacity: Final = check_at_least_one("capacity", capacity)
        self._clock: Final = host.monotonic
        self._lock: Final = host.lock()
        self._numbers: Final = itertools.count(1)
        #: Replaced as a whole where several letters are removed or added.
        self._letters: dict[int, DeadLetter] = {}
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many letters were dropped for newer ones."""
        return self._dropped

    def add(self, delivery: Delivery, error: BaseException) -> DeadLetter:
        """Add a delivery that has failed for the last time. Returns its letter."""
        text = "".join(traceback.format_exception(error))
        try:
            message = str(error)
        except Exception:
            message = "(the error's own text failed)"
        dropped = None
        with self._lock:
            letter = DeadLetter(
                next(self._numbers),
                delivery.message,
                delivery.identity,
                delivery.handler,
                error,
                type(error).__qualname__,
                message,
                text,
                delivery.attempt,
                self._clock(),
                delivery,
            )
            if self._capacity is not None and len(self._letters) >= self._capacity:
                dropped = next(iter(self._letters.values()))
            # No calls from here on: an interrupt finds all of these lines done, or none.
            self._letters[letter.number] = letter
            delivery.is_dead = True
            if dropped is not None:
                del self._letters[dropped.number]
                self._dropped += 1
        if dropped is not None:
            logger.warning(
                "the dead-letter queue is full with %d: number %d, of %s, was dropped: %r",
                self._capacity,
                dropped.number,
                dropped.handler,
                dropped.message,
            )
        return letter

    def list(self) -> tuple[DeadLetter, ...]:
        """The letters, the oldest first."""
        with self._lock:
            return tuple(self._letters.values())

    def __len__(self) -> int:
        return len(self._letters)

    def __bool__(self) -> bool:
        """True, also for an empty queue."""
        return True

    def replay(self, letters: Iterable[DeadLetter | int] | DeadLetter | int | None = None) -> int:
        """Return letters to the handlers that failed on them, as first attempts, and remove them.

        A letter goes to that handler alone. If the handler fails again, the message becomes a dead
        letter with a new number.

        Args:
            letters: the letters, or their numbers; None means all.

        Returns:
            How many letters were returned.

        Raises:
            KeyError: there is no such letter: it was replayed or discarded before. Nothing was
                done.
            ValueError: the delivery has no way back to its handler. The letter and those after it
                stay.
            RingBufferError: the bus is closed, or the handler was removed. The letter and those
                after it stay.

        After an interrupt, letters that were not returned stay here. The letter at which the
        interrupt arrives may be returned and also stay.
        """
        taken: list[DeadLetter] = []
        count = 0
        try:
            self._take(letters, taken)
            # Terminates because each iteration returns one letter of a finite list.
            while True:
                if not taken:
                    return count
                letter = taken[0]
                schedule_redelivery = letter.delivery.schedule_redelivery
                if schedule_redelivery is None:
                    raise ValueError(
                        f"dead letter {letter.number} has no way back to {letter.handler!r}: "
                        f"construct its delivery with schedule_redelivery=..., "
                        f"or discard the letter"
                    )
                schedule_redelivery(letter.delivery.begin_again(), 0.0)
                del taken[0]  # nothing is called between the two
                count += 1
        except BaseException:
            self._put_back(taken)
            raise

    def discard(self, letters: Iterable[DeadLetter | int] | DeadLetter | int | None = None) -> int:
        """Remove letters. Returns how many. Arguments and `KeyError` are those of `replay`."""
        taken: list[DeadLetter] = []
        self._take(letters, taken)
        return len(taken)

    def _take(
        self,
        letters: Iterable[DeadLetter | int] | DeadLetter | int | None,
        taken: MutableSequence[DeadLetter],
    ) -> None:
        """Move letters, all or none, to `taken`. If two threads want the same one, one gets it."""
        with self._lock:
            if letters is None:
                numbers = dict.fromkeys(self._letters)
            else:
                wanted = [letters] if isinstance(letters, DeadLetter | int) else letters
                numbers = dict.fromkeys(
                    each.number if isinstance(each, DeadLetter) else each for each in wanted
                )
            # A comprehension with a condition must not stand in a block: see `ringbuffer.system`.
            missing = numbers.keys() - self._letters.keys()
            if missing:
                raise KeyError(
                    f"no dead letter has the number {next(iter(missing))!r}: "
                    f"it was replayed or discarded. Nothing was done"
                )
            wanted_letters = [self._letters[number] for number in numbers]
            others = dict(filter(lambda entry: entry[0] not in numbers, self._letters.items()))
            self._letters = others  # nothing is called between the two
            taken[:] = wanted_letters

    def _put_back(self, letters: Sequence[DeadLetter]) -> None:
        """Put letters that could not be replayed back in their places."""
        with self._lock:
            everything = sorted(
                [*letters, *self._letters.values()], key=lambda letter: letter.number
            )
            self._letters = {letter.number: letter for letter in everything}

    def __repr__(self) -> str:
        return f"DeadLetterQueue({len(self)} letters, capacity {self._capacity})"
