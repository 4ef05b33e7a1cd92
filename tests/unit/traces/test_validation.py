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
from ringbuffer.processors.work.share import IDLE
from ringbuffer.sequencer import multi_producer
from spec.mirrors.mirror import State
from spec.mirrors.multi_producer import MultiProducer
from spec.mirrors.single_producer import SingleProducer
from spec.mirrors.work_pool import WorkPool
from spec.tools.installation import find_tools
from tests.schedules.conform.graph import Access, Projection
from tests.schedules.conform.multi_producer import OfMultiProducer
from tests.schedules.conform.single_producer import OfSingleProducer
from tests.schedules.conform.work_pool import HANDLES, OfWorkPool
from tests.support.examples import examples
from tests.traces.entries import NO_CLAIM, SEALED, SHUT, Entry, Trace, trace_of
from tests.traces.run import trace
from tests.traces.shapes import CLOSER, HALTS, Shape
from tests.traces.tamper import tampered
from tests.traces.validate import account, validate

#: How a trace is tampered with.
KINDS = ("changed", "dropped", "doubled", "swapped")
#: Tampered traces of one run and one kind that TLC is asked about; and random walks of a mirror.
SAMPLE, WALKS = examples(6, 12), examples(4, 10)


#: What runs are made of: who publishes, or a pool.
SORTS = (
    "single",
    pytest.param("multi", marks=pytest.mark.verify),
    pytest.param("pool", marks=pytest.mark.verify),
)


def genuine(sort: str, halts: str = "none", strategy: str = "yield") -> Trace:
    return trace_of(trace(shape_of(sort, halts, strategy)))


def shape_of(sort: str, halts: str = "none", strategy: str = "yield") -> Shape:
    if sort == "pool":
        return Shape(False, 4, "chunks", ((1,) * 10,), strategy, halts)
    batches = ((1, 2, 1, 1), (2, 1)) if sort == "multi" else ((1, 2, 1, 2, 1),)
    return Shape(sort == "multi", 2, "chain", batches, strategy, halts)


# -- random walks of the mirrors ------------------------------------------------------------------


def entry_of(access: Access, claim: int, state: State, thread: str) -> Entry:
    """What a thread would note of a step of the mirror."""
    name, _, which = access.where.partition(" ")
    of: Any = 0 if not which else int(which) if which.isdigit() else which
    match access.kind:
        case "compare_and_set":
            expected, desired, done = access.value
            return Entry(
                "swapped cursor" if done else "not swapped cursor", expected, desired, claim
            )
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
            return [
                Entry("written slot", access.value % size, access.value),
                Entry("store cursor", 0, access.value),
            ]
    if access.kind == HANDLES:
        return [Entry("done slot", int(which) % size, int(which))]
    return [
        Entry(
            f"{access.kind} {name}", which or 0, NO_CLAIM if access.value == IDLE else access.value
        )
    ]


def walk(projection: Projection, shape: Shape, seed: int, steps: int) -> Trace:
    """A random walk of a mirror, as a trace that breaks off."""
    mirror, chance = projection.mirror, random.Random(seed)
    state, logs = mirror.initial(), {thread: list[Entry]() for thread in mirror.threads}
    claims = dict.fromkeys(mirror.threads, 0)
    for _ in range(steps):
        possible = [
            (thread, *step) for thread in mirror.threads for step in mirror.of_thread(state, thread)
        ]
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
        return [
            walk(pool, Shape(False, 4, "chunks", ((1,) * 30,), "spin"), seed, 400)
            for seed in range(WALKS)
        ]
    chain, batches = {"a": frozenset[str](), "b": frozenset("a")}, frozenset({1, 2})
    if sort == "multi":
        of_multi = OfMultiProducer(MultiProducer(2, 9, batches, frozenset("pq"), chain, False))
        return [
            walk(of_multi, Shape(True, 2, "chain", ((5,), (4,)), "spin"), seed, 400)
            for seed in range(WALKS)
        ]
    of_single = OfSingleProducer(SingleProducer(2, 9, batches, chain))
    return [
        walk(of_single, Shape(False, 2, "chain", ((9,),), "spin"), seed, 400)
        for seed in range(WALKS)
    ]


# -- what is asked --------------------------------------------------------------------------------


def some_of_each_kind(true: Trace) -> list[tuple[str, Trace]]:
    by_kind: dict[str, list[tuple[str, Trace]]] = {}
    for words, changed in tampered(true):
        by_kind.setdefault(words.split()[1], []).append((words, changed))
    chance = random.Random(1)
    return [each for kind in KINDS for each in chance.sample(by_kind[kind], SAMPLE)]


