"""`AsyncQueue`: each coroutine, interrupted in the library's code, and cancelled where it waits.

What an interrupt does to asyncio itself is not tried: `asyncio.run` turns Ctrl-C into a
cancellation.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import AsyncQueue
from ringbuffer.host import Host
from tests.interrupts.call import Call, require
from tests.interrupts.loop_ends import end

SIZE = 4


@dataclass(slots=True)
class Subject:
    """A queue, what was in it, and what the call got."""

    queue: AsyncQueue[int]
    before: list[int]
    got: list[int] = field(default_factory=list)


def subject(before: int) -> Callable[[Host], Subject]:
    def make(host: Host) -> Subject:
        made = Subject(AsyncQueue[int](SIZE, host=host), list(range(before)))
        if before:
            made.queue.sync.put_many(made.before)
        return made

    return make


def in_loop(call: Callable[[Subject], Awaitable[object]]) -> Callable[[Subject], None]:
    """The call in a loop of its own, as a task that waits beside it sees it."""

    def run(made: Subject) -> None:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda loop, context: None)  # tasks that end by the interrupt
        try:
            loop.run_until_complete(within(made, call))
        finally:
            end(loop)

    return run


async def within(made: Subject, call: Callable[[Subject], Awaitable[object]]) -> None:
    await call(made)


def other_way(
    call: Callable[[Subject], Awaitable[object]], ends: Callable[[Subject], object]
) -> Callable[[Subject], None]:
    """The call waits; then `ends`, called by the loop, ends the wait."""

    async def both(made: Subject) -> None:
        task = asyncio.ensure_future(call(made))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        ends(made)
        await task

    return in_loop(both)


def cancelled(
    call: Callable[[Subject], Awaitable[object]], turns: int
) -> Callable[[Subject], None]:
    """The call is cancelled after so many turns of the loop."""

    async def cancel(made: Subject) -> None:
        task = asyncio.ensure_future(call(made))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return in_loop(cancel)


def drained(made: Subject) -> list[int]:
    """What is in it; and that nothing is held: items go in and come out."""
    queue = made.queue.sync
    left = queue.get_many(timeout=0) if queue.qsize() else []
    for number in range(2 * SIZE):
        queue.put(number, timeout=5)
        require(queue.get(timeout=5) == number, "items come out in order")
    return left


def puts(*items: int) -> Callable[[Subject, bool | None], None]:
    def check(made: Subject, happened: bool | None) -> None:
        left = drained(made)
        prefixes = [made.before + list(items[:count]) for count in range(len(items) + 1)]
        require(
            left in (prefixes[-1:] if happened else prefixes), f"{left} is not one of {prefixes}"
        )

    return check


def some_left(made: Subject, happened: bool | None) -> None:
    """What was taken is gone, the rest is there in order; an item that was put meanwhile too."""
    left = drained(made)
    everything = [*made.before, 7] if not made.before else made.before
    require(
        everything[len(everything) - len(left) :] == left, f"{left} is not the end of {everything}"
    )
    require(
        not happened or made.got + left == everything, f"{made.got} and {left} are not {everything}"
    )


def nothing_done(made: Subject, happened: bool | None) -> None:
    """A call that waited without success, and was cancelled, has put and taken nothing."""
    require(drained(made) == made.before, "nothing has changed")


async def get(made: Subject) -> None:
    made.got.append(await made.queue.get())


async def get_many(made: Subject) -> None:
    made.got += await made.queue.get_many()


async def put(made: Subject) -> None:
    await made.queue.put(9)


def make_room(made: Subject) -> None:
    del made.before[0]  # first: an interrupted get may have taken it
    made.queue.get_nowait()


def put_after_room(made: Subject, happened: bool | None) -> None:
    """The item is there once, or not at all; the item before it was taken, or is still there."""
    left = [item for item in drained(made) if item != 0]
    require(
        left
        in (
            [[*made.before, 9]] if happened else [made.before, [*made.before, 9], [*range(1, SIZE)]]
        ),
        f"{left}",
    )


CALLS: list[Call[Any]] = [
    Call("AsyncQueue: put", subject(1), in_loop(put), puts(9), at_random=False),
    Call(
        "AsyncQueue: put_many",
        subject(1),
        in_loop(lambda made: made.queue.put_many([7, 8, 9])),
        puts(7, 8, 9),
        at_random=False,
    ),
    Call(
        "AsyncQueue: put, waiting",
        subject(SIZE),
        other_way(put, make_room),
        put_after_room,
        at_random=False,
    ),
    Call("AsyncQueue: get", subject(3), in_loop(get), some_left, at_random=False),
    Call("AsyncQueue: get_many", subject(3), in_loop(get_many), some_left, at_random=False),
    Call(
        "AsyncQueue: get, waiting",
        subject(0),
        other_way(get, lambda made: made.queue.put_nowait(7)),
        some_left,
        at_random=False,
    ),
    Call(
        "AsyncQueue: get, cancelled at once",
        subject(0),
        cancelled(get, 1),
        nothing_done,
        at_random=False,
    ),
    Call(
        "AsyncQueue: get, cancelled in its wait",
        subject(0),
        cancelled(get, 3),
        nothing_done,
        at_random=False,
    ),
    Call(
        "AsyncQueue: put, cancelled in its wait",
        subject(SIZE),
        cancelled(put, 3),
        nothing_done,
        at_random=False,
    ),
]
