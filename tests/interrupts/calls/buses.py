"""Event buses of both kinds: publishing, handlers that come and go, the end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ringbuffer.host import Host
from ringbuffer.messaging import ChannelEventBus, RingBufferEventBus, Subscription
from ringbuffer.messaging.bus import BusCloseReport
from tests.interrupts.call import Call, require
from tests.interrupts.loop_ends import end

SIZE = 8
#: What is published in the interrupted call, and by the same thread after it.
SENT, NEXT = 20, 21

type Bus = ChannelEventBus | RingBufferEventBus

BUSES: dict[str, Callable[[Host], Bus]] = {
    "channels": lambda host: ChannelEventBus(SIZE, name="bus", host=host),
    "ring": lambda host: RingBufferEventBus(SIZE, name="bus", host=host),
}


@dataclass(slots=True)
class Subject:
    """A bus, what its handlers have handled, and what the calls returned."""

    bus: Bus
    subscriptions: list[Subscription] = field(default_factory=list)
    handled: dict[str, list[int]] = field(default_factory=dict)
    report: BusCloseReport | None = None

    def subscribe(self, name: str, is_coroutine: bool = False) -> None:
        own = self.handled.setdefault(name, [])

        def handle(event: int) -> None:
            own.append(event)

        async def handle_in_loop(event: int) -> None:
            own.append(event)

        handler: Callable[[int], object] = handle_in_loop if is_coroutine else handle
        self.subscriptions.append(self.bus.subscribe(int, handler, name=name))

    def abandon(self) -> None:
        self.bus.close(drain=False, timeout=0)


def subject(kind: str, plain: int = 1, coroutines: int = 0) -> Callable[[Host], Subject]:
    """A bus with so many handlers, none of which has handled anything."""

    def make(host: Host) -> Subject:
        made = Subject(BUSES[kind](host))
        for number in range(plain):
            made.subscribe(f"plain {number}")
        for number in range(coroutines):
            made.subscribe(f"coroutine {number}", is_coroutine=True)
        return made

    return make


def publish_next(made: Subject) -> None:
    """The interrupted thread publishes more than a bus holds: no removed handler may stop it."""
    for _ in range(2 * SIZE):
        made.bus.publish_sync(NEXT, timeout=5)


def close(made: Subject) -> None:
    """Everything is handled, and the bus ends."""
    report = made.bus.close(timeout=10)
    require(report.is_complete, f"{report}")


def published(made: Subject, happened: bool | None) -> None:
    """All handlers got the event; or none, if an interrupt was raised. All got the later events."""
    close(made)
    rest = [NEXT] * (2 * SIZE)
    expected = [[SENT, *rest]] if happened else [[SENT, *rest], rest]
    lists = list(made.handled.values())
    require(lists[0] in expected, f"{made.handled}")
    require(all(each == lists[0] for each in lists), f"{made.handled}")
    require(made.bus.metrics().published == len(lists[0]), "each event is counted once")


def publish_and_wait(made: Subject) -> None:
    require(made.bus.publish_sync(SENT, wait=True, timeout=10).ok, "it is handled")


def subscribed(made: Subject, happened: bool | None) -> None:
    """The handler is there if the call has returned, and gone without a trace if not."""
    # A random interrupt may come when the caller has got the subscription already.
    happened = happened or any(each.name == "new" for each in made.subscriptions) or None
    names = [each.name for each in made.bus.subscriptions]
    expected = ["plain 0", "new"] if happened else ["plain 0"]
    require(names == expected, f"{names} are subscribed")
    close(made)
    rest = [NEXT] * (2 * SIZE)
    require(made.handled["plain 0"] == rest, f"{made.handled}")
    if happened:
        require(made.handled["new"] == rest, f"{made.handled}")


def unsubscribe(made: Subject) -> None:
    require(made.bus.unsubscribe(made.subscriptions[-1], timeout=10), "it ends")


def unsubscribed(made: Subject, happened: bool | None) -> None:
    """The handler is gone, or subscribed as before."""
    is_there = made.subscriptions[-1] in made.bus.subscriptions
    require(not (happened and is_there), "it is gone")
    close(made)
    rest = [NEXT] * (2 * SIZE)
    require(made.handled["plain 0"] == rest, f"{made.handled}")
    other = made.handled[made.subscriptions[-1].name]
    require(other == (rest if is_there else []), f"{made.handled}")


def close_it(made: Subject) -> None:
    made.report = made.bus.close(timeout=10)


def closed(made: Subject, happened: bool | None) -> None:
    """It is closed, or open as before; another call does what is left."""
    require(made.bus.is_closed or happened is None, "it is closed")
    report = made.bus.close(timeout=10)
    require(
        report == made.report if happened else made.report is None,
        f"{report} differs from {made.report}",
    )
    require(not report.still_running, f"{report}")
    try:
        made.bus.publish_sync(NEXT, timeout=5)
    except Exception:
        return
    raise AssertionError("a closed bus has taken an event")


# -- in a loop ------------------------------------------------------------------------------------


def in_loop(call: Callable[[Subject], Awaitable[object]]) -> Callable[[Subject], object]:
    """A call in a loop of its own, which ends as with `asyncio.run`. asyncio is not interrupted."""

    async def within(made: Subject) -> None:
        await call(made)

    def run(made: Subject) -> None:
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(within(made))
        finally:
            end(loop)

    return run


async def publish_within(made: Subject) -> None:
    await made.bus.publish(SENT, timeout=10)


async def publish_and_wait_within(made: Subject) -> None:
    require((await made.bus.publish(SENT, wait=True, timeout=10)).ok, "it is handled")


async def close_within(made: Subject) -> None:
    made.report = await made.bus.aclose(timeout=10)


def calls(kind: str) -> list[Call[Any]]:
    """The calls of one kind of bus."""
    both, one = subject(kind, 2, 1), subject(kind)
    found: list[Call[Any]] = [
        Call(
            "publish_sync",
            subject(kind, 2),
            lambda made: made.bus.publish_sync(SENT),
            published,
            publish_next,
            batch=4,
        ),
        Call(
            "publish_sync, a coroutine",
            both,
            lambda made: made.bus.publish_sync(SENT),
            published,
            publish_next,
            batch=2,
        ),
        Call(
            "publish_sync and wait",
            subject(kind, 2),
            publish_and_wait,
            published,
            publish_next,
            batch=2,
        ),
        Call(
            "publish_all",
            subject(kind, 2),
            lambda made: made.bus.publish_all([SENT]),
            published,
            publish_next,
            batch=4,
        ),
        Call(
            "try_publish",
            subject(kind, 2),
            lambda made: made.bus.try_publish(SENT),
            published,
            publish_next,
            batch=4,
        ),
        Call(
            "subscribe", one, lambda made: made.subscribe("new"), subscribed, publish_next, batch=2
        ),
        Call(
            "subscribe, a coroutine",
            subject(kind),
            lambda made: made.subscribe("new", True),
            subscribed,
            publish_next,
            batch=2,
        ),
        Call("unsubscribe", subject(kind, 2), unsubscribe, unsubscribed, publish_next, batch=2),
        Call(
            "unsubscribe, a coroutine",
            subject(kind, 1, 1),
            unsubscribe,
            unsubscribed,
            publish_next,
            batch=2,
        ),
        Call("close", subject(kind, 2), close_it, closed, batch=2),
        Call("close, a coroutine", both, close_it, closed, batch=2),
        Call("publish", both, in_loop(publish_within), published, publish_next, at_random=False),
        Call(
            "publish and wait",
            both,
            in_loop(publish_and_wait_within),
            published,
            publish_next,
            at_random=False,
        ),
        Call("aclose", both, in_loop(close_within), closed, at_random=False),
    ]
    return [replace(each, name=f"Bus, {kind}: {each.name}") for each in found]


CALLS: list[Call[Any]] = [call for kind in BUSES for call in calls(kind)]