@cache
def answers(sort: str) -> dict[str, list[tuple[str, bool]]]:
    """Of genuine traces, of others and of walks: what each is, and whether it was accepted."""
    true = [genuine(sort, halts) for halts in HALTS] + [genuine(sort, strategy="block")]
    false = some_of_each_kind(true[0])
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
    """No halt; a consumer that halts and starts again; a halt of all; consumers that block."""
    assert [words for words, accepted in answers(sort)["genuine"] if not accepted] == []
    assert len(answers(sort)["genuine"]) == 4


@pytest.mark.parametrize("sort", SORTS)
def test_a_trace_that_was_tampered_with_is_refused(sort: str) -> None:
    """An entry dropped, doubled, changed, or swapped with the next one."""
    false = answers(sort)["tampered"]
    assert [words for words, accepted in false if accepted] == []
    assert len(false) == len(KINDS) * SAMPLE


def test_a_worker_that_was_halted_before_its_first_wait_may_be_started_again() -> None:
    """It read its state, which is not traced. Once it waits, it loads the alert before it ends."""
    start = [Entry("load busy", "v", NO_CLAIM), Entry("load work", 0, -1)]
    wait = [Entry("load alert", "v", 0), Entry("load cursor", 0, -1)]
    again = Entry("start again", 0, 0)
    shape = Shape(False, 4, "chunks", ((1,),), "spin", "restart")
    traces = [
        Trace(shape, {"publisher": [], "v": log, "w": []}, is_whole=False)
        for log in ([*start, again, *start], [*start, *wait, again, *start])
    ]
    assert validate(traces, find_tools(print)).accepted == [True, False]


def test_the_end_of_a_ring_is_in_the_trace_of_a_run_that_is_halted() -> None:
    closer = genuine("multi", "stop").logs[CLOSER]
    assert [entry.what for entry in closer if "not" not in entry.what][::2] == [
        "exchange limit",
        "sealed cursor",
    ]


def end_of_ring(**changed: list[Entry]) -> Trace:
    """Two slots: p publishes 0 after the seal, q loses its swap to the seal and is refused."""
    logs = {
        "p": [*claim(-1, 0), Entry("swapped cursor", -1, 0, 1), *publish(0)],
        "q": [*claim(0, 1), Entry("not swapped cursor", 0, 1, 1), *refusal(0, SHUT)],
        "a": [Entry("load cursor", SEALED, 0), Entry("load flag", 0, 0)],
        "closer": [LOWERED, Entry("load cursor", 0, 0), Entry("sealed cursor", 0, 0)],
    }
    shape = Shape(True, 2, "one", ((1,), (1,)), "spin", "stop")
    return Trace(shape, {**logs, **changed}, is_whole=False)


LOWERED = Entry("exchange limit", 1, SHUT)


def claim(current: int, high: int) -> list[Entry]:
    return [
        Entry("load cursor", 0, current, high - current),
        Entry("load limit", 0, 1, high - current),
    ]


def publish(sequence: int) -> list[Entry]:
    return [
        *(Entry(what, sequence, sequence, 1) for what in ("write slot", "written slot")),
        *(
            Entry("load cursor", SEALED, 0, 1),
            Entry("load flag", 0, 1, 1),
            Entry("store flag", 0, 0, 1),
        ),
    ]


def refusal(claimed: int, limit: int) -> list[Entry]:
    """A sealed cursor and a limit; then a look at the consumer and the flags; a limit; the end."""
    return [
        *(Entry("load cursor", SEALED, claimed, 1), Entry("load limit", 0, limit, 1)),
        *(Entry("load sequence", "a", -1, 1), Entry("load cursor", SEALED, claimed, 1)),
        *(
            Entry("load flag", 0, 1, 1),
            Entry("store limit", 0, 1, 1),
            Entry("store limit", 0, SHUT, 1),
        ),
    ]


