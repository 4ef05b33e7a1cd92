"""Buses whose handlers have failed: messages that wait for a retry, and replayed dead letters."""

import functools
from dataclasses import dataclass, field
from typing import Any

from ringbuffer.host import Host
from ringbuffer.messaging import (
    ChannelEventBus,
    DeadLetterQueue,
    Pipeline,
    PublishResult,
    RetryPolicy,
    RingBufferEventBus,
    Subscription,
)
from tests.interrupts.call import Call, calls_of, require
from tests.interrupts.hosts import until
from tests.support.threads import Background

SIZE = 8
COUNT = 3

type Bus = ChannelEventBus | RingBufferEventBus

BUSES: dict[str, type[ChannelEventBus] | type[RingBufferEventBus]] = {
    "channels": ChannelEventBus,
    "ring": RingBufferEventBus,
}


@dataclass(slots=True)
class Subject:
    """A bus, its dead letters, and a handler that fails on each message once.

    Attributes:
        attempts: how often the handler got each message.
        publishers: threads that wait until their messages are handled.
    """

    bus: Bus
    letters: DeadLetterQueue
    attempts: dict[int, int] = field(default_factory=dict)
    subscriptions: list[Subscription] = field(default_factory=list)
    publishers: list[Background] = field(default_factory=list)

    def handle(self, event: int) -> None:
        self.attempts[event] = self.attempts.get(event, 0) + 1
        if self.attempts[event] == 1:
            raise ValueError(event)

    def abandon(self) -> None:
        self.bus.close(drain=False, timeout=0)

    def publish_and_wait(self, event: int) -> PublishResult:
        return self.bus.publish_sync(event, wait=True)


def failed(kind: str, host: Host, policy: RetryPolicy) -> Subject:
    letters = DeadLetterQueue(host=host)
    pipeline = Pipeline().use_error_handling(letters).use_retry(policy)
    made = Subject(BUSES[kind](SIZE, pipeline=pipeline, host=host), letters)
    made.subscriptions.append(made.bus.subscribe(int, made.handle, name="fails"))
    return made


def waiting(kind: str, host: Host) -> Subject:
    """Messages that wait for a retry, in a long time; a publisher waits for each."""
    made = failed(kind, host, RetryPolicy(2, delay=1000.0))
    for event in range(COUNT):
        call = functools.partial(made.publish_and_wait, event)
        made.publishers.append(Background(call, f"publisher {event}").start())
    until(lambda: made.bus.metrics().returning == COUNT, "all messages wait for their retry")
    return made


def dead(kind: str, host: Host) -> Subject:
    """Messages that are dead letters."""
    made = failed(kind, host, RetryPolicy(1))
    for event in range(COUNT):
        made.bus.publish_sync(event)
    until(lambda: len(made.letters) == COUNT, "all messages are dead letters")
    return made


# -- calls ----------------------------------------------------------------------------------------


def close(made: Subject) -> None:
    made.bus.close(drain=False, timeout=10)


def unsubscribe(made: Subject) -> None:
    require(made.bus.unsubscribe(made.subscriptions[0], timeout=10), "it ends")


# -- checks ---------------------------------------------------------------------------------------


def closed(made: Subject, happened: bool | None) -> None:
    """Another call does the rest: each message is one dead letter, and its publisher knows."""
    report = made.bus.close(drain=False, timeout=10)
    require(report.abandoned == COUNT, f"{report}")
    found = sorted(int(str(letter.message)) for letter in made.letters.list())
    require(found == list(range(COUNT)), f"{found} are dead letters")
    publishers_know(made)
    require(made.bus.metrics().returning == 0, "nothing waits for a retry")


def publishers_know(made: Subject) -> None:
    """Each of them has got the error of the handler that it waited for."""
    for publisher in made.publishers:
        result = publisher.join()
        require(isinstance(result, PublishResult) and result.errors, f"{result}")


def unsubscribed(made: Subject, happened: bool | None) -> None:
    """The publishers of a removed handler wait no longer; those of another one continue to."""
    if made.subscriptions[0] not in made.bus.subscriptions:
        publishers_know(made)
    require(made.bus.metrics().returning == COUNT, "the messages are still there")
    closed(made, happened)


def replayed(made: Subject, happened: bool | None) -> None:
    """Each letter has gone back, or is there; the one at which the interrupt came may be both."""
    require(made.bus.close(timeout=10).is_complete, "everything is handled")
    left = [int(str(letter.message)) for letter in made.letters.list()]
    back = [event for event, count in made.attempts.items() if count == 2]
    require(max(made.attempts.values()) <= 2, f"{made.attempts}: one was handled too often")
    require(sorted({*back, *left}) == list(range(COUNT)), f"{back} went back, {left} are there")
    require(len(back) + len(left) <= COUNT + 1, f"{back} went back, {left} are there too")
    require(not happened or left == [], f"{left} are there")


def calls(kind: str) -> list[Call[Any]]:
    call = calls_of(f"Retries, {kind}", batch=2)
    stuck, given_up = functools.partial(waiting, kind), functools.partial(dead, kind)
    return [
        call("close", stuck, close, closed),
        call("unsubscribe", stuck, unsubscribe, unsubscribed),
        call("replay", given_up, lambda made: made.letters.replay(), replayed),
    ]


CALLS: list[Call[Any]] = [call for kind in BUSES for call in calls(kind)]
