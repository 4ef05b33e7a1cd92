"""Disruptors: wiring, the start and the end, consumers that come and go while it runs."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import BlockingWaitStrategy, Disruptor, ProcessorStateError
from ringbuffer.host import Host
from tests.interrupts.call import Call, calls_of, require
from tests.interrupts.hosts import until
from tests.interrupts.rings import SIZE, no_thread_consumes

BEFORE = 3


@dataclass(slots=True)
class Subject:
    """A disruptor of values, and what each of its handlers has handled.

    Attributes:
        wired: the handlers that the call is to wire.
    """

    disruptor: Disruptor[Any]
    first: list[int] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    sent: int = 0

    def handle(self, value: int, sequence: int, end_of_batch: bool) -> None:
        self.first.append(value)

    def handle_next(self, value: int, sequence: int, end_of_batch: bool) -> None:
        self.second.append(value)

    def publish(self, count: int) -> None:
        for _ in range(count):
            self.disruptor.producer().publish_value(self.sent, 5)
            self.sent += 1

    def abandon(self) -> None:
        self.disruptor.halt()

    @property
    def names(self) -> int:
        return len(self.disruptor.graph.nodes)


def new(host: Host) -> Subject:
    made = Subject(
        Disruptor.of_values(SIZE, wait_strategy=BlockingWaitStrategy(host=host), host=host)
    )
    made.disruptor.handle_events_with(made.handle)
    return made


def two(host: Host) -> Subject:
    """One handler after the other."""
    made = new(host)
    made.disruptor.after(made.handle).then(made.handle_next)
    return made


def running(make: Callable[[Host], Subject]) -> Callable[[Host], Subject]:
    def make_running(host: Host) -> Subject:
        made = make(host)
        made.disruptor.start()
        made.publish(BEFORE)
        until(lambda: len(made.first) == BEFORE, "it handles what was published")
        return made

    return make_running


# -- calls ----------------------------------------------------------------------------------------


def wire(made: Subject) -> None:
    made.disruptor.handle_events_with(made.handle_next)


def wire_after(made: Subject) -> None:
    made.disruptor.after(made.handle).then(made.handle_next)


def wire_pool(made: Subject) -> None:
    made.disruptor.after(made.handle).then_handle_events_with_worker_pool(made.handle_next)


def use(made: Subject) -> None:
    with made.disruptor:
        pass


def add_live(made: Subject) -> None:
    with made.disruptor.live() as live:
        live.handle_events_with(made.handle_next)


def remove(made: Subject) -> None:
    made.disruptor.remove(made.handle_next, 10)


def halt_and_join(made: Subject) -> None:
    made.disruptor.halt()
    require(made.disruptor.join(10), "it ends")


# -- checks ---------------------------------------------------------------------------------------


def gates_match(made: Subject) -> None:
    """Nothing gates the ring but the consumers, and each of them does."""
    graph, ring = made.disruptor.graph, made.disruptor.ring
    gating, expected = (
        set(map(id, ring.gating_sequences)),
        {id(node.sequence) for node in graph.nodes},
    )
    require(
        gating == expected, f"{len(gating)} sequences gate the ring of {len(expected)} consumers"
    )
    require(not any(node.is_leaving for node in graph.nodes), "no consumer is left leaving")


def ends(made: Subject, happened: bool | None) -> None:
    """It can be halted and joined, and no thread of it is left."""
    made.disruptor.halt()
    require(made.disruptor.join(10), "it ends")
    no_thread_consumes(made.disruptor.ring)
    with contextlib.suppress(ProcessorStateError):
        made.disruptor.start()
        raise AssertionError("a disruptor that was halted does not start")


def handles_everything(made: Subject) -> None:
    made.publish(2 * SIZE)
    made.disruptor.shutdown(10)
    require(made.first == list(range(made.sent)), f"{made.first} were handled")
    ends(made, True)


def was_wired(made: Subject, happened: bool | None) -> None:
    """It is wired if the call has returned; if not, the call can be repeated."""
    gates_match(made)
    require(made.names == (2 if happened else 1), f"{made.names} consumers")
    if not happened:
        wire(made)
    made.disruptor.start()
    handles_everything(made)
    require(made.second == made.first, f"{made.second} were handled by the second")


def has_started(made: Subject, happened: bool | None) -> None:
    """It runs, or is halted for good, or nothing of it has begun."""
    gates_match(made)
    if not happened and not made.disruptor.ring.is_closed:
        made.disruptor.start()
    if made.disruptor.ring.is_closed:
        ends(made, happened)
    else:
        handles_everything(made)


def was_shut_down(made: Subject, happened: bool | None) -> None:
    """The call can be repeated, and nothing is lost."""
    made.disruptor.shutdown(10)
    require(made.first == list(range(made.sent)), f"{made.first} were handled")
    require(made.second == list(range(made.sent)), f"{made.second} were handled by the second")
    ends(made, happened)


def came(made: Subject, happened: bool | None) -> None:
    """The new consumer runs, or is not there, and the block is over."""
    gates_match(made)
    require(not happened or made.names == 2, f"{made.names} consumers")
    if made.names == 1:
        add_live(made)
    handles_everything(made)
    require(
        made.second == list(range(made.sent))[-2 * SIZE :],
        f"{made.second} were handled by the second",
    )


def went(made: Subject, happened: bool | None) -> None:
    """The consumer is gone, or can be removed again."""
    gates_match(made)
    require(not happened or made.names == 1, f"{made.names} consumers")
    if made.names == 2:
        remove(made)
    gates_match(made)
    handles_everything(made)


call = calls_of("Disruptor")

CALLS: list[Call[Any]] = [
    call("handle_events_with", new, wire, was_wired),
    call("then", new, wire_after, was_wired),
    call("a worker pool", new, wire_pool, was_wired),
    call("start", two, lambda made: made.disruptor.start(), has_started),
    call("halt", running(two), lambda made: made.disruptor.halt(), ends),
    call("join", running(two), halt_and_join, ends),
    call("shutdown", running(two), lambda made: made.disruptor.shutdown(10), was_shut_down),
    call("with", two, use, ends),
    call("live", running(new), add_live, came),
    call("remove", running(two), remove, went),
]
