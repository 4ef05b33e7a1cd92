"""`Waiters`: who waits for something that happens under a lock; nobody pays for it while nobody waits."""

from collections import deque
from typing import Final, Protocol

from ringbuffer.host import Lock


class Waiter(Protocol):
    """Somebody who waits, as an event that is set once: a thread, or a task of an event loop."""

    def set(self) -> object:
        """Wake it, from any thread; a second time does no harm. False: it is gone, and somebody else should be woken."""
        ...


class Waiters:
    """Those who wait for what is done under `lock`. Every method but `leave` with the lock held.

    Nobody is handed anything: who is woken looks for itself, and may find that somebody else was faster. Why no wake-up is
    lost: a waiter looks and enters with the lock held, so what is done under the lock was done before, and is seen, or comes
    after, and finds the waiter. Whatever is done wakes as many waiters as can go on because of it. One that is woken and leaves
    without a look wakes the next.

    Attributes:
        lock: the lock under which something happens.
        waiting: who waits, the longest first.
    """

    __slots__ = ("lock", "waiting")

    def __init__(self, lock: Lock) -> None:
        self.lock: Final = lock
        self.waiting: Final[deque[Waiter]] = deque()

    def wake(self, count: int) -> None:
        """Wake the first `count` waiters, or all there are."""
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
            # An interrupt, before the waiter was woken or after it. It is forgotten, so it must be awake.
            waiter.set()
            raise
        finally:
            self.waiting.popleft()
        return reached is not False

    def leave(self, waiter: Waiter) -> None:
        """Forget a waiter that does not wait any more; if it was woken, wake the next in its place. Takes the lock."""
        with self.lock:
            if waiter in self.waiting:
                self.waiting.remove(waiter)
            else:
                self.wake(1)
