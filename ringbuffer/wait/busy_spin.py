"""`BusySpinWaitStrategy`: check again immediately, and never yield."""

from typing import Final

from ringbuffer.errors import AlertError
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable, AlertableView, ReadableView, Wait


class BusySpinWaitStrategy:
    """Spin, and never yield the processor: the lowest latency, at the price of a core.

    Use it only with a core for each waiting thread. A waiting thread needs no signal.
    (LMAX Disruptor, `BusySpinWaitStrategy`.)
    """

    is_blocking: bool = False

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Never times out."""
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
        return available

    def waiter(self, dependent: ReadableView, barrier: AlertableView) -> Wait:
        """See `bind_wait`. Never times out."""
        word: Final = dependent.word
        highest_from: Final = dependent.highest_from
        alerted: Final = barrier.word

        # Both loops check the condition once an iteration. Terminates because the awaited sequence
        # is reached, or because the barrier is alerted.
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
        """Nothing to do: no thread sleeps."""
