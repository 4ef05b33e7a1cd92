"""`Message`: an event with a checksum, on which each stage leaves its mark."""

import zlib

#: The most stages of a topology.
STAGES = 16
_NO_MARKS = [0] * STAGES


def payload_of(producer: int, number: int) -> int:
    """A payload of so many bits that a half-written one would be found."""
    return ((producer << 40) ^ number ^ 1) * 0x9E37_79B9_7F4A_7C15 & 0xFFFF_FFFF_FFFF_FFFF


def checksum(producer: int, number: int, payload: int) -> int:
    """The checksum of all parts of a message."""
    return zlib.crc32(b"%d %d %d" % (producer, number, payload))


class Message:
    """What flows: an event that is filled in place, or a value that is made for the occasion.

    Attributes:
        producer: who published it.
        number: which of that producer's messages it is.
        payload: a function of the two.
        check: the checksum of the three.
        marks: of each stage that has finished with it, `mark(check, stage)`.
    """

    __slots__ = ("check", "marks", "number", "payload", "producer")

    def __init__(self, producer: int = -1, number: int = -1) -> None:
        self.marks = list(_NO_MARKS)
        self.fill(producer, number)

    def fill(self, producer: int, number: int) -> None:
        """Make it another message, without marks."""
        self.producer = producer
        self.number = number
        self.marks[:] = _NO_MARKS
        self.payload = payload_of(producer, number)
        self.check = checksum(producer, number, self.payload)

    def is_whole(self) -> bool:
        """Whether its parts belong together."""
        producer, number, payload = self.producer, self.number, self.payload
        return payload == payload_of(producer, number) and self.check == checksum(
            producer, number, payload
        )


def mark(check: int, stage: int) -> int:
    """Never 0."""
    return (check ^ stage) | 1 << 40
