"""Production code in lock-step with the models: the same steps in both."""

from collections.abc import Iterator
from typing import Any

import pytest

from ringbuffer import at_exit
from ringbuffer.testing.outcomes import RunFailure, Step
from ringbuffer.testing.task import ScheduledTask
from spec.mirrors.catalogue import mirror_of
from spec.mirrors.mirror import State
from spec.tools.state_graph import Numbers, states_of_mirror
from tests.schedules.conform.graph import Access, Excuse, Graph
from tests.schedules.conform.guide import Guide, LockStep
from tests.schedules.conform.models import CONFORMITIES, ONE
from tests.schedules.conform.run import Conformity, Report, conform, is_well, line
from tests.schedules.conform.single_producer import OfSingleProducer, single_producer


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    """Otherwise the end of the tests reports it. Runs are broken off at any step."""
    before = set(at_exit._started)
    yield
    assert [each.name for each in at_exit._started if each not in before] == []


SMALLEST = f"Size = 1; Events = 2; Batches = {{1}}; {ONE}"


def smallest(projection: Any = OfSingleProducer) -> Conformity:
    return Conformity("smallest", "SingleProducer", SMALLEST, projection, single_producer)


def test_every_step_of_a_single_producers_model_is_taken() -> None:
    report = conform(CONFORMITIES["single"])
    assert report.error is None
    assert (report.taken, report.edges, report.left) == (684, 684, [])


def test_every_step_of_a_processors_life_and_death_is_taken() -> None:
    report = conform(CONFORMITIES["life-death"])
    assert report.error is None
    assert (report.taken, report.edges, report.left) == (440, 440, [])


@pytest.mark.parametrize(
    "name",
    [
        "multi",
        "multi-gives-up",
        "lite",
        "timeout-alert",
        "join",
        "pool-death",
        "life-faults",
        "revoke-fill",
        "revoke-close-two",
    ],
)
def test_a_few_runs_are_in_lock_step_with_each_model(name: str) -> None:
    report = conform(CONFORMITIES[name], most_runs=15)
    assert report.error is None
    assert report.taken > 100


@pytest.mark.parametrize(
    "name", ["single", "multi-alone", "blocking", "pool", "life-shutdown", "revoke"]
)
def test_a_graph_has_the_steps_of_the_mirror_which_are_tlcs(name: str) -> None:
    conformity, edges = CONFORMITIES[name], set[Any]()
    states = states_of_mirror(mirror_of(conformity.module, conformity.constants), Numbers(), edges)
    graph = conformity.graph()
    found = graph.edges()
    assert len(found) == len(edges)
    assert len({place for edge in found for place in graph.labels[edge][::2]}) == len(states)
    assert graph.possible() <= found


@pytest.mark.parametrize(
    "step",
    [
        Step("producer", "store", "cursor", 0),
        Step("producer", "load", "limit", 7),
        Step("a", "load", "cursor", 0),
        Step("a", "store", "sequence a", 0),
    ],
)
def test_a_step_that_the_model_lacks_is_refused(step: Step) -> None:
    graph = CONFORMITIES["single"].graph()
    with pytest.raises(RunFailure, match="is not a step of the model"):
        LockStep(graph, graph.starts[0]).observe(step)


@pytest.mark.parametrize(
    "step",
    [
        Step("producer", "load", "closed", 0),
        Step("run", "load", "state", 1),
        Step("starter", "compare_and_set", "state", (0, 3, True)),
        Step("ender", "store", "closed", 1),
        Step("ender", "store", "limit", 0),
        Step("run", "joined", "", None),
    ],
)
def test_a_step_that_the_life_of_a_processor_lacks_is_refused(step: Step) -> None:
    graph = CONFORMITIES["life-faults"].graph()
    with pytest.raises(RunFailure, match="is not a step of the model"):
        LockStep(graph, graph.starts[0]).observe(step)


@pytest.mark.parametrize(
    "step",
    [
        Step("o", "load", "cursor", -1),
        Step("o", "store", "claimed", 0),
        Step("p", "take", "owner", "p"),
        Step("p", "exchange", "grant", (0, -1)),
        Step("closer", "compare_and_set", "cursor", (-1, 0, True)),
    ],
)
def test_a_step_that_a_producer_lacks_which_may_claim_alone_is_refused(step: Step) -> None:
    graph = CONFORMITIES["revoke-close-two"].graph()
    with pytest.raises(RunFailure, match="is not a step of the model"):
        LockStep(graph, graph.starts[0]).observe(step)


