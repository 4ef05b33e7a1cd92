"""One fault, in a random graph, from its shape to its account.

        .--> reference                             sees everything; the others are compared with it
ring ---+--> before --+--> sibling                 go on, whatever becomes of the victim
        |             '--> victim --> dependent    stops where the victim has stopped
        '--> reader                                a poller or a stream, that leaves
"""

import functools
import random
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ringbuffer import (
    ConsumerFailedError,
    Disruptor,
    EventProcessor,
    HandlerSpec,
    ProcessorState,
    ProcessorStateError,
    ProducerType,
    WorkerPool,
)
from ringbuffer.disruptor.node import Node
from ringbuffer.programs.stress.ledger import Account, Entry, Ledger, settle
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.sending import INJECTED, StressProducer
from ringbuffer.programs.stress.switches import StressHost
from ringbuffer.programs.stress.waiting import WAITING
from ringbuffer.programs.stress.watch import PATIENCE, WatchedThread, stuck, until
from tests.stress.faults.cases import FaultShape
from tests.stress.faults.readers import READERS
from tests.stress.faults.victim import VICTIMS, FailingWait, Plan, Victim

REFERENCE, BEFORE, SIBLING, VICTIM, DEPENDENT, READER = range(6)
#: Messages of each producer, at least; more until the fault has come.
QUOTA = 40


