"""CPython looks for signals at calls of methods and within instructions; the tool finds each place.

In each example a signal arrives at a known moment, so that the next look for signals is the one in
question. `+now` makes it arrive: there is no look in the operation itself.
"""

import dis
import functools
import signal
import threading
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import pytest

from ringbuffer.host import SYSTEM_HOST
from tests.interrupts import watched
from tests.interrupts.call import Call
from tests.interrupts.exhaustive import explore
from tests.interrupts.points import Points
from tests.support.interrupts import without_look

NUMBER, LARGE, NOTHING = 7, 1 << 70, ()
HELD = threading.Lock()
HELD.acquire()
#: Seconds. A wait ends by the signal, or a little later without one.
SOON, LATER = 0.005, 0.3


class Interrupted(BaseException):
    """Raised by the signal handler."""


class Thing:
    """Has methods, and counts how often its text was made."""

    def __init__(self) -> None:
        self.texts = 0

    def __repr__(self) -> str:
        self.texts += 1
        return "a thing"

    def take(self, now: Any) -> None:
        _ = +now

    def generate(self, *numbers: int) -> Iterator[int]:
        yield from numbers


THING = Thing()


def plain_function(now: Any) -> None:
    _ = +now


def calls_a_method_with_arguments(now: Any) -> None:
    THING.take(*(now,))


def calls_a_method_with_options(now: Any) -> None:
    options = {"now": now}
    THING.take(**options)


def makes_a_generator(now: Any) -> None:
    _ = +now
    THING.generate(*NOTHING)


def makes_text_of_an_object(now: Any) -> str:
    _ = +now
    return f"{THING!r}"


def makes_text_of_a_number(now: Any) -> str:
    _ = +now
    return f"{NUMBER}"


def makes_text_of_a_certain_width(now: Any) -> str:
    _ = +now
    return f"{NUMBER:3d}"


def makes_text_by_an_operation(now: Any) -> str:
    text = "%s"
    _ = +now
    return text % NUMBER


def multiplies_large_numbers(now: Any) -> int:
    _ = +now
    return LARGE * NUMBER


def asks_for_text(now: Any) -> str:
    _ = +now
    return repr(THING)


def changes_to_text(now: Any) -> str:
    _ = +now
    return str(THING)


def calls_another_module(now: Any) -> None:
    _ = +now
    another_module()


def another_module() -> None:
    """Not watched."""


def sleeps(now: Any) -> None:
    _ = +now
    SYSTEM_HOST.sleep(LATER)


def waits_for_a_lock(now: Any) -> None:
    _ = +now
    HELD.acquire(timeout=LATER)


#: What interrupts it: a signal that has come already, or one that comes a moment later.
TRIP = functools.partial(interrupt_main, signal.SIGALRM)
ARM = functools.partial(signal.setitimer, signal.ITIMER_REAL, SOON)

EXAMPLES = [
    (calls_a_method_with_arguments, "method", TRIP),
    (calls_a_method_with_options, "method", TRIP),
    (makes_a_generator, "method", TRIP),
    (makes_text_of_an_object, "text", TRIP),
    (makes_text_of_a_number, "text", TRIP),
    (makes_text_of_a_certain_width, "text", TRIP),
    (makes_text_by_an_operation, "text", TRIP),
    (multiplies_large_numbers, "text", TRIP),
    (asks_for_text, "inside", TRIP),
    (changes_to_text, "inside", TRIP),
    (calls_another_module, "other", TRIP),
    (sleeps, "inside", ARM),
    (waits_for_a_lock, "inside", ARM),
]


def where_a_signal_comes(
    example: Callable[[Any], object], action: Callable[[], object]
) -> tuple[CodeType, int]:
    """Where CPython runs the handler of a real signal, which raises there."""
    came: list[tuple[CodeType, int]] = []

    def handle(number: int, frame: FrameType | None) -> None:
        assert frame is not None
        came.append((frame.f_code, frame.f_lasti))
        raise Interrupted

    before = signal.signal(signal.SIGALRM, handle)
    try:
        with pytest.raises(Interrupted):
            example(without_look(action))
    finally:
        signal.signal(signal.SIGALRM, before)
    return came[0]


@pytest.fixture(autouse=True)
def only_the_examples_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {each.__code__ for each, _, _ in EXAMPLES} | {
        calls_a_function_with_arguments.__code__,
        Careless.put.__code__,
        Careful.put.__code__,
        Thing.take.__code__,
        Thing.generate.__code__,
    }
    monkeypatch.setattr(watched, "is_watched", lambda code: code in codes)


@pytest.mark.parametrize(
    ("example", "kind", "action"), EXAMPLES, ids=lambda each: getattr(each, "__name__", str(each))
)
def test_a_signal_comes_where_the_tool_finds_a_point(
    example: Callable[[Any], object], kind: str, action: Callable[[], object]
) -> None:
    came = where_a_signal_comes(example, action)
    with Points(Interrupted, kinds={kind}) as points:
        points.begin(None, keeps=True)
        example(0)
        points.end()
        assert (points.met[0].code, points.met[0].offset) == came
        points.begin(0)
        with pytest.raises(Interrupted) as caught:
            example(0)
        points.end()
    assert came in _entries(caught.value)


def _entries(error: BaseException) -> Iterator[tuple[CodeType, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code, trace.tb_lasti
        trace = trace.tb_next


def calls_a_function_with_arguments(now: Any) -> None:
    plain_function(*(now,))
    len(NOTHING)


def test_the_return_of_a_plain_function_has_no_look_for_signals() -> None:
    code, offset = where_a_signal_comes(calls_a_function_with_arguments, TRIP)
    instructions = {each.offset: each.opname for each in dis.get_instructions(code)}
    assert (code, instructions[offset]) == (calls_a_function_with_arguments.__code__, "CALL")
    with Points(kinds={"method"}) as points:
        points.begin(None)
        calls_a_function_with_arguments(0)
        points.end()
        assert points.count == 0


@pytest.mark.parametrize("example", [makes_text_of_an_object, asks_for_text, changes_to_text])
def test_the_look_comes_before_the_text_is_made(example: Callable[[Any], object]) -> None:
    texts = THING.texts
    where_a_signal_comes(example, TRIP)
    assert THING.texts == texts


class Careful:
    """Notes that it has put something in the step in which it puts it."""

    def __init__(self) -> None:
        self.items: tuple[int, ...] = ()
        self.count = 0

    def _store(self, *items: int) -> None:
        self.items += items
        self.count += 1

    def put(self) -> None:
        self._store(*(1,))


class Careless(Careful):
    """Notes it afterwards, when an interrupt may have come."""

    def _store(self, *items: int) -> None:
        self.items += items

    def put(self) -> None:
        self._store(*(1,))
        self.count += 1


def is_counted(made: Careful, happened: bool | None) -> None:
    assert len(made.items) == made.count


@pytest.mark.parametrize(("kind", "findings"), [(Careful, 0), (Careless, 1)])
def test_work_between_the_return_of_a_method_and_its_note_is_found(
    kind: type[Careful], findings: int
) -> None:
    call: Call[Careful] = Call("put", lambda host: kind(), lambda made: made.put(), is_counted)
    result = explore(call, kinds=("method",))
    assert (result.points, result.tried, len(result.findings)) == (1, 1, findings)
