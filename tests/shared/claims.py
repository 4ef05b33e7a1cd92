"""What each claim of a soak is: so every process knows which sequences are shown, and which not.

The claim that begins at a sequence has a length, and is skipped or not: both follow from the
sequence. A claim is published in one step. So the successor of a dead producer begins where a claim
begins, and makes the same claims. No claim crosses a multiple of `BLOCK`.
"""

from collections.abc import Iterator
from typing import Final

BLOCK: Final = 1024
LONGEST: Final = 40


def record(sequence: int) -> tuple[int, int, int]:
    """The record of a sequence."""
    return sequence, sequence * 7 + 3, sequence * 7 + 3


def claim_at(first: int) -> tuple[int, bool]:
    """The length of the claim that begins at `first`, and whether it is skipped."""
    mixed = (first * 2654435761 + 12345) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    mixed = mixed * 2246822519 & 0xFFFFFFFF
    return min(1 + (mixed >> 8) % LONGEST, BLOCK - first % BLOCK), (mixed >> 20) % 4 == 0


def shown(passed: int, last: int) -> Iterator[int]:
    """The sequences after `passed`, up to `last`, that consumers are shown."""
    at = (passed + 1) // BLOCK * BLOCK
    while at <= last:
        length, is_skipped = claim_at(at)
        if not is_skipped:
            yield from range(max(at, passed + 1), min(at + length - 1, last) + 1)
        at += length