class Calm:
    """A handler that only notes."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        self.ledger.note(event, sequence)


class Colleague(Calm):
    """A worker that waits until the victim has had its turn: a pool promises no fair shares."""

    def __init__(self, ledger: Ledger, fired: threading.Event) -> None:
        super().__init__(ledger)
        self._fired = fired

    def on_event(self, event: Message, sequence: int, end_of_batch: bool) -> None:
        super().on_event(event, sequence, end_of_batch)
        self._fired.wait(0.005)


class Wrong(AssertionError):
    """Something else became of the fault than the library promises."""


def check(holds: object, says: str) -> None:
    if not holds:
        raise Wrong(says)


def run(shape: FaultShape, counts: Counter[str]) -> Account:
    """Run a case to its end; what was done is added to `counts`.

    Raises:
        Stuck: a thread did not end.
        Wrong: the library did not keep a promise.
        Exception: whatever a thread raised that was not injected.
    """
    with shape.switches.applied() as host:
        at_work = Round(shape, host)
        account = at_work.run()
    counts["failed publications"] += sum(sender.failed for sender in at_work.senders)
    counts[f"at {shape.case.place}"] += 1
    counts[shape.case.severity.value] += 1
    return account


class Round:
    """One case at work."""

    def __init__(self, shape: FaultShape, host: StressHost) -> None:
        self.shape, self.host = shape, host
        self.plan = Plan(shape.case, shape.call)
        self.account = Account()
        kind = ProducerType.SINGLE if shape.single else ProducerType.MULTI
        wait = FailingWait(WAITING[shape.waiting](host), self.plan, self.is_victims_thread)
        self.disruptor: Disruptor[Any] = (
            Disruptor.of_values(shape.size, kind, wait, host=host)
            if shape.values
            else Disruptor(Message, shape.size, kind, wait, host=host)
        )
        self.ring = self.disruptor.ring
        self.nodes: dict[int, Node] = {}
        self.ledgers: dict[int, list[Ledger]] = {}
        self.victim: Victim | None = None
        self._wire()
        pick = random.Random(shape.seed)
        self.senders = [
            StressProducer(self.ring, name, 1 << 30, 5, pick.randrange(1 << 30))
            for name in range(shape.producers)
        ]
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if shape.single else nullcontext()
        )

    # -- the graph --------------------------------------------------------------------------------

    def _wire(self) -> None:
        shape, disruptor = self.shape, self.disruptor
        self._add(REFERENCE, disruptor, self._calm(REFERENCE))
        group: Any = disruptor
        before: tuple[int, ...] = ()
        if shape.behind:
            group, before = self._add(BEFORE, disruptor, self._calm(BEFORE)), (BEFORE,)
        self._add(SIBLING, group, self._calm(SIBLING, *before))
        if self.reads:
            return
        ledger = Ledger(VICTIM, before)
        self.ledgers[VICTIM] = [ledger]
        victim: Any = VICTIMS[shape.case.consumer](self.plan, ledger, shape.seed)
        self.victim = victim
        consumer: HandlerSpec[Any] = HandlerSpec(
            victim, exception_handler=self.plan, rewind=self.plan, name="victim"
        )
        if shape.case.consumer == "worker":
            ledgers = [Ledger(VICTIM, before) for _ in range(shape.colleagues)]
            self.ledgers[VICTIM] += ledgers
            colleagues = [Colleague(each, self.plan.fired) for each in ledgers]
            group = group.handle_events_with_worker_pool(consumer, *colleagues, max_chunk=8)
            self.nodes[VICTIM] = disruptor.graph.nodes[-1]
        else:
            group = self._add(VICTIM, group, consumer)
        if shape.dependent:
            self._add(DEPENDENT, group, self._calm(DEPENDENT, VICTIM))

    def _calm(self, stage: int, *before: int) -> Calm:
        handler = Calm(Ledger(stage, before))
        self.ledgers.setdefault(stage, []).append(handler.ledger)
        return handler

    def _add(self, stage: int, group: Any, handler: Any) -> Any:
        added = group.handle_events_with(handler)
        self.nodes[stage] = self.disruptor.graph.nodes[-1]
        return added

    @property
    def reads(self) -> bool:
        """Whether it is a reader that fails."""
        return self.shape.case.consumer in READERS

    @property
    def processor(self) -> EventProcessor[Any]:
        """The victim's."""
        runner = self.disruptor.processor_of(self.victim)
        assert isinstance(runner, EventProcessor)
        return runner

    def is_victims_thread(self) -> bool:
        """A coroutine's processor waits in a thread of its bridge, which is called after it."""
        current = threading.current_thread()
        return self.victim is not None and (
            current.ident == self.victim.thread or current.name == "victim waits"
        )

    # -- the run ----------------------------------------------------------------------------------

    def run(self) -> Account:
        ledger = Ledger(READER)
        loop = (
            READERS[self.shape.case.consumer](self.ring, self.plan, ledger) if self.reads else None
        )
        self.disruptor.start()
        reader = None if loop is None else WatchedThread(self.host, loop, "reader")
        tasks = [
            WatchedThread(self.host, functools.partial(self._send, each), f"producer {each.name}")
            for each in self.senders
        ]
        if self.shape.case.place == "on_shutdown":
            self._halt_the_victim()
        errors = [task.ended() for task in tasks]
        if self.plan.is_deadly and reader is None:
            self._check_death(errors)
        else:
            for error in errors:
                check(error is None, f"a producer got {error!r}")
            told = 0 if reader is not None else 1
            check(self.plan.told == told, f"the exception handler got {self.plan.told} errors")
            self._shut_down()
        self._settle(VICTIM, DEPENDENT)
        if reader is not None:
            check(isinstance(reader.ended(), INJECTED), f"the reader ended with {reader.error!r}")
            self.ledgers[READER] = [ledger]
            self._compare(READER, self.reference[: len(ledger.seen)])
        return self.account

    def _send(self, sender: StressProducer) -> None:
        """Ends with an error when the victim died; or when the fault came and enough was sent."""
        deadly = self.plan.is_deadly and not self.reads
        while deadly or not self.plan.fired.is_set() or len(sender.published) < QUOTA:
            with self._turn, self.ring.producer() as producer:
                sender.send_some(producer, 1)
            if (
                self.shape.case.place in ("on_timeout", "wait strategy")
                and not self.plan.fired.is_set()
            ):
                self.plan.fired.wait(0.005)  # the victim comes to wait

    def _halt_the_victim(self) -> None:
        until(lambda: self.nodes[VICTIM].sequence.get() >= 0, "the victim handles something")
        if not self.processor.close(PATIENCE):
            raise stuck("the victim does not halt")
        if not self.plan.is_deadly:
            self.processor.start()

    def _shut_down(self) -> None:
        try:
            self.disruptor.shutdown(PATIENCE)
        except TimeoutError as error:
            raise stuck(str(error)) from error

    # -- deaths -----------------------------------------------------------------------------------

    def _check_death(self, errors: Iterable[BaseException | None]) -> None:
        """Every producer got the error; consumers after the victim stopped, others continued."""
        if not self.processor.join(PATIENCE):
            raise stuck("the victim has not ended")
        died_of = self.plan.error
        check(died_of is not None, "the fault did not come")
        check(
            self.processor.failure is died_of,
            f"the victim died of {self.processor.failure!r}, not of {died_of!r}",
        )
        check(
            self.processor.state is ProcessorState.HALTED,
            f"the victim is {self.processor.state.name}",
        )
        for error in errors:
            check(isinstance(error, ConsumerFailedError), f"a producer got {error!r}")
            check(error is not None and error.__cause__ is died_of, f"a producer got {error!r}")
        try:
            self._shut_down()
        except ConsumerFailedError as error:
            check(error.__cause__ is died_of, f"shutdown raised with {error.__cause__!r}")
        else:
            raise Wrong("shutdown did not raise for the death")
        self._settle()
        self._check_prefix()
        if not (self.shape.removed and self._remove()):
            self._start_again()

    def _check_prefix(self) -> None:
        """The victim handled all up to its sequence; nothing else, except what its pool handled."""
        node = self.nodes[VICTIM]
        if isinstance(node.runner, WorkerPool):
            kept = {sequence for worker in node.runner.workers for sequence in worker.unfinished}
            claimed = node.runner.claimed
            handled = [
                entry for entry in self.reference if entry[0] <= claimed and entry[0] not in kept
            ]
        else:
            handled = self.up_to(node.sequence.get())
        self._compare(VICTIM, handled)
        if DEPENDENT in self.nodes:
            self._compare(DEPENDENT, self.up_to(node.sequence.get()))

    def _remove(self) -> bool:
        """Remove the dead consumer, if nothing comes after it and it keeps no unhandled events."""
        node = self.nodes[VICTIM]
        if DEPENDENT in self.nodes:
            return False
        kept = isinstance(node.runner, WorkerPool) and any(
            worker.unfinished for worker in node.runner.workers
        )
        try:
            self.disruptor.remove(node.runner, PATIENCE)
        except ProcessorStateError:
            check(kept, "a dead consumer that keeps nothing cannot be removed")
            return False
        check(not kept, "a worker was removed with events that no consumer will handle")
        check(
            node.sequence not in self.ring.gating_sequences, "what was removed still gates the ring"
        )
        del self.nodes[VICTIM], self.ledgers[VICTIM]
        return True

    def _start_again(self) -> None:
        """What was left is still in the ring, and is handled now."""
        for node in self.disruptor.graph.nodes:
            for processor in node.processors:
                processor.start()
        last = self.ring.cursor
        for node in self.disruptor.graph.nodes:
            sequence = node.sequence
            until(
                lambda sequence=sequence: sequence.get() >= last,  # type: ignore[misc]
                f"{node.name} has not come to {last}",
            )
            if not node.runner.close(PATIENCE):
                raise stuck(f"{node.name} does not halt")

    # -- accounts ---------------------------------------------------------------------------------

    @property
    def reference(self) -> list[Entry]:
        return self.ledgers[REFERENCE][0].seen

    def up_to(self, sequence: int) -> list[Entry]:
        return [entry for entry in self.reference if entry[0] <= sequence]

    def _settle(self, *late: int) -> None:
        """Compare consumers that the victim cannot hold back with what was published."""
        published = [
            (sender.name, number) for sender in self.senders for number in sender.published
        ]
        for stage in (REFERENCE, BEFORE, SIBLING, *late):
            if stage in self.ledgers:
                self._add_account(settle(self.ledgers[stage], published), late != ())

    def _compare(self, stage: int, handled: list[Entry]) -> None:
        self._add_account(settle(self.ledgers[stage], [entry[1:] for entry in handled]), False)

    def _add_account(self, account: Account, counts: bool) -> None:
        """What is wrong always counts; events only at the end, once."""
        if not counts:
            account.events = 0
        self.account.add(account)
