"""`queue.Queue` and `ringbuffer.Queue` side by side: the same calls, the same answers."""

import queue
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ringbuffer import Queue
from tests.support.examples import examples

Either = queue.Queue[int] | Queue[int]


class SideBySide(RuleBasedStateMachine):
    """One queue of each kind, of any small bound; no call waits longer than a moment."""

    theirs: queue.Queue[int]
    ours: Queue[int]

    @initialize(maxsize=st.integers(1, 9))
    def make(self, maxsize: int) -> None:
        self.theirs, self.ours = queue.Queue(maxsize), Queue(maxsize, yields=0)
        self.next = 0

    def both(self, call: Callable[[Either], object]) -> None:
        assert outcome(call, self.ours) == outcome(call, self.theirs)

    @rule(block=st.booleans())
    def put(self, block: bool) -> None:
        self.next += 1
        self.both(lambda q: q.put(self.next, block, 0))

    @rule(block=st.booleans())
    def get(self, block: bool) -> None:
        self.both(lambda q: q.get(block, 0))

    @rule()
    def put_nowait(self) -> None:
        self.next += 1
        self.both(lambda q: q.put_nowait(self.next))

    @rule()
    def get_nowait(self) -> None:
        self.both(lambda q: q.get_nowait())

    @rule(count=st.integers(0, 20))
    def put_many(self, count: int) -> None:
        items = list(range(self.next, self.next + count))
        self.next += count
        self.both(lambda q: put_some(q, items))

    @rule(most=st.none() | st.integers(1, 9))
    def get_many(self, most: int | None) -> None:
        self.both(lambda q: get_some(q, most))

    @rule()
    def task_done(self) -> None:
        self.both(lambda q: q.task_done())

    @rule(maxsize=st.integers(1, 9))
    def resize(self, maxsize: int) -> None:
        if maxsize <= len(self.ours._ring.slots):
            self.theirs.maxsize = self.ours.maxsize = maxsize

    @rule(immediate=st.booleans(), sure=st.integers(0, 5))
    def shutdown(self, immediate: bool, sure: int) -> None:
        if sure == 0:
            self.both(lambda q: q.shutdown(immediate))

    @rule()
    def join(self) -> None:
        if self.theirs.unfinished_tasks == 0:
            self.both(lambda q: q.join())

    @invariant()
    def they_show_the_same(self) -> None:
        if hasattr(self, "ours"):
            self.both(
                lambda q: (
                    q.qsize(),
                    q.empty(),
                    q.full(),
                    q.maxsize,
                    q.unfinished_tasks,
                    q.is_shutdown,
                )
            )


def outcome(call: Callable[[Either], object], which: Either) -> object:
    """What it returns, or the class of what it raises: that of the standard library."""
    try:
        return call(which)
    except (queue.Full, queue.Empty, queue.ShutDown, ValueError) as error:
        return next(
            kind
            for kind in (queue.Full, queue.Empty, queue.ShutDown, ValueError)
            if isinstance(error, kind)
        )


def put_some(which: Either, items: list[int]) -> object:
    """As `put_many`; one by one for the standard library's queue.

    Without items it does nothing, and does not detect a shutdown.
    """
    if isinstance(which, Queue):
        try:
            return which.put_many(items, timeout=0)
        except (queue.Full, queue.ShutDown) as caught:
            error: Any = caught
            assert list(error.unpublished) == items[error.published :]
            return error.published, isinstance(error, queue.Full)
    for number, item in enumerate(items):
        try:
            which.put_nowait(item)
        except (queue.Full, queue.ShutDown) as refused:
            return number, isinstance(refused, queue.Full)
    return len(items)


def get_some(which: Either, most: int | None) -> list[int]:
    if isinstance(which, Queue):
        return which.get_many(most, timeout=0)
    taken = [which.get_nowait()]
    while len(taken) != most and not which.empty():
        taken.append(which.get_nowait())
    return taken


SideBySide.TestCase.settings = settings(
    max_examples=examples(15, 60), stateful_step_count=40, deadline=None
)
TestSideBySide = SideBySide.TestCase
