"""Processors, also asynchronous ones: made, started, halted, joined, run in the calling thread."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import (
    AsyncEventProcessor,
    BatchEventProcessor,
    BlockingWaitStrategy,
    ProcessorState,
    RingBuffer,
    RingBufferClosedError,
)
from ringbuffer.host import Host
from tests.interrupts.call import Call, calls_of, require
from tests.interrupts.hosts import SleepingHost, until, when_asleep
from tests.interrupts.rings import (
    SIZE,
    are_all_that_gate,
    is_empty,
    no_thread_consumes,
    ring_of_values,
)

BEFORE = 3
#: The handler halts its processor at this value.
LAST = "last"

KINDS: dict[str, type[BatchEventProcessor[Any]]] = {
    "plain": BatchEventProcessor,
    "coroutine": AsyncEventProcessor,
}


@dataclass(slots=True)
class Box:
    """An event."""

    value: object = None


def translate(event: Box, sequence: int, value: object) -> None:
    event.value = value


@dataclass(slots=True)
class Subject:
    """A ring of values, a processor, and another one that comes after it.

    Attributes:
        handled: what the first has handled.
        passed: what the second has.
    """

    kind: str
    host: Host
    ring: RingBuffer[Any]
    processors: list[BatchEventProcessor[Any]] = field(default_factory=list)
    handled: list[object] = field(default_factory=list)
    passed: list[object] = field(default_factory=list)
    halted: threading.Event = field(default_factory=threading.Event)

    @property
    def processor(self) -> BatchEventProcessor[Any]:
        return self.processors[0]

    @property
    def name(self) -> str:
        """Of the first: no other subject's begins with it."""
        return f"first {id(self):x}"

    def make(self) -> None:
        """The processor."""

        def handle(value: object, sequence: int, end_of_batch: bool) -> None:
            self.handled.append(value.value if isinstance(value, Box) else value)
            if value == LAST:
                self.processor.halt()

        async def handle_in_loop(value: object, sequence: int, end_of_batch: bool) -> None:
            handle(value, sequence, end_of_batch)

        handler = handle if self.kind == "plain" else handle_in_loop
        self.processors.append(
            KINDS[self.kind](self.ring, self.ring.new_barrier(), handler, name=self.name)
        )

    def make_second(self) -> None:
        """One that comes after it; it runs."""
        self.processors.append(
            BatchEventProcessor(
                self.ring,
                self.ring.new_barrier(self.processor.sequence),
                lambda value, sequence, end_of_batch: self.passed.append(value),
                name="second",
            )
        )
        self.processors[1].start()

    def halt(self) -> None:
        """By another thread."""
        self.processor.halt()
        self.halted.set()

    def abandon(self) -> None:
        for processor in self.processors:
            processor.halt()

    def publish(self, *values: object) -> None:
        for value in values:
            if self.ring.holds_values:
                self.ring.publish_value(value, 5)
            else:
                self.ring.publish_event(translate, value, timeout=5)


def alone(kind: str, of_values: bool = True) -> Callable[[Host], Subject]:
    """A ring without a processor."""

    def make(host: Host) -> Subject:
        if of_values:
            return Subject(kind, host, ring_of_values(host))
        strategy = BlockingWaitStrategy(host=host)
        return Subject(kind, host, RingBuffer(SIZE, Box, wait_strategy=strategy, host=host))

    return make


def idle(kind: str, published: int = 0) -> Callable[[Host], Subject]:
    """A processor that was not started."""

    def make(host: Host) -> Subject:
        made = alone(kind)(host)
        made.make()
        made.publish(*range(published))
        return made

    return make


def running(kind: str, halts: bool = False) -> Callable[[Host], Subject]:
    """One that runs, and has handled all events; with `halts`, it is halted at the next sleep."""

    def make(host: Host) -> Subject:
        made = idle(kind)(host)
        made.processor.start()
        made.publish(*range(BEFORE))
        until(lambda: len(made.handled) == BEFORE, "it handles what was published")
        if halts:
            when_asleep(host, made.halt)
        return made

    return make


def before_run(kind: str) -> Callable[[Host], Subject]:
    """One that is to run in the calling thread, where it halts itself; the one after it runs."""

    def make(host: Host) -> Subject:
        made = idle(kind)(host)
        made.make_second()
        made.publish(*range(BEFORE), LAST)
        return made

    return make


# -- calls ----------------------------------------------------------------------------------------


def start(made: Subject) -> None:
    made.processor.start()


