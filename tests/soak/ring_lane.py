"""`RingLane`: a disruptor under load, whose consumers halt and start again, join and leave.

    producers --> [ ring ] --+--> first  --+--> behind
                             +--> second --'
                             +--> pool of workers
                             '--> those that joined, until they leave

The controller's thread makes it, does the faults and shuts it down.
"""

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Final

from ringbuffer import Disruptor
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.messaging.options import make_wait_strategy
from ringbuffer.processors import EventProcessor
from ringbuffer.programs.stress.watch import PATIENCE, stuck
from tests.soak.handlers import SLOW
from tests.soak.ledger import Account, Expected, Ledger, settle
from tests.soak.message import Fate, Fates, Fault, Message
from tests.soak.plan import FaultPlan, RingPlan
from tests.soak.pool import settle_pool
from tests.soak.producers import RingProducer

#: The most that have joined at a time.
MOST_GUESTS: Final = 3
#: How long a consumer that was halted stays so, in seconds.
PAUSE: Final = 0.01


class Stage:
    """A handler of the disruptor. Its own thread; `latest` is looked at by those after it.

    Attributes:
        ledger: what it saw.
        latest: the last sequence that it has finished.
        early: how often an event came before a stage that it comes after had finished it.
    """

    def __init__(self, fates: Fates, after: "tuple[Stage, ...]" = ()) -> None:
        self.ledger: Final = Ledger()
        self.latest = -1
        self.early = 0
        self._fates: Final = fates
        self._after: Final = after
        self._never: Final = SYSTEM_HOST.event()

    def on_event(self, message: Message, sequence: int, end_of_batch: bool) -> None:
        producer, number = message.producer, message.number
        self.early += any(before.latest < sequence for before in self._after)
        self.ledger.torn += not message.is_whole
        self.ledger.arrives(producer, number)
        fate = self._fates.of(producer, number)
        if fate is Fate.SLOW:
            self._never.wait(SLOW)
        self.latest = sequence
        if fate is Fate.DIES:
            raise Fault(f"message {number} of producer {producer}")
        self.ledger.handled(producer, number)


class Exceptions:
    """Counts what handlers raised, and goes on. Any thread."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self.count = self.others = 0

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        with self._lock:
            self.count += 1
            self.others += not isinstance(error, Fault)

    def handle_on_start_exception(self, error: Exception) -> None:
        raise error

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        raise error


@dataclass(eq=False, slots=True)
class Guest:
    """A stage that has joined."""

    stage: Stage
    sure_from: dict[int, int]
    high: dict[int, int] | None = None


class RingLane:
    """One round of one disruptor. Controller's thread only, but for `published` and `backlog`."""

    name: Final = "disruptor"

    def __init__(self, plan: RingPlan) -> None:
        self.counts: Final[Counter[str]] = Counter()
        self.details: Final[list[str]] = []
        self._exceptions: Final = Exceptions()
        self._disruptor: Final = Disruptor[Message].of_values(
            plan.size, wait_strategy=make_wait_strategy(plan.waiting), name=self.name
        )
        self._salt: Final = plan.salt
        self._disruptor.set_default_exception_handler(self._exceptions)
        first, second = self._stage(1), self._stage(2)
        self._stages: Final = (first, second, self._stage(3, first, second))
        self._workers: Final = [self._stage(4) for _ in range(plan.workers)]
        self._guests: Final[list[Guest]] = []
        self._disruptor.handle_events_with(first, second).then(self._stages[2])
        self._disruptor.handle_events_with_worker_pool(*self._workers)
        self._disruptor.start()
        self._producers: Final = [
            RingProducer(number, self._disruptor) for number in range(plan.producers)
        ]
        for producer in self._producers:
            producer.start()

    def _stage(self, number: int, *after: Stage) -> Stage:
        return Stage(Fates(self._salt + number, 30, 0, 60), after)

    @property
    def published(self) -> int:
        """How many messages the producers have published by now."""
        return sum(producer.done for producer in self._producers)

    @property
    def backlog(self) -> int:
        """How many events the slowest consumer has yet to handle."""
        return self._disruptor.backlog

    # -- faults -----------------------------------------------------------------------------------

    def do(self, fault: FaultPlan) -> None:
        self.counts[fault.what] += 1
        here = [guest for guest in self._guests if guest.high is None]
        if fault.what == "halt and restart":
            stages = [*self._stages, *self._workers]
            self._restart(stages[fault.which % len(stages)])
        elif fault.what == "join" and len(here) < MOST_GUESTS:
            self._join()
        elif fault.what == "leave" and here:
            self._leave(here[fault.which % len(here)])
        elif fault.what == "kill a producer":
            self._producers[fault.which % len(self._producers)].kill()
        else:
            self.counts[fault.what] -= 1

    def _restart(self, stage: Stage) -> None:
        processor = self._disruptor.processor_of(stage)
        assert isinstance(processor, EventProcessor)
        processor.halt()
        if not processor.join(PATIENCE):
            raise stuck(f"{processor!r} did not end")
        SYSTEM_HOST.event().wait(PAUSE)
        processor.start()

    def _join(self) -> None:
        guest = Guest(self._stage(10 + len(self._guests)), {})
        with self._disruptor.live() as live:
            live.handle_events_with(guest.stage)
        guest.sure_from = {each.number: each.started for each in self._producers}
        self._guests.append(guest)

    def _leave(self, guest: Guest) -> None:
        self._disruptor.remove(guest.stage, timeout=PATIENCE)
        guest.high = {each.number: each.started for each in self._producers}

    # -- the end ----------------------------------------------------------------------------------

    def tick(self) -> None:
        """Nothing to collect."""

    def stop(self) -> None:
        for producer in self._producers:
            producer.stop()

    def finish(self) -> Account:
        """Let everything be handled, and account for it."""
        for producer in self._producers:
            producer.join()
        self._disruptor.shutdown(timeout=PATIENCE)
        account = Account()
        published = {each.number: each.done for each in self._producers}
        for stage in self._stages:
            expected = [Expected(number, 0, 0, count, count) for number, count in published.items()]
            account.add(settle(stage.ledger, expected, set(), has_letters=False))
        for guest in self._guests:
            account.add(self._settled(guest, published))
        account.add(settle_pool([worker.ledger for worker in self._workers], published))
        everybody = [*self._stages, *self._workers, *(guest.stage for guest in self._guests)]
        account.reordered += sum(stage.early for stage in everybody)
        account.misreported += (
            abs(account.failed - self._exceptions.count) + self._exceptions.others
        )
        self.counts["messages"] += self.published
        self.counts["lives of producers"] += sum(each.lives for each in self._producers)
        return account

    def _settled(self, guest: Guest, published: dict[int, int]) -> Account:
        """A consumer that left was halted after its batch: its messages are a row without gaps."""
        expected = []
        for number, count in published.items():
            sure_from = guest.sure_from[number]
            high = count if guest.high is None else min(count, guest.high[number])
            expected.append(
                Expected(number, 0, sure_from, count if guest.high is None else sure_from, high)
            )
        return settle(guest.stage.ledger, expected, set(), has_letters=False)
