"""`LiteBlockingWaitStrategy`: a condition that is only signalled when somebody waits on it."""

import weakref
from collections.abc import Callable
from typing import ClassVar, Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory, Turnstile
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable


class LiteBlockingWaitStrategy:
    """As `BlockingWaitStrategy`, but a signal with nobody waiting takes no lock that others want, and wakes nobody.

    The waiter raises a flag and *then* evaluates its predicate; the signaller advances the sequence and *then* looks at the
    flag. Each of the two stores may still be in its thread's store buffer while the other's look is done, even on x86, and a
    wake-up would be lost. So each signalling thread has a turnstile, which it passes between its store and its look; the
    waiter passes the turnstiles of all of them between its own. In each turnstile one of two is first: if the signaller,
    the waiter sees the advance; if the waiter, the signaller sees the flag, takes the lock, and finds the waiter waiting.
    Whoever falls asleep, which is rare, pays for those who signal, which is frequent. (LMAX Disruptor,
    `LiteBlockingWaitStrategy`, with an exchange of the flag on both sides; Dice, Huang and Yang, *Asymmetric Dekker
    Synchronization*, 2001.)

    The flag is lowered with the lock held, together with a notification: everybody who has raised it and still waits is
    asleep then, is woken, and raises it again before the next look.

    Args:
        memory: what provides the flag and the turnstiles.
        host: what provides the condition.
    """

    is_blocking: ClassVar[bool] = True

    def __init__(self, *, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST) -> None:
        self._memory: Final = memory
        self._condition: Final = host.condition()
        self._needed: Final = memory.cell(0)
        #: Of the threads that can signal; each is kept alive by its signaller alone, and leaves the list when that is gone.
        self._turnstiles: Final[list[weakref.ref[Turnstile]]] = []
        #: Passed by who has added one, and by who is going to look which there are. A lock could be held by what a signal
        #: handler has interrupted that becomes a signaller itself.
        self._registration: Final = memory.turnstile()

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Never times out. Woken by `signal_all_when_blocking` and by each `signaller`.

        The flag is raised again on every turn, because the signal that ended the last wait lowered it.
        """
        with self._condition:
            while True:
                self._needed.store(1)
                self._pass_turnstiles()
                if (available := dependent.get()) >= sequence:
                    return available
                barrier.check_alert()
                self._condition.wait()

    def _pass_turnstiles(self) -> None:
        """Whoever passes the registration after this sees the flag; the turnstile of whoever passed it before is known."""
        self._registration[0] = None
        for reference in self._turnstiles.copy():
            turnstile = reference()
            if turnstile is not None:
                turnstile[0] = None

    def signal_all_when_blocking(self) -> None:
        """Wake every waiter. Any thread. With the lock taken, no turnstile is needed: see `BlockingWaitStrategy`."""
        with self._condition:
            self._condition.notify_all()
            self._needed.store(0)  # last: an interrupt before it, as by Ctrl-C, leaves the flag raised, which does no harm

    def signaller(self) -> Callable[[], None]:
        """`signal_all_when_blocking` for the calling thread, through its own turnstile."""
        turnstile: Final = self._memory.turnstile()
        needed: Final = self._needed.view().word
        notify: Final = self.signal_all_when_blocking
        self._turnstiles.append(weakref.ref(turnstile, self._turnstiles.remove))
        self._registration[0] = None

        def signal() -> None:
            turnstile[0] = None
            if needed[0]:
                notify()

        return signal
