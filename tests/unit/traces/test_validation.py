"""What TLC says of traces: genuine ones are behaviours of the models, others are not.

All of one sequencer are asked about at once: TLC takes longer to start than to answer.
"""

import random
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from ringbuffer import Sequence, SequenceGroup, barrier
from ringbuffer.barrier import Available, PublishedView
from ringbuffer.cli.check.tools import find_tools
from ringbuffer.processors.work.share import IDLE
from tests.schedules.conform.graph import Access, Projection
from tests.schedules.conform.multi_producer import OfMultiProducer
from tests.schedules.conform.single_producer import OfSingleProducer
from tests.schedules.conform.work_pool import HANDLES, OfWorkPool
from tests.traces.entries import NO_CLAIM, Entry, Trace, trace_of
from tests.traces.run import trace
from tests.traces.shapes import HALTS, Shape
from tests.traces.tamper import tampered
from tests.traces.validate import account, validate
from tests.unit.model.graphs import State
from tests.unit.model.multi_producer import MultiProducer
from tests.unit.model.single_producer import SingleProducer
from tests.unit.model.work_pool import WorkPool

#: Tampered traces of one run that TLC is asked about, drawn from all; and random walks of a mirror.
SAMPLE, WALKS = 48, 10


#: What runs are made of: who publishes, or a pool.
SORTS = ("single", "multi", "pool")


def genuine(sort: str, halts: str = "none", strategy: str = "yield") -> Trace:
    if sort == "pool":
        return trace_of(trace(Shape(False, 4, "chunks", ((1,) * 10,), strategy, halts)))
    batches = ((1, 2, 1, 1), (2, 1)) if sort == "multi" else ((1, 2, 1, 2, 1),)
    return trace_of(trace(Shape(sort == "multi", 2, "chain", batches, strategy, halts)))


# -- random walks of the mirrors --------------------------------------------------------------------------------


def entry_of(access: Access, claim: int, state: State, thread: str) -> Entry:
    """What a thread would note of a step of the mirror."""
    name, _, which = access.where.partition(" ")
    of: Any = 0 if not which else int(which) if which.isdigit() else which
    match access.kind:
        case "compare_and_set":
            expected, desired, done = access.value
            return Entry("swapped cursor" if done else "not swapped cursor", expected, desired, claim)
        case "write" | "written":
            value = state["local"][thread]["writing"] if "local" in state else state["writing"]
            return Entry(f"{access.kind} slot", of, value, claim)
        case "read" | "done":
            return Entry(f"{access.kind} slot", of, state["slots"][of]["event"], claim)
    return Entry(f"{access.kind} {name}", of, access.value, claim)


def of_pool(access: Access, size: int) -> list[Entry]:
    """What the threads of a pool would note; the producer writes a slot before it publishes it."""
    name, _, which = access.where.partition(" ")
    match access.kind:
        case "compare_and_set":
            expected, desired, done = access.value
            return [Entry(f"{'swapped' if done else 'not swapped'} {name}", expected, desired)]
        case "fetch_add":
            return [Entry("fetch_add work", *access.value)]
        case "store" if name == "cursor":
            return [Entry("written slot", access.value % size, access.value), Entry("store cursor", 0, access.value)]
    if access.kind == HANDLES:
        return [Entry("done slot", int(which) % size, int(which))]
    return [Entry(f"{access.kind} {name}", which or 0, NO_CLAIM if access.value == IDLE else access.value)]


def walk(projection: Projection, shape: Shape, seed: int, steps: int) -> Trace:
    """A random walk of a mirror, as a trace that breaks off."""
    mirror, chance = projection.mirror, random.Random(seed)
    state, logs = mirror.initial(), {thread: list[Entry]() for thread in mirror.threads}
    claims = dict.fromkeys(mirror.threads, 0)
    for _ in range(steps):
        possible = [(thread, *step) for thread in mirror.threads for step in mirror.of_thread(state, thread)]
        if not possible:
            break
        thread, label, changes = chance.choice(possible)
        if shape.is_pool:
            pass  # how many a worker claims is in the swap
        elif label == "Claim":
            claims[thread] = changes["high"] - state["claimed"]
        elif label == "LoadCursor" and "local" in state:
            claims[thread] = changes["local"][thread]["high"] - changes["local"][thread]["current"]
        access = projection.access(state, thread, label, changes)
        if access is not None and shape.is_pool:
            logs[thread] += of_pool(access, shape.size)
        elif access is not None:
            logs[thread].append(entry_of(access, claims[thread], state, thread))
        state = {**state, **changes}
    return Trace(shape, logs, is_whole=False)


def walks(sort: str) -> list[Trace]:
    if sort == "pool":
        pool = OfWorkPool(WorkPool(4, 30, frozenset("vw"), frozenset({1, 2}), 0))
        return [walk(pool, Shape(False, 4, "chunks", ((1,) * 30,), "spin"), seed, 400) for seed in range(WALKS)]
    chain, batches = {"a": frozenset[str](), "b": frozenset("a")}, frozenset({1, 2})
    if sort == "multi":
        of_multi = OfMultiProducer(MultiProducer(2, 9, batches, frozenset("pq"), chain, False))
        return [walk(of_multi, Shape(True, 2, "chain", ((5,), (4,)), "spin"), seed, 400) for seed in range(WALKS)]
    of_single = OfSingleProducer(SingleProducer(2, 9, batches, chain))
    return [walk(of_single, Shape(False, 2, "chain", ((9,),), "spin"), seed, 400) for seed in range(WALKS)]


