"""Faults of what producers rely on: room, claims, publication, skipped events."""

from tests.faults.fault import Fault
from tests.faults.tests import (
    COPIES,
    HAND_OVER,
    HOLES,
    JOINING,
    MULTI,
    RACES,
    READ_ONLY,
    REFUSED,
    SINGLE,
)

CAPACITY = [
    Fault(
        "there is always room",
        "sequencer.capacity",
        "return sequence <= limit",
        "return True",
        SINGLE,
    ),
    Fault(
        "one slot too many",
        "sequencer.capacity",
        "return sequence <= limit",
        "return sequence <= limit + 1",
        MULTI,
    ),
    Fault(
        "one slot too few",
        "sequencer.capacity",
        "return sequence <= limit",
        "return sequence < limit",
        MULTI,
    ),
    Fault("the limit is not kept", "sequencer.capacity", "self._limit[0] = limit", "pass", SINGLE),
    Fault(
        "the closed flag is not looked at",
        "sequencer.capacity",
        "if self._closed[0]:",
        "if False:",
        MULTI,
    ),
    Fault(
        "a closed ring keeps its limit",
        "sequencer.ring_state",
        "self.limit.exchange(CLOSED_LIMIT)  # a fence too: see `SingleProducerSequencer._seal`",
        "pass",
        SINGLE,
    ),
    Fault(
        "a wait for room ends too early",
        "backoff",
        "if remaining is not None and remaining <= 0:",
        "if remaining is not None and remaining <= 0.0005:",
        MULTI,
    ),
]

SINGLE_PRODUCER = [
    Fault(
        "the limit is not compared with",
        "producer.single",
        "    if sequence > limit[0] and not admits(sequence, n):\n"
        "        raise no_capacity(n, size)",
        "    pass",
        SINGLE,
    ),
    Fault(
        "published out of turn",
        "producer.single_recovery",
        "if low != last + 1 or not low <= high <= claimed or overlaps(early_skips, low, high):",
        "if not low <= high <= claimed or overlaps(early_skips, low, high):",
        SINGLE,
    ),
    Fault(
        "more published than was claimed",
        "producer.single",
        "if low != published + 1 or not low <= high <= claimed:",
        "if low != published + 1:",
        SINGLE,
    ),
    Fault(
        "what is skipped early is forgotten",
        "producer.single_recovery",
        "high = early_skips[high + 1]",
        "break",
        SINGLE,
    ),
    Fault(
        "a refused claim is kept",
        "producer.single",
        "        raise no_capacity(n, size)\nexcept BaseException:\n    claimed = sequence - n",
        "        raise no_capacity(n, size)\nexcept BaseException:\n    claimed = sequence",
        SINGLE,
    ),
]

HANDING_OVER = [
    Fault(
        "what the former producer claimed is forgotten",
        "sequencer.single_producer",
        "self._claimed_before = claimed",
        "self._claimed_before = self._cursor.get()",
        HAND_OVER,
    ),
    Fault(
        "a retired producer publishes",
        "producer.single",
        "owner_id = NO_THREAD\nclaimed = RETIRED",
        "owner_id = NO_THREAD",
        HAND_OVER,
    ),
    Fault(
        "a retired producer claims",
        "producer.single",
        "owner_id = NO_THREAD\nclaimed = RETIRED",
        "claimed = RETIRED",
        HAND_OVER,
    ),
]

MULTI_PRODUCER = [
    Fault(
        "never published is lap 0",
        "sequencer.multi_producer",
        "NEVER: Final = 1",
        "NEVER: Final = 0",
        MULTI,
    ),
    Fault(
        "gaps are not searched for",
        "sequencer.published_flags",
        "last = claimed if low == claimed else search(low + 1, claimed)",
        "last = claimed",
        MULTI,
    ),
    Fault(
        "the first flag is not looked at",
        "sequencer.published_flags",
        "if flags[low & mask] == lap:",
        "if True:",
        JOINING,
    ),
    Fault(
        "published again",
        "producer.multi",
        "if not claimed - size < low <= high <= claimed or flags[low & mask] == lap:",
        "if not claimed - size < low <= high <= claimed:",
        MULTI,
    ),
    Fault(
        "published and not claimed",
        "producer.multi",
        "if not claimed - size < low <= high <= claimed or flags[low & mask] == lap:",
        "if not claimed - size < low <= high or flags[low & mask] == lap:",
        MULTI,
    ),
    Fault(
        "both pieces get the parity of the first",
        "producer.multi_recovery",
        "return [(start, size, lap), (0, stop, lap ^ 1)]",
        "return [(start, size, lap), (0, stop, lap)]",
        MULTI,
    ),
    Fault(
        "the slots of an earlier lap count as published",
        "sequencer.multi_producer",
        "is_last_claim = max(claimed - size, INITIAL_SEQUENCE) < sequence <= claimed",
        "is_last_claim = INITIAL_SEQUENCE < sequence <= claimed",
        MULTI,
    ),
]

ALONE = [
    Fault(
        "a withdrawn claim stays announced",
        "producer.biased",
        "    claimed = sequence - n\n"
        "if not is_revoked and renews(n):\n"
        "    return next_(n, timeout)",
        "    pass\nif not is_revoked and renews(n):\n    return next_(n, timeout)",
        REFUSED,
    ),
]

SKIPPED = [
    Fault("the count of skips is not raised", "skipped", "self._count.fetch_add(1)", "pass", MULTI),
    Fault(
        "a skip takes one more along",
        "skipped",
        "low = max(low, stop + 1)",
        "low = max(low, stop + 2)",
        SINGLE,
    ),
    Fault(
        "skips are dropped too early",
        "skipped",
        "kept = tuple(each for each in kept if each[1] > high - self._size)",
        "kept = tuple(each for each in kept if each[1] > high - self._size + 1)",
        SINGLE,
    ),
    Fault(
        "a skip within the batch is not asked about",
        "skipped",
        "return self.count[0] != self._seen or self._next <= last",
        "return self.count[0] != self._seen",
        SINGLE,
    ),
]

RECORDS = [
    Fault(
        "a copy of records does not continue at the beginning of the ring",
        "records.arrays",
        "raw[: stop - size] = records[size - start :]",
        "pass",
        COPIES,
    ),
    Fault(
        "a handler can write into the slots",
        "records.block",
        "return memory if writable else memory.toreadonly()",
        "return memory",
        READ_ONLY,
    ),
    Fault(
        "records that were skipped count as published",
        "producer.records",
        "if high != NO_CAPACITY and give_up(low, high, error):",
        "if high != NO_CAPACITY and not give_up(low, high, error):",
        HOLES,
    ),
]

END = [
    Fault(
        "a closed ring is not sealed, and publishers race its shutdown",
        "sequencer.seal",
        "if cursor.compare_and_set(current, current + SEAL):\n    return",
        "return",
        RACES,
    )
]

PRODUCER_FAULTS = [
    *CAPACITY,
    *SINGLE_PRODUCER,
    *HANDING_OVER,
    *MULTI_PRODUCER,
    *ALONE,
    *SKIPPED,
    *RECORDS,
    *END,
]
