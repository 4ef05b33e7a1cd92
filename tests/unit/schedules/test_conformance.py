"""Production code in lock-step with the models: each of its steps is one of theirs, and nearly all of theirs are taken."""

from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer import ProducerType
from tests.schedules.conform import Graph, Guide, LockStep, Projection
from tests.schedules.projections import OfMultiProducer, OfSingleProducer
from tests.schedules.scenarios.sequencers import consumer, producer
from tests.schedules.scheduler import Failure, Pruned, Scheduler, Step
from tests.schedules.world import World
from tests.unit.model.mirrors import mirror_of

ONE = "Consumers <- One; Dependencies <- Independent"
#: Every way to publish four events, one or two at a time.
BATCHES = [[1, 1, 1, 1], [2, 2], [1, 2, 1], [2, 1, 1], [1, 1, 2]]

type Build = Callable[[World, int], None]


def one_producer(world: World, seed: int) -> None:
    ring = world.ring(2, ProducerType.SINGLE)
    consumer(world, ring, "a", 3)
    producer(world, ring, "producer", BATCHES[seed % len(BATCHES)])


def two_producers(world: World, seed: int) -> None:
    ring = world.ring(1, ProducerType.MULTI)
    consumer(world, ring, "a", 1)
    for name in "pq":
        producer(world, ring, name, [1, 1])


def run(graph: Graph, build: Build, runs: int) -> None:
    for seed in range(runs):
        lock_step = LockStep(graph)
        scheduler = Scheduler(Guide(graph, lock_step, seed), guided=True)
        scheduler.observers.append(lock_step)
        build(World(scheduler), seed)
        try:
            scheduler.run()
        except Pruned:
            continue


def make(kind: Callable[[Any], Projection], module: str, constants: str) -> Graph:
    return Graph(kind(mirror_of(module, constants)))


def test_a_single_producer_takes_the_steps_of_its_model() -> None:
    graph = make(OfSingleProducer, "SingleProducer", f"Size = 2; Events = 4; Batches = {{1, 2}}; {ONE}")
    run(graph, one_producer, 250)
    edges = graph.edges()
    assert graph.taken <= edges
    assert len(graph.taken) > 0.98 * len(edges)


def test_two_producers_take_the_steps_of_their_model() -> None:
    bounds = f'Size = 1; Events = 2; Batches = {{1}}; Producers = {{"p", "q"}}; {ONE}; MayGiveUp = FALSE'
    graph = make(OfMultiProducer, "MultiProducer", bounds)
    run(graph, two_producers, 300)
    edges = graph.edges()
    assert graph.taken <= edges
    assert len(graph.taken) > 0.5 * len(edges)


@pytest.mark.parametrize(
    "step",
    [
        Step("producer", "store", "cursor", 0),
        Step("producer", "load", "limit", 7),
        Step("a", "load", "cursor", 0),
        Step("a", "store", "sequence a", 0),
    ],
)
def test_what_is_no_step_of_the_model_is_refused(step: Step) -> None:
    graph = make(OfSingleProducer, "SingleProducer", f"Size = 2; Events = 4; Batches = {{1, 2}}; {ONE}")
    with pytest.raises(Failure, match="no step of the model"):
        LockStep(graph).observe(step)


def test_what_the_model_does_not_have_is_passed_over() -> None:
    graph = make(OfSingleProducer, "SingleProducer", f"Size = 2; Events = 4; Batches = {{1, 2}}; {ONE}")
    lock_step = LockStep(graph)
    lock_step.observe(Step("producer", "load", "closed", 0))
    lock_step.observe(Step("a", "load", "sequence a", -1))
    assert list(lock_step.possible) == [graph.start]
