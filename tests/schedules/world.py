"""`World`: what a scenario is made of, and what every scenario checks."""

from collections.abc import Callable
from typing import Any, Final

from ringbuffer import BusySpinWaitStrategy, Disruptor, ProducerType, RingBuffer, Sequence
from ringbuffer.testing.attributes import share
from ringbuffer.testing.scheduled_host import ScheduledHost
from ringbuffer.testing.scheduled_memory import ScheduledCell
from ringbuffer.testing.scheduler import Scheduler
from ringbuffer.wait import WaitStrategy
from tests.schedules.memory import Event, ScenarioMemory


class World:
    """The memory, the host and the tasks of one run.

    Attributes:
        handled: what each consumer has handled: (sequence, number), in order.
        checks: called when every task has ended.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler: Final = scheduler
        self.memory: Final = ScenarioMemory(scheduler)
        self.host: Final = ScheduledHost(scheduler)
        self.handled: Final[dict[str, list[tuple[int, int]]]] = {}
        self.checks: Final[list[Callable[[], None]]] = []

    def task(self, name: str, target: Callable[[], object]) -> None:
        """A thread of the scenario."""
        self.scheduler.spawn(target, name)

    def start(self, disruptor: Disruptor[Any]) -> None:
        """Start it.

        A run that is broken off leaves it open. The end of the program need not report that.
        """
        try:
            disruptor.start()
        finally:
            disruptor._life._at_exit.closed()

    def ring(
        self, size: int, kind: ProducerType, wait: WaitStrategy | None = None
    ) -> RingBuffer[Event]:
        """A ring of events that show torn, lost and overwritten ones."""
        events = iter(self.memory.events(range(size)))
        strategy = BusySpinWaitStrategy() if wait is None else wait
        ring = RingBuffer(size, events.__next__, kind, strategy, memory=self.memory, host=self.host)
        self.names_of(ring)
        return ring

    def names_of(self, ring: RingBuffer[Any]) -> None:
        """Give what the ring shares the names of the field, and of spec/."""
        sequencer: Any = ring.sequencer
        state: Any = sequencer.state
        self.name(sequencer._cursor, "cursor")
        self.name_cell(state.limit, "limit")
        self.name_cell(state._closed, "closed")
        self.name_cell(state.gating._version, "version")
        self.name_cell(state.skipped._count, "skipped")
        for index, word in enumerate(
            sequencer._flags._words if hasattr(sequencer, "_flags") else ()
        ):
            word._location.name = f"flag {index}"

    def name(self, sequence: Sequence, name: str) -> None:
        """Name a sequence."""
        self.name_cell(sequence._cell, name)

    def value_of(self, sequence: Sequence) -> int:
        """What a sequence says, without a step."""
        cell: Any = sequence._cell
        value: int = cell.location.value
        return value

    def name_cell(self, cell: Any, name: str) -> None:
        """Name a cell."""
        assert isinstance(cell, ScheduledCell)
        cell.location.name = name

    def share(self, thing: object, attribute: str, name: str) -> None:
        """Make each access of an attribute a step, see `attributes`."""
        share(self.scheduler, thing, attribute, name)

    def handler(
        self, name: str, *then: Callable[[int], object]
    ) -> Callable[[Event, int, bool], None]:
        """A handler that notes what it got, then does something with the sequence."""
        handled = self.handled.setdefault(name, [])

        def handle(event: Event, sequence: int, end_of_batch: bool) -> None:
            handled.append((sequence, event.read()))
            for each in then:
                each(sequence)

        return handle

    def expect(self, *names: str, events: int) -> None:
        """Check after the run that each of these has handled all events once, in order, as written.

        Every event is written as its own sequence number.
        """
        expected = [(sequence, sequence) for sequence in range(events)]

        def check() -> None:
            for name in names:
                assert self.handled[name] == expected, (
                    f"{name} has handled {self.handled[name]}, not {expected}"
                )

        self.checks.append(check)
