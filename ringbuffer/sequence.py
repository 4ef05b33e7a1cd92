"""Sequences: counters that only their owner advances and that everybody may read.

A sequence is the number of the last event that somebody has published or finished with; -1 before the first. All
coordination in a ring is the comparison of sequences.
"""

from typing import Final, Protocol

from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, CellView, Memory, Word

#: The value of a sequence before its first event.
INITIAL_SEQUENCE: Final = -1


class Readable(Protocol):
    """Anything that has a current sequence number."""

    def get(self) -> int:
        """The current sequence number, loaded with acquire semantics."""
        ...


class Sequence:
    """A sequence number in a padded cell of its own (LMAX Disruptor, `Sequence`). Any thread.

    Args:
        initial: where it starts.
        memory: what provides the cell.

    Hot loops use `view()`, which belongs to the thread that asked for it.

    Attributes:
        has_stopped: whether whoever advanced it ran, and has stopped; set by processors and streams.
    """

    __slots__ = ("_cell", "has_stopped")

    def __init__(self, initial: int = INITIAL_SEQUENCE, *, memory: Memory = PROCESS_MEMORY) -> None:
        self._cell: Final = memory.cell(initial)
        self.has_stopped = False

    def get(self) -> int:
        """Load with acquire semantics: what was written before the matching `set` is visible after this."""
        return self._cell.load()

    def set(self, value: int) -> None:
        """Store with release semantics: what this thread wrote before is visible to who reads `value`."""
        self._cell.store(value)

    def compare_and_set(self, expected: int, desired: int) -> bool:
        """Replace `expected` by `desired` atomically if it still stands there; say whether it did."""
        return self._cell.compare_and_set(expected, desired)

    def get_and_add(self, delta: int) -> int:
        """Add `delta` atomically and return the value before."""
        return self._cell.fetch_add(delta)

    def add_and_get(self, delta: int) -> int:
        """Add `delta` atomically and return the value after."""
        return self._cell.fetch_add(delta) + delta

    def view(self) -> CellView:
        """The calling thread's own access to this sequence."""
        return self._cell.view()

    def __repr__(self) -> str:
        return f"Sequence({self.get()})"


class SequenceGroup:
    """Sequences whose minimum matters, and whose members may change while it is read. Any thread.

    The members are an immutable tuple that is replaced as a whole; `version` counts the replacements, so that a reader
    can tell that the members it used were the members all along (see `SequenceGroupView.minimum`).

    Args:
        memory: what provides the version's cell.
        host: what provides the lock that serialises changes.
    """

    __slots__ = ("_lock", "_members", "_memory", "_version")

    def __init__(self, *members: Sequence, memory: Memory = PROCESS_MEMORY, host: Host = SYSTEM_HOST) -> None:
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
        """The minimum of the members, or `default` where there are none."""
        return self.view().minimum(default)

    def add(self, *sequences: Sequence) -> None:
        """Add members. A member that is added twice must be removed twice."""
        with self._lock:
            self._replace(self._members + sequences)

    def add_at(self, start: Readable, *sequences: Sequence) -> None:
        """Add members to a group that gates a running ring, all starting where `start` is.

        Who reads the group afterwards either sees the new members or finished reading before `start` reached
        the position they are finally set to: no slot after that position can have been given away without them.

        1. The sequences are set to `start`, so that a reader who sees them early is held back, not let through.
        2. The members are replaced and the version is raised by a read-modify-write: a full fence, so the load of
           `start` that follows cannot have been done before the new members were visible.
        3. The sequences are set again, to a `start` read after the fence.
        """
        with self._lock:
            _set_all(sequences, start.get())
            self._replace(self._members + sequences)
            _set_all(sequences, start.get())

    def remove(self, sequence: Sequence) -> bool:
        """Remove one occurrence of a member; say whether it was one."""
        with self._lock:
            members = list(self._members)
            if sequence not in members:
                return False
            members.remove(sequence)
            self._replace(tuple(members))
            return True

    def _replace(self, members: tuple[Sequence, ...]) -> None:
        self._members = members
        self._version.fetch_add(1)

    def view(self) -> "SequenceGroupView":
        """The calling thread's own access to the group."""
        return SequenceGroupView(self, self._version.view())


def _set_all(sequences: tuple[Sequence, ...], position: int) -> None:
    for sequence in sequences:
        sequence.set(position)


class SequenceGroupView:
    """One thread's access to a group: its own words, made again when the members changed. Owning thread only."""

    __slots__ = ("_fence", "_group", "_seen", "_version", "_words")

    def __init__(self, group: SequenceGroup, version: CellView) -> None:
        self._group: Final = group
        self._version: Final = version.word
        self._fence: Final = version.fetch_add
        self._seen = -1
        self._words: tuple[Word, ...] = ()

    def get(self) -> int:
        """The minimum of the members, or -1 where there are none."""
        return self.minimum(INITIAL_SEQUENCE)

    def settled_minimum(self, default: int | Readable) -> int:
        """As `minimum`, for who gives away what lies before it: everything this thread has stored itself is visible first.

        A thread sees its own stores before others do. One that publishes, and consumes or is gated by nobody, could find its
        own publication passed, give its slot away, and not have shown it yet to whoever joins and starts before it. The
        read-modify-write orders it with `add_at`: either that sees the stores, or this sees the new members.
        """
        self._fence(0)
        return self.minimum(default)

    def minimum(self, default: int | Readable) -> int:
        """The minimum of the members at a moment when they all were members, or `default` where there are none.

        The version is read again after the members' values. Without that, a reader that is overtaken by `add_at`
        between reading the old members and reading their values could report a minimum beyond a new member.
        Each turn but the last means that somebody changed the members meanwhile, so the loop ends when they stop.
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
