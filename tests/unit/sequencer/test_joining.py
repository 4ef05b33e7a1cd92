"""A consumer that joins while producers run, step by step, at the critical moment."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ringbuffer import (
    BusySpinWaitStrategy,
    InsufficientCapacityError,
    MultiProducerSequencer,
    Sequence,
)
from ringbuffer.memory import PROCESS_MEMORY, FlagView, Word
from ringbuffer.producer import producer_ops
from tests.support.counting import CountingMemory


class WatchedFlags:
    """Flags that tell before each look at one of them."""

    def __init__(self, inner: FlagView, look: Callable[[], object]) -> None:
        self._inner, self._look = inner, look
        self.fill, self.find = inner.fill, inner.find

    @property
    def items(self) -> Word:
        return self

    def __getitem__(self, index: int, /) -> int:
        self._look()
        return self._inner.items[index]

    def __setitem__(self, index: int, value: int, /) -> None:
        self._inner.items[index] = value


class InterruptingMemory(CountingMemory):
    """Runs `meanwhile` before a look at the flags, after as many others as `looks` says."""

    looks = 0
    meanwhile: Callable[[], object] | None = None

    def flags(self, length: int, initial: int, /) -> Any:
        inner = PROCESS_MEMORY.flags(length, initial)
        return SimpleNamespace(view=lambda: WatchedFlags(inner.view(), self.look))

    def look(self) -> None:
        if self.meanwhile is not None:
            self.looks -= 1
            if self.looks < 0:
                meanwhile, self.meanwhile = self.meanwhile, None
                meanwhile()


@pytest.mark.parametrize("looks", range(4))
def test_a_consumer_that_joins_while_producers_lap_it_starts_at_the_right_place(looks: int) -> None:
    """It has read the cursor, 4, and reads the flags next. Meanwhile a producer publishes 5 to 7.

    The flag of slot 1 now has the parity of sequence 5, as if sequence 1 were not published. Were
    the joiner to start at 0, it would be a ring behind producers that will never wait for it.
    """
    memory = InterruptingMemory()
    sequencer, first, joiner = (
        MultiProducerSequencer(4, BusySpinWaitStrategy(), memory=memory),
        Sequence(),
        Sequence(),
    )
    sequencer.add_gating_sequences(first)
    producer = producer_ops(sequencer)
    producer.publish(0, producer.next(4))
    first.set(3)
    producer.publish(producer.next())

    def meanwhile() -> None:
        high = producer.try_next(3)
        producer.publish(high - 2, high)

    memory.looks, memory.meanwhile = looks, meanwhile
    sequencer.add_gating_sequences(joiner)
    start = joiner.get()
    if memory.meanwhile is not None:  # so many looks there were not
        memory.meanwhile = None
        meanwhile()
    first.set(7)
    claimed = 7
    while True:
        try:
            claimed = producer.try_next()
        except InsufficientCapacityError:
            break
        producer.publish(claimed)
    assert claimed == start + 4
