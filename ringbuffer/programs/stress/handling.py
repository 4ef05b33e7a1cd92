"""The handlers of a stage: they record events, and sometimes rewind, release early, or raise."""

import asyncio
import random
from collections.abc import Callable

from ringbuffer import RewindBatch
from ringbuffer.programs.stress.ledger import Ledger
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.sending import Fault
from ringbuffer.programs.stress.shape import StageShape


class Carrying:
    """An exception handler that counts injected errors, and raises all other errors."""

    def __init__(self) -> None:
        self.count = 0

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        """Count it, and carry on, if it was injected."""
        if not isinstance(error, Fault):
            raise error
        self.count += 1

    def handle_on_start_exception(self, error: Exception) -> None:
        """Nothing is injected there."""
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """Nothing is injected there."""
        raise error


class CheckingHandler:
    """The common part of the handlers, see the module."""

    def __init__(self, shape: StageShape, ledger: Ledger, seed: int) -> None:
        self.ledger = ledger
        self.rewinds = 0
        self._shape, self._pick = shape, random.Random(seed)
        self._release: Callable[[int], None] = lambda sequence: None

    def on_rewind(self, sequence: int) -> None:
        """What was noted of the batch comes again."""
        self.rewinds += 1
        self.ledger.roll_back(sequence)

    def asks_again(self) -> None:
        """Now and then, ask for the batch once more."""
        if self._pick.randrange(100) < self._shape.rewinds:
            raise RewindBatch

    def fails(self) -> None:
        """Now and then, raise."""
        if self._pick.randrange(100) < self._shape.faults:
            raise Fault

    def has_enough(self) -> bool:
        """Whether a reader stops in the middle of what is there."""
        return self._pick.randrange(20) == 0

    def note(self, event: Message, sequence: int) -> None:
        """Note an event, and now and then give its slot back early."""
        self.ledger.note(event, sequence)
        if self._shape.releases and self._pick.randrange(8) == 0:
            self._release(sequence)


class Eventwise(CheckingHandler):
    """Gets one event at a time."""

    def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        """Note one event."""
        if end_of_batch:
            self.asks_again()
        self.note(event, sequence)
        self.fails()


class ReleasingEventwise(Eventwise):
    """The same, and gives slots back early."""

    def set_sequence_callback(self, release: Callable[[int], None]) -> None:
        """Keep what gives slots back."""
        self._release = release


class Batchwise(CheckingHandler):
    """Gets whole batches."""

    def on_batch(self, events: list[Message], first: int) -> None:
        """Note a batch."""
        self.asks_again()
        for sequence, event in enumerate(events, first):
            self.note(event, sequence)
        self.fails()


class ReleasingBatchwise(Batchwise):
    """The same, and gives slots back early."""

    def set_sequence_callback(self, release: Callable[[int], None]) -> None:
        """Keep what gives slots back."""
        self._release = release


class Awaiting(CheckingHandler):
    """A coroutine."""

    async def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        """Note one event."""
        if end_of_batch:
            self.asks_again()
            await asyncio.sleep(0)
        self.note(event, sequence)
        self.fails()
