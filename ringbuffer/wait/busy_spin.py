"""`BusySpinWaitStrategy`: look again at once, always."""

from typing import ClassVar, Final

from ringbuffer.errors import AlertError
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable, AlertableView, ReadableView, Wait


class BusySpinWaitStrategy:
    """Spin without ever giving the processor away: the lowest latency, for a whole core per waiter.

    Use it only with a core for each waiting thread. The waiter wakes itself; nobody signals.
    (LMAX Disruptor, `BusySpinWaitStrategy`.)
    """

    is_blocking: ClassVar[bool] = False

    def wait_for(self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable) -> int:
        """See `WaitStrategy.wait_for`. Never times out."""
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
        return available

    def waiter(self, dependent: ReadableView, barrier: AlertableView) -> Wait:
        """See `waiter_of`. Never times out."""
        word: Final = dependent.word
        highest_from: Final = dependent.highest_from
        alerted: Final = barrier.word

        # Each turn of the loops is a look; what is awaited ends them, or an alert.
        def wait(sequence: int) -> int:
            while (highest := highest_from(sequence)) < sequence:
                if alerted[0]:
                    raise AlertError
            return highest

        def wait_for_word(sequence: int) -> int:
            words, alerts = word, alerted
            assert words is not None, "there is one"
            while (highest := words[0]) < sequence:
                if alerts[0]:
                    raise AlertError
            return highest

        return wait if word is None else wait_for_word

    def signal_all_when_blocking(self) -> None:
        """Nothing to do: nobody sleeps."""
