"""Many producers, a full ring, batches of mixed sizes."""

import random
from itertools import chain

import pytest

from ringbuffer import (
    InsufficientCapacityError,
    MultiProducerSequencer,
    Sequence,
    YieldingWaitStrategy,
)
from ringbuffer.producer import producer_ops
from tests.support.repetition import repeated
from tests.support.threads import Background, together


@repeated(1_600, 12_000)
@pytest.mark.parametrize(
    ("producers", "size", "consumers"), [(2, 2, 1), (4, 4, 2), (16, 8, 1), (16, 16, 3)]
)
def test_no_slot_is_claimed_twice_or_overwritten_or_lost(
    producers: int, size: int, consumers: int, times: int
) -> None:
    each = times // producers
    sequencer = MultiProducerSequencer(size, YieldingWaitStrategy())
    gates = [Sequence() for _ in range(consumers)]
    sequencer.add_gating_sequences(*gates)
    slots = [(-1, -1)] * size

    def produce(number: int) -> list[int]:
        ops, pick = producer_ops(sequencer), random.Random(number)
        claimed: list[int] = []
        while len(claimed) < each:
            n = min(pick.randint(1, size), each - len(claimed))
            if pick.random() < 0.3:
                try:
                    high = ops.try_next(n)
                except InsufficientCapacityError:
                    continue
            else:
                high = ops.next(n, 60)
            mine = range(high - n + 1, high + 1)
            for sequence in mine:
                slots[sequence % size] = (sequence, number)
            ops.publish(mine[0], mine[-1])
            claimed += mine
        return claimed

    def consume(gate: Sequence) -> list[int]:
        view, own = sequencer.new_barrier().view(), gate.view().word
        seen: list[int] = []
        while len(seen) < producers * each:
            available = view.wait_for(len(seen))
            for sequence in range(len(seen), available + 1):
                written, number = slots[sequence % size]
                assert written == sequence
                seen.append(number)
            own[0] = available
        return seen

    watchers = [Background(lambda gate=gate: consume(gate)).start() for gate in gates]  # type: ignore[misc]
    claims = together(*[lambda number=number: produce(number) for number in range(producers)])
    assert sorted(chain.from_iterable(claims)) == list(range(producers * each))  # type: ignore[arg-type]
    owner = {sequence: number for number, claimed in enumerate(claims) for sequence in claimed}  # type: ignore[attr-defined]
    for watcher in watchers:
        assert watcher.join() == [owner[sequence] for sequence in range(producers * each)]
