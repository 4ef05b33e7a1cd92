"""`StallDetector`: who holds up a ring, since when, and whether it can ever go on."""

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ringbuffer import (
    ClaimTimeoutError,
    Disruptor,
    InsufficientCapacityError,
    RingBuffer,
    RingBufferClosedError,
    Sequence,
)
from ringbuffer.diagnostics import Stall, StallDetector, Watched, stacks
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import PATIENCE, Background
from tests.unit.diagnostics.kit import Gate, ignore, ignore_too, new_disruptor, put


class Clock(ScriptedHost):
    """The test's clock, and real events: what waits for them really waits."""

    def event(self) -> Any:
        return threading.Event()


@pytest.fixture
def held() -> Iterator[tuple[Disruptor[Any], Gate]]:
    """A disruptor with five events: its first consumer is in one, the other waits for it."""
    disruptor, gate = new_disruptor(), Gate()
    disruptor.handle_events_with(gate).then(ignore)
    with disruptor:
        for _ in range(5):
            disruptor.publish_event(put)
        assert gate.entered.wait(PATIENCE)
        yield disruptor, gate
        gate.opened.set()


def test_the_consumer_that_holds_up_the_ring_is_named_and_not_the_one_that_waits_for_it(
    held: tuple[Disruptor[Any], Gate],
) -> None:
    host = Clock()
    detector = StallDetector(held[0], after=2, host=host)
    assert detector.look() == []
    host.now = 1.9
    assert detector.look() == []
    host.now = 3.0
    [stall] = detector.look()
    assert (stall.ring, stall.gating.consumer, stall.gating.state, stall.seconds) == (
        "disruptor",
        "Gate",
        "RUNNING",
        3.0,
    )
    assert stall.gating.lag == 4 - stall.gating.sequence
    [frames] = stall.stacks.values()
    assert any(frame.endswith("in on_event") and "kit.py" in frame for frame in frames)
    assert stall.deadlock == ()
    assert str(stall).startswith(
        "'Gate', RUNNING holds up 'disruptor': it has not moved from sequence "
    )


def test_a_consumer_that_has_moved_is_not_stalled_however_long_it_took(
    held: tuple[Disruptor[Any], Gate],
) -> None:
    host = Clock()
    detector = StallDetector(held[0], after=2, host=host)
    detector.look()
    held[1].opened.set()
    held[0].shutdown()
    host.now = 100.0
    assert detector.look() == []


def test_a_ring_with_nothing_to_do_is_not_stalled() -> None:
    disruptor, host = new_disruptor(), Clock()
    disruptor.handle_events_with(ignore)
    with disruptor:
        detector = StallDetector(disruptor, after=1, host=host)
        detector.look()
        host.now = 50.0
        assert detector.look() == []


def test_a_sequence_that_does_not_advance_is_found_in_a_ring_alone() -> None:
    ring: RingBuffer[Any] = RingBuffer(4, dict)
    host = Clock()
    ring.add_gating_sequences(Sequence())
    ring.publish_event(lambda event, sequence: None)
    detector = StallDetector(Watched(ring, "mine"), after=1, host=host)
    detector.look()
    host.now = 1.0
    [stall] = detector.look()
    assert (stall.ring, stall.gating.consumer, stall.gating.threads, stall.stacks) == (
        "mine",
        "consumer 1",
        (),
        {},
    )


def test_producers_that_wait_for_room_are_shown_with_what_they_do(
    held: tuple[Disruptor[Any], Gate],
) -> None:
    disruptor, gate = held
    host = Clock()
    detector = StallDetector(disruptor, after=1, host=host)
    with Background(lambda: [disruptor.publish_event(put) for _ in range(8)]):
        while not Watched(disruptor).waiting_producers():  # it comes to that by itself
            pass
        detector.look()
        host.now = 1.0
        [stall] = detector.look()
        gate.opened.set()
    [frames] = stall.producers.values()
    assert any("in publish_event" in frame for frame in frames)
    assert "1 producer waits for free capacity" in str(stall)
    assert Watched(disruptor).waiting_producers() == {}


def test_the_worker_that_keeps_its_pool_back_is_the_one_whose_stack_is_shown() -> None:
    disruptor, gate, host = new_disruptor(), Gate(), Clock()
    disruptor.handle_events_with_worker_pool(gate, ignore, ignore_too, max_chunk=1, name="pool")
    with disruptor:
        for _ in range(3):
            disruptor.publish_event(put)
        while not gate.entered.is_set():
            # The gate may be closed behind a ring of events
            with contextlib.suppress(InsufficientCapacityError):
                disruptor.try_publish_event(put)
        detector = StallDetector(disruptor, after=1, host=host)
        stacks_shown: list[str] = []
        # The others finish, and only the gate's event is left
        while not any("kit.py" in frame for frame in stacks_shown):
            host.now += 1.0
            stalls = detector.look()
            stacks_shown = [
                frame for stall in stalls for frames in stall.stacks.values() for frame in frames
            ]
        gate.opened.set()
    assert [stall.gating.consumer for stall in stalls] == ["pool"]


# -- deadlocks ------------------------------------------------------------------------------------


