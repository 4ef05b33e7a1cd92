"""`Queue`: each way to put, take, wait and end."""

import contextlib
import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import Queue
from ringbuffer.host import Host
from tests.interrupts.call import Call, require
from tests.interrupts.hosts import until, when_asleep
from tests.support.threads import Background

SIZE = 4


@dataclass(slots=True)
class Subject:
    """A queue, and the items that were in it or are to be put."""

    queue: Queue[int]
    before: list[int]
    put: list[int] = field(default_factory=list)
    got: list[int] = field(default_factory=list)


def subject(
    before: int, action: Callable[[Queue[int]], object] | None = None
) -> Callable[[Host], Subject]:
    """A queue of `SIZE` with so many items; another thread does `action` when the call sleeps."""

    def make(host: Host) -> Subject:
        made: Queue[int] = Queue(SIZE, yields=0, host=host)
        items = list(range(before))
        if items:
            made.put_many(items)
        if action is not None:
            when_asleep(host, lambda: action(made))
        return Subject(made, items)

    return make


def drained(made: Queue[int]) -> list[int]:
    """What is in it; and that nothing is held: items go in and come out."""
    left = made.get_many(timeout=0) if made.qsize() else []
    require(all(isinstance(each, int) for each in left), f"a hole: {left}")
    for number in range(2 * SIZE):
        made.put(number, timeout=5)
        require(made.get(timeout=5) == number, "items come out in order")
    made.put_many(range(SIZE))
    require(made.full(), "as many items as it takes")
    require(made.get_many() == list(range(SIZE)), "all of them come out")
    return left


def puts(*items: int) -> Callable[[Subject, bool | None], None]:
    """What was put is there once, after the earlier items, or not at all; of many, a prefix."""

    def check(made: Subject, happened: bool | None) -> None:
        left = drained(made.queue)
        prefixes = [made.before + list(items[:count]) for count in range(len(items) + 1)]
        expected = [made.before + list(items)] if happened else prefixes
        require(left in expected, f"{left} is not one of {expected}")

    return check


def takes(made: Subject, happened: bool | None) -> None:
    """What was not taken is there in order; what was taken came first."""
    left = drained(made.queue)
    gone = made.before[: len(made.before) - len(left)]
    require(made.before == gone + left, f"{left} is not the end of {made.before}")
    require(not happened or gone == made.got, f"{gone} are gone, but {made.got} were returned")
    require(len(gone) <= 1 or happened or not made.got, "an interrupted call has taken one step")


def get(made: Subject, **arguments: Any) -> None:
    made.got.append(made.queue.get(**arguments))


def get_many(made: Subject) -> None:
    made.got += made.queue.get_many()


def waited_get(made: Subject) -> None:
    made.got.append(made.queue.get())


def after_waiting_get(made: Subject, happened: bool | None) -> None:
    """The item that was put while it slept was taken once, or is there."""
    left: list[int] = []
    if not made.got:
        try:
            left = [made.queue.get(timeout=0.2)]
        except queue.Empty:
            require(happened is None, "nothing was taken and nothing is there")
    require(left in ([7], []), f"{left} was never put")
    require(made.got + left in ([7], []), "it is there once")
    require(drained(made.queue) == [], "nothing else is there")


def join_subject(host: Host) -> Subject:
    made = subject(2)(host)
    made.queue.get_many()
    when_asleep(host, lambda: made.queue.task_done(2))
    return made


def joined(made: Subject, happened: bool | None) -> None:
    unfinished = made.queue.unfinished_tasks
    require(not happened or unfinished == 0, "join returned too early")
    if unfinished:
        with contextlib.suppress(ValueError):  # the other thread has come first
            made.queue.task_done(unfinished)
    made.queue.join()
    require(drained(made.queue) == [], "nothing is left")


def done_subject(host: Host) -> Subject:
    made = subject(2)(host)
    made.queue.get_many()
    return made


def done(made: Subject, happened: bool | None) -> None:
    unfinished = made.queue.unfinished_tasks
    require(
        unfinished == 0 if happened else unfinished in (0, 2), f"{unfinished} tasks are unfinished"
    )
    if unfinished:
        made.queue.task_done(unfinished)
    made.queue.join()
    require(drained(made.queue) == [], "nothing is left")


def shut(made: Subject, happened: bool | None) -> None:
    """Shut down, all of it, or not at all."""
    if happened or not made.queue.is_shutdown:
        require(not happened or made.queue.is_shutdown, "it is shut down")
        made.queue.shutdown()
    for call in (made.queue.put_nowait, lambda item: made.queue.put(item, timeout=5)):
        try:
            call(1)
        except queue.ShutDown:
            continue
        raise AssertionError("an item was put into a queue that is shut down")
    left = made.queue.get_many(timeout=0) if made.queue.qsize() else []
    require(left == made.before, f"{left} are not {made.before}")
    try:
        made.queue.get(timeout=5)
    except queue.ShutDown:
        return
    raise AssertionError("a get does not end")


