"""What flows through the soak test, and what must happen to it."""

import struct
import zlib
from enum import Enum
from typing import Final

from ringbuffer.messaging import TransportEnvelope

_BODY: Final = struct.Struct("<IQQ")


class Fault(Exception):
    """Raised by a handler, on purpose."""


class Killed(Exception):
    """Raised in a producer, on purpose: it ends there."""


class Fate(Enum):
    """What a handler is to do with a message."""

    FINE = "fine"
    SLOW = "slow"
    FAILS = "fails once or twice"
    DIES = "fails for good"


def check_of(producer: int, number: int) -> int:
    return zlib.crc32(b"%d %d" % (producer, number))


class Message:
    """One message of one producer.

    Attributes:
        producer: who published it.
        number: which of that producer's messages it is, from 0 on.
        check: a checksum of the two.
    """

    __slots__ = ("check", "number", "producer")

    def __init__(self, producer: int, number: int) -> None:
        self.producer, self.number, self.check = producer, number, check_of(producer, number)

    @property
    def is_whole(self) -> bool:
        return self.check == check_of(self.producer, self.number)


class Odd(Message):
    """One with an odd number: some handlers want no others."""

    __slots__ = ()


def message_of(producer: int, number: int) -> Message:
    return (Odd if number % 2 else Message)(producer, number)


def envelope_of(message: Message) -> TransportEnvelope:
    return TransportEnvelope("soak", _BODY.pack(message.producer, message.number, message.check))


def opened(envelope: TransportEnvelope) -> Message:
    """What is in an envelope, with the checksum that it came with."""
    producer, number, check = _BODY.unpack(envelope.body)
    message = message_of(producer, number)
    message.check = check
    return message


class Fates:
    """What one handler does with each message: always the same for the same salt. Immutable.

    Args:
        salt: of the handler.
        slow, fails, dies: how many of 65,536 messages are slow, fail once or twice, and fail for
        good.
    """

    def __init__(self, salt: int, slow: int, fails: int, dies: int) -> None:
        self._salt = salt
        self._slow, self._fails, self._dies = slow, slow + fails, slow + fails + dies

    def of(self, producer: int, number: int) -> Fate:
        drawn = self._drawn(producer, number) & 0xFFFF
        if drawn >= self._dies:
            return Fate.FINE
        if drawn < self._slow:
            return Fate.SLOW
        return Fate.FAILS if drawn < self._fails else Fate.DIES

    def failures(self, producer: int, number: int) -> int:
        """How often a message fails that does not fail for good."""
        return 1 + (self._drawn(producer, number) >> 20 & 1)

    def _drawn(self, producer: int, number: int) -> int:
        mixed = (
            number * 0x9E37_79B9_7F4A_7C15 + producer * 0xC2B2_AE3D_27D4_EB4F + self._salt
        ) & 0xFFFF_FFFF_FFFF_FFFF
        mixed = (mixed ^ mixed >> 31) * 0xBF58_476D_1CE4_E5B9 & 0xFFFF_FFFF_FFFF_FFFF
        return mixed >> 24