def test_no_claim_comes_after_the_seal_and_what_was_claimed_is_published() -> None:
    true = end_of_ring()
    p, q, closer = (true.logs[name] for name in ("p", "q", CLOSER))
    swapped = Entry("swapped cursor", 0, 1, 1)
    refused = {
        "claimed after the seal": {
            "a": [*true.logs["a"], Entry("load cursor", SEALED, 1)],
            "q": [*q[:2], swapped],
        },
        "found open after it was found sealed": {"q": [*q, *claim(0, 1)]},
        "found open by one that had found it sealed": {"q": [*q[:4], *claim(0, 1)]},
        "found sealed, and no seal": {CLOSER: closer[:2]},
        "closed, and not sealed": {**{name: [] for name in "pqa"}, CLOSER: [LOWERED]},
        "sealed twice": {CLOSER: [*closer, closer[-1]]},
        "sealed before the limit was lowered": {CLOSER: [closer[2], closer[0]]},
        "sealed over another claim": {CLOSER: [*closer[:2], Entry("sealed cursor", 1, 1)]},
        "lowered from what it was not": {CLOSER: [LOWERED._replace(of=0), *closer[1:]]},
        "lost the swap to nothing": {"q": q[:3], "p": p[:-3], "a": [], CLOSER: []},
        "claimed where it found the seal": {"q": [*q[:-1], Entry("swapped cursor", 0, 1, 1)]},
        "went on after it was refused": {"q": [*q, q[3]]},
        "was refused without a look": {"q": [*q[:3], q[-1]]},
        "another number below the seal": {"a": [Entry("load cursor", SEALED, 1)]},
        "a limit that was kept is found lowered": {
            CLOSER: [],
            "p": p[:4],
            "q": [claim(0, 1)[0], Entry("load limit", 0, SHUT, 1)],
        },
    }
    verdict = validate(
        [true, *(end_of_ring(**changed) for changed in refused.values())], find_tools(print)
    )
    assert verdict.accepted[0], account(true, find_tools(print))
    assert [
        words for words, accepted in zip(refused, verdict.accepted[1:], strict=True) if accepted
    ] == []


@pytest.mark.parametrize("sort", SORTS)
def test_each_access_is_the_step_that_it_is_in_lock_step(sort: str) -> None:
    """What tests/schedules/conform says of the steps of the mirrors, the traced models say too."""
    assert [words for words, accepted in answers(sort)["walked"] if not accepted] == []
    assert len(answers(sort)["walked"]) == WALKS


@pytest.mark.verify
@pytest.mark.parametrize("sort", ["single", "multi", "pool"])
def test_the_orders_that_are_not_tried_make_no_difference(sort: str) -> None:
    batches = ((1,), (1,)) if sort == "multi" else ((1, 1),)
    true = trace_of(
        trace(Shape(sort == "multi", 1, "ones" if sort == "pool" else "one", batches, "block"))
    )
    chosen = random.Random(2).sample(list(tampered(true)), 6)
    traces = [true, *(false for _, false in chosen)]
    few, every = (
        validate(traces, find_tools(print)),
        validate(traces, find_tools(print), in_any_order=True),
    )
    assert few.accepted == every.accepted == [True] + [False] * len(chosen)
    assert few.states < every.states


def test_a_library_with_a_fault_leaves_traces_that_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A consumer that does not look at those it comes after, before it waits."""

    def careless(
        published: PublishedView, dependents: tuple[Sequence | SequenceGroup, ...]
    ) -> SimpleNamespace:
        return SimpleNamespace(
            get=Available(published, dependents).get, highest_from=published.highest_from, word=None
        )

    monkeypatch.setattr(barrier, "Available", careless)
    traces = [genuine("single") for _ in range(2)]
    assert validate(traces, find_tools(print)).accepted == [False] * 2


def test_a_ring_that_is_closed_and_not_sealed_leaves_traces_that_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In each run, producers still claim while the ring is closed."""
    monkeypatch.setattr(multi_producer, "seal", lambda cursor: cursor.get())
    traces = [genuine("multi", "stop", strategy) for strategy in ("yield", "block")]
    assert [trace.logs[CLOSER][0].what for trace in traces] == ["exchange limit"] * 2
    verdict = validate(traces, find_tools(print))
    assert verdict.accepted == [False] * 2


@pytest.mark.parametrize("sort", ["single", "multi", "pool"])
def test_producers_of_a_run_that_is_halted_find_the_ring_closed(sort: str) -> None:
    """Otherwise its trace would say nothing about the end of a ring."""
    run = trace(shape_of(sort, "stop"))
    written = {
        value
        for logs in run.logs.values()
        for log in logs
        for what, _, value in log
        if what == "written"
    }
    assert 0 < len(written) < run.shape.events


def test_a_refused_trace_is_reported_with_how_far_it_can_be_taken() -> None:
    true = genuine("single")
    log = true.logs["producer"]
    first = next(number for number, entry in enumerate(log) if entry.what == "store cursor")
    false = true._replace(logs={**true.logs, "producer": log[:first] + log[first + 1 :]})
    words = account(false, find_tools(print))
    assert f"producer entry {first:>5}: " in words
    assert "write slot 0: 0 ; written slot 0: 0 >>> load limit 0:" in words
    assert "<-- no step of the model" in words
