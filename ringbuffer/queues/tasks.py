"""`Tasks`: what was put and is not done yet, for `task_done` and `join`, at no cost to put and get."""

from typing import Final

from ringbuffer.host import Host, Lock
from ringbuffer.memory import Memory, Word
from ringbuffer.queues.waiters import Waiter, Waiters


class Tasks:
    """Counts what is done; what was put is the sequence of the last item put. Any thread.

    Unfinished is what was put less what is done. Who finishes the last task finds both equal and wakes those who wait for that.
    It may find fewer put than there are; then another task is unfinished, and whoever finishes that one finds out.
    """

    __slots__ = ("_done", "_published", "waiters")

    def __init__(self, published: Word, memory: Memory, host: Host) -> None:
        lock: Lock = host.lock()
        self.waiters: Final = Waiters(lock)
        self._published: Final = published  # loaded with the lock held
        self._done: Final = memory.cell(0).view().word  # loaded and stored with the lock held

    @property
    def unfinished(self) -> int:
        """How many items were put and are not done."""
        with self.waiters.lock:
            return self._published[0] + 1 - self._done[0]

    def done(self, count: int) -> None:
        """Note that `count` tasks are done.

        Raises:
            ValueError: fewer are unfinished. Nothing is noted.
        """
        waiters = self.waiters
        with waiters.lock:
            done, put = self._done[0] + count, self._published[0] + 1
            if done > put:
                raise ValueError(
                    f"task_done() called too many times: {put} items were put, and this would make {done} of them done. "
                    f"Call it once for each item that was taken"
                )
            if done == put:
                waiters.wake_all()  # before the store: whoever is woken takes the lock before it sleeps again
            self._done[0] = done

    def dropped(self, count: int) -> None:
        """Note that `count` items were dropped, and let those who wait look again."""
        waiters = self.waiters
        with waiters.lock:
            self._done[0] = min(self._done[0] + count, self._published[0] + 1)  # some may have been called done before
            waiters.wake_all()

    def are_done(self) -> bool:
        """Whether nothing is unfinished."""
        return self.unfinished == 0

    def await_done(self, waiter: Waiter) -> bool:
        """Have `waiter` woken when nothing is unfinished; False if that is so."""
        waiters = self.waiters
        with waiters.lock:
            # `done` stands still: if they are equal, nothing was unfinished when the other was loaded.
            if self._done[0] == self._published[0] + 1:
                return False
            waiters.waiting.append(waiter)
            return True