def test_what_the_model_does_not_have_is_passed_over() -> None:
    graph = CONFORMITIES["single"].graph()
    lock_step = LockStep(graph, graph.starts[0])
    lock_step.observe(Step("producer", "load", "closed", 0))
    lock_step.observe(Step("a", "load", "sequence a", -1))
    assert lock_step.node == graph.starts[0]


def test_a_choice_that_the_model_leaves_open_must_be_the_one_that_was_made() -> None:
    graph = CONFORMITIES["single"].graph()
    lock_step = LockStep(graph, graph.starts[0])
    with pytest.raises(RunFailure, match="is not a step of the model"):
        lock_step.observe(Step("producer", "load", "limit", 1))
    lock_step.chosen["producer"] = 2
    lock_step.observe(Step("producer", "load", "limit", 1))
    assert lock_step.steps == 1


class Excusing(OfSingleProducer):
    """Excuses what the code does take."""

    def follow(self, hidden: Any, state: State, thread: str, label: str, changes: State) -> Any:
        return (
            Excuse("it is said never to claim")
            if label == "Claim"
            else super().follow(hidden, state, thread, label, changes)
        )


class Promising(OfSingleProducer):
    """Expects of the code what it does not do: that a consumer which finds nothing says so."""

    def access(self, state: State, thread: str, label: str, changes: State) -> Access | None:
        access = super().access(state, thread, label, changes)
        return Access("sigh", "") if access is None else access

    def passes_over(self, state: State, thread: str, step: Step) -> bool:
        return thread != "producer" or super().passes_over(state, thread, step)


def test_a_step_that_is_excused_must_not_be_taken() -> None:
    graph = smallest(Excusing).graph()
    left = graph.edges() - graph.possible()
    assert graph.excuses(left)["it is said never to claim"] == 2
    lock_step = LockStep(graph, graph.starts[0])
    lock_step.chosen["producer"] = 1
    with pytest.raises(RunFailure, match="is not a step of the model"):
        lock_step.observe(Step("producer", "load", "limit", 0))


def test_a_step_that_is_neither_taken_nor_excused_fails() -> None:
    report = conform(smallest(Promising), vain=5)
    assert report.error is None
    assert report.left
    assert not is_well(report, True)
    assert "not taken" in line(report, True)


def test_what_is_left_when_the_time_is_up_fails_only_where_everything_is_wanted() -> None:
    report = Report(CONFORMITIES["single"], left=["a step"])
    assert is_well(report, False)
    assert not is_well(report, True)


def test_an_access_that_is_not_a_step_never_leads_beyond_the_bounds() -> None:
    """A producer that was refused still looks whether the ring is closed; then it may give up."""
    graph = CONFORMITIES["multi-gives-up"].graph()
    lock_step = LockStep(graph, graph.starts[0])
    guide = Guide(graph, lock_step, seed=0)
    producer = ScheduledTask("p", 0)
    lock_step.chosen["p"] = 3
    producer.access = ("load", "closed")
    assert not guide.is_over(producer)
    producer.access = ("load", "cursor")
    assert guide.is_over(producer)


def test_the_way_to_a_new_step_is_the_shortest_until_all_are_taken() -> None:
    graph = smallest().graph()
    possible, (start,) = graph.possible(), graph.starts
    lengths = []
    while way := graph.way_to_new(start):
        assert way[0][0] == start
        assert not graph.taken.issuperset(way[-1][1].edges)
        assert all(graph.taken.issuperset(turn.edges) for _, turn in way[:-1])
        lengths.append(len(way))
        graph.taken.update(way[-1][1].edges)
    assert graph.taken == possible
    assert lengths == sorted(lengths)
    assert graph.way_to_new(start) == []


def test_two_orders_in_one_run_are_excused() -> None:
    graph: Graph = CONFORMITIES["single-diamond"].graph()
    left = graph.edges() - graph.possible()
    assert left
    assert graph.excuses(left).total() == len(left)
