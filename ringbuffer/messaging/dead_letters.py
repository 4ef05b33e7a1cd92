"""`DeadLetterQueue`: where messages go that nobody could handle, until somebody decides about them.

It is not for threads in a hurry: what comes here has failed, and formatting its traceback costs more than the lock.
"""

import itertools
import logging
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ringbuffer.checks import check_at_least_one
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.messaging.delivery import Delivery, Identity

logger: Final = logging.getLogger("ringbuffer.messaging")

#: How many dead letters are kept, unless it is told otherwise.
DEFAULT_CAPACITY: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class DeadLetter:
    """A message that a handler could not handle.

    Attributes:
        number: its name in the queue: 1 for the first dead letter ever, and so on.
        message: what the handler got.
        identity: which message it is and what it belongs to, if that is known; an envelope says that too.
        handler: the name of the handler that failed.
        error: what it raised, for programs; it keeps the frames that it passed through alive.
        error_type: the name of the error's class.
        error_message: its text.
        traceback: as text, for people.
        attempts: how often it was tried.
        time: when it came here, in seconds on the host's monotonic clock.
        delivery: what failed, as the pipeline saw it.
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


class DeadLetterQueue:
    """Keeps dead letters: they can be listed, replayed and discarded. Any thread.

    Args:
        capacity: how many are kept; None sets no limit. When it is full, the oldest letter makes room for the new one: it is
            logged, and counted in `dropped`.
        host: what provides the lock and the clock.

    Raises:
        ValueError, TypeError: `capacity` is no number of letters.
    """

    def __init__(self, capacity: int | None = DEFAULT_CAPACITY, *, host: Host = SYSTEM_HOST) -> None:
        self._capacity: Final = check_at_least_one("capacity", capacity)
        self._clock: Final = host.monotonic
        self._lock: Final = host.lock()
        self._numbers: Final = itertools.count(1)
        self._letters: Final[dict[int, DeadLetter]] = {}
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many letters have made room for newer ones."""
        return self._dropped

    def add(self, delivery: Delivery, error: BaseException) -> DeadLetter:
        """Put a delivery here that has failed for good; its letter."""
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
                dropped = self._letters.pop(next(iter(self._letters)))
                self._dropped += 1
            self._letters[letter.number] = letter
            delivery.is_dead = True
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
        """A queue is something, even when it is empty."""
        return True

    def replay(self, letters: Iterable[DeadLetter | int] | DeadLetter | int | None = None) -> int:
        """Give letters back to the handlers that failed on them, as a first attempt, and forget them here.

        A letter goes to that handler alone. If it fails again, it comes here again with a new number.

        Args:
            letters: which, themselves or their numbers; None means all.

        Returns:
            How many.

        Raises:
            KeyError: there is no such letter: it was replayed or discarded before. Nothing was done.
            ValueError: nothing brings it back to its handler. It stays, and so do those after it.
            RingBufferError: the bus is closed, or its handler is gone. It stays, and so do those after it.
        """
        taken = self._take(letters)
        for done, letter in enumerate(taken):
            try:
                comes_back = letter.delivery.comes_back
                if comes_back is None:
                    raise ValueError(
                        f"nothing brings dead letter {letter.number} back to {letter.handler!r}: give whoever consumes a way "
                        f"for deliveries to come back; or discard it"
                    )
                comes_back(letter.delivery.begin_again(), 0.0)
            except BaseException:
                self._put_back(taken[done:])
                raise
        return len(taken)

    def discard(self, letters: Iterable[DeadLetter | int] | DeadLetter | int | None = None) -> int:
        """Forget letters; how many. The arguments, and `KeyError`, are those of `replay`."""
        return len(self._take(letters))

    def _take(self, letters: Iterable[DeadLetter | int] | DeadLetter | int | None) -> tuple[DeadLetter, ...]:
        """Remove letters, all or none: of two threads that want the same one, one gets it."""
        with self._lock:
            if letters is None:
                numbers = dict.fromkeys(self._letters)
            else:
                wanted = [letters] if isinstance(letters, DeadLetter | int) else letters
                numbers = dict.fromkeys(each.number if isinstance(each, DeadLetter) else each for each in wanted)
            missing = [number for number in numbers if number not in self._letters]
            if missing:
                raise KeyError(f"no dead letter has the number {missing[0]!r}: it was replayed or discarded. Nothing was done")
            return tuple(self._letters.pop(number) for number in numbers)

    def _put_back(self, letters: tuple[DeadLetter, ...]) -> None:
        """What could not be replayed: back where it was."""
        with self._lock:
            everything = sorted([*letters, *self._letters.values()], key=lambda letter: letter.number)
            self._letters.clear()
            self._letters.update((letter.number, letter) for letter in everything)

    def __repr__(self) -> str:
        return f"DeadLetterQueue({len(self)} letters, capacity {self._capacity})"
