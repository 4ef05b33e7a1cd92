"""What threads note: each in a log of its own, and what is made of it."""

import ast
from pathlib import Path
from typing import Any

import pytest

from ringbuffer import ProducerType, RingBuffer, RingBufferClosedError
from ringbuffer.memory import ProcessMemory, foreign, process, words
from ringbuffer.producer import producer_ops
from ringbuffer.sequencer.ring_state import CLOSED_LIMIT
from ringbuffer.sequencer.seal import SEAL
from tests.support.threads import Background, together
from tests.traces import memory as traced
from tests.traces.entries import SEALED, SHUT, Entry, entries, without_repetitions
from tests.traces.memory import TracedMemory
from tests.traces.shapes import GRAPHS, HALTS, KINDS, POOLS, STRATEGIES, long, short

LOCKS = {
    "Lock",
    "RLock",
    "Condition",
    "Event",
    "Semaphore",
    "Barrier",
    "lock",
    "condition",
    "event",
    "queue",
    "Queue",
}


def test_each_thread_notes_in_a_log_of_its_own() -> None:
    memory = TracedMemory()
    cell = memory.cell(0)
    cell.place.name = "cursor"

    def count(step: int) -> None:
        view = cell.view()
        for _ in range(100):
            view.fetch_add(step)
            cell.fetch_add(step)

    together(lambda: count(1), lambda: count(2))
    assert cell.load() == 600
    _, (_, one), (_, two) = memory.logs  # the first is the main thread's
    assert [len(log) for log in (one, two)] == [200, 200]
    assert {after - before for _, _, (before, after) in one} | {
        after - before for _, _, (before, after) in two
    } == {1, 2}
    assert len({after - before for _, _, (before, after) in one}) == 1


