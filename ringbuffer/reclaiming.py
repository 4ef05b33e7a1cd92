"""`SlotReclaimer`: clears the slots of a ring of values when the last consumer has passed them.

A pre-allocated event stays in its slot forever. A value must not, or the ring would keep it alive.
So each slot is cleared after every consumer has passed it and before a producer may fill it again.
On a ring of values, the consumers do not gate the producers themselves. They are *members*, and one
sequence, `gate`, follows the slowest of them:

    producers --> [ ring ] --> members --> the last one to advance clears --> gate --> producers

Shared words:

    gate       up to it, slots are cleared; the only sequence that gates the producers
    pending    which thread clears, and how many advances were noted since it began; 0: no thread

Which thread clears. A member advances its sequence, then changes `pending` by a compare-and-set. If
`pending` was 0, the member stores its own number, and clears. If not, it adds one, and leaves the
clearing to the thread whose number is stored. The clearing thread clears up to the minimum of the
members, stores `gate`, and sets `pending` back to 0. It does that by a compare-and-set from what it
read *before* it read the members. If that fails, members have advanced since, and it checks again.
So the clearing thread sees an advance, or the advancing thread finds 0: no advance is lost, and no
thread waits.

What an interrupt does. A thread that left its number in `pending` and did not return would block
every slot. So a thread that is interrupted runs the whole step again before the exception leaves.

The cleared values are dropped last. Dropping one may run a finaliser, which may run any code, even
publish.
"""

import itertools
from collections.abc import Callable
from typing import Any, Final

from ringbuffer.backoff import Backoff
from ringbuffer.host import Host
from ringbuffer.memory import Memory, Slots, SlotView, range_clearer
from ringbuffer.sequence import Readable, Sequence
from ringbuffer.sequence_group import SequenceGroup

#: The low bits of `pending` count advances; the high ones hold the clearing thread's number.
NOTED_BITS: Final = 32


class SlotReclaimer:
    """Follows the slowest consumer of a ring of values, and clears the slots that it has passed.

    Any thread may use it.

    Args:
        slots: the ring's slots.
        gating: the sequences that producers wait for; `gate` is among them while there are members.
        published: returns the highest sequence published without a gap.
        memory: what provides the cells.
        host: what provides locks.
        clearer: makes the function that clears a range of a thread's own slots; see also
            `ringbuffer.resetting`.
    """

    __slots__ = (
        "_clearer",
        "_gate",
        "_gating",
        "_host",
        "_lock",
        "_members",
        "_never",
        "_numbers",
        "_pending",
        "_published",
        "_slots",
    )

    def __init__(
        self,
        slots: Slots[Any],
        gating: SequenceGroup,
        published: Callable[[], int],
        memory: Memory,
        host: Host,
        clearer: Callable[[SlotView[Any]], Callable[[int, int], list[list[Any]]]] = range_clearer,
    ) -> None:
        self._clearer: Final = clearer
        self._slots: Final = slots
        self._gating: Final = gating
        self._published: Final = published
        self._host: Final = host
        self._gate: Final = Sequence(memory=memory)
        self._members: Final = SequenceGroup(memory=memory, host=host)
        self._pending: Final = memory.cell(0)
        self._numbers: Final = itertools.count(1)
        self._lock: Final = host.lock()
        #: Never set. Made beforehand: a consumer can leave even when memory has run out.
        self._never: Final = host.event()

    @property
    def members(self) -> tuple[Sequence, ...]:
        """The consumers' sequences that must pass a slot before it is cleared."""
        return self._members.members

    @property
    def gate(self) -> int:
        """The sequence up to which slots are cleared."""
        return self._gate.get()

    def join(self, start: Readable, *sequences: Sequence) -> None:
        """Add members at `start`, see `Sequencer.add_gating_sequences`.

        If there is no gate yet, it joins first, so the members start at or after it. The members
        are added before the minimum is next read, or start at or after it: see
        `SequenceGroup.add_at`.
        """
        is_checked = False
        try:
            with self._lock:
                self._members.check_can_join(*sequences)  # before the gate is there without them
                is_checked = True
                if not self._members.members:
                    self._gating.add_at(start, self._gate)
                self._members.add_at(start, *sequences)
            self.bind_reclaim()()
        except BaseException:  # an interrupt: no sequence joins, nor the gate without one
            if is_checked:
                for each in sequences:
                    self._leave(each)
            raise

    def leave(self, sequence: Sequence) -> bool:
        """Remove a member; returns whether it was one. After the last, nothing gates the producers.

        Then published events that the last member did not handle are cleared: no consumer will read
        them.

        Any clearing thread must finish first: a slot that is filled again must not be cleared. That
        wait terminates because a clearing thread without members has nothing more to do.
        """
        try:
            return self._leave(sequence)
        except BaseException:  # an interrupt: what it left undone is done now
            self._leave(sequence)
            raise

    def _leave(self, sequence: Sequence) -> bool:
        dropped: list[list[Any]] = []
        with self._lock:
            was_member = self._members.remove(sequence)
            if self._members.members or self._gate not in self._gating.members:
                reclaim = self.bind_reclaim()
            else:
                reclaim = None
                backoff = Backoff(self._host, self._never, None)
                while True:  # see `ringbuffer.system` for why the condition does not stand here
                    if not self._pending.load():
                        break
                    backoff.pause()
                cleared, published = self._gate.get(), self._published()
                if published > cleared:
                    dropped += self._clearer(self._slots.view())(cleared + 1, published)
                self._gating.remove(self._gate)
        if reclaim is not None:
            reclaim()
        return was_member

    def bind_reclaim(self) -> Callable[[], None]:
        """The function that the calling thread must call after a member has advanced."""
        clear: Final = self._clearer(self._slots.view())
        gate: Final = self._gate.view().word
        minimum: Final = self._members.view().minimum
        pending_view = self._pending.view()
        pending: Final = pending_view.word
        compare_and_set: Final = pending_view.compare_and_set

        me: Final = next(self._numbers)
        mine: Final = me << NOTED_BITS

        def bind(once_more: Callable[[], None] | None) -> Callable[[], None]:
            def reclaim() -> None:
                dropped: list[list[Any]] = []
                # See `ringbuffer.system` for where the conditions of the loops stand.
                try:
                    while True:
                        seen = pending[0]
                        if seen >> NOTED_BITS == me:
                            break
                        # Terminates because a swap fails only if another thread has changed
                        # `pending`: it has noted its advance, or has cleared.
                        if not compare_and_set(seen, seen + 1 if seen else mine):
                            continue
                        if seen:
                            return
                        break
                    # Terminates because the last swap fails only if a member has advanced.
                    while True:
                        seen = pending[0]
                        cleared = gate[0]
                        lowest = minimum(cleared)
                        if lowest > cleared:
                            dropped += clear(cleared + 1, lowest)
                            # Release: the slots are cleared before a producer may fill them
                            gate[0] = lowest
                        if compare_and_set(seen, 0):
                            return
                        cleared = lowest
                except BaseException:
                    if once_more is not None:
                        once_more()
                    raise

            return reclaim

        # An interrupted call is run once more. It finds its own number and continues. Or it notes
        # an advance twice, or checks where nothing is left to clear: neither does harm.
        return bind(bind(None))
