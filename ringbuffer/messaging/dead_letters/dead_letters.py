"""`DeadLetters`: keeps messages that a handler could not handle, until the program decides."""

import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, MutableSequence
from collections.abc import Set as AbstractSet
from typing import Final, Literal

from ringbuffer.checks import check_at_least_one
from ringbuffer.host import Host
from ringbuffer.messaging.dead_letters.letter import (
    DeadLetter,
    DeadLetterStatistics,
    UnreadableMessage,
)
from ringbuffer.messaging.delivery import Delivery
from ringbuffer.messaging.message_handler import no_coroutine
from ringbuffer.one_process import OneProcess

logger: Final = logging.getLogger("ringbuffer.messaging")

#: The default for the number of dead letters that are kept.
DEFAULT_CAPACITY: Final = 10_000

#: Letters that a caller chooses: letters, their numbers, a function that returns whether it wants a
#: letter, or None for all.
type Chosen = Iterable[DeadLetter | int] | DeadLetter | int | Callable[[DeadLetter], object] | None


class DeadLetters(OneProcess, ABC):
    """Keeps dead letters; they can be listed, counted, replayed and discarded. Any thread.

    `DeadLetterQueue` keeps them in memory, `SqliteDeadLetters` in a file.

    A letter that is being replayed is *claimed*: it stays, but no other thread replays or discards
    it. So neither an interrupt nor the end of the process loses it.
    """

    def __init__(self, capacity: int | None, host: Host) -> None:
        self._capacity: Final = check_at_least_one("capacity", capacity)
        self._lock: Final = host.lock()
        self._claimed: frozenset[int] = frozenset()

    @abstractmethod
    def add(self, delivery: Delivery, error: BaseException) -> DeadLetter:
        """Add a delivery that has failed for the last time. Returns its letter.

        Without room it drops the oldest letter. An interrupted call has added the letter if
        `delivery.is_dead`.
        """

    @abstractmethod
    def statistics(self) -> DeadLetterStatistics:
        """How many letters there are, of which kinds, and what became of the others."""

    @property
    def dropped(self) -> int:
        """How many letters were dropped for newer ones."""
        return self.statistics().dropped

    @abstractmethod
    def __len__(self) -> int: ...

    def __bool__(self) -> bool:
        """True, also without letters."""
        return True

    def list(self) -> tuple[DeadLetter, ...]:
        """The letters, the oldest first."""
        with self._lock:
            return self._find(None)

    def replay(
        self, letters: Chosen = None, to: Callable[[DeadLetter], object] | None = None
    ) -> int:
        """Return letters, the oldest first, to the handlers that failed on them; remove them.

        letters.replay(lambda letter: letter.error_type == "ConnectionError")

        A letter goes to that handler alone, as a first attempt. If the handler fails again, the
        message becomes a dead letter with a new number.

        Args:
            letters: the letters, or their numbers; or a function that gets each letter and returns
                whether to replay it. None means all.
            to: gets each letter instead of the handler; a letter is removed when `to` has returned.
                Letters of an earlier process need it: their handlers are gone.

        Returns:
            How many letters were returned.

        Raises:
            KeyError: there is no such letter: it was replayed or discarded before, or another
                thread replays it. Nothing was done.
            ValueError: the delivery has no way back to its handler, or its message is an
                `UnreadableMessage`. The letter and those after it stay.
            RingBufferError: the bus is closed, or the handler was removed. The letter and those
                after it stay. So they do after any error that `to` raises.

        After an error or an interrupt, `list()` has the letters that were not returned, and
        `statistics().replayed` has counted the others. The letter at which an interrupt arrives may
        be returned and also stay.
        """
        taken: list[DeadLetter] = []
        count, returned = 0, frozenset[int]()
        try:
            self._claim(letters, taken)
            # Terminates because each iteration returns one letter of a finite list.
            while True:
                if not taken:
                    return count
                number = frozenset((taken[0].number,))
                _give(taken[0], to)
                returned = number  # nothing is called between these
                count += 1
                del taken[0]
                self._finish(returned)
        except BaseException:
            with self._lock:
                self._claimed -= returned.union([letter.number for letter in taken])
            self._finish(returned)
            raise

    def discard(self, letters: Chosen = None) -> int:
        """Remove letters. Returns how many. Arguments and `KeyError` are those of `replay`."""
        numbers = self._choose(letters)
        with self._lock:
            free = self._free(numbers, callable(letters))
            return self._remove({letter.number for letter in free}, "discarded")

    def _choose(self, letters: Chosen) -> AbstractSet[int] | None:
        """The numbers of chosen letters. The caller's function decides without the lock."""
        if callable(letters):
            return {letter.number for letter in self.list() if letters(letter)}
        wanted = [letters] if isinstance(letters, DeadLetter | int) else letters
        if wanted is None:
            return None
        return {each.number if isinstance(each, DeadLetter) else each for each in wanted}

    def _free(self, numbers: AbstractSet[int] | None, may_lack: bool) -> tuple[DeadLetter, ...]:
        """The letters that are there and not claimed. The lock is held."""
        claimed = self._claimed
        free = (*filter(lambda letter: letter.number not in claimed, self._find(numbers)),)
        if numbers is not None and not may_lack and len(free) < len(numbers):
            missing = numbers - {letter.number for letter in free}
            raise KeyError(
                f"no dead letter has the number {next(iter(missing))!r}: it was replayed or "
                f"discarded, or another thread replays it. Nothing was done"
            )
        return free

    def _claim(self, letters: Chosen, taken: MutableSequence[DeadLetter]) -> None:
        """Claim letters, all or none, and store them in `taken`."""
        numbers = self._choose(letters)
        with self._lock:
            free = self._free(numbers, callable(letters))
            claims = {letter.number for letter in free}
            self._claimed |= claims  # nothing is called between the two
            taken[:] = free

    def _finish(self, numbers: AbstractSet[int]) -> None:
        """Remove letters that were returned, unless they are gone already."""
        with self._lock:
            self._remove(numbers, "replayed")
            self._claimed -= numbers

    # The lock is held in these.

    @abstractmethod
    def _find(self, numbers: AbstractSet[int] | None) -> tuple[DeadLetter, ...]:
        """The letters with these numbers that are there, or all; the oldest first."""

    @abstractmethod
    def _remove(self, numbers: AbstractSet[int], fate: Literal["replayed", "discarded"]) -> int:
        """Remove and count letters, if they are there. Returns how many.

        An interrupt finds all of it done, or nothing.
        """

    def _log_dropped(self, letters: Iterable[DeadLetter]) -> None:
        text = "the dead-letter queue is full with %d: number %d, of %s, was dropped: %r"
        for letter in letters:
            logger.warning(text, self._capacity, letter.number, letter.handler, letter.message)


