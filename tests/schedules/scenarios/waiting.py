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
    "yield": lambda world: YieldingWaitStrategy(host=world.host),
    "sleep": lambda world: SleepingWaitStrategy(0, 0, host=world.host),
    "block": lambda world: BlockingWaitStrategy(host=world.host),
    "lite": lambda world: LiteBlockingWaitStrategy(memory=world.memory, host=world.host),
    "timeout": lambda world: TimeoutBlockingWaitStrategy(0.005, host=world.host),
    "phased": lambda world: Phased.with_lite_lock(0.002, 0.002, memory=world.memory, host=world.host),
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


SCENARIOS = [
    *(Scenario(f"wait-{name}", f"chain of 2, {name}", waits(make), (1, 2)) for name, make in STRATEGIES.items()),
    *(Scenario(f"halt-{name}", f"a halt at any moment, {name}", halted(make), (1, 2)) for name, make in STRATEGIES.items()),
    Scenario("early", "waits that time out early, timeout", waits(STRATEGIES["timeout"]), (0, 1), early_timeouts=2),
]
