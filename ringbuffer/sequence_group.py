"""`SequenceGroup`: sequences whose minimum is used, and whose members may change meanwhile."""

from typing import Final

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, CellView, Memory, Word
from ringbuffer.one_process import OneProcess
from ringbuffer.reentry import check_not_changing
from ringbuffer.sequence import INITIAL_SEQUENCE, Readable, Sequence

#: Methods that hold the lock of a group while they call others.
_LOCKED: Final = frozenset(("SequenceGroup.add", "SequenceGroup.add_at", "SequenceGroup.remove"))


class SequenceGroup(OneProcess):
    """Sequences whose minimum is used, and whose members may change while it is read. Any thread.

    The members are an immutable tuple that is replaced as a whole. `version` counts the
    replacements. So a reader can check that the members did not change while it read them (see
    `SequenceGroupView.minimum`).

    Args:
        memory: what provides the version's cell.
        host: what provides the lock that serialises changes.
    """

    __slots__ = ("_lock", "_members", "_memory", "_version")

    def __init__(
        self, *members: Sequence, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST
    ) -> None:
        self._memory: Final = memory
        self._lock: Final = host.lock()
        self._members = members
        self._version: Final = memory.cell(0)

    @property
    def members(self) -> tuple[Sequence, ...]:
        """The sequences in the group now."""
        return self._members

    def __len__(self) -> int:
        return len(self._members)

    def get(self, default: int = INITIAL_SEQUENCE) -> int:
        """The minimum of the members, or `default` if there is no member."""
        return self.view().minimum(default)

    def add(self, *sequences: Sequence) -> None:
        """Add members; adding a member again changes nothing. Their values do not change."""
        check_not_changing(self, _LOCKED, "the gating sequences of a ring")
        with self._lock:
            self._replace(self._members + sequences)

    def add_at(self, start: Readable, *sequences: Sequence) -> None:
        """Add members to a group that gates a running ring, all starting at `start`.

        A thread that reads the group afterwards sees the new members, or it finished reading before
        `start` reached the position they are finally set to. So no slot after that position can
        have been given away without them.

        1. The sequences are set to `start`, so that a reader that sees them early is held back, not
           let through.
        2. The members are replaced and the version is raised by a read-modify-write. That is a full
           fence: the load of `start` that follows cannot happen before the new members are visible.
        3. The sequences are set again, to a `start` that is read after the fence.

        Raises:
            TypeError, ValueError: see `check_can_join`. No sequence was moved.
            DeadlockError: a signal handler calls it while its own thread is changing the group.
        """
        check_not_changing(self, _LOCKED, "the gating sequences of a ring")
        is_checked = False
        try:
            with self._lock:
                self.check_can_join(*sequences)
                is_checked = True
                for each in sequences:
                    each.gating_group = self
                _set_all(sequences, start.get())
                self._replace(self._members + sequences)
                _set_all(sequences, start.get())
        except BaseException:
            # An interrupt, perhaps after the lock was released: no sequence joins.
            if is_checked:
                with self._lock:
                    self._take_out(sequences)
            raise

    def check_can_join(self, *sequences: Sequence) -> None:
        """Raise unless `add_at` may move these sequences.

        A sequence that is moved past events that it has not read would give them away.

        Raises:
            TypeError: one of them is not a `Sequence`.
            ValueError: one of them is named twice, is a member, gates another ring, or is advanced
                by its driver now.
        """
        for index, sequence in enumerate(sequences):
            if not isinstance(sequence, Sequence):
                raise TypeError(
                    f"only sequences gate a ring, such as Sequence(); not {sequence!r}. Nothing "
                    f"was changed"
                )
            if sequence in sequences[:index]:
                raise ValueError(f"{sequence!r} is named twice; name it once. Nothing was changed")
            if sequence.is_driven or sequence.gating_group is not None or sequence in self._members:
                raise ValueError(_refusal(sequence))

    def remove(self, sequence: Sequence) -> bool:
        """Remove a member, even if it was added several times; returns whether it was one.

        Raises:
            DeadlockError: a signal handler calls it while its own thread is changing the group.
        """
        check_not_changing(self, _LOCKED, "the gating sequences of a ring")
        with self._lock:
            members = tuple(member for member in self._members if member is not sequence)
            if len(members) == len(self._members):
                return False
            try:
                self._replace(members)
                if sequence.gating_group is self:
                    sequence.gating_group = None
            except BaseException:  # an interrupt: it is removed anyway
                self._take_out((sequence,))
                raise
            return True

    def _take_out(self, sequences: tuple[Sequence, ...]) -> None:
        """Finish what an interrupt left undone: none of these sequences is a member then."""
        self._replace(tuple(member for member in self._members if member not in sequences))
        for each in sequences:
            if each.gating_group is self:
                each.gating_group = None

    def _replace(self, members: tuple[Sequence, ...]) -> None:
        self._members = members
        self._version.fetch_add(1)

    def view(self) -> "SequenceGroupView":
        """The calling thread's own access to the group."""
        return SequenceGroupView(self, self._version.view())


