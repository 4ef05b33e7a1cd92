"""`SlotRelease`: clears the slots of a ring of values when the last consumer has passed them.

Pre-allocated events stay in their slots for ever; a value must not, or the ring would keep it alive. Somebody has to clear
each slot after every consumer has passed it and before a producer may fill it again. So on a ring of values the consumers
do not gate the producers themselves: they are *members*, and one sequence, `gate`, follows the slowest of them:

    producers --> [ ring ] --> members --> whoever advances last clears up to the minimum --> gate --> producers

Shared words:

    gate       up to it, slots are cleared; the one sequence that gates the producers
    pending    who clears, and how many advances were noted since it began; 0 while nobody does

Who clears. A member advances its sequence, then changes `pending` by a compare-and-set: from 0 to its own number, and it is the
one thread that clears; or else to one more, and it leaves the clearing to that thread. It clears up to the members' minimum,
stores `gate`, and sets `pending` back to 0 by a compare-and-set from what it read *before* it read the members. If that fails,
members have advanced since, and it looks again. So an advance is either seen by who clears, or its own thread finds 0: none is
overlooked, and nobody waits. A thread that was interrupted while it cleared finds its own number, and goes on.

What is cleared is dropped at the very end: dropping it may run a finaliser, which may do anything, even publish.
"""

import itertools
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.backoff import Backoff
from ringbuffer.host import Host
from ringbuffer.memory import Memory, Slots, range_clearer
from ringbuffer.sequence import Readable, Sequence, SequenceGroup

#: The low bits of `pending` count advances; the high ones hold the number of who clears.
NOTED_BITS: Final = 32


class SlotRelease:
    """Follows the slowest consumer of a ring of values, and clears what it leaves behind. Any thread.

    Args:
        slots: of the ring.
        gating: the sequences that producers wait for; `gate` is among them while there are members.
        published: tells how far everything is published.
        memory: what provides the cells.
        host: what provides locks.
    """

    __slots__ = ("_gate", "_gating", "_host", "_lock", "_members", "_numbers", "_pending", "_published", "_slots")

    def __init__(
        self, slots: Slots[Any], gating: SequenceGroup, published: Callable[[], int], memory: Memory, host: Host
    ) -> None:
        self._slots: Final = slots
        self._gating: Final = gating
        self._published: Final = published
        self._host: Final = host
        self._gate: Final = Sequence(memory=memory)
        self._members: Final = SequenceGroup(memory=memory, host=host)
        self._pending: Final = memory.cell(0)
        self._numbers: Final = itertools.count(1)
        self._lock: Final = host.lock()

    @property
    def members(self) -> tuple[Sequence, ...]:
        """The consumers' sequences that must pass a slot before it is cleared."""
        return self._members.members

    @property
    def gate(self) -> int:
        """Up to here slots are cleared."""
        return self._gate.get()

    def join(self, start: Readable, *sequences: Sequence) -> None:
        """Add members at `start`, see `Sequencer.add_gating_sequences`.

        The gate joins first where there was none, so the members start at or after it; they are added before the minimum is
        next read, or start at or after what it was: see `SequenceGroup.add_at`.
        """
        with self._lock:
            if not self._members.members:
                self._gating.add_at(start, self._gate)
            self._members.add_at(start, *sequences)
        self.releaser()()

    def leave(self, sequence: Sequence) -> bool:
        """Remove a member; say whether it was one. Where it was the last one, producers wait for nobody any more.

        What is published by then and was not handled is cleared: nobody will come for it.

        Before they are let go, whoever is clearing must have ended: a slot that is filled again must not be cleared. Without
        members a clearing thread has nothing more to do, so that wait ends.
        """
        dropped: list[list[Any]] = []
        with self._lock:
            if not self._members.remove(sequence):
                return False
            if self._members.members:
                releaser = self.releaser()
            else:
                releaser = None
                backoff = Backoff(self._host, self._host.event(), None)
                while self._pending.load():
                    backoff.pause()
                cleared, published = self._gate.get(), self._published()
                if published > cleared:
                    dropped += range_clearer(self._slots.view())(cleared + 1, published)
                self._gating.remove(self._gate)
        if releaser is not None:
            releaser()
        return True

    def releaser(self) -> Callable[[], None]:
        """The calling thread's own function to call after a member has advanced."""
        clear: Final = range_clearer(self._slots.view())
        gate: Final = self._gate.view().word
        minimum: Final = self._members.view().minimum
        pending_view = self._pending.view()
        pending: Final = pending_view.word
        compare_and_set: Final = pending_view.compare_and_set

        me: Final = next(self._numbers)
        mine: Final = me << NOTED_BITS

        def release() -> None:
            seen = pending[0]
            while seen >> NOTED_BITS != me:
                # Each turn but the last means that another thread has changed `pending` meanwhile.
                if compare_and_set(seen, seen + 1 if seen else mine):
                    if seen:
                        return
                    break
                seen = pending[0]
            dropped: list[list[Any]] = []
            # Each turn but the last means that a member has advanced meanwhile.
            while True:
                seen = pending[0]
                cleared = gate[0]
                lowest = minimum(cleared)
                if lowest > cleared:
                    dropped += clear(cleared + 1, lowest)
                    gate[0] = lowest  # release: the slots are cleared before a producer may fill them
                if compare_and_set(seen, 0):
                    return

        return release
