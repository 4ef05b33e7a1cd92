"""`Seats`: the places for the consumers of a ring between processes.

A ring has a fixed number of seats. Each has a *position*, the last sequence that its consumer has
finished, and a state:

    VACANT    no consumer; the position is `BEYOND`, so it gates no producer
    JOINING   a consumer is about to begin
    LEAVING   a consumer is about to end, or is evicted
    KEPT      a consumer has it; if that dies, the seat gates until a successor takes it
    EVICTED   a consumer has it; if that dies, the seat is made vacant

`joining` and `eviction` change them. `spec/modules/Crash.tla` is the model. A process changes a
seat only while it has the kernel's lock of the seat. So a process that dies leaves the seat in one
of these states, without a lock.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Final

from ringbuffer.memory import Cell, Memory
from ringbuffer.memory.mapping import Mapping
from ringbuffer.memory.words import Block
from ringbuffer.sequence import Sequence
from ringbuffer.shared.header import SEAT_BYTES, Part

#: The position of a vacant seat: beyond every sequence.
BEYOND: Final = 1 << 62
LONGEST_NAME: Final = 60

VACANT: Final = 0
JOINING: Final = 1
LEAVING: Final = 2
KEPT: Final = 3
EVICTED: Final = 4
TAKEN: Final = frozenset((KEPT, EVICTED))


class OnDeath(Enum):
    """What happens to a seat when the process that has it dies."""

    #: It gates the producer until a successor takes it, which goes on where the dead one stopped.
    KEEP = "keep"
    #: It stops gating. What its consumer had not finished is lost to it.
    EVICT = "evict"


def state_of(policy: OnDeath) -> int:
    """The state of a taken seat with that policy."""
    return KEPT if policy is OnDeath.KEEP else EVICTED


class Seat:
    """One seat. Any thread.

    Attributes:
        index: its number, and that of its lock.
        sequence: its position.
        state: see above.
        label: its name and the number of the process that took it, for people.
    """

    __slots__ = ("index", "label", "sequence", "state")

    def __init__(self, index: int, sequence: Sequence, state: Cell, label: Block) -> None:
        self.index: Final = index
        self.sequence: Final = sequence
        self.state: Final = state
        self.label: Final = label

    def write_label(self, name: str, process: int) -> None:
        """Note the name of the seat, and the process. The caller has the lock."""
        raw = name.encode("utf-8")
        data = process.to_bytes(8, "little") + len(raw).to_bytes(2, "little") + raw
        self.label.bytes()[: len(data)] = data

    @property
    def name(self) -> str:
        """Its name, if it is taken."""
        data = bytes(self.label.bytes())
        length = min(int.from_bytes(data[8:10], "little"), LONGEST_NAME)
        return data[10 : 10 + length].decode("utf-8", "replace")

    @property
    def process(self) -> int:
        """The number of the process that took it last. The process may be gone."""
        return int.from_bytes(bytes(self.label.bytes()[:8]), "little")


def make_seats(mapping: Mapping, part: Part, count: int, memory: Memory) -> tuple[Seat, ...]:
    """The seats of a ring.

    Args:
        mapping: the shared memory.
        part: where the seats are.
        count: how many there are.
        memory: a memory of their cells, two for each seat.
    """

    def labels() -> Iterator[Block]:
        # Their cells come first, then their labels.
        at = part.offset + count * (SEAT_BYTES - 128)
        return (mapping.block(at + index * 128, 128) for index in range(count))

    return tuple(
        Seat(index, Sequence(BEYOND, memory=memory), memory.cell(VACANT), label)
        for index, label in enumerate(labels())
    )


def check_seat_name(name: object) -> str:
    """Returns the name of a seat.

    Raises:
        TypeError: it is not a string.
        ValueError: it is empty, too long, or has characters that cannot be printed.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a seat must be a string, not {name!r}")
    if not name or not name.isprintable() or len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        raise ValueError(
            f"{name[:80]!r} cannot name a seat: use 1 to {LONGEST_NAME} bytes of printable text"
        )
    return name
