"""A signal handler shuts a queue down in the middle of a call of its own thread, at each point."""

import contextlib
import queue
import threading
from collections.abc import Callable

import pytest

from ringbuffer import Queue
from tests.support.handler import HandlerPoints
from tests.support.threads import PATIENCE

#: More points than any of these calls has.
MOST = 2_000

CALLS: dict[str, Callable[[Queue[int]], object]] = {
    "put": lambda made: made.put(2),
    "put_many": lambda made: made.put_many([2, 3]),
    "get": lambda made: made.get(),
    "get_many": lambda made: made.get_many(),
    "qsize": lambda made: made.qsize(),
    "task_done": lambda made: made.task_done(),
    "shutdown": lambda made: made.shutdown(),
}


def put_until_shut_down(made: Queue[int]) -> None:
    """Terminates because the shutdown comes, and items are taken until then."""
    with contextlib.suppress(queue.ShutDown):
        while True:
            made.put(0)
            made.get()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("immediate", [False, True], ids=["at the end", "at once"])
@pytest.mark.parametrize("name", CALLS)
def test_a_handler_shuts_a_queue_down_in_the_middle_of_a_call(name: str, immediate: bool) -> None:
    points = 0
    with HandlerPoints() as watched:
        for number in range(MOST):
            made: Queue[int] = Queue(4)
            made.put(1)

            def call(made: Queue[int] = made) -> None:
                try:
                    CALLS[name](made)
                except (queue.ShutDown, ValueError):  # what was dropped counts as done already
                    return

            came = watched.watch(call, number, lambda made=made: made.shutdown(immediate))  # type: ignore[misc]
            if not came:
                break
            points += 1
            ended = threading.Thread(target=put_until_shut_down, args=(made,))
            ended.start()
            ended.join(PATIENCE)
            assert not ended.is_alive(), (
                f"point {number}: the queue is not shut down, or a lock is held"
            )
            assert made.is_shutdown
    assert points >= 1, "the call has watched"


def test_a_handler_shuts_a_queue_down_that_its_thread_waits_at() -> None:
    made: Queue[int] = Queue(4)
    with HandlerPoints() as watched, pytest.raises(queue.ShutDown):
        watched.watch(made.get, 12, made.shutdown)
    assert watched.was_run
