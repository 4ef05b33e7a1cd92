"""The seal on the cursor of a multi-producer ring: every later claim fails.

A producer loads the cursor, checks for free capacity, and swaps the cursor. Between the check and
the swap the ring may be closed. So the closing thread swaps the cursor too: it adds `SEAL`, a
number far beyond every sequence.

    producer                                  closing thread
      loads the cursor: 7                       closes the ring, lowers the limit
      finds free capacity                       swaps the cursor: 7 becomes 7 + SEAL
      swaps 7 for 8: fails, it is not 7
      loads the cursor: 7 + SEAL
      finds no capacity: the limit is below it
      checks the consumers: the ring is closed

The number below the seal is the last claim, forever. The seal takes no sequence and no slot, and
consumers never meet it. One word holds both the seal and the last claim, so a thread always reads
both together. A second seal changes nothing.
"""

from typing import Final

from ringbuffer.sequence import INITIAL_SEQUENCE, Sequence

#: What is added to the last claim. The sum with any sequence fits into 63 bits.
SEAL: Final = 1 << 62

#: Every sealed cursor is at or above this, and every other one is below it.
SEALED: Final = 1 << 61


def claimed_of(cursor: int) -> int:
    """The last sequence claimed, from the value of the cursor, which may be sealed."""
    return cursor - SEAL if cursor >= SEALED else cursor


def seal(cursor: Sequence) -> None:
    """Seal the cursor of a ring that is closed. Any thread.

    Terminates because only another seal or a claim can make the swap fail, and claims end: the
    closed flag is stored, so each producer finds it when it next checks the consumers. Until then
    there is capacity for one ring at most.
    """
    # In a forked child the cursor is below `INITIAL_SEQUENCE`, and stays there.
    while INITIAL_SEQUENCE <= (current := cursor.get()) < SEALED:
        if cursor.compare_and_set(current, current + SEAL):
            return
