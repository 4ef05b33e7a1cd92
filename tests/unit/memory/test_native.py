"""What `ringbuffer_native` refuses, and how long it keeps what it uses."""

import functools
import gc
import itertools
import sys
import weakref
from typing import Any

import pytest

from ringbuffer import ProducerType, RingBuffer
from ringbuffer.memory import ProcessMemory
from tests.interrupts.points import Points

native: Any = pytest.importorskip("ringbuffer_native", reason="no native cells were built")


def note(got: list[tuple[Any, ...]], value: int, sequence: int, end_of_batch: bool) -> None:
    got.append((value, sequence, end_of_batch))


class Buffer(bytearray):
    """A bytearray that can be watched."""


def test_importing_the_module_leaves_the_gil_as_it_is() -> None:
    from tests.unit.memory.test_binding import run_python

    done = run_python(
        "import sys; before = sys._is_gil_enabled(); import ringbuffer_native; "
        "print(before, sys._is_gil_enabled())",
        "-W",
        "error",
    )
    before, after = done.stdout.split()
    assert before == after, done.stderr


@pytest.mark.parametrize("offset", [-8, -1, 1, 57, 64, 2**40])
def test_a_cell_is_refused_where_no_aligned_integer_begins(offset: int) -> None:
    with pytest.raises(ValueError, match="no aligned 8-byte integer begins at byte"):
        native.CellView(bytearray(64), offset)


@pytest.mark.parametrize("length", [-1, 65])
def test_flags_are_refused_that_do_not_fit(length: int) -> None:
    with pytest.raises(ValueError, match="flags do not fit into a block of 64 bytes"):
        native.FlagView(bytearray(64), length)


def test_memory_that_cannot_be_written_is_refused() -> None:
    for kind in (native.CellView, native.FlagView):
        with pytest.raises(BufferError):
            kind(bytes(64), 0)
        with pytest.raises(TypeError):
            kind(object(), 0)


def test_wrong_arguments_are_refused_and_change_nothing() -> None:
    memory = bytearray(64)
    view, flags = native.CellView(memory, 8), native.FlagView(memory, 4)
    wrong: list[Any] = [
        lambda: view.compare_and_set(0),
        lambda: view.compare_and_set(0, 1, 2),
        lambda: view.has_set(0),
        lambda: view.exchange("1"),
        lambda: view.fetch_add(1.5),
        lambda: view.set(None),
        lambda: view.word["0"],
        lambda: view.word.__delitem__(0),
        lambda: flags.items.__delitem__(0),
        lambda: flags.fill(0, 1),
        lambda: flags.find(0, 1),
        lambda: flags.fill("0", 1, 1),
    ]
    for call in wrong:
        with pytest.raises(TypeError):
            call()
    for call in (
        lambda: flags.fill(0, 5, 1),
        lambda: flags.fill(-1, 2, 1),
        lambda: flags.find(1, 0, 5),
        lambda: flags.find(1, -1, 0),
    ):
        with pytest.raises(IndexError, match="outside"):
            call()
    for call in (lambda: flags.fill(0, 4, 256), lambda: flags.items.__setitem__(0, -1)):
        with pytest.raises(ValueError, match="a flag holds 0 to 255"):
            call()
    assert memory == bytearray(64)


def test_a_view_knows_whether_a_swap_has_happened_whose_result_is_lost() -> None:
    view = native.CellView(bytearray(64), 0)
    assert not view.has_set(0, 0), "there was no swap"
    view.compare_and_set(0, 5)  # a signal handler that raises here hides the result
    assert not view.has_set(0, 6)
    view.compare_and_set(5, 6)
    assert view.has_set(5, 6)
    assert not view.has_set(5, 6), "it is asked once"
    view.compare_and_set(5, 7)
    assert not view.has_set(5, 7), "it has failed"
    assert view.get() == 6


@pytest.mark.parametrize("publish", ["publish_value", "try_publish_value"])
def test_an_interrupt_after_a_native_swap_leaves_no_hole(publish: str) -> None:
    # The points of the library's own code at which a handler may run, one after the other.
    with Points() as points:
        for at in itertools.count():
            memory = ProcessMemory(atomics="native")
            ring = RingBuffer.of_values(4, ProducerType.MULTI, memory=memory)
            producer, reader = ring.producer(), ring.poller()
            points.begin(at)
            try:  # noqa: SIM105 - nothing but the call is watched
                getattr(producer, publish)(7)
            except points.interrupt:
                pass
            points.end()
            producer.publish_value(8)
            got = list[tuple[Any, ...]]()
            reader.poll(functools.partial(note, got))
            assert [value for value, _, _ in got] in ([7, 8], [8])
            if points.raised is None:
                break
    assert at >= 3, "there are points in the claim and in the publication"


def test_a_view_keeps_its_memory_and_lets_go_of_it() -> None:
    for kind in (native.CellView, native.FlagView):
        memory = Buffer(64)
        gone = weakref.ref(memory)
        view = kind(memory, 8)
        with pytest.raises(BufferError):
            memory.extend(b"more")  # it would move
        del memory
        gc.collect()
        assert gone() is not None
        word = view.word if kind is native.CellView else view.items
        del view
        word[0] = 3
        assert word[0] == 3
        del word
        gc.collect()
        assert gone() is None


def test_operations_allocate_nothing_that_stays() -> None:
    view, flags = native.CellView(bytearray(64), 0), native.FlagView(bytearray(64), 64)
    watched = (view, flags, native.CellView, native.FlagView)

    def use() -> None:
        view.set(1 << 40)
        view.compare_and_set(view.get(), 1 << 41)
        view.has_set(1 << 40, 1 << 41)
        view.fetch_add(view.exchange(5))
        flags.fill(0, 64, 1)
        flags.find(1, 0, 64)
        flags.items[3] = 0
        with pytest.raises(IndexError):
            view.word[1]
        with pytest.raises(TypeError):
            view.set("x")
        with pytest.raises(IndexError):
            flags.fill(0, 99, 1)

    use()
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(100):
        use()
    assert [sys.getrefcount(each) for each in watched] == before
