"""Interrupts at random moments: of an interval timer, and of `PyThreadState_SetAsyncExc`."""

import ctypes
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

from ringbuffer.host import SYSTEM_HOST
from tests.interrupts.call import Call
from tests.interrupts.hosts import actions_are_over
from tests.interrupts.limits import Wedged, within

_raise_in: Final = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = [ctypes.c_ulong, ctypes.py_object]


class Interrupt(BaseException):
    """In place of `KeyboardInterrupt`, which the person who runs this may send too."""


@dataclass(slots=True)
class Result:
    """What became of one call under random interrupts.

    Attributes:
        interrupts: how many came.
        hits: how many of them came out of the call, and not before it or after it.
    """

    name: str
    interrupts: int = 0
    hits: int = 0
    wedged: int = 0
    findings: list[str] = field(default_factory=list)


class Round:
    """A few subjects, and a call on each in turn; remembers at which one the interrupt came."""

    def __init__(self, call: Call[Any]) -> None:
        self.call = call
        self.subjects = [call.make(SYSTEM_HOST) for _ in range(call.batch)]
        self.current: Any = None
        self.happened: bool | None = True

    def run(self) -> None:
        for subject in self.subjects:
            self.current, self.happened = subject, None
            self.call.call(subject)
            self.happened = True

    def finish(self) -> None:
        """In the interrupted thread, afterwards. What other threads do for it is over then."""
        actions_are_over()
        if self.current is not None and self.call.then is not None:
            self.call.then(self.current)

    def check(self) -> None:
        """Check the subject at which the interrupt came, and end the threads of all subjects."""
        if self.current is not None:
            self.call.check(self.current, self.happened)
        for subject in self.subjects:
            if (abandon := getattr(subject, "abandon", None)) is not None:
                abandon()


def by_timer(
    call: Call[Any], times: int, chance: random.Random, tell: Callable[[str], object] = print
) -> Result:
    """Interrupt the main thread by `SIGALRM`, `times` times."""
    assert threading.current_thread() is threading.main_thread(), (
        "signals are handled in the main thread"
    )
    result = Result(f"{call.name}: timer")
    longest = _duration(call)
    armed = [False]

    def handle(number: int, frame: FrameType | None) -> None:
        if armed[0]:
            armed[0] = False
            raise Interrupt

    before = signal.signal(signal.SIGALRM, handle)
    try:
        for number in range(times):
            if result.findings:
                break
            round_ = Round(call)
            with _watchdog(call), _ignored_interrupts(lambda: None):
                try:
                    armed[0] = True
                    signal.setitimer(signal.ITIMER_REAL, max(1e-6, chance.uniform(0, longest)))
                    round_.run()
                    while True:  # see `ringbuffer.system`: the jump back belongs to the block
                        if not armed[0]:
                            break
                        signal.sigtimedwait([], 0.01)
                except Interrupt:
                    result.interrupts += 1
                finally:
                    armed[0] = False
                    signal.setitimer(signal.ITIMER_REAL, 0)
            _account(round_, result)
            tell(f"{result.name}: {number + 1} of {times}")
    finally:
        signal.signal(signal.SIGALRM, before)
    return result


def by_exception(
    call: Call[Any], times: int, chance: random.Random, tell: Callable[[str], object] = print
) -> Result:
    """Interrupt a thread by `PyThreadState_SetAsyncExc`, `times` times."""
    result = Result(f"{call.name}: async exception")
    longest = _duration(call)
    for number in range(times):
        if result.findings:
            break
        round_ = Round(call)
        ready, over, done = threading.Event(), threading.Event(), threading.Event()

        def work(
            round_: Round = round_,
            ready: threading.Event = ready,
            over: threading.Event = over,
            done: threading.Event = done,
        ) -> None:
            try:
                ready.set()
                round_.run()
                while True:  # the exception comes here at the latest
                    if over.is_set():
                        break
                    os.sched_yield()
            except Interrupt:
                pass
            round_.finish()
            done.set()

        thread = threading.Thread(target=work, name=call.name, daemon=True)
        thread.start()
        ready.wait()
        deadline = time.perf_counter() + chance.uniform(0, longest)
        while time.perf_counter() < deadline and thread.is_alive():
            pass
        assert thread.ident is not None
        # A finaliser cannot be ended by an exception: it is ignored there
        with _ignored_interrupts(over.set):
            _raise_in(thread.ident, Interrupt)
            is_done = done.wait(call.limit)
        if not is_done:
            result.wedged += 1
            frame = sys._current_frames().get(thread.ident)
            where = (
                "".join(traceback.format_stack(frame)[-6:])
                if frame is not None
                else "(its thread has ended)"
            )
            result.findings.append(f"the call did not end within {call.limit} s:\n{where}")
            break
        over.set()
        thread.join()
        result.interrupts += 1
        _account(round_, result, finished=True)
        tell(f"{result.name}: {number + 1} of {times}")
    return result


def _account(round_: Round, result: Result, finished: bool = False) -> None:
    result.hits += round_.happened is None and round_.current is not None
    try:
        if not finished:
            round_.finish()
        within(round_.call.limit, f"{round_.call.name}: check", round_.check)
    except Wedged as error:
        result.wedged += 1
        result.findings.append(str(error))
    except BaseException as error:
        result.findings.append(f"{type(error).__name__}: {error}")


def _duration(call: Call[Any]) -> float:
    """How long a round takes, about."""
    times: list[float] = []
    for _ in range(3):
        round_ = Round(call)

        def run(round_: Round = round_) -> None:
            start = time.perf_counter()
            round_.run()
            times.append(time.perf_counter() - start)
            round_.finish()

        within(call.limit, call.name, run)
        within(call.limit, f"{call.name}: check", round_.check)
    return sorted(times)[1] * 1.2


@contextmanager
def _ignored_interrupts(then: Callable[[], object]) -> Iterator[None]:
    """Call `then` if the interrupt comes in a finaliser, or in a callback of a weak reference."""
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, Interrupt):
            then()
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def _watchdog(call: Call[Any]) -> Iterator[None]:
    """End the process if the block takes too long, and print the stack of the main thread.

    Nothing else can end it.
    """
    over = threading.Event()
    main = threading.main_thread().ident

    def watch() -> None:
        if not over.wait(call.limit):
            frame = sys._current_frames().get(main or 0)
            print(
                f"\n{call.name} is wedged after a signal:\n"
                f"{''.join(traceback.format_stack(frame)[-8:])}",
                flush=True,
            )
            os._exit(1)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
