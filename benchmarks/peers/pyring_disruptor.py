"""pyring: `SingleProducerDisruptor`, the other Disruptor in Python.

Both of its waits can miss the wake-up that they wait for (they clear the event after they have
looked). With a limit of a millisecond they look again, as its users must.
"""

import importlib
from collections.abc import Callable
from typing import Any

from ringbuffer.programs.bench.peers.peer import OpenQueue, Peer

_LOOK_AGAIN_SECONDS = 0.001


def _open(capacity: int) -> OpenQueue:
    pyring = importlib.import_module("pyring")
    ring = pyring.SingleProducerDisruptor(capacity)
    subscriber = ring.subscribe()

    def producer() -> Callable[[object], object]:
        put, blocked = ring.put, pyring.ReadCursorBlock

        def put_waiting(value: object) -> None:
            while True:
                try:
                    put(value, _LOOK_AGAIN_SECONDS)
                except blocked:
                    continue
                return

        return put_waiting

    def consumer() -> Callable[[], Any]:
        take, nothing = subscriber.next, pyring.SequenceNotFound

        def get() -> Any:
            while True:
                try:
                    return take(_LOOK_AGAIN_SECONDS)[1]
                except nothing:
                    continue

        return get

    return OpenQueue(producer, consumer)


PEER = Peer("pyring", bounded=True, open=_open, module="pyring", most_producers=1, most_consumers=1)
