"""Waits at a barrier in the calling thread, by each wait strategy; streams that any thread ends."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import (
    AdaptiveWaitStrategy,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    EventStream,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    RingBuffer,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from ringbuffer.barrier import SequenceBarrier
from ringbuffer.host import Host
from tests.interrupts.call import Call, require
from tests.interrupts.hosts import SleepingHost, when_asleep
from tests.interrupts.loop_ends import end

SIZE = 8
BEFORE = 3

STRATEGIES: dict[str, Callable[[Host], WaitStrategy]] = {
    "BlockingWaitStrategy": lambda host: BlockingWaitStrategy(host=host),
    "AdaptiveWaitStrategy": lambda host: AdaptiveWaitStrategy(1, 1e-6, host=host),
    "BusySpinWaitStrategy": lambda host: BusySpinWaitStrategy(),
    "LiteBlockingWaitStrategy": lambda host: LiteBlockingWaitStrategy(host=host),
    "PhasedBackoffWaitStrategy": lambda host: PhasedBackoffWaitStrategy.with_lock(
        1e-6, 1e-6, host=host
    ),
    "SleepingWaitStrategy": lambda host: SleepingWaitStrategy(2, 2, 1e-6, host=host),
    "TimeoutBlockingWaitStrategy": lambda host: TimeoutBlockingWaitStrategy(10, host=host),
    "YieldingWaitStrategy": lambda host: YieldingWaitStrategy(host=host),
}


@dataclass(slots=True)
class Waiting:
    """A ring, and a barrier of it."""

    ring: RingBuffer[Any]
    barrier: SequenceBarrier
    host: Host

    def publish(self) -> None:
        self.ring.publish_value(1)


def waiting(name: str) -> Callable[[Host], Waiting]:
    """Something is published when the wait sleeps, or just before where it never does."""

    def make(host: Host) -> Waiting:
        strategy = STRATEGIES[name](host)
        ring = RingBuffer.of_values(SIZE, wait_strategy=strategy, host=host)
        made = Waiting(ring, ring.new_barrier(), host)
        when_asleep(host, made.publish)
        if isinstance(host, SleepingHost) and not strategy.is_blocking:
            host.falls_asleep()
        return made

    return make


def wait(made: Waiting) -> None:
    require(made.barrier.wait_for(0) >= 0, "something is available")


def waits_again(made: Waiting, happened: bool | None) -> None:
    """Nothing is held: another wait, publication and alert go on."""
    if isinstance(made.host, SleepingHost):
        made.host.falls_asleep()
    wait(made)
    made.publish()
    require(made.barrier.wait_for(1) >= 1, "the next one comes")
    made.barrier.alert()
    made.barrier.clear_alert()


@dataclass(slots=True)
class Reading:
    """A ring, and a stream of it.

    Attributes:
        got: what the stream has handed out.
    """

    ring: RingBuffer[Any]
    streams: list[EventStream[Any]] = field(default_factory=list)
    got: list[int] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def make(self) -> None:
        self.streams.append(self.ring.stream())


def alone(host: Host) -> Reading:
    made = Reading(
        RingBuffer.of_values(SIZE, wait_strategy=BlockingWaitStrategy(host=host), host=host)
    )
    made.loop.set_exception_handler(lambda loop, context: None)  # tasks that end by the interrupt
    return made


def reading(host: Host) -> Reading:
    made = alone(host)
    made.make()
    for value in range(BEFORE):
        made.ring.publish_value(value)
    return made


async def take(made: Reading) -> None:
    made.got += await anext(made.streams[0])


def is_made(made: Reading, happened: bool | None) -> None:
    expected = tuple(each.sequence for each in made.streams)
    require(
        made.ring.gating_sequences == expected, f"{made.ring.gating_sequences} gate, not {expected}"
    )
    require(not happened or len(expected) == 1, "it is made")
    over(made, happened)


def over(made: Reading, happened: bool | None) -> None:
    """Ended, or ended again, a stream gates no producer."""
    for stream in made.streams:
        stream.end()
    require(not made.ring.gating_sequences, "nothing gates")
    require(not made.ring.sequencer.state.consumers(), "no thread is noted as a consumer")
    for value in range(2 * SIZE):
        made.ring.publish_value(value, 5)
    end(made.loop)


def taken(made: Reading, happened: bool | None) -> None:
    """The batch was handed out, or comes again."""
    require(not happened or made.got == list(range(BEFORE)), f"{made.got} were handed out")
    if not happened:
        made.loop.run_until_complete(take(made))
        require(made.got == list(range(BEFORE)), f"{made.got} were handed out")
    over(made, happened)


def stream(
    what: str, make: Callable[[Host], Reading], do: Callable[[Reading], object], check: Any
) -> Call[Any]:
    return Call(f"EventStream: {what}", make, do, check, at_random=False)


CALLS: list[Call[Any]] = [
    *(Call(f"wait_for: {name}", waiting(name), wait, waits_again, batch=4) for name in STRATEGIES),
    stream("made", alone, lambda made: made.make(), is_made),
    stream("prepare", reading, lambda made: made.streams[0].prepare(), over),
    stream("next batch", reading, lambda made: made.loop.run_until_complete(take(made)), taken),
    stream("end", reading, lambda made: made.streams[0].end(), over),
    stream(
        "aclose", reading, lambda made: made.loop.run_until_complete(made.streams[0].aclose()), over
    ),
]
