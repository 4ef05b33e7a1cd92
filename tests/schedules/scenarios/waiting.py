"""Every wait strategy: a chain of two that waits, a publisher, somebody who halts one of them; and with timeouts."""

from collections.abc import Callable
from typing import Any

from ringbuffer import (
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
from tests.schedules.explore import Scenario
from tests.schedules.scenarios.sequencers import consumer, producer
from tests.schedules.world import World

#: As the real one, but it looks at the clock on every turn.
Phased: Any = type("Phased", (PhasedBackoffWaitStrategy,), {"SPIN_TRIES": 1})

STRATEGIES: dict[str, Callable[[World], WaitStrategy]] = {
    "spin": lambda world: BusySpinWaitStrategy(),
    "yield": lambda world: YieldingWaitStrategy(1, host=world.host),
    "sleep": lambda world: SleepingWaitStrategy(1, 1, host=world.host),
    "block": lambda world: BlockingWaitStrategy(host=world.host),
    "lite": lambda world: LiteBlockingWaitStrategy(memory=world.memory, host=world.host),
    "timeout": lambda world: TimeoutBlockingWaitStrategy(0.005, host=world.host),
    "phased": lambda world: Phased.with_lite_lock(0.002, 0.002, memory=world.memory, host=world.host),
}
#: The strategies that give up after a time: by itself, and by what it falls back on.
WITH_TIMEOUT: dict[str, Callable[[World], WaitStrategy]] = {
    "timeout": STRATEGIES["timeout"],
    "phased": lambda world: Phased(0.002, 0.002, TimeoutBlockingWaitStrategy(0.005, host=world.host), host=world.host),
}


def waits(make: Callable[[World], WaitStrategy]) -> Callable[[World], None]:
    """Everything is handled: nobody waits for ever for what has happened."""

    def build(world: World) -> None:
        ring = world.ring(2, ProducerType.SINGLE, make(world))
        first = consumer(world, ring, "a", 1)
        consumer(world, ring, "b", 1, first)
        producer(world, ring, "p", [1, 1])
        world.expect("a", "b", events=2)

    return build


def halted(make: Callable[[World], WaitStrategy]) -> Callable[[World], None]:
    """Whoever is halted, at any moment, ends; what it has handled is a beginning of everything."""

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
    """One waits, another advances and signals, twice; it is known to waiters before anybody begins."""
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


class Notes:
    """A handler that notes what it got, and how far it was told that all is when nothing came in time."""

    def __init__(self, world: World, name: str) -> None:
        self.on_event = world.handler(name)
        self.timeouts: list[int] = []

    def on_timeout(self, sequence: int) -> None:
        self.timeouts.append(sequence)


def times_out(make: Callable[[World], WaitStrategy]) -> Callable[[World], None]:
    """Whoever waits is told that nothing came, at any moment; nothing is advanced by it, and an alert still ends the wait."""

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
    *(Scenario(f"wait-{name}", f"chain of 2, {name}", waits(make), (1, 2)) for name, make in STRATEGIES.items()),
    *(Scenario(f"halt-{name}", f"a halt at any moment, {name}", halted(make), (1, 2)) for name, make in STRATEGIES.items()),
    Scenario("lite", "who falls asleep and who signals, lite", falls_asleep, (2, 4), with_delays=(2, 4)),
    Scenario("early", "waits that time out early, timeout", waits(STRATEGIES["timeout"]), (0, 1), early_timeouts=2),
    *(
        Scenario(
            f"timeout-{name}", f"a timeout or two, and a halt at any moment, {name}", times_out(make), (1, 2), early_timeouts=2
        )
        for name, make in WITH_TIMEOUT.items()
    ),
]
