"""`observe`: chooses the way to look at a ring, a disruptor, a queue or a bus."""

from typing import cast

from ringbuffer.diagnostics.buses import ObservedBus
from ringbuffer.diagnostics.kinds import as_bus, as_message_queue, as_queue, name_of
from ringbuffer.diagnostics.positions import Observed
from ringbuffer.diagnostics.queues import ObservedMessageQueue, ObservedQueue
from ringbuffer.diagnostics.rings import ObservedDisruptor, ObservedRing
from ringbuffer.disruptor import Disruptor
from ringbuffer.ring_buffer import RingBuffer


def observe(thing: object, name: str | None = None) -> Observed:
    """Make what reads the positions of `thing`. Any thread.

    Args:
        thing: a `RingBuffer`, a `Disruptor`, a queue or a bus of this library, or any object with
            `name` and `read`, see `Observed`.
        name: the name in metrics; the default is the thing's own name, or that of its class.

    Raises:
        TypeError: `thing` is none of these.
    """
    called = name or name_of(thing)
    if isinstance(thing, RingBuffer):
        return ObservedRing(thing, called)
    if isinstance(thing, Disruptor):
        return ObservedDisruptor(thing, called)
    if (queue := as_queue(thing)) is not None:
        return ObservedQueue(queue, called)
    if (messages := as_message_queue(thing)) is not None:
        return ObservedMessageQueue(messages, called)
    if (bus := as_bus(thing)) is not None:
        return ObservedBus(bus, called)
    if callable(getattr(thing, "read", None)) and isinstance(getattr(thing, "name", None), str):
        observed = cast(Observed, thing)
        return observed if name is None else _Renamed(observed, name)
    raise TypeError(
        f"{thing!r} cannot be observed: pass a RingBuffer, a Disruptor, a queue or a bus of this "
        f"library, or an object with a `name` and a method `read()` that returns Positions"
    )


class _Renamed:
    """The same object under another name."""

    def __init__(self, observed: Observed, name: str) -> None:
        self.name = name
        self.read = observed.read
