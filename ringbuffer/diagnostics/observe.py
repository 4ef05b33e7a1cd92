"""`observe`: what can be looked at, and how: rings and disruptors here, queues and buses by what they offer."""

from ringbuffer.diagnostics.buses import BusLike, ObservedBus
from ringbuffer.diagnostics.positions import Observed
from ringbuffer.diagnostics.queues import CountedQueue, MessageQueue, ObservedMessageQueue, ObservedQueue
from ringbuffer.diagnostics.rings import ObservedDisruptor, ObservedRing
from ringbuffer.disruptor import Disruptor
from ringbuffer.ring_buffer import RingBuffer


def observe(thing: object, name: str | None = None) -> Observed:
    """How to look at `thing`. Any thread.

    Args:
        thing: a `RingBuffer`, a `Disruptor`, a queue or a bus of this library, or any object with `name` and `read`,
            see `Observed`.
        name: what to call it; the default is its own name, or that of its class.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(thing, RingBuffer):
        return ObservedRing(thing, name or "ring")
    if isinstance(thing, Disruptor):
        return ObservedDisruptor(thing, name or thing.name)
    if isinstance(thing, MessageQueue):
        return ObservedMessageQueue(thing, name or thing.name)
    if isinstance(thing, CountedQueue):
        return ObservedQueue(thing, name or type(thing).__name__)
    if isinstance(thing, BusLike):
        return ObservedBus(thing, name or thing.name)
    sync = getattr(thing, "sync", None)  # an `AsyncQueue` is another face of a queue for threads
    if isinstance(sync, CountedQueue):
        return ObservedQueue(sync, name or type(thing).__name__)
    if callable(getattr(thing, "read", None)) and isinstance(getattr(thing, "name", None), str):
        return thing if name is None else _Renamed(thing, name)  # type: ignore[return-value, arg-type]
    raise TypeError(
        f"{thing!r} cannot be observed: pass a RingBuffer, a Disruptor, a queue or a bus of this library, or an object with a "
        f"`name` and a method `read()` that returns Positions"
    )


class _Renamed:
    """The same under another name."""

    def __init__(self, observed: Observed, name: str) -> None:
        self.name = name
        self.read = observed.read
