"""The interrupts that tests send: one that CPython ignores comes again."""

import random

from tests.support.interrupts import by_signal


class Slow:
    """Takes its time where CPython ignores what a signal handler raises."""

    def __del__(self) -> None:
        for _ in range(2_000):
            pass


def test_an_interrupt_that_comes_in_a_finalizer_is_sent_again() -> None:
    chance = random.Random(1)

    def work() -> None:
        while True:
            Slow()
            for _ in range(500):  # where an interrupt arrives: in a fifth of the time
                pass

    for _ in range(30):
        by_signal(work, chance)