def halt(made: Subject) -> None:
    made.processor.halt()


def join(made: Subject) -> None:
    require(made.processor.join(10), "it ends")


def close(made: Subject) -> None:
    require(made.processor.close(10), "it ends")


def use(made: Subject) -> None:
    with made.processor:
        pass


def run(made: Subject) -> None:
    made.processor.run()


# -- checks ---------------------------------------------------------------------------------------


def is_made(made: Subject, happened: bool | None) -> None:
    """It gates the ring; or there is no processor, and nothing gates."""
    are_all_that_gate(made.ring, made.processors)
    if not happened:
        made.make()
    goes_on(made, happened)


def goes_on(made: Subject, happened: bool | None) -> None:
    """It can be halted, joined, and started again, and then handles each event once, in order."""
    processor = made.processor
    require(processor.close(10), f"{processor} ends")
    no_thread_consumes(made.ring)
    if processor.state is ProcessorState.HALT_PENDING:
        processor.start()
    require(
        processor.state in (ProcessorState.IDLE, ProcessorState.HALTED),
        f"it is {processor.state.name}",
    )
    before = made.ring.cursor + 1
    processor.start()
    made.publish(*range(before, before + 2 * SIZE))
    until(lambda: len(made.handled) >= before + 2 * SIZE, f"all is handled; {made.handled}")
    require(processor.close(10), f"{processor} ends")
    until(lambda: no_threads(made), "its threads end")
    require(made.handled == list(range(before + 2 * SIZE)), f"{made.handled} were handled")
    is_empty(made.ring)


def no_threads(made: Subject) -> bool:
    """Whether the processor has none, nor what waits for it."""
    return not any(thread.name.startswith(made.name) for thread in threading.enumerate())


def has_started(made: Subject, happened: bool | None) -> None:
    """It runs if the call has returned, and ends by itself if not."""
    if happened:
        require(made.processor.is_running, "it runs")
    else:
        require(made.processor.join(10), f"{made.processor} ends")
    goes_on(made, happened)


def has_ended(made: Subject, happened: bool | None) -> None:
    """It has ended if the call has returned."""
    if isinstance(made.host, SleepingHost):
        made.host.falls_asleep()
    require(made.halted.wait(10), "the other thread halts it")
    require(not happened or not made.processor.is_running, "it has ended")
    goes_on(made, happened)


def was_used(made: Subject, happened: bool | None) -> None:
    """It has ended, or ends after a halt."""
    goes_on(made, happened)


def has_run(made: Subject, happened: bool | None) -> None:
    """It has ended; of the interrupt, if that came while it consumed. The next one follows it."""
    processor, second = made.processors
    require(processor.join(0), f"{processor} has ended")
    require(
        made.handled[: BEFORE + 1] == [*range(BEFORE), LAST][: len(made.handled)],
        f"{made.handled} were handled",
    )
    finished = processor.sequence.get() + 1
    require(
        finished >= len(made.handled) - 1,
        f"{made.handled} were handled, and {finished} are finished",
    )
    until(
        lambda: len(made.passed) == finished,
        f"the next one gets {finished} events, not {made.passed}",
    )
    require(second.is_running, f"{second} runs on")
    if processor.failure is not None:
        with contextlib.suppress(RingBufferClosedError):
            made.publish("late")
            raise AssertionError("a ring with a dead consumer is closed")
    elif finished <= BEFORE:
        processor.run()  # the interrupt came before it had begun
        until(lambda: len(made.passed) == BEFORE + 1, f"the next one gets all, not {made.passed}")
    require(second.close(10), "the second ends")
    until(lambda: no_threads(made), "its threads end")
    no_thread_consumes(made.ring)


def calls(kind: str) -> list[Call[Any]]:
    call = calls_of(f"{kind} processor", at_random=kind == "plain")
    return [
        call("made", alone(kind), lambda made: made.make(), is_made),
        call("made, for events", alone(kind, of_values=False), lambda made: made.make(), is_made),
        call("start", idle(kind), start, has_started),
        call("halt", running(kind), halt, goes_on),
        call("halt before the start", idle(kind), halt, goes_on),
        call("join", running(kind, halts=True), join, has_ended),
        call("close", running(kind), close, was_used),
        call("with", idle(kind, BEFORE), use, was_used),
        call("run", before_run(kind), run, has_run),
    ]


CALLS: list[Call[Any]] = [*calls("plain"), *calls("coroutine")]
