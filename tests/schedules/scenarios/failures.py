"""Handlers that fail, and exception handlers that let later stages skip what failed."""

from collections.abc import Callable
from typing import Any

from ringbuffer import BatchEventProcessor, FailureAction, ProducerType, RingBuffer, WorkerPool
from tests.schedules.explore import Scenario
from tests.schedules.memory import Event
from tests.schedules.scenarios.sequencers import producer
from tests.schedules.world import World


class Skipping:
    """As `SkippingExceptionHandler`, without its log."""

    def handle_event_exception(
        self, error: Exception, sequence: int, event: object
    ) -> FailureAction:
        """Later stages skip it."""
        return FailureAction.SKIP

    def handle_on_start_exception(self, error: Exception) -> None:
        """Nothing fails there."""

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        """Nothing fails there."""


def stage(
    world: World, ring: RingBuffer[Event], name: str, last: int, fails_on: int, *after: Any
) -> Any:
    """A processor in its own task, which fails on one event, and halts itself at event `last`."""

    def fail_or_halt(sequence: int) -> None:
        if sequence == last:
            processor.halt()
        if sequence == fails_on:
            raise RuntimeError(f"on event {sequence}")

    barrier = ring.new_barrier(*(each.sequence for each in after))
    handler = world.handler(name, fail_or_halt)
    processor = BatchEventProcessor(ring, barrier, handler, exception_handler=Skipping(), name=name)
    world.name(processor.sequence, f"sequence {name}")
    world.task(name, processor.run)
    return processor


def skipped_by_a_stage(events: int, fails_on: int, size: int) -> Callable[[World], None]:
    """The first stage fails on one event. Neither the second nor the third stage gets it.

    The third stage depends on the second alone.

    The ranges are a place too: a later stage looks there as soon as it finds the count raised.
    """

    def build(world: World) -> None:
        ring = world.ring(size, ProducerType.SINGLE)
        world.share(ring.sequencer.state.skipped, "_ranges", "ranges")
        first = stage(world, ring, "a", events - 1, fails_on)
        second = stage(world, ring, "b", events - 1, -1, first)
        if size > 1:
            stage(world, ring, "c", events - 1, -1, second)
        producer(world, ring, "p", [1] * events)
        every = [(sequence, sequence) for sequence in range(events)]
        kept = [each for each in every if each[0] != fails_on]

        def check() -> None:
            for name, handled in world.handled.items():
                expected = every if name == "a" else kept
                assert handled == expected, f"{name} has handled {handled}, not {expected}"

        world.checks.append(check)

    return build


def skipped_by_a_worker(world: World) -> None:
    """One of the events that two workers share fails; the stage after the pool never gets it."""
    ring = world.ring(2, ProducerType.SINGLE)
    handled: list[int] = []

    def handle(event: Event, sequence: int, end_of_batch: bool) -> None:
        handled.append(event.read())
        if len(handled) == 2:
            workers.halt()
        if sequence == 0:
            raise RuntimeError("on event 0")

    workers = WorkerPool(
        ring, [handle, handle], max_chunk=1, name="w", exception_handler=Skipping()
    )
    share = workers._share
    world.name(share.work, "work")
    world.name(share.done, "done")
    for worker in workers.workers:
        world.name(worker.sequence, f"busy {worker.name}")
    workers.start()
    stage(world, ring, "after", 1, -1, workers)
    producer(world, ring, "p", [1, 1])

    def check() -> None:
        assert sorted(handled) == [0, 1], handled
        assert world.handled["after"] == [(1, 1)], f"after the pool: {world.handled['after']}"

    world.checks.append(check)


SCENARIOS = [
    Scenario("failed", "the first of 3 stages fails, ring 2", skipped_by_a_stage(2, 0, 2), (0, 1)),
    Scenario(
        "failed-one-slot",
        "the first of 2 stages fails, ring 1",
        skipped_by_a_stage(3, 1, 1),
        (0, 1),
    ),
    Scenario(
        "failed-pool", "a worker of 2 fails, a stage comes after", skipped_by_a_worker, (0, 1)
    ),
]
