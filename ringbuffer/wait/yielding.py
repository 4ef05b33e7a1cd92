"""`YieldingWaitStrategy`: spin a little, then yield the processor in each iteration."""

from typing import Final

from ringbuffer.errors import AlertError
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.sequence import Readable
from ringbuffer.wait.strategy import Alertable, AlertableView, ReadableView, Wait, check_tries


class YieldingWaitStrategy:
    """Spin for some iterations, then yield the processor in each further one.

    Its latency is low, and threads may outnumber cores. It uses a whole core when no other thread
    wants one. A waiting thread needs no signal. (LMAX Disruptor, `YieldingWaitStrategy`.)

    A consumer learns how long to spin. Suppose that a wait ends after its first yield. Then the
    awaited thread most likely needed the processor that was yielded, and spinning delayed it: the
    next wait spins half as long. Any other wait doubles the number again, up to `spin_tries`.
    (Compare the adaptive mutex of the GNU C library.)

    Args:
        spin_tries: iterations before the first yield, at most.
        host: what yields.
    """

    is_blocking: bool = False

    def __init__(self, spin_tries: int = 100, *, host: Host = SYSTEM_HOST) -> None:
        self._spin_tries: Final = check_tries("spin_tries", spin_tries)
        self._host: Final = host

    def wait_for(
        self, sequence: int, cursor: Readable, dependent: Readable, barrier: Alertable
    ) -> int:
        """See `WaitStrategy.wait_for`. Never times out; learns nothing."""
        spins = self._spin_tries
        yield_now = self._host.yield_now
        while (available := dependent.get()) < sequence:
            barrier.check_alert()
            if spins > 0:
                spins -= 1
            else:
                yield_now()
        return available

    def waiter(self, dependent: ReadableView, barrier: AlertableView) -> Wait:
        """See `bind_wait`. Never times out."""
        most: Final = self._spin_tries
        yield_now: Final = self._host.yield_now
        word: Final = dependent.word
        highest_from: Final = dependent.highest_from
        alerted: Final = barrier.word
        tries = most

        def learn(yields: int) -> None:
            nonlocal tries
            tries = tries >> 1 if yields == 1 else min(2 * tries or 1, most)

        # Both loops check the condition once an iteration. Terminates because the awaited sequence
        # is reached, or because the barrier is alerted.
        def wait(sequence: int) -> int:
            turns = tries
            while (highest := highest_from(sequence)) < sequence:
                if alerted[0]:
                    raise AlertError
                turns -= 1
                if turns < 0:
                    yield_now()
            if turns < 0 or tries < most:
                learn(-turns)
            return highest

        def wait_for_word(sequence: int) -> int:
            turns = tries
            words, alerts = word, alerted
            assert words is not None, "there is one"
            while (highest := words[0]) < sequence:
                if alerts[0]:
                    raise AlertError
                turns -= 1
                if turns < 0:
                    yield_now()
            if turns < 0 or tries < most:
                learn(-turns)
            return highest

        return wait if word is None else wait_for_word

    def signal_all_when_blocking(self) -> None:
        """Nothing to do: no thread sleeps."""
