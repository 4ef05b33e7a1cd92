"""The consumer that fails: a `Plan` says where and when, and every callback asks it."""

import asyncio
import random
import threading
from collections.abc import Callable

from ringbuffer import RewindBatch
from ringbuffer.programs.stress.ledger import Ledger
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.sending import Fault, Interrupt
from ringbuffer.sequence import Readable
from ringbuffer.wait import WaitStrategy
from ringbuffer.wait.strategy import Alertable
from tests.stress.faults.cases import Case, Severity

#: More than any sequence of a test.
TOO_FAR = 1 << 40


class Fatal(Exception):
    """What an exception handler raises."""


class Plan:
    """Fails once: at the call of one callback. Any thread, though the victim's alone calls `hit`.

    Attributes:
        case: what fails.
        fired: set when it has failed.
        error: what the victim dies of, if it does.
        told: how many errors the exception handler got.
    """

    def __init__(self, case: Case, call: int) -> None:
        self.case = case
        self.fired = threading.Event()
        self.error: BaseException | None = None
        self.told = 0
        self._left = call

    @property
    def is_deadly(self) -> bool:
        return self.case.severity is not Severity.SURVIVED

    def is_due(self, place: str) -> bool:
        """Whether this call of `place` is the one that fails."""
        if place != self.case.place or self.fired.is_set():
            return False
        self._left -= 1
        if self._left > 0:
            return False
        self.fired.set()
        return True

    def hit(self, place: str) -> None:
        """Raise if it is time."""
        if self.is_due(place):
            self.fail()

    def fail(self) -> None:
        if self.case.severity is Severity.INTERRUPT:
            self.error = Interrupt()
            raise self.error
        raise Fault

    # -- the exception handler --------------------------------------------------------------------

    def _decide(self, error: Exception) -> None:
        self.told += 1
        expected = ValueError if self.case.place == "release" else Fault
        if not isinstance(error, expected):
            raise error
        if self.case.severity is Severity.FATAL:
            self.error = Fatal()
            raise self.error from error

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        self._decide(error)

    def handle_on_start_exception(self, error: Exception) -> None:
        self._decide(error)

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        self._decide(error)

    # -- the rewind strategy ----------------------------------------------------------------------

    def pause_before(self, attempt: int) -> float | None:
        self.hit("rewind strategy")
        return 0


class Victim:
    """Has every hook. What it dies on it has not noted, and gets again; what it survives it has."""

    def __init__(self, plan: Plan, ledger: Ledger, seed: int) -> None:
        self.plan, self.ledger = plan, ledger
        self.thread = 0
        self._pick = random.Random(seed)
        self._begins = False
        self._release: Callable[[int], None] = lambda sequence: None

    def set_sequence_callback(self, release: Callable[[int], None]) -> None:
        self.plan.hit("set_sequence_callback")
        self._release = release

    def on_start(self) -> None:
        self.thread = threading.get_ident()
        self.plan.hit("on_start")

    def on_batch_start(self, size: int, depth: int) -> None:
        self._begins = True
        self.plan.hit("on_batch_start")

    def on_timeout(self, sequence: int) -> None:
        self.plan.hit("on_timeout")

    def on_rewind(self, sequence: int) -> None:
        self.plan.hit("on_rewind")

    def on_shutdown(self) -> None:
        self.plan.hit("on_shutdown")

    def begins(self) -> None:
        """At the first event of a batch, before it is noted: now and then, ask for it again."""
        begins, self._begins = self._begins, False
        if begins and self._pick.random() < 0.3:
            self._begins = True
            raise RewindBatch

    def noting(self, place: str, events: list[Message], first: int) -> None:
        """Note the events; fail before that, or after it."""
        release, due = self.plan.is_due("release"), self.plan.is_due(place)
        if self.plan.is_deadly:
            self._raise(release, due)
        for sequence, event in enumerate(events, first):
            self.ledger.note(event, sequence)
        self._raise(release, due)

    def _raise(self, release: bool, due: bool) -> None:
        if release:
            self._release(TOO_FAR)
        if due:
            self.plan.fail()


class Eventwise(Victim):
    def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        self.begins()
        self.noting("on_event", [event], sequence)


class Batchwise(Victim):
    def on_batch(self, events: list[Message], first: int) -> None:
        self.begins()
        self.noting("on_batch", events, first)


class Awaiting(Victim):
    async def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        self.begins()
        await asyncio.sleep(0)
        self.noting("on_event", [event], sequence)


VICTIMS: dict[str, type[Victim]] = {
    "events": Eventwise,
    "batches": Batchwise,
    "coroutine": Awaiting,
    "worker": Eventwise,
}


class FailingWait:
    """A wait strategy that raises in the victim's wait."""

    def __init__(self, inner: WaitStrategy, plan: Plan, is_victims: Callable[[], bool]) -> None:
        self._inner, self._plan, self._is_victims = inner, plan, is_victims

    @property
    def is_blocking(self) -> bool:
        return self._inner.is_blocking

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        if self._plan.case.place == "wait strategy" and self._is_victims():
            self._plan.hit("wait strategy")
        return self._inner.wait_for(sequence, cursor, dependent, barrier)

    def signal_all_when_blocking(self) -> None:
        self._inner.signal_all_when_blocking()