def _give(letter: DeadLetter, to: Callable[[DeadLetter], object] | None) -> None:
    """Pass a letter to `to`, or return its message to the handler that failed."""
    if isinstance(letter.message, UnreadableMessage):
        raise ValueError(
            f"dead letter {letter.number} cannot be replayed: {letter.message.reason}. Discard it, "
            f"or open the file with a codec that can read it"
        )
    if to is not None:
        no_coroutine(to(letter))
        return
    schedule_redelivery = letter.delivery.schedule_redelivery
    if schedule_redelivery is None:
        raise ValueError(
            f"dead letter {letter.number} has no way back to {letter.handler!r}: pass to=..., "
            f"construct its delivery with schedule_redelivery=..., or discard the letter"
        )
    schedule_redelivery(letter.delivery.begin_again(), 0.0)


def abandon(delivery: Delivery, error: BaseException, dead_letters: DeadLetters | None) -> None:
    """Keep a delivery as a dead letter, or log it if there is no queue for dead letters.

    It raises no `Exception`: others are abandoned after this one, and callers wait for their ends.
    If a user's queue, or a log filter, raises one, the message is logged as critical.

    Args:
        delivery: what will not be retried. An interrupted call may have kept it already.
        error: what it failed with.
        dead_letters: where it is kept; None if nowhere.
    """
    try:
        if delivery.is_dead:
            return
        if dead_letters is not None:
            dead_letters.add(delivery, error)
        else:
            text = "%r will not be retried by handler %r"
            logger.error(text, delivery.message, delivery.handler, exc_info=error)
    except Exception:
        with contextlib.suppress(Exception):  # such as a log filter that raises
            text = "%r of handler %r will not be retried, and could not be kept"
            logger.critical(text, delivery.message, delivery.handler, exc_info=True)
