"""`Waiters`: threads and tasks that wait for something that happens under a lock.

While there is no waiter, this costs nothing.
"""

from collections import deque
from typing import Final, Protocol

from ringbuffer.host import Lock


class Waiter(Protocol):
    """A thread, or a task of an event loop, that waits: an event that is set once."""

    def set(self) -> object:
        """Wake it, from any thread; a second call does no harm.

        Returns:
            False if it is gone, so that the caller wakes another waiter in its place.
        """
        ...


class Waiters:
    """The line of waiters for changes under `lock`. Call every method but `leave` with it held.

    No change is handed to a waiter. A waiter that is woken looks again, and may find that another
    thread was faster.

    Why no wake-up is lost. A waiter looks, and enters the line, with the lock held. So a change
    under the lock comes either before, and the waiter sees it, or after, and finds the waiter. Each
    change wakes as many waiters as can continue because of it. A waiter that is woken and leaves
    without a look wakes the next one.

    Attributes:
        lock: the lock under which the changes happen.
        waiting: the waiters, the longest wait first.
    """

    __slots__ = ("lock", "waiting")

    def __init__(self, lock: Lock) -> None:
        self.lock: Final = lock
        self.waiting: Final[deque[Waiter]] = deque()

    def wake(self, count: int) -> None:
        """Wake the first `count` waiters, or all of them if they are fewer.

        Terminates because each iteration removes a waiter.
        """
        while count > 0 and self.waiting:
            count -= self._wake_first()

    def wake_all(self) -> None:
        """Wake every waiter."""
        self.wake(len(self.waiting))

    def _wake_first(self) -> bool:
        """Wake and forget the first waiter; False if it is gone."""
        waiter = self.waiting[0]
        try:
            reached = waiter.set()
        except BaseException:
            # An interrupt, before the waiter was woken or after it. The line forgets the waiter, so
            # it must be awake.
            waiter.set()
            raise
        finally:
            self.waiting.popleft()
        return reached is not False

    def leave(self, waiter: Waiter) -> None:
        """Forget a waiter that no longer waits; if it was woken, wake the next in its place.

        Takes the lock.
        """
        with self.lock:
            if waiter in self.waiting:
                self.waiting.remove(waiter)
            else:
                self.wake(1)
