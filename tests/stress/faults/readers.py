"""Readers that leave by an exception; afterwards they must gate no producer."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from ringbuffer import RingBuffer
from ringbuffer.programs.stress.ledger import Ledger
from ringbuffer.programs.stress.message import Message
from ringbuffer.programs.stress.watch import PAUSE
from tests.stress.faults.victim import Plan

#: What a reader does in its thread; the reader itself is made, and gates the ring, before that.
type Loop = Callable[[], None]


def poller(ring: RingBuffer[Any], plan: Plan, ledger: Ledger) -> Loop:
    reader, pause = ring.poller(), threading.Event()

    def handle(event: Message, sequence: int, end_of_batch: bool) -> None:
        plan.hit("loop")
        ledger.note(event, sequence)

    def loop() -> None:
        with reader:
            while True:
                reader.poll(handle)
                pause.wait(PAUSE)

    return loop


def taker(ring: RingBuffer[Any], plan: Plan, ledger: Ledger) -> Loop:
    reader, pause = ring.poller(), threading.Event()

    def loop() -> None:
        with reader:
            while True:
                for event in reader.take():
                    plan.hit("loop")
                    ledger.note(event, len(ledger.seen))
                pause.wait(PAUSE)

    return loop


def stream(ring: RingBuffer[Any], plan: Plan, ledger: Ledger) -> Loop:
    reader = ring.stream()

    async def read() -> None:
        async with reader:
            async for batch in reader:
                for sequence, event in enumerate(batch, reader.first_sequence):
                    plan.hit("loop")
                    ledger.note(event, sequence)

    return lambda: asyncio.run(read())


READERS: dict[str, Callable[[RingBuffer[Any], Plan, Ledger], Loop]] = {
    "poller": poller,
    "taker": taker,
    "stream": stream,
}
