"""Recognises the kind of an observed thing: a queue, a queue of messages, or a bus.

The modules of buses, and of queues for tasks, load asyncio. This module does not load them for a
ring, a disruptor or a queue for threads. So a program that observes only these does not load
asyncio.
"""

from typing import TYPE_CHECKING, Any

from ringbuffer.disruptor import Disruptor
from ringbuffer.queues import Queue
from ringbuffer.ring_buffer import RingBuffer

if TYPE_CHECKING:
    from ringbuffer.messaging import EventBus, InMemoryQueue


def as_queue(thing: object) -> Queue[Any] | None:
    """The thing if it is a `Queue`; of an `AsyncQueue`, its queue for threads; otherwise None."""
    if isinstance(thing, Queue):
        return thing
    if isinstance(thing, RingBuffer | Disruptor):
        return None
    from ringbuffer.queues import AsyncQueue

    return thing.sync if isinstance(thing, AsyncQueue) else None


def as_message_queue(thing: object) -> "InMemoryQueue | None":
    """The thing if it is a queue of messages; otherwise None."""
    if isinstance(thing, RingBuffer | Disruptor | Queue):
        return None
    from ringbuffer.messaging import InMemoryQueue

    return thing if isinstance(thing, InMemoryQueue) else None


def as_bus(thing: object) -> "EventBus | None":
    """The thing if it is a bus; otherwise None."""
    if isinstance(thing, RingBuffer | Disruptor | Queue):
        return None
    from ringbuffer.messaging import EventBus

    return thing if isinstance(thing, EventBus) else None


def name_of(thing: object) -> str:
    """The default name of a thing: its own, or that of its class."""
    default = "ring" if isinstance(thing, RingBuffer) else type(thing).__name__
    return str(getattr(thing, "name", default))


def check_distinct(names: list[str], remedy: str) -> None:
    """Raise `ValueError` if two things have the same name; `remedy` says what to pass instead."""
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(
            f"several are called {', '.join(sorted(twice))}: pass {remedy} to tell them apart"
        )
