"""`AdaptiveWaitStrategy`: spin and yield for as long as that has lately paid, then sleep."""

from collections.abc import Callable
from typing import Final

from ringbuffer.checks import Duration, check_duration
from ringbuffer.errors import AlertError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.one_process import OneProcess
from ringbuffer.sequence import Readable
from ringbuffer.wait.lite_blocking import LiteBlockingWaitStrategy
from ringbuffer.wait.strategy import Alertable, AlertableView, ReadableView, Wait, check_tries

#: The shortest time that a consumer yields for, unless it does not yield at all, in seconds.
SHORTEST: Final = 1e-6


class AdaptiveWaitStrategy(OneProcess):
    """Spin, then yield, then sleep until a signal. Each consumer learns how long to do which.

    A consumer that keeps up with its producer waits a few microseconds for each event. To put it to
    sleep and to wake it would cost both threads more than the event itself. A consumer without
    events must not use a processor. Which of the two a consumer is shows in its last waits:

    * A wait that yielding has ended, or a short sleep, doubles the time for the next one, up to
      `yield_seconds`. A long sleep halves it, down to nothing.
    * If the first yield ends a wait, the awaited thread most likely needed this processor. The next
      wait then spins half as long. Any other wait doubles that again. (As `YieldingWaitStrategy`
      does; compare the adaptive mutex of the GNU C library.)

    With one processor there is nothing to learn: the consumer sleeps at once.

    It sleeps as `LiteBlockingWaitStrategy` does. So a producer looks at one flag, and signals only
    while a consumer sleeps. Spinning and yielding only load words, so they change nothing in the
    reason why no wake-up is lost.

    Args:
        spin_tries: looks before the first yield, at most.
        yield_seconds: the longest time to yield before a sleep, in seconds. A sleep that is not
            longer than this counts as short.
        memory: what provides the flag and the fence locks.
        host: what provides the condition, the clock and the yield.

    Raises:
        ValueError, TypeError: `spin_tries` is negative, or `yield_seconds` is not a duration.
    """

    is_blocking: bool = True

    def __init__(
        self,
        spin_tries: int = 100,
        yield_seconds: Duration = 100e-6,
        *,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> None:
        self._spin_tries: Final = check_tries("spin_tries", spin_tries)
        self._yield_seconds: Final = check_duration("yield_seconds", yield_seconds)
        self._host: Final = host
        self._sleep: Final = LiteBlockingWaitStrategy(memory=memory, host=host)

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Never times out; learns nothing."""
        for _ in range(self._spin_tries):
            if (available := dependent.get()) >= sequence:
                return available
            barrier.check_alert()
        return self._sleep.wait_for(sequence, cursor, dependent, barrier)

    def waiter(self, dependent: ReadableView, barrier: AlertableView) -> Wait:
        """See `bind_wait`. Never times out. Woken by `signal_all_when_blocking` and by signallers.

        The caller has looked for the sequence, so each iteration checks the alert first.
        """
        is_alone: Final = len(self._host.available_cpus()) == 1
        most: Final = 0 if is_alone else self._spin_tries
        longest: Final = 0.0 if is_alone else self._yield_seconds
        now, yield_now, sleep = self._host.monotonic, self._host.yield_now, self._sleep.wait_for
        look: Final = dependent.highest_from
        alerted: Final = barrier.word
        spins, seconds = most, longest

        # Terminates because the awaited sequence is reached, or the barrier is alerted, or the
        # tries are used up.
        def wait(sequence: int) -> int:
            tries, alerts = spins, alerted
            while tries:
                tries -= 1
                if alerts[0]:
                    raise AlertError
                highest = look(sequence)
                if highest >= sequence:
                    return highest
            return yield_or_sleep(sequence)

        def yield_or_sleep(sequence: int) -> int:
            nonlocal spins, seconds
            end = now() + seconds
            yields = 0
            # Terminates as above, or because the time is up.
            while now() < end:
                yields += 1
                yield_now()
                if alerted[0]:
                    raise AlertError
                highest = look(sequence)
                if highest >= sequence:
                    spins = spins >> 1 if yields == 1 else min(2 * spins or 1, most)
                    seconds = min(2 * seconds, longest)
                    return highest
            highest = sleep(sequence, dependent, dependent, barrier)
            if now() - end <= longest:
                seconds = min(2 * seconds or SHORTEST, longest)
            else:
                seconds = seconds / 2 if seconds > SHORTEST else 0.0
            spins = min(2 * spins or 1, most)
            return highest

        return wait

    def signal_all_when_blocking(self) -> None:
        """Wake every waiting thread. Any thread."""
        self._sleep.signal_all_when_blocking()

    def signaller(self) -> Callable[[], None]:
        """`signal_all_when_blocking` for the calling thread, which costs less."""
        return self._sleep.signaller()