# -- what is asked ----------------------------------------------------------------------------------------------


@cache
def answers(sort: str) -> dict[str, list[tuple[str, bool]]]:
    """Of genuine traces, of others and of walks: what each is, and whether it was accepted."""
    true = [genuine(sort, halts) for halts in HALTS] + [genuine(sort, strategy="block")]
    false = random.Random(1).sample(list(tampered(true[0])), SAMPLE)
    walked = walks(sort)
    assert all(trace.length > 100 for trace in walked)
    asked = [
        *(("genuine", str(each.shape), each) for each in true),
        *(("tampered", *each) for each in false),
        *(("walked", str(number), each) for number, each in enumerate(walked)),
    ]
    verdict = validate([each for _, _, each in asked], find_tools(print))
    found: dict[str, list[tuple[str, bool]]] = {}
    for (whose, words, _), accepted in zip(asked, verdict.accepted, strict=True):
        found.setdefault(whose, []).append((words, accepted))
    return found


@pytest.mark.parametrize("sort", SORTS)
def test_what_free_running_threads_do_is_a_behaviour_of_the_model(sort: str) -> None:
    """Nothing halted, a consumer halted and started again, everything halted on the way; consumers that block."""
    assert [words for words, accepted in answers(sort)["genuine"] if not accepted] == []
    assert len(answers(sort)["genuine"]) == 4


@pytest.mark.parametrize("sort", SORTS)
def test_a_trace_that_was_tampered_with_is_refused(sort: str) -> None:
    """An entry dropped, doubled, changed, or swapped with the next one."""
    false = answers(sort)["tampered"]
    assert [words for words, accepted in false if accepted] == []
    assert {words.split()[1] for words, _ in false} == {"changed", "dropped", "doubled", "swapped"}


def test_a_worker_that_was_halted_before_its_first_wait_may_be_started_again() -> None:
    """It saw that in its state, of which there is no trace. Once it waits, it looks at the alert before it ends."""
    start = [Entry("load busy", "v", NO_CLAIM), Entry("load work", 0, -1)]
    wait = [Entry("load alert", "v", 0), Entry("load cursor", 0, -1)]
    again = Entry("start again", 0, 0)
    shape = Shape(False, 4, "chunks", ((1,),), "spin", "restart")
    traces = [
        Trace(shape, {"publisher": [], "v": log, "w": []}, is_whole=False)
        for log in ([*start, again, *start], [*start, *wait, again, *start])
    ]
    assert validate(traces, find_tools(print)).accepted == [True, False]


@pytest.mark.parametrize("sort", SORTS)
def test_each_access_is_the_step_that_it_is_in_lock_step(sort: str) -> None:
    """What tests/schedules/conform says of the steps of the mirrors, the traced models say too."""
    assert [words for words, accepted in answers(sort)["walked"] if not accepted] == []
    assert len(answers(sort)["walked"]) == WALKS


@pytest.mark.parametrize("sort", SORTS)
def test_the_orders_that_are_not_tried_make_no_difference(sort: str) -> None:
    batches = ((1,), (1,)) if sort == "multi" else ((1, 1),)
    true = trace_of(trace(Shape(sort == "multi", 1, "ones" if sort == "pool" else "one", batches, "block")))
    chosen = random.Random(2).sample(list(tampered(true)), 6)
    traces = [true, *(false for _, false in chosen)]
    few, every = validate(traces, find_tools(print)), validate(traces, find_tools(print), in_any_order=True)
    assert few.accepted == every.accepted == [True] + [False] * len(chosen)
    assert few.states < every.states


def test_a_library_with_a_fault_leaves_traces_that_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A consumer that does not look at those it comes after, before it waits."""

    def careless(published: PublishedView, dependents: tuple[Sequence | SequenceGroup, ...]) -> SimpleNamespace:
        return SimpleNamespace(get=Available(published, dependents).get, highest_from=published.highest_from, word=None)

    monkeypatch.setattr(barrier, "Available", careless)
    traces = [genuine("single") for _ in range(2)]
    assert validate(traces, find_tools(print)).accepted == [False] * 2


def test_it_is_told_how_far_a_refused_trace_can_be_taken() -> None:
    true = genuine("single")
    log = true.logs["producer"]
    first = next(number for number, entry in enumerate(log) if entry.what == "store cursor")
    false = true._replace(logs={**true.logs, "producer": log[:first] + log[first + 1 :]})
    words = account(false, find_tools(print))
    assert f"producer entry {first:>5}: " in words
    assert "write slot 0: 0 ; written slot 0: 0 >>> load limit 0:" in words
    assert "<-- no step of the model" in words
