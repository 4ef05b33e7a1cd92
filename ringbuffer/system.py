"""The parts of `SystemHost` that a signal may interrupt: an event, a condition, a thread start.

A signal handler may raise between two steps of any Python function, also of those in `threading`.
An event or a condition of the standard library may then keep its lock forever, and a thread whose
start was interrupted may never run. So these are the library's own. `with lock:` is safe by itself:
CPython 3.13 takes a lock of C and enters the block in one step. So a condition is a lock of C too.

An interrupt may come at the entry of `notify_all` or `set`, and then no thread is woken. So the
caller wakes *before* it stores what the other threads wait for, and holds the lock that they need
for their check meanwhile; or it calls again.

Loops in a `try` or a `with` block begin with `while True`. In CPython 3.13, the backward jump of a
loop with a condition does not belong to the block. So an interrupt there would leave a lock held
(`tests/unit/interrupts` checks for it).
"""

import _thread
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from types import TracebackType
from typing import TYPE_CHECKING, Final


class SystemEvent:
    """A flag that is set once, as `threading.Event`; an interrupt leaves no lock held. Any thread.

    Each waiting thread sleeps on its own lock, which `set` releases. No wake-up is lost: `set`
    stores the flag before it copies the list of sleeping threads, and a waiting thread enters the
    list before it reads the flag. Both hold the list's own lock for that, so one is first: either
    the waiting thread sees the flag, or `set` finds the thread.
    """

    __slots__ = ("__weakref__", "_is_set", "_sleeping")

    def __init__(self) -> None:
        self._is_set = False
        self._sleeping: Final[list[_thread.LockType]] = []

    def set(self) -> None:
        """Set the flag and wake every waiting thread, even if interrupted after its entry."""
        self._is_set = True
        sleeping = self._sleeping
        if sleeping:
            try:
                _wake(tuple(sleeping))
            except BaseException:
                _wake(tuple(sleeping))
                raise

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set or `timeout` seconds have passed; return whether it is set."""
        if self._is_set or (timeout is not None and timeout <= 0):
            return self._is_set
        bed = _thread.allocate_lock()
        bed.acquire()
        sleeping = self._sleeping
        try:
            sleeping.append(bed)
            if not self._is_set:
                bed.acquire(True, -1 if timeout is None else timeout)
        finally:
            if bed in sleeping:
                sleeping.remove(bed)
        return self._is_set


if TYPE_CHECKING:

    class _Lock:
        """What `_thread.RLock` offers to a derived class; its annotations do not allow deriving."""

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

        def release(self) -> None: ...

        def _is_owned(self) -> bool: ...

        def _at_fork_reinit(self) -> None: ...

        def __enter__(self) -> object: ...

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
            /,
        ) -> None: ...
else:
    _Lock = _thread.RLock


class SystemCondition(_Lock):
    """A lock on which threads wait to be notified, as `threading.Condition`. Any thread.

    An interrupt leaves no lock held. The lock is the interpreter's own, so `with condition:` takes
    it and enters its block in one step. The waiting thread holds it once. Each waiting thread
    sleeps on its own lock. Its entry is made before the condition is released, so every later
    notification finds it.
    """

    __slots__ = ("_sleeping",)

    def __init__(self) -> None:
        super().__init__()
        self._sleeping: Final[deque[_thread.LockType]] = deque()

    def _at_fork_reinit(self) -> None:
        """In a child after a fork: no thread holds the lock or waits, unlike in the parent.

        One waiting thread may continue in the child: it forked in a signal handler. It is woken,
        and checks again.
        """
        super()._at_fork_reinit()
        _wake(self._sleeping)
        self._sleeping.clear()

    def wait(self, timeout: float | None = None) -> bool:
        """Release, wait for a notification or `timeout` seconds, re-acquire.

        Returns False if the time ran out. The lock is held again in every case: each step that an
        interrupt ends is repeated. An entry that is left in the list costs the next notification
        one step, and does no other harm.

        Raises:
            RuntimeError: the calling thread does not hold the lock.
        """
        bed = _thread.allocate_lock()
        bed.acquire()
        self._sleeping.append(bed)
        interrupt: BaseException | None = None
        is_awake = False
        try:
            self.release()
            is_awake = bed.acquire(True, -1 if timeout is None else max(0.0, timeout))
        except BaseException as error:
            interrupt = error
        try:
            if not self._is_owned():
                self.acquire()
            if not is_awake and bed in self._sleeping:
                self._sleeping.remove(bed)
        except BaseException as error:
            interrupt = error
            if not self._is_owned():
                self.acquire()
        if interrupt is not None:
            raise interrupt
        return is_awake

    def notify_all(self) -> None:
        """Wake every waiting thread, even if interrupted after its entry. The lock must be held.

        A signal handler may come in between and notify too. So the list that it changes is copied
        first.
        """
        sleeping = self._sleeping
        if sleeping:
            try:
                _wake(tuple(sleeping))
                sleeping.clear()
            except BaseException:
                _wake(tuple(sleeping))
                sleeping.clear()
                raise


def _wake(sleeping: Iterable[_thread.LockType]) -> None:
    """Wake the threads that sleep on these locks. It has no effect on a thread that is awake."""
    for bed in sleeping:
        if bed.locked():
            try:
                bed.release()
            except RuntimeError:  # another thread has woken it since
                continue


def start_thread(target: Callable[[], None], name: str) -> threading.Thread:
    """Run `target` in a new daemon thread, in a context (`contextvars`) that begins empty.

    From Python 3.14 on, a thread of a free-threaded build inherits the context of the thread that
    starts it, unless it gets another.

    `Thread.start` waits on an event until the new thread reports that it runs. If an interrupt
    comes there, the caller may keep the lock of that event, and the new thread would wait for it
    forever. So an extra thread calls it, in which no signal handler runs. One call of C starts that
    thread, and another waits for it. If this call is interrupted, the thread may have started.
    """
    thread = threading.Thread(target=Context().run, args=(target,), name=name, daemon=True)
    failures: list[BaseException] = []
    is_done = _thread.allocate_lock()

    def start() -> None:
        try:
            thread.start()
        except BaseException as error:
            failures.append(error)
        finally:
            is_done.release()

    is_done.acquire()
    _thread.start_new_thread(start, ())
    is_done.acquire()
    if failures:
        raise failures[0]
    return thread
