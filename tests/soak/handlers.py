"""Handlers that do to each message what its fate says, and keep a ledger."""

import asyncio
import threading
from typing import Final

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.bus import EventBus
from tests.soak.ledger import Ledger
from tests.soak.message import Fate, Fates, Fault, Message, opened

#: How long a slow handler takes, in seconds.
SLOW: Final = 0.002


class Handler:
    """A handler of a bus. Its own thread, or task, but for `heal`.

    Attributes:
        ledger: what it saw.
    """

    def __init__(self, fates: Fates) -> None:
        self.ledger: Final = Ledger()
        self._fates: Final = fates
        self._failures: Final[dict[tuple[int, int], int]] = {}
        #: Messages that do not fail any more. Any thread adds to it; a set of the interpreter keeps
        #: itself whole.
        self._healed: Final[set[tuple[int, int]]] = set()
        self._never: Final = SYSTEM_HOST.event()

    def heal(self, message: Message) -> None:
        """Let a message fail no more. Any thread."""
        self._healed.add((message.producer, message.number))

    def __call__(self, message: Message) -> int:
        if self._begins(message) is Fate.SLOW:
            self._never.wait(SLOW)
        return self._ends(message)

    async def later(self, message: Message) -> int:
        """The same as a coroutine function."""
        fate = self._begins(message)
        if fate is Fate.SLOW:
            await asyncio.sleep(SLOW)
        elif message.number % 8 == 0:
            await asyncio.sleep(0)
        return self._ends(message)

    def _begins(self, message: Message) -> Fate:
        producer, number = message.producer, message.number
        self.ledger.torn += not message.is_whole
        self.ledger.arrives(producer, number)
        fate = self._fates.of(producer, number)
        if fate is Fate.DIES or fate is Fate.FAILS:
            self._may_fail(producer, number, fate)
        return fate

    def _ends(self, message: Message) -> int:
        self.ledger.handled(message.producer, message.number)
        return message.number

    def _may_fail(self, producer: int, number: int, fate: Fate) -> None:
        key = producer, number
        if key in self._healed:
            return
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        if fate is Fate.DIES or failures <= self._fates.failures(producer, number):
            raise Fault(f"message {number} of producer {producer}, for the {failures}. time")
        del self._failures[key]


class BusEntrance:
    """The handler of the queue: opens the envelope and publishes its content. Any thread.

    Attributes:
        torn: messages with a wrong checksum.
    """

    def __init__(self, fates: Fates, bus: EventBus) -> None:
        self._fates: Final = fates
        self._bus: Final = bus
        self._lock: Final = threading.Lock()
        self._failures: Final[dict[tuple[int, int], int]] = {}
        self.torn = 0

    def __call__(self, envelope: TransportEnvelope) -> None:
        self._bus.publish_sync(self._open(envelope))

    async def later(self, envelope: TransportEnvelope) -> None:
        """The same as a coroutine function."""
        await self._bus.publish(self._open(envelope))

    def _open(self, envelope: TransportEnvelope) -> Message:
        message = opened(envelope)
        producer, number = message.producer, message.number
        fate = self._fates.of(producer, number)
        if not message.is_whole:
            with self._lock:
                self.torn += 1
        if fate is Fate.SLOW:
            SYSTEM_HOST.event().wait(SLOW)
        elif fate is not Fate.FINE:
            with self._lock:
                failures = self._failures[producer, number] = (
                    self._failures.get((producer, number), 0) + 1
                )
            if fate is Fate.DIES or failures <= self._fates.failures(producer, number):
                raise Fault(f"envelope {number} of producer {producer}, for the {failures}. time")
        return message
