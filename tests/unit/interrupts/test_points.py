"""The points that are found are those at which signals come: real ones, of an interval timer."""

import functools
import signal
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FrameType

import pytest

from tests.interrupts import watched
from tests.interrupts.call import Call
from tests.interrupts.exhaustive import explore
from tests.interrupts.points import Points

LOCK = threading.Lock()
ITEMS = [3, 1, 2]
LARGE = 1 << 70


class Thing:
    """With a property, which is a Python function, and a place for an attribute."""

    def __init__(self) -> None:
        self.place = 0

    @property
    def value(self) -> int:
        return self.place

    def add(self, *numbers: int) -> None:
        self.place += len(numbers)


def numbers() -> Iterator[int]:
    yield 1
    yield 2


def double(number: int) -> int:
    return number + number


def sample() -> int:
    """Of everything that the library's code is made of."""
    thing = Thing()
    with LOCK:
        thing.place = 1
    total = thing.value
    for number in ITEMS:
        total += number
    for number in numbers():
        total += number
    while total > 5:
        total -= 1
    try:
        raise ValueError
    except ValueError:
        total += len(ITEMS)
    total += max(ITEMS, key=lambda item: -item)
    thing.add(*ITEMS)
    total += double(*(1,))
    text = f"{total}, {ITEMS!r}, {total:3d}"
    text += "%r" % total  # noqa: UP031 - an operation that makes text
    total += LARGE * len(text) // LARGE
    return functools.partial(abs, total)()


#: All of the code that is looked at.
CODES = {
    each.__code__.co_qualname: each.__code__
    for each in (
        sample,
        numbers,
        double,
        Thing.__init__,
        Thing.value.fget,  # type: ignore[attr-defined]
        Thing.add,
    )
} | {each.co_qualname: each for each in sample.__code__.co_consts if isinstance(each, CodeType)}


def found_points(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """Where the tool finds points, by function and instruction."""
    monkeypatch.setattr(watched, "is_watched", lambda code: code in CODES.values())
    with Points() as points:
        points.begin(None, keeps=True)
        sample()
        points.end()
    return {(point.code.co_qualname, point.offset) for point in points.met}


def test_signals_come_at_the_points_that_are_found_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = found_points(monkeypatch)
    assert len(expected) > 12
    seen: set[tuple[str, int]] = set()

    def handle(number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code in CODES.values():
            seen.add((frame.f_code.co_qualname, frame.f_lasti))

    before = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.00007)
        for _ in range(20_000_000):  # it takes about 20,000
            sample()
            if seen >= expected:
                break
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen == expected


def test_what_is_raised_at_a_point_appears_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "is_watched", lambda code: code in CODES.values())
    with Points() as points:
        points.begin(None)
        sample()
        total = points.count
        for at in range(total):
            points.begin(at)
            with pytest.raises(KeyboardInterrupt) as caught:
                sample()
            points.end()
            assert points.raised is not None
            trace = caught.value.__traceback__
            while (
                trace is not None
                and trace.tb_next is not None
                and trace.tb_next.tb_frame.f_code in CODES.values()
            ):
                trace = trace.tb_next
            assert trace is not None
            assert (trace.tb_frame.f_code, trace.tb_lasti) == (
                points.raised.code,
                points.raised.offset,
            )
        points.begin(total)
        sample()
        points.end()
        assert points.raised is None


def test_other_threads_are_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "is_watched", lambda code: code in CODES.values())
    with Points() as points:
        points.begin(0)
        results: list[int] = []
        thread = threading.Thread(target=lambda: results.append(sample()))
        thread.start()
        thread.join()
        points.end()
        assert results == [sample()]


class Broken:
    """A list with a lock that it uses wrongly: it may lose an item, and keep the lock."""

    def __init__(self) -> None:
        self.lock, self.items = threading.Lock(), [1]

    def pop_carelessly(self) -> int:
        self.lock.acquire()
        item = self.items.pop()
        self.lock.release()
        return item

    def pop(self) -> int:
        with self.lock:
            item = self.items[-1]
            del self.items[-1]
        return item


def is_free(made: Broken, happened: bool | None) -> None:
    with made.lock:
        assert happened is None or made.items == []


@pytest.mark.parametrize(("call", "wedged"), [(Broken.pop, 0), (Broken.pop_carelessly, 2)])
def test_a_lock_that_an_interrupt_leaves_held_is_found(
    call: Callable[[Broken], int], wedged: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        watched,
        "is_watched",
        lambda code: code in (Broken.pop.__code__, Broken.pop_carelessly.__code__),
    )
    result = explore(Call("broken", lambda host: Broken(), call, is_free, limit=0.5))
    assert result.wedged == wedged
    assert result.points == (5 if wedged else 2)