def test_consumers_that_wait_for_room_in_each_others_rings_are_reported_as_a_deadlock() -> None:
    """A's handler fills B, and B's handler fills A: neither can continue."""
    first, second = new_disruptor(2, name="A"), new_disruptor(2, name="B")
    unfinished: list[Exception] = []

    def into(other: Disruptor[Any]) -> Any:
        def handle(event: Any, sequence: int, end_of_batch: bool) -> None:
            try:
                for _ in range(3):
                    if released.is_set():
                        return
                    other.producer().next(timeout=None)
            except Exception as error:  # the ring is closed at the end of the test
                unfinished.append(error)

        return handle

    released = threading.Event()
    first.handle_events_with(into(second))
    second.handle_events_with(into(first))
    host = Clock()
    detector = StallDetector(first, second, after=1, host=host)
    # Before either handler can claim the slot of the other's first event, and never publish it
    first.publish_event(put)
    second.publish_event(put)
    first.start()
    second.start()
    # They come to that by themselves
    while not (Watched(first).waiting_producers() and Watched(second).waiting_producers()):
        pass
    detector.look()
    host.now = 1.0
    stalls = {stall.ring: stall for stall in detector.look()}
    assert stalls["A"].deadlock == ("A", "B")
    assert stalls["B"].deadlock == ("B", "A")
    assert (
        "deadlock: the consumer of each waits for free capacity in the next: 'A' -> 'B' -> 'A'"
        in str(stalls["A"])
    )
    released.set()
    first.halt()
    second.halt()
    assert first.join(PATIENCE)
    assert second.join(PATIENCE)
    # The first ring that is closed ends one wait; that may make the room that the other waits for.
    assert [type(each) for each in unfinished] in (
        [RingBufferClosedError],
        [RingBufferClosedError] * 2,
    )


def test_a_consumer_that_waits_for_room_in_a_ring_that_goes_on_is_not_a_deadlock(
    held: tuple[Disruptor[Any], Gate],
) -> None:
    """A's handler waits for room in B, whose consumer is slow: that is all."""
    other, gate = held
    first, host = new_disruptor(name="first"), Clock()

    def forward(event: Any, sequence: int, end_of_batch: bool) -> None:
        for _ in range(5):
            other.publish_event(put)

    first.handle_events_with(forward)
    with first:
        first.publish_event(put)
        while not Watched(other).waiting_producers():
            pass
        detector = StallDetector(first, other, after=1, host=host)
        detector.look()
        host.now = 1.0
        assert [stall.deadlock for stall in detector.look()] == [(), ()]
        gate.opened.set()


def test_a_waiter_that_gave_up_does_not_wait() -> None:
    ring: RingBuffer[Any] = RingBuffer(2, dict)
    ring.add_gating_sequences(Sequence())
    ring.producer().publish(ring.producer().next(2) - 1, 1)
    with pytest.raises(ClaimTimeoutError):
        ring.producer().next(timeout=0)
    assert Watched(ring).waiting_producers() == {}


# -- reports --------------------------------------------------------------------------------------


def test_a_stall_is_logged_once_and_again_when_it_is_twice_as_long(
    held: tuple[Disruptor[Any], Gate], caplog: pytest.LogCaptureFixture
) -> None:
    host, told = Clock(), list[Stall]()
    detector = StallDetector(held[0], after=1, on_stall=told.append, host=host)
    for _ in range(10):
        detector.report()
        host.now += 1.0
    assert [stall.seconds for stall in told] == [1.0, 2.0, 4.0, 8.0]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 4


def test_a_detector_that_was_started_reports_by_itself_until_it_is_closed(
    held: tuple[Disruptor[Any], Gate],
) -> None:
    told, reported = list[Stall](), threading.Event()

    def note(stall: Stall) -> None:
        told.append(stall)
        reported.set()

    with StallDetector(held[0], after=0.01, on_stall=note) as detector:
        assert reported.wait(PATIENCE)
        with pytest.raises(RuntimeError, match="was started before"):
            detector.start()
    assert told[0].gating.consumer == "Gate"
    count = len(told)
    detector.close()
    assert len(told) == count


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, MemoryError])
def test_a_report_that_fails_does_not_end_the_detector(
    held: tuple[Disruptor[Any], Gate], error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    calls, twice = list[Stall](), threading.Event()

    def fail(stall: Stall) -> None:
        calls.append(stall)
        if len(calls) == 2:
            twice.set()
        raise error("no pager")

    with StallDetector(held[0], after=0.005, on_stall=fail):
        assert twice.wait(PATIENCE)
    assert "the stall detector failed, and continues" in caplog.text


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="name at least one ring"):
        StallDetector()
    with pytest.raises(TypeError, match="3 cannot be watched"):
        StallDetector(3)
    with pytest.raises(ValueError, match=r"several are called ring: pass Watched\(ring, name\)"):
        StallDetector(RingBuffer(2, dict), RingBuffer(2, dict))
    with pytest.raises(ValueError, match="after must be a positive number"):
        StallDetector(RingBuffer(2, dict), after=0)


# -- stacks ---------------------------------------------------------------------------------------


def test_the_stacks_of_running_threads_are_reported_by_number() -> None:
    gate = Gate()
    with Background(lambda: gate.on_event(None, 0, True)) as background:
        assert gate.entered.wait(PATIENCE)
        number = background._thread.ident
        assert number is not None
        frames = stacks.stacks()[number]
        gate.opened.set()
    assert any("in on_event" in frame for frame in frames)


def test_what_faulthandler_writes_is_read_in_both_forms() -> None:
    text = """Thread 0x00007f2a [worker] (most recent call first):
  File "a.py", line 1 in inner
  File "a.py", line 2 in outer

Current thread 0x0000000b (most recent call first):
  <no Python frame>
"""
    assert stacks.parse(text) == {
        0x7F2A: ('File "a.py", line 1 in inner', 'File "a.py", line 2 in outer'),
        0xB: ("<no Python frame>",),
    }


def test_where_stacks_are_not_safe_to_take_none_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stacks, "_SAFE_SINCE", (99, 0, 0))
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False)
    assert stacks.stacks() == {}
