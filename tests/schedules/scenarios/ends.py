"""A ring is closed while producers publish: accepted events are handled, refused ones are not."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from ringbuffer import BusySpinWaitStrategy, Disruptor, ProducerType, RingBufferClosedError
from ringbuffer.errors import ConsumerFailedError, InsufficientCapacityError
from ringbuffer.producer import producer_ops
from tests.schedules.explore import Scenario
from tests.schedules.lines import each_claim
from tests.schedules.memory import Event
from tests.schedules.scenarios.sequencers import no_hole
from tests.schedules.world import World


def fill(event: Event, sequence: int, number: int) -> None:
    event.write(number)


def of_events(world: World, kind: ProducerType, size: int) -> Disruptor[Event]:
    events = iter(world.memory.events(range(size)))
    disruptor: Disruptor[Event] = Disruptor(
        events.__next__, size, kind, BusySpinWaitStrategy(), memory=world.memory, host=world.host
    )
    world.names_of(disruptor.ring)
    return disruptor


def of_values(world: World, kind: ProducerType, size: int, handled: list[Any]) -> Disruptor[Any]:
    disruptor = Disruptor.of_values(
        size, kind, BusySpinWaitStrategy(), memory=world.memory, host=world.host
    )
    world.names_of(disruptor.ring)
    disruptor.handle_events_with(lambda value, sequence, end_of_batch: handled.append(value))
    return disruptor


def shut_down_while_events_are_published(
    kind: ProducerType, size: int, *shares: int
) -> Callable[[World], None]:
    """Producers of events, claimed and published in two calls."""

    def build(world: World) -> None:
        disruptor = of_events(world, kind, size)
        published: set[int] = set()

        def produce(events: int) -> None:
            ops = producer_ops(disruptor.ring.sequencer)
            with contextlib.suppress(RingBufferClosedError):
                for _ in range(events):
                    sequence = ops.next()
                    disruptor.ring.get(sequence).write(sequence)
                    ops.publish(sequence)
                    published.add(sequence)

        disruptor.handle_events_with(world.handler("a"))
        world.start(disruptor)
        for name, events in zip("pq", shares, strict=False):
            world.task(name, functools.partial(produce, events))
        world.task("ender", disruptor.shutdown)

        def check() -> None:
            expected = [(sequence, sequence) for sequence in sorted(published)]
            assert world.handled["a"] == expected, (
                f"handled {world.handled['a']}, published {sorted(published)}"
            )

        world.checks.append(check)
        no_hole(world, disruptor.ring)

    return build


def shut_down_while_values_are_put(
    kind: ProducerType, size: int, *shares: int
) -> Callable[[World], None]:
    """Producers of values, each of which is put by one call."""

    def build(world: World) -> None:
        handled: list[Any] = []
        disruptor = of_values(world, kind, size, handled)
        accepted: list[Any] = []

        def produce(who: int, values: int) -> None:
            put = disruptor.ring.producer().publish_value
            with (
                contextlib.suppress(RingBufferClosedError),
                each_claim(world, kind, stores=True),
            ):
                for number in range(values):
                    put((who, number))
                    accepted.append((who, number))

        def end() -> None:
            with each_claim(world, kind, stores=False):
                disruptor.shutdown()

        world.start(disruptor)
        for who, values in enumerate(shares):
            world.task("pq"[who], functools.partial(produce, who, values))
        world.task("ender", end)

        def check() -> None:
            assert sorted(handled) == sorted(accepted), f"handled {handled}, accepted {accepted}"

        world.checks.append(check)
        no_hole(world, disruptor.ring)

    return build


def closed_while_values_are_put(
    kind: ProducerType, size: int, *shares: int, are_events: bool = False
) -> Callable[[World], None]:
    """Closed, and nothing is drained: when `close` returns, it is known what there will ever be."""

    def build(world: World) -> None:
        disruptor: Disruptor[Any] = (
            of_events(world, kind, size) if are_events else of_values(world, kind, size, [])
        )
        if are_events:
            disruptor.handle_events_with(world.handler("a"))
        sequencer = disruptor.ring.sequencer
        claimed: list[int] = []
        accepted: list[int] = []

        def produce(values: int) -> None:
            producer = disruptor.ring.producer()
            put: Callable[[int], int] = producer.try_publish_value
            publish_event: Callable[..., int] = producer.try_publish_event
            if are_events:
                put = functools.partial(publish_event, fill)
            with (
                contextlib.suppress(RingBufferClosedError, InsufficientCapacityError),
                each_claim(world, kind, stores=True),
            ):
                for number in range(values):
                    sequence = put(number)
                    accepted.append(sequence)

        def end() -> None:
            with each_claim(world, kind, stores=False):
                disruptor.ring.close()
                claimed.append(sequencer.claimed)

        for name, values in zip("pq", shares, strict=False):
            world.task(name, functools.partial(produce, values))
        world.task("ender", end)

        def check() -> None:
            assert sorted(accepted) == list(range(sequencer.claimed + 1)), (
                f"accepted {accepted}, claimed {sequencer.claimed}"
            )
            # A single producer may have taken back what it had announced, and the closer has seen.
            assert claimed[0] - (kind is ProducerType.SINGLE) <= sequencer.claimed <= claimed[0]

        world.checks.append(check)
        no_hole(world, disruptor.ring)

    return build


def dies_while_values_are_put(world: World) -> None:
    """A consumer dies, which closes the ring, and another task shuts down.

    The accepted events that were not handled are reported as left.
    """
    handled: list[Any] = []

    def handle(value: object, sequence: int, end_of_batch: bool) -> None:
        if sequence == 0:
            raise ValueError(sequence)
        handled.append(sequence)

    disruptor = Disruptor.of_values(
        2, ProducerType.MULTI, BusySpinWaitStrategy(), memory=world.memory, host=world.host
    )
    world.names_of(disruptor.ring)
    disruptor.handle_events_with(handle)
    accepted: list[int] = []

    def produce() -> None:
        put = disruptor.ring.producer().try_publish_value
        with contextlib.suppress(RingBufferClosedError):
            for number in range(2):
                sequence = put(number)
                accepted.append(sequence)

    def end() -> None:
        with contextlib.suppress(ConsumerFailedError):
            disruptor.shutdown()

    world.start(disruptor)
    world.task("p", produce)
    world.task("ender", end)

    def check() -> None:
        sequencer = disruptor.ring.sequencer
        assert sequencer.claimed == sequencer.published() == len(accepted) - 1
        assert not handled

    world.checks.append(check)


MULTI, SINGLE, AUTO = ProducerType.MULTI, ProducerType.SINGLE, ProducerType.AUTO
SCENARIOS = [
    Scenario(
        "end-multi",
        "a shutdown while two publish events",
        shut_down_while_events_are_published(MULTI, 2, 1, 1),
        (0, 1),
        max_steps=5_000,
    ),
    Scenario(
        "end-single",
        "a shutdown while one publishes events",
        shut_down_while_events_are_published(SINGLE, 2, 2),
        (0, 1),
        max_steps=5_000,
    ),
    Scenario(
        "end-puts",
        "a shutdown while two put values",
        shut_down_while_values_are_put(MULTI, 1, 1, 1),
        (0, 1),
        max_steps=5_000,
    ),
    Scenario(
        "end-put",
        "a shutdown while one puts values",
        shut_down_while_values_are_put(SINGLE, 1, 2),
        (0, 1),
        max_steps=5_000,
    ),
    Scenario(
        "close-puts",
        "a close while two put values",
        closed_while_values_are_put(MULTI, 1, 2, 1),
        (1, 2),
    ),
    Scenario(
        "close-put",
        "a close while one puts values",
        closed_while_values_are_put(SINGLE, 2, 2),
        (1, 2),
    ),
    Scenario(
        "close-fill",
        "a close while one publishes events by a translator",
        closed_while_values_are_put(SINGLE, 2, 2, are_events=True),
        (1, 2),
    ),
    Scenario(
        "end-alone",
        "a shutdown while one claims alone and puts values",
        shut_down_while_values_are_put(AUTO, 1, 2),
        (0, 1),
        max_steps=5_000,
    ),
    Scenario(
        "close-alone",
        "a close while one claims alone and puts values",
        closed_while_values_are_put(AUTO, 2, 3),
        (1, 2),
    ),
    Scenario(
        "close-alone-puts",
        "a close while two put values, one of which has claimed alone",
        closed_while_values_are_put(AUTO, 1, 2, 1),
        (1, 2),
    ),
    Scenario(
        "close-alone-fills",
        "a close while two publish events by a translator, one of which has claimed alone",
        closed_while_values_are_put(AUTO, 2, 2, 1, are_events=True),
        (1, 2),
    ),
    Scenario(
        "end-death",
        "a consumer dies while values are put",
        dies_while_values_are_put,
        (0, 1),
        max_steps=5_000,
    ),
]
