"""Every wait strategy: a chain of two waits, a publisher, a halt of one of them; and timeouts."""

from collections.abc import Callable
from typing import Any

from ringbuffer import (
    AdaptiveWaitStrategy,
    BatchEventProcessor,
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    LiteBlockingWaitStrategy,
    PhasedBackoffWaitStrategy,
    ProducerType,
    Sequence,
    SleepingWaitStrategy,
    TimeoutBlockingWaitStrategy,
    WaitStrategy,
    YieldingWaitStrategy,
)
from ringbuffer.testing.attributes import SharedList
from tests.schedules.explore import Scenario
from tests.schedules.scenarios.sequencers import consumer, producer
from tests.schedules.world import World

#: As the real one, but it reads the clock in each iteration.
Phased: Any = type("Phased", (PhasedBackoffWaitStrategy,), {"SPIN_TRIES": 1})

STRATEGIES: dict[str, Callable[[World], WaitStrategy]] = {
    "spin": lambda world: BusySpinWaitStrategy(),
    "yield": lambda world: YieldingWaitStrategy(1, host=world.host),
    "sleep": lambda world: SleepingWaitStrategy(1, 1, host=world.host),
    "block": lambda world: BlockingWaitStrategy(host=world.host),
    "lite": lambda world: LiteBlockingWaitStrategy(memory=world.memory, host=world.host),
    "timeout": lambda world: TimeoutBlockingWaitStrategy(0.005, host=world.host),
    "adaptive": lambda world: AdaptiveWaitStrategy(1, 0.002, memory=world.memory, host=world.host),
    "phased": lambda world: Phased.with_lite_lock(
        0.002, 0.002, memory=world.memory, host=world.host
    ),
}
#: The strategies that give up after a time: by itself, and by what it falls back on.
WITH_TIMEOUT: dict[str, Callable[[World], WaitStrategy]] = {
    "timeout": STRATEGIES["timeout"],
    "phased": lambda world: Phased(
        0.002, 0.002, TimeoutBlockingWaitStrategy(0.005, host=world.host), host=world.host
    ),
}


def waits(make: Callable[[World], WaitStrategy]) -> Callable[[World], None]:
    """Everything is handled: no task waits forever for what has happened."""

    def build(world: World) -> None:
        ring = world.ring(2, ProducerType.SINGLE, make(world))
        first = consumer(world, ring, "a", 1)
        consumer(world, ring, "b", 1, first)
        producer(world, ring, "p", [1, 1])
        world.expect("a", "b", events=2)

    return build


def halted(make: Callable[[World], WaitStrategy]) -> Callable[[World], None]:
    """A consumer that is halted, at any moment, ends; it has handled the first events."""

    def build(world: World) -> None:
        ring = world.ring(2, ProducerType.SINGLE, make(world))
        processor = BatchEventProcessor(ring, ring.new_barrier(), world.handler("a"), name="a")
        world.name(processor.sequence, "sequence a")
        world.task("a", processor.run)
        world.task("halter", processor.halt)
        producer(world, ring, "p", [1, 1])

        def check() -> None:
            handled = world.handled["a"]
            assert handled == [(sequence, sequence) for sequence in range(len(handled))]
            assert processor.sequence.get() == len(handled) - 1

        world.checks.append(check)

    return build


class NeverAlerted:
    def check_alert(self) -> None: ...


def falls_asleep(world: World) -> None:
    """One waits, another advances and signals, twice; it is known to waiters before tasks begin."""
    strategy = LiteBlockingWaitStrategy(memory=world.memory, host=world.host)
    sequence, signal = Sequence(memory=world.memory), strategy.signaller()
    world.name(sequence, "sequence")

    def wait() -> None:
        for wanted in range(2):
            assert strategy.wait_for(wanted, sequence, sequence, NeverAlerted()) >= wanted

    def advance() -> None:
        for reached in range(2):
            sequence.set(reached)
            signal()

    world.task("waiter", wait)
    world.task("signaller", advance)


def registers(world: World) -> None:
    """One falls asleep while another becomes a signaller, advances and signals.

    The list of fence locks is a place too: a thread that falls asleep must find the fence lock of a
    signaller that does not see it.
    """
    strategy = LiteBlockingWaitStrategy(memory=world.memory, host=world.host)
    hidden: Any = strategy
    hidden._fence_locks = SharedList(world.scheduler, "fence_locks")
    sequence = Sequence(memory=world.memory)
    world.name(sequence, "sequence")
    signals: list[Callable[[], None]] = []

    def advance() -> None:
        signals.append(strategy.signaller())  # kept until the end of the run, as is its fence lock
        sequence.set(0)
        signals[0]()

    world.task("waiter", lambda: strategy.wait_for(0, sequence, sequence, NeverAlerted()))
    world.task("signaller", advance)


class Notes:
    """A handler that records its events, and the sequence of each timeout."""

    def __init__(self, world: World, name: str) -> None:
        self.on_event = world.handler(name)
        self.timeouts: list[int] = []

    def on_timeout(self, sequence: int) -> None:
        self.timeouts.append(sequence)


def times_out(make: Callable[[World], WaitStrategy]) -> Callable[[World], None]:
    """A waiting consumer gets a timeout at any moment, which advances nothing.

    An alert still ends the wait.
    """

    def build(world: World) -> None:
        ring = world.ring(2, ProducerType.SINGLE, make(world))
        notes = Notes(world, "a")
        processor = BatchEventProcessor(ring, ring.new_barrier(), notes, name="a")
        world.name(processor.sequence, "sequence a")
        world.task("a", processor.run)
        world.task("halter", processor.halt)
        producer(world, ring, "p", [1, 1])

        def check() -> None:
            handled = world.handled["a"]
            assert handled == [(sequence, sequence) for sequence in range(len(handled))]
            assert processor.sequence.get() == len(handled) - 1
            assert notes.timeouts == sorted(notes.timeouts)
            assert all(-1 <= sequence < len(handled) for sequence in notes.timeouts), notes.timeouts

        world.checks.append(check)

    return build


SCENARIOS = [
    *(
        Scenario(f"wait-{name}", f"chain of 2, {name}", waits(make), (1, 2))
        for name, make in STRATEGIES.items()
    ),
    *(
        Scenario(f"halt-{name}", f"a halt at any moment, {name}", halted(make), (1, 2))
        for name, make in STRATEGIES.items()
    ),
    Scenario(
        "lite", "one falls asleep, one signals, lite", falls_asleep, (2, 4), with_delays=(2, 4)
    ),
    Scenario(
        "lite-new",
        "one falls asleep, one becomes a signaller, lite",
        registers,
        (2, 4),
        with_delays=(2, 4),
    ),
    Scenario(
        "early",
        "waits that time out early, timeout",
        waits(STRATEGIES["timeout"]),
        (0, 1),
        early_timeouts=2,
    ),
    *(
        Scenario(
            f"timeout-{name}",
            f"a timeout or two, and a halt at any moment, {name}",
            times_out(make),
            (1, 2),
            early_timeouts=2,
        )
        for name, make in WITH_TIMEOUT.items()
    ),
]