def test_nothing_is_locked_where_something_is_noted() -> None:
    tree = ast.parse(Path(traced.__file__).read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & LOCKS
    assert not any(isinstance(node, ast.With) for node in ast.walk(tree))
    # Of `threading` only what is a thread's own.
    assert {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "threading"
    } == {"local", "current_thread"}


def test_a_search_of_flags_notes_what_it_has_loaded() -> None:
    memory = TracedMemory()
    flags = memory.flags(4, 1)
    for index, place in enumerate(flags.places):
        place.name = f"flag {index}"
    view = flags.view()
    view.fill(0, 2, 0)
    assert view.find(1, 0, 4) == 2
    assert view.find(0, 2, 4) == -1
    log = memory.log()
    assert [entry.value for entry in entries(log[:2])] == [0, 0]
    assert [(entry.of, entry.value) for entry in entries(log[2:])] == [
        (0, 0),
        (1, 0),
        (2, 1),
        (2, 1),
        (3, 1),
    ]


def test_without_a_trace_the_library_has_the_memory_it_always_has() -> None:
    ring = RingBuffer(4, lambda: [0])
    sequencer: Any = ring.sequencer
    assert type(ring.memory) is ProcessMemory
    assert type(sequencer._cursor._cell) is process.ProcessCell
    assert type(sequencer._cursor.view()) is foreign.ForeignCellView
    if words.PLAIN_MOVES_ARE_ORDERED:
        assert type(sequencer._cursor.view().word) is memoryview
    assert all(type(each) is list for each in ring.slots.view())
    # And nothing in the library knows of traces.
    sources = Path(process.__file__).parents[1].rglob("*.py")
    assert not [
        path
        for path in sources
        if "tests." in path.read_text() or "TracedMemory" in path.read_text()
    ]


def test_turns_that_find_the_same_again_are_left_out_but_for_the_first_and_the_last() -> None:
    turn = [Entry("load cursor", 0, 3), Entry("load sequence", "a", 2)]
    other = [Entry("load cursor", 0, 4), Entry("load sequence", "a", 2)]
    assert without_repetitions(turn * 5 + other) == turn * 2 + other
    assert without_repetitions(turn + other + turn) == turn + other + turn
    handled = [*turn, Entry("read slot", 0, 0), Entry("done slot", 0, 4)]
    assert without_repetitions(handled * 4) == handled * 4


def test_a_limit_that_is_stored_again_is_left_out_only_where_it_was_found() -> None:
    def turn(found: int, stored: int) -> list[Entry]:
        return [
            Entry("load cursor", 0, 3, 1),
            Entry("load limit", 0, found, 1),
            Entry("store limit", 0, stored, 1),
        ]

    assert without_repetitions(turn(4, 4) * 5) == turn(4, 4) * 2
    assert without_repetitions(turn(5, 4) * 5) == turn(5, 4) * 5


def test_a_single_producers_log_ends_where_it_finds_the_ring_closed() -> None:
    memory = TracedMemory()
    limit = memory.cell(1)
    limit.place.name = "limit"
    word = limit.view().word
    assert word[0] == 1
    word[0] = CLOSED_LIMIT
    assert word[0] == CLOSED_LIMIT
    assert entries(memory.log()) == [Entry("load limit", 0, 1)]


def test_the_end_of_a_ring_of_several_producers_is_traced_in_numbers_that_tlc_holds() -> None:
    memory = TracedMemory()
    ring = RingBuffer(4, lambda: [0], ProducerType.MULTI, memory=memory)
    sequencer: Any = ring.sequencer
    sequencer._cursor._cell.place.name = "cursor"
    sequencer.state.limit.place.name = "limit"
    producer = producer_ops(sequencer)
    producer.next(2)
    del memory.log()[:]
    ring.close()
    assert entries(memory.log(), multi=True) == [
        Entry("exchange limit", 3, SHUT),
        Entry("load cursor", 0, 1),
        Entry("sealed cursor", 1, 1),
    ]
    del memory.log()[:]
    with pytest.raises(RingBufferClosedError):
        producer.next()
    found = entries(memory.log(), multi=True)
    assert found[:2] == [Entry("load cursor", SEALED, 1), Entry("load limit", 0, SHUT)]
    assert [entry.value for entry in found if entry.what == "store limit"][-1] == SHUT
    sequencer._cursor._cell.compare_and_set(0, 1 + SEAL)
    assert entries(memory.log(), multi=True)[-1] == Entry("not sealed cursor", 0, 1)


def test_a_seed_gives_the_same_shapes_again_and_another_seed_others() -> None:
    shapes = short(7, 100)
    assert shapes == short(7, 100)
    assert long(7) == long(7)
    assert shapes != short(8, 100)
    assert len(set(shapes)) == len(shapes)


def test_a_hundred_shapes_have_every_graph_strategy_and_halt() -> None:
    shapes = short(1, 100)
    assert {(shape.multi, shape.graph) for shape in shapes} == set(KINDS)
    assert len(KINDS) == 2 * len(GRAPHS) + len(POOLS)
    for module in ("SingleProducer", "MultiProducer", "WorkPool"):
        assert {shape.halts for shape in shapes if shape.module == module} == set(HALTS)
    few = short(1, 4)  # two of each sequencer: in each, one has the end of a ring
    assert {shape.multi for shape in few if shape.halts == "stop"} == {False, True}
    assert {shape.strategy for shape in shapes} == set(STRATEGIES)
    assert {len(shape.producers) for shape in shapes} == {1, 2, 3}
    # Each goes round the ring, and most claim more than one at a time.
    assert all(shape.events > 2 * shape.size for shape in shapes)
    assert sum(any(n > 1 for each in shape.batches for n in each) for shape in shapes) > 50


def test_a_thread_that_ends_leaves_its_log_behind() -> None:
    memory = TracedMemory()
    cell = memory.cell(0)
    Background(cell.load, "a").start().join()
    ((name, log),) = memory.logs[-1:]
    assert name == "a"
    assert [kind for kind, _, _ in log] == ["load"]
