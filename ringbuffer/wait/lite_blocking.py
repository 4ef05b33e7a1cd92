"""`LiteBlockingWaitStrategy`: a condition that is signalled only while a thread waits on it."""

import weakref
from collections.abc import Callable
from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, FenceLock, Memory
from ringbuffer.one_process import OneProcess
from ringbuffer.sequence import Readable
from ringbuffer.wait.signal import Signal
from ringbuffer.wait.strategy import Alertable


class LiteBlockingWaitStrategy(OneProcess):
    """As `BlockingWaitStrategy`, but a signal is cheap while no thread waits.

    Such a signal takes no lock that other threads use, and wakes no thread.

    The waiting thread raises a flag and *then* evaluates its predicate. The signalling thread
    advances the sequence and *then* reads the flag. Each of the two stores may still be in its
    thread's store buffer during the other thread's read, even on x86: a wake-up would be lost.

    So each signalling thread has a fence lock, which it passes between its store and its read. The
    waiting thread passes all of these fence locks between its own store and read. In each fence
    lock, one of the two threads is first. If the signalling thread is first, the waiting thread
    sees the advance. If the waiting thread is first, the signalling thread sees the flag, takes the
    lock, and finds the waiting thread on the condition.

    Falling asleep is rare and pays for all fence locks; signalling is frequent and pays for one.
    (LMAX Disruptor, `LiteBlockingWaitStrategy`, with an exchange of the flag on both sides; Dice,
    Huang and Yang, *Asymmetric Dekker Synchronization*, 2001.)

    The flag is lowered under the lock, together with a notification. At that moment, every thread
    that raised the flag and still waits is asleep. The notification wakes it, and it raises the
    flag again before it next evaluates its predicate.

    Args:
        memory: what provides the flag and the fence locks.
        host: what provides the condition.
    """

    is_blocking: bool = True

    def __init__(self, *, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST) -> None:
        self._memory: Final = memory
        self._condition: Final = host.condition()
        self._needed: Final = memory.cell(0)
        #: One fence lock for each thread that can signal. Only its signal keeps it alive, and what
        #: has the steps of that; it leaves the list when these are gone.
        self._fence_locks: Final[list[weakref.ref[FenceLock]]] = []
        #: A thread passes it after it has added a fence lock, and before it reads the list. A
        #: mutual-exclusion lock would not do: a signal handler may become a signaller in the middle
        #: of a registration, and would wait for the thread that it interrupted.
        self._registration: Final = memory.fence_lock()

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Never times out.

        Woken by `signal_all_when_blocking` and by the functions of `signaller`. Each iteration
        raises the flag again, because the signal that ended the last wait lowered it.
        """
        with self._condition:
            while True:
                self._needed.store(1)
                self._pass_fence_locks()
                if (available := dependent.get()) >= sequence:
                    return available
                barrier.check_alert()
                self._condition.wait()

    def _pass_fence_locks(self) -> None:
        """Pass the fence lock of every thread that can signal.

        A thread that passes the registration after this call sees the flag. The fence lock of a
        thread that passed the registration before it is in the list.
        """
        self._registration[0] = None
        for reference in self._fence_locks.copy():
            fence_lock = reference()
            if fence_lock is not None:
                fence_lock[0] = None

    def _forget(self, reference: weakref.ref[FenceLock]) -> None:
        """A signal is gone, and its fence lock with it. In any thread.

        CPython may let go of the lock of a list while it compares two items. If another thread
        removes one meanwhile, `list.remove` passes over the item that moves up, and does not find
        it. Terminates because the item is in the list, and removals by other threads are finite.
        """
        while True:
            try:
                self._fence_locks.remove(reference)
            except ValueError:
                continue
            return

    def signal_all_when_blocking(self) -> None:
        """Wake every waiting thread. Any thread.

        Needs no fence lock, because it takes the lock: see `BlockingWaitStrategy`.
        """
        with self._condition:
            self._condition.notify_all()
            # Last: an interrupt before it, as by Ctrl-C, leaves the flag raised, which is harmless
            self._needed.store(0)

    def signaller(self) -> Callable[[], None]:
        """`signal_all_when_blocking` for the calling thread, through its own fence lock.

        Without memory for that, the function itself: it takes the lock, so it needs none. A thread
        that has just been started can still signal then.
        """
        try:
            fence_lock: Final = self._memory.fence_lock()
        except MemoryError:
            return self.signal_all_when_blocking
        signal: Final = Signal(fence_lock, self._needed.view().word, self.signal_all_when_blocking)
        self._fence_locks.append(weakref.ref(fence_lock, self._forget))
        self._registration[0] = None
        return signal
