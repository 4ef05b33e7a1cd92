"""The main loop of a processor: short, followed through few files, quick from the first event."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from ringbuffer import (
    BatchEventProcessor,
    BatchFailed,
    FailureAction,
    RewindBatch,
    TimeoutBlockingWaitStrategy,
)
from ringbuffer.processors import dispatch
from tests.unit.processors.kit import Cell, new_ring, publish_batch

#: Lines of a screen, and of LMAX's loop with its comments.
SCREEN = 50


class Skipping:
    """Decides that later stages skip a failed event, and keeps the error."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    def handle_event_exception(
        self,
        error: Exception,
        sequence: int,
        event: object,
    ) -> FailureAction:
        self.errors.append(error)
        return FailureAction.SKIP

    def handle_on_start_exception(self, error: Exception) -> None:
        self.errors.append(error)

    def handle_on_shutdown_exception(self, error: Exception) -> None:
        self.errors.append(error)


class Handler:
    """Uses every hook; fails on some events, and asks for a replay of some."""

    def __init__(self, halt: Callable[[], None]) -> None:
        self.halt, self.last = halt, -1
        self.replays = [1, 5]

    def set_sequence_callback(self, release: Callable[[int], None]) -> None:
        self.release = release

    def on_batch_start(self, batch_size: int, queue_depth: int) -> None:
        if queue_depth == 1:
            raise ValueError("on_batch_start")

    def on_rewind(self, sequence: int) -> None: ...

    def on_timeout(self, sequence: int) -> None:
        sys.setprofile(None)  # a halt is not a part of the loop
        self.halt()
        raise ValueError("on_timeout")


class EachEvent(Handler):
    def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
        if sequence in self.replays:
            self.replays.remove(sequence)
            raise RewindBatch
        if sequence in (2, 6):
            raise ValueError("on_event")
        self.release(sequence)


class WholeBatches(Handler):
    def on_batch(self, events: list[Cell], first_sequence: int) -> None:
        if first_sequence in self.replays:
            self.replays.remove(first_sequence)
            raise RewindBatch
        if len(events) > 2:
            raise BatchFailed(1) from ValueError("on_batch")
        self.release(first_sequence)


class PauseOnce:
    def pause_before(self, attempt: int) -> float | None:
        return 1e-9 if attempt == 1 else None


@pytest.mark.parametrize("kind", [EachEvent, WholeBatches])
def test_the_main_loop_is_followed_through_five_files(kind: type[Handler]) -> None:
    ring = new_ring(8, strategy=TimeoutBlockingWaitStrategy(0.001))
    handler: Any = kind(lambda: processor.halt())
    processor: BatchEventProcessor[Cell] = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        handler,
        exception_handler=Skipping(),
        rewind=PauseOnce(),
        max_batch_size=4,
    )
    publish_batch(ring, list(range(7)))
    package = Path(dispatch.__file__).parent
    files: set[str] = set()
    loop = BatchEventProcessor._process_events.__code__
    depth = 0

    def watch(frame: FrameType, kind: str, argument: object) -> None:
        nonlocal depth
        depth += (frame.f_code is loop) * {"call": 1, "return": -1}.get(kind, 0)
        file = Path(frame.f_code.co_filename)
        if depth and package in file.parents:
            files.add(file.name)

    sys.setprofile(watch)
    try:
        processor.run()
    finally:
        sys.setprofile(None)
    assert processor.sequence.get() == 6
    # `processor.py`: of the run, the loop asks only whether it is to stop, and pauses.
    assert files == {
        "batch.py",
        "dispatch.py",
        "failure.py",
        "failure_policy.py",
        "processor.py",
    }


def test_the_main_loop_fits_a_screen() -> None:
    lines, _ = inspect.getsourcelines(BatchEventProcessor._process_events)
    assert len(lines) <= SCREEN


def test_the_first_call_of_a_handler_alone_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = new_ring(64)
    checked: list[object] = []
    monkeypatch.setattr(dispatch, "check_has_run", checked.append)

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> int:
        if sequence == 49:
            processor.halt()
        return sequence

    processor = BatchEventProcessor(ring, ring.new_barrier(), handle)
    publish_batch(ring, list(range(40)))
    publish_batch(ring, list(range(10)))
    processor.run()
    assert checked == [0]


def test_a_handler_is_checked_until_it_has_run() -> None:
    ring, skipping = new_ring(8), Skipping()
    calls = 0

    async def coroutine() -> None: ...

    def handle(event: Cell, sequence: int, end_of_batch: bool) -> object:
        nonlocal calls
        calls += 1
        if sequence == 0:
            raise ValueError("first")
        if sequence == 3:
            processor.halt()
        return coroutine() if sequence < 3 else None

    processor = BatchEventProcessor(
        ring,
        ring.new_barrier(),
        handle,
        exception_handler=skipping,
        max_batch_size=1,
    )
    publish_batch(ring, list(range(4)))
    processor.run()
    assert calls == 4
    assert [type(error) for error in skipping.errors] == [ValueError, TypeError, TypeError]
    assert "returned a coroutine" in str(skipping.errors[1])
