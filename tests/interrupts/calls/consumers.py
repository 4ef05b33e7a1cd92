"""Consumers without threads: pollers, whose slots are cleared behind them; and those that join."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import EventPoller, EventStream, RingBuffer, Sequence
from ringbuffer.host import Host
from tests.interrupts.call import Call, require
from tests.interrupts.hosts import until
from tests.interrupts.rings import SIZE, is_empty, ring_of_values

BEFORE = 5


@dataclass(slots=True)
class Subject:
    """A ring of values with one poller, and what that has shown."""

    ring: RingBuffer[Any]
    poller: EventPoller[Any]
    shown: list[int] = field(default_factory=list)


def subject(host: Host) -> Subject:
    ring = ring_of_values(host)
    made = Subject(ring, ring.poller())
    for number in range(BEFORE):
        ring.publish_value(number)
    return made


def poll(made: Subject) -> None:
    made.poller.poll(lambda value, sequence, last: made.shown.append(value))


def take(made: Subject) -> None:
    made.shown += made.poller.take()


def go_on(made: Subject) -> None:
    """The thread takes what is left, and then publishes more than a ring: there is room for it."""
    made.poller.poll(lambda value, sequence, last: None)
    for number in range(2 * SIZE):
        made.ring.publish_value(number, 5)
        made.poller.poll(lambda value, sequence, last: None)


def finished(made: Subject, happened: bool | None) -> None:
    require(not happened or made.shown == list(range(BEFORE)), f"{made.shown} were shown")
    sequencer = made.ring.sequencer
    require(sequencer.published() == sequencer.claimed, "a hole")
    if made.poller.sequence.get() < sequencer.claimed:
        go_on(made)
    is_empty(made.ring)


def closed(made: Subject, happened: bool | None) -> None:
    """Closed, or closed again, the poller gates no producer."""
    made.poller.close()
    require(made.poller.sequence not in made.ring.gating_sequences, "it gates no longer")
    for number in range(2 * SIZE):
        made.ring.publish_value(number, 5)


def call(
    what: str,
    do: Callable[[Subject], object],
    check: Callable[[Subject, bool | None], object],
    then: Callable[[Subject], object] | None = None,
) -> Call[Any]:
    return Call(f"poller: {what}", subject, do, check, then, batch=32)


# -- joining a ring that runs ----------------------------------------------------------------------


@dataclass(slots=True)
class Joined:
    """A ring of values without a consumer, and the one that joins."""

    ring: RingBuffer[Any]
    poller: EventPoller[Any] | None = None
    stream: EventStream[Any] | None = None
    sequence: Sequence | None = None


def without_consumers(host: Host) -> Joined:
    ring = ring_of_values(host)
    ring.publish_value(0)
    return Joined(ring)


def with_stream(host: Host) -> Joined:
    made = without_consumers(host)
    made.stream = made.ring.stream()
    return made


def make_poller(made: Joined) -> None:
    """An interrupt may lose the poller when the call has returned: then it ends by itself."""
    made.poller = made.ring.poller()


def make_stream(made: Joined) -> None:
    made.stream = made.ring.stream()


def add_sequence(made: Joined) -> None:
    sequence = Sequence(memory=made.ring.memory)
    made.ring.add_gating_sequences(sequence)
    made.sequence = sequence


def end_stream(made: Joined) -> None:
    assert made.stream is not None
    made.stream.end()


def joined(made: Joined, happened: bool | None) -> None:
    """It gates the ring if the call has returned; if not, nothing does soon, and publishers go on.

    At a random moment, the caller may have stored what has been made.
    """
    is_there = happened or made.poller or made.stream or made.sequence
    until(
        lambda: len(made.ring.gating_sequences) == bool(is_there),
        f"{made.ring.gating_sequences} gate the ring",
    )
    if made.poller is not None:
        made.poller.close()
    if made.stream is not None:
        made.stream.end()
    if made.sequence is not None:
        made.ring.remove_gating_sequence(made.sequence)
    left(made, True)


def left(made: Joined, happened: bool | None) -> None:
    """Nothing gates the ring any more; after an interrupt, another call does what is left."""
    if happened is None and made.stream is not None:
        made.stream.end()
    require(not made.ring.gating_sequences, f"{made.ring.gating_sequences} gate the ring")
    for number in range(2 * SIZE):
        made.ring.publish_value(number, 5)


CALLS: list[Call[Any]] = [
    Call("joining: a poller is made", without_consumers, make_poller, joined, batch=32),
    Call("joining: a stream is made", without_consumers, make_stream, joined, batch=8),
    Call("joining: add_gating_sequences", without_consumers, add_sequence, joined, batch=32),
    Call("joining: a stream ends", with_stream, end_stream, left, batch=8),
    call("poll", poll, finished, go_on),
    call("take", take, finished, go_on),
    call("close", lambda made: made.poller.close(), closed),
]
