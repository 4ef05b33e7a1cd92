"""`ClosingNotes`: why a ring between processes was closed, for the producers of every process.

An error crosses as a number, for its class, and a text. Each process that closes takes a note of
its own, writes it, and then swaps its number into one word. So a process that is killed meanwhile
leaves no half of a text that another process would read, and no lock is needed.
"""

from typing import Final

from ringbuffer.errors import ConsumerFailedError, RingBufferClosedError
from ringbuffer.memory import Memory
from ringbuffer.memory.words import Block
from ringbuffer.shared.header import NOTE_BYTES, NOTES

#: The classes that cross, by number; an error of another class crosses as the first.
KINDS: Final[tuple[type[RingBufferClosedError], ...]] = (RingBufferClosedError, ConsumerFailedError)
#: The number of a close for which no note was left.
NO_NOTE: Final = NOTES + 1


class ClosingNotes:
    """The notes of one ring. Any thread.

    Args:
        memory: what provides the cells.
        block: the notes: a byte for the class, two for the length, and the text.
    """

    __slots__ = ("_block", "_chosen", "_taken")

    def __init__(self, memory: Memory, block: Block) -> None:
        self._block: Final = block
        self._taken: Final = memory.cell(0)
        self._chosen: Final = memory.cell(0)

    def write(self, error: RingBufferClosedError) -> None:
        """Note why the ring is about to be closed, unless another close has done so."""
        if self._chosen.load():
            return
        number = self._taken.fetch_add(1)
        if not 0 <= number < NOTES:
            self._chosen.compare_and_set(0, NO_NOTE)
            return
        kind = KINDS.index(type(error)) if type(error) in KINDS else 0
        text = str(error).encode("utf-8", "replace")[: NOTE_BYTES - 3]
        data = bytes((kind,)) + len(text).to_bytes(2, "little") + text
        start = number * NOTE_BYTES
        self._block.bytes()[start : start + len(data)] = data
        self._chosen.compare_and_set(0, number + 1)  # a fence: the note is there before

    def read(self) -> RingBufferClosedError:
        """A new error that says why the ring was closed."""
        number = self._chosen.load() - 1
        if not 0 <= number < NOTES:
            return RingBufferClosedError("the ring is closed: it takes no more claims")
        data = bytes(self._block.bytes()[number * NOTE_BYTES : (number + 1) * NOTE_BYTES])
        length = min(int.from_bytes(data[1:3], "little"), NOTE_BYTES - 3)
        kind = KINDS[data[0]] if data[0] < len(KINDS) else RingBufferClosedError
        return kind(data[3 : 3 + length].decode("utf-8", "replace"))