def _refusal(sequence: Sequence) -> str:
    """Why a sequence cannot begin to gate a ring, and what to do."""
    if sequence.driver is None:
        return (
            f"{sequence!r} gates a ring already: to add it again would move it, and give unread "
            f"events away. Leave the call out, or remove it first. Nothing was changed"
        )
    if sequence.gating_group is None:
        return (
            f"{sequence!r} belongs to the {sequence.driver}: to add it now would move it, and give "
            f"unread events away. Let a new one gate the ring from the start, as it does by "
            f"itself: a processor with gating=True. Nothing was changed"
        )
    return (
        f"{sequence!r} belongs to the {sequence.driver}, which gates the ring by itself: to add it "
        f"again would move it, and give unread events away. Leave the call out. Nothing was changed"
    )


def _set_all(sequences: tuple[Sequence, ...], position: int) -> None:
    for sequence in sequences:
        sequence.set(position)


class SequenceGroupView:
    """One thread's access to a group. Owning thread only.

    It keeps the thread's own words, and makes them again after the members have changed.
    """

    __slots__ = ("_fence", "_group", "_seen", "_version", "_words")

    def __init__(self, group: SequenceGroup, version: CellView) -> None:
        self._group: Final = group
        self._version: Final = version.word
        self._fence: Final = version.fetch_add
        self._seen = -1
        self._words: tuple[Word, ...] = ()

    def get(self) -> int:
        """The minimum of the members, or -1 if there is no member."""
        return self.minimum(INITIAL_SEQUENCE)

    def fenced_minimum(self, default: int | Readable) -> int:
        """As `minimum`, for a caller that then gives away the slots up to that minimum.

        Everything that the calling thread stored itself becomes visible first. A thread sees its
        own stores before other threads do. Consider a thread that publishes, and that also consumes
        or is not gated by any consumer. It could find its own publication passed and give the slot
        away. A consumer that joins and starts before that publication might not see it yet. The
        read-modify-write orders this call with `add_at`: either `add_at` sees the stores, or this
        call sees the new members.
        """
        self._fence(0)
        return self.minimum(default)

    def minimum(self, default: int | Readable) -> int:
        """The minimum of the members at a moment when all of them were members.

        Without members, it is `default`.

        The version is read again after the members' values. Otherwise `add_at` could come between
        reading the old members and reading their values. The minimum could then be beyond a new
        member. Terminates because each iteration but the last means that another thread has changed
        the members, and such changes are finite.
        """
        version = self._version
        while True:
            seen = version[0]
            if seen != self._seen:
                self._words = tuple(member.view().word for member in self._group.members)
                self._seen = seen
            words = self._words
            if words:
                minimum = words[0][0]
                for word in words[1:]:
                    value = word[0]
                    if value < minimum:
                        minimum = value
            else:
                minimum = default if isinstance(default, int) else default.get()
            if version[0] == seen:
                return minimum
