"""Work pools."""

from collections.abc import Callable

from ringbuffer import ProducerType, WorkerPool
from tests.schedules.explore import Scenario
from tests.schedules.memory import Event
from tests.schedules.scenarios.sequencers import producer
from tests.schedules.world import World


def pool(events: int, chunk: int, size: int, halts: bool) -> Callable[[World], None]:
    """Two workers; each event to exactly one of them, also when one is halted after a claim."""

    def build(world: World) -> None:
        ring = world.ring(size, ProducerType.SINGLE)
        handled: list[tuple[int, int]] = []

        def handle(event: Event, sequence: int, end_of_batch: bool) -> None:
            handled.append((sequence, event.read()))
            if world.value_of(share.done) >= sequence:
                raise world.scheduler.violated(
                    f"{sequence} is handled, and done is {world.value_of(share.done)}"
                )
            if len(handled) == events:
                workers.halt()

        workers = WorkerPool(ring, [handle, handle], max_chunk=chunk, name="w")
        share = workers._share
        world.name(share.work, "work")
        world.name(share.done, "done")
        world.name_cell(share.busy._version, "workers")
        for worker in workers.workers:
            world.name(worker.sequence, f"busy {worker.name}")
        workers.start()
        producer(world, ring, "p", [1] * events)
        if halts:
            world.task("halter", workers.workers[0].halt)

        def check() -> None:
            assert sorted(handled) == [(number, number) for number in range(events)], (
                f"handled {handled}"
            )
            assert workers.sequence.get() == events - 1, f"done is {workers.sequence.get()}"

        world.checks.append(check)

    return build


SCENARIOS = [
    Scenario("pool", "2 workers, 3 events, ring 2, one at a time", pool(3, 1, 2, False), (0, 1)),
    Scenario(
        "pool-chunks", "2 workers, 4 events, ring 4, chunks of 2", pool(4, 2, 4, False), (0, 1)
    ),
    Scenario("pool-two", "2 workers, 2 events, ring 2", pool(2, 1, 2, False), (0, 1)),
    Scenario("pool-one-slot", "2 workers, 2 events, ring 1", pool(2, 1, 1, False), (0, 1)),
    Scenario("pool-halt", "2 workers, one is halted at any moment", pool(2, 2, 2, True), (0, 1)),
]