def shut_at_once(made: Subject, happened: bool | None) -> None:
    if not made.queue.is_shutdown:
        require(happened is None, "it is shut down")
        made.queue.shutdown(immediate=True)
    require(made.queue.qsize() == 0, "everything is dropped")
    made.queue.join()


def takes_many(made: Subject, happened: bool | None) -> None:
    """One slice: all of them, or none."""
    left = drained(made.queue)
    require(left in ([], made.before), f"{left} is neither nothing nor {made.before}")
    require(not happened or (left == [] and made.got == made.before), f"{made.got} were returned")


def after_waiting_put(made: Subject, happened: bool | None) -> None:
    """The item is there once, or not at all; the other thread may have taken the first."""
    left = made.queue.get_many(timeout=5)
    if left and left[0] == made.before[0]:  # the other thread comes later
        left = left[1:] if not happened else left
    rest = made.before[1:]
    expected = [[*rest, 9]] if happened else [rest, [*rest, 9]]
    require(left in expected, f"{left} is not one of {expected}")
    drained(made.queue)


@dataclass(slots=True)
class Taken:
    """A queue, a thread that waits for an item of it, and what that has got."""

    queue: Queue[int]
    thread: Background


def with_a_taker(host: Host) -> Taken:
    """Another thread sleeps until an item comes."""
    made: Queue[int] = Queue(SIZE, yields=0, host=host)
    thread = Background(made.get).start()
    until(lambda: len(made._ring.putting.waiting) == 1, "the other thread waits")
    return Taken(made, thread)


def is_taken(made: Taken, happened: bool | None) -> None:
    """What was put is what the other thread gets; or else it waits on, and gets the next."""
    made.queue.put(8)
    got = made.thread.join()
    require(got == 9 if happened else got in (8, 9), f"the other thread has got {got}")
    require(drained(made.queue) == ([8] if got == 9 else []), "nothing else is there")


def shuts_with_a_taker(made: Taken, happened: bool | None) -> None:
    if not made.queue.is_shutdown:
        require(happened is None, "it is shut down")
        made.queue.shutdown()
    try:
        made.thread.join()
    except queue.ShutDown:
        return
    raise AssertionError("the other thread got something")


CALLS: list[Call[Any]] = [
    Call("Queue: put", subject(1), lambda made: made.queue.put(9), puts(9), batch=64),
    Call(
        "Queue: put with a timeout",
        subject(1),
        lambda made: made.queue.put(9, timeout=5),
        puts(9),
        batch=64,
    ),
    Call("Queue: put_nowait", subject(1), lambda made: made.queue.put_nowait(9), puts(9), batch=64),
    Call(
        "Queue: put, waiting",
        subject(SIZE, Queue.get_nowait),
        lambda made: made.queue.put(9),
        after_waiting_put,
    ),
    Call(
        "Queue: put, another waits", with_a_taker, lambda made: made.queue.put(9), is_taken, batch=4
    ),
    Call(
        "Queue: put_many",
        subject(1),
        lambda made: made.queue.put_many([7, 8, 9]),
        puts(7, 8, 9),
        batch=64,
    ),
    Call(
        "Queue: put_many, another waits",
        with_a_taker,
        lambda made: made.queue.put_many([9]),
        is_taken,
        batch=4,
    ),
    Call("Queue: get", subject(3), get, takes, batch=64),
    Call(
        "Queue: get with a timeout", subject(3), lambda made: get(made, timeout=5), takes, batch=64
    ),
    Call("Queue: get_nowait", subject(3), lambda made: get(made, block=False), takes, batch=64),
    Call(
        "Queue: get, waiting", subject(0, lambda made: made.put(7)), waited_get, after_waiting_get
    ),
    Call("Queue: get_many", subject(3), get_many, takes_many, batch=64),
    Call("Queue: task_done", done_subject, lambda made: made.queue.task_done(2), done, batch=64),
    Call("Queue: join, waiting", join_subject, lambda made: made.queue.join(), joined),
    Call("Queue: shutdown", subject(2), lambda made: made.queue.shutdown(), shut, batch=32),
    Call(
        "Queue: shutdown at once",
        subject(2),
        lambda made: made.queue.shutdown(immediate=True),
        shut_at_once,
        batch=32,
    ),
    Call(
        "Queue: shutdown, another waits",
        with_a_taker,
        lambda made: made.queue.shutdown(),
        shuts_with_a_taker,
        batch=4,
    ),
]
