"""`Tasks`: counts items that were put and are not done yet, for `task_done` and `join`.

Put and get pay nothing for it.
"""

from typing import Final

from ringbuffer.host import Host, Lock
from ringbuffer.memory import Memory, Word
from ringbuffer.queues.waiters import Waiter, Waiters


class Tasks:
    """Counts the tasks that are done. The sequence of the last item put says how many there are.

    Any thread. The unfinished tasks are the items put, minus the tasks done. The thread that
    finishes the last task finds both numbers equal and wakes the threads that wait in `join`. It
    may load an old number of items put. Then another task is unfinished, and the thread that
    finishes that one finds both numbers equal.
    """

    __slots__ = ("_done", "_published", "waiters")

    def __init__(self, published: Word, memory: Memory, host: Host) -> None:
        lock: Lock = host.lock()
        self.waiters: Final = Waiters(lock)
        self._published: Final = published  # loaded with the lock held
        self._done: Final = memory.cell(0).view().word  # loaded and stored with the lock held

    @property
    def unfinished(self) -> int:
        """How many items were put and are not done yet."""
        with self.waiters.lock:
            return self._published[0] + 1 - self._done[0]

    def done(self, count: int) -> None:
        """Note that `count` tasks are done.

        Raises:
            ValueError: fewer tasks are unfinished. The call noted nothing.
        """
        waiters = self.waiters
        with waiters.lock:
            done, put = self._done[0] + count, self._published[0] + 1
            if done > put:
                raise ValueError(
                    f"task_done() called too many times: {put} items were put, and this would make "
                    f"{done} of them done. Call it once for each item that was taken"
                )
            if done == put:
                # Before the store: a thread that this wakes takes the lock before it sleeps again.
                waiters.wake_all()
            self._done[0] = done

    def dropped(self, untold: list[int]) -> None:
        """Note that items were dropped, and let the waiting threads look again.

        Args:
            untold: a list of one number: how many items were dropped and are not noted yet. The
                number becomes 0 exactly when they are noted, so a caller may call again after an
                interrupt.
        """
        waiters = self.waiters
        with waiters.lock:
            waiters.wake_all()  # before the store, as in `done`
            put, done = self._published[0] + 1, self._done[0] + untold[0]
            # Not above `put`: a caller may have counted some of these items as done before.
            self._done[0] = done if done < put else put
            untold[0] = 0

    def are_done(self) -> bool:
        """Whether nothing is unfinished."""
        return self.unfinished == 0

    def await_done(self, waiter: Waiter) -> bool:
        """Have `waiter` woken when nothing is unfinished; False if nothing is unfinished now."""
        waiters = self.waiters
        with waiters.lock:
            # `_done` cannot change while the lock is held. So if both are equal, nothing was
            # unfinished at the moment when `_published` was loaded.
            if self._done[0] == self._published[0] + 1:
                return False
            waiters.waiting.append(waiter)
            return True
