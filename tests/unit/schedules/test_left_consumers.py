"""A run is over, and a consumer that it has made and never started is collected."""

import gc
import threading

from ringbuffer import BatchEventProcessor, ProducerType
from ringbuffer.testing.strategies import RandomWalk
from tests.schedules.explore import Scenario, run_once
from tests.schedules.memory import Event
from tests.schedules.world import World


def test_a_consumer_that_a_run_leaves_starts_no_thread_afterwards() -> None:
    def build(world: World) -> None:
        ring = world.ring(2, ProducerType.MULTI)
        made: list[BatchEventProcessor[Event]] = []

        def make() -> None:
            made.append(BatchEventProcessor(ring, ring.new_barrier(), world.handler("a")))

        world.task("p", make)

    before = threading.active_count()
    for seed in range(3):
        _, error = run_once(Scenario("left", "", build), RandomWalk(seed), None)
        assert error is None
        gc.collect()
    assert threading.active_count() == before
