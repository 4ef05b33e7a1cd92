"""Event buses: handlers that share threads, or have their own; one that blocks; the end."""

from collections.abc import Callable

from ringbuffer.messaging import WaitStrategyKind
from ringbuffer.messaging.bus import BusCloseReport, ChannelEventBus, RingBufferEventBus
from ringbuffer.messaging.bus.subscription import Subscription
from tests.schedules.explore import Scenario
from tests.schedules.world import World

type Bus = ChannelEventBus | RingBufferEventBus


class Watched:
    """A bus, and what each handler got.

    Attributes:
        published: the events that were published before the close, in order.
        got: what each handler got.
        subscribed: the handlers that must get all events.
    """

    def __init__(self, world: World, bus: Bus) -> None:
        self.world = world
        self.bus = bus
        self.published: list[int] = []
        self.got: dict[str, list[int]] = {}
        self.subscribed: set[str] = set()
        self.report: BusCloseReport | None = None
        world.checks.append(self.check)

    def subscribe(
        self, name: str, then: Callable[[int], object] = lambda number: None
    ) -> Subscription:
        got = self.got.setdefault(name, [])
        running: list[int] = []

        def handle(number: int) -> None:
            running.append(number)
            then(number)
            got.append(number)
            assert running == [number], f"{name} handles {running} at once"
            running.clear()

        subscription = self.bus.subscribe(int, handle, name=name)
        # A run that is broken off leaves it open. The end of the program need not report that.
        self.bus._at_exit.closed()
        self.subscribed.add(name)
        return subscription

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.bus.publish_sync(number)
            self.published.append(number)

    def close(self) -> None:
        self.report = self.bus.close()

    def check(self) -> None:
        assert self.report is not None
        assert self.report.is_complete, f"{self.report}"
        for name, got in self.got.items():
            if name in self.subscribed:
                assert got == self.published, f"{name} got {got} of {self.published}"
            else:
                assert got == sorted(set(got)), f"{name} got {got}"


def channel(world: World) -> Bus:
    return ChannelEventBus(2, name="b", host=world.host)


def ring(wait: WaitStrategyKind, runners: int) -> Callable[[World], Bus]:
    def make(world: World) -> Bus:
        bus = RingBufferEventBus(
            2,
            wait_strategy=wait,
            name="b",
            runners=runners,
            memory=world.memory,
            host=world.host,
        )
        world.names_of(bus.ring)
        return bus

    return make


def delivered(make: Callable[[World], Bus], handlers: int, events: int) -> Callable[[World], None]:
    """Each handler gets each event, in order, one at a time. Then a draining close.

    The last handler subscribes while another thread publishes.
    """

    def build(world: World) -> None:
        watched = Watched(world, make(world))
        for name in "abc"[:handlers]:
            watched.subscribe(name)

        def publish_and_close() -> None:
            watched.publish(*range(events))
            watched.close()

        world.task("p", publish_and_close)

    return build


def left(make: Callable[[World], Bus], drain: bool) -> Callable[[World], None]:
    """A handler leaves at any moment; the other one gets everything."""

    def build(world: World) -> None:
        watched = Watched(world, make(world))
        first = watched.subscribe("a")
        watched.subscribe("b")
        watched.subscribed.discard("a")
        watched.publish(0)

        def leave() -> None:
            assert first.unsubscribe(drain=drain)
            if drain:
                assert watched.got["a"][:1] == [0]
            before = list(watched.got["a"])
            watched.publish(1)
            watched.close()
            assert watched.got["a"] == before, "called after it had left"

        world.task("leaver", leave)

    return build


def blocked(make: Callable[[World], Bus]) -> Callable[[World], None]:
    """The first handler does not return before the second one has got the event."""

    def build(world: World) -> None:
        watched = Watched(world, make(world))
        let_go = world.host.event()

        def wait(number: int) -> None:
            assert let_go.wait(1000.0), "the other handler was held up"

        watched.subscribe("a", wait)
        watched.subscribe("b", lambda number: let_go.set())

        def publish_and_close() -> None:
            watched.publish(0, 1)
            watched.close()

        world.task("p", publish_and_close)

    return build


def joined(make: Callable[[World], Bus]) -> Callable[[World], None]:
    """A handler subscribes while the first one handles; it gets what is published afterwards."""

    def build(world: World) -> None:
        watched = Watched(world, make(world))
        watched.subscribe("a")
        watched.publish(0)

        def join() -> None:
            watched.subscribe("b")
            watched.subscribed.discard("b")
            watched.publish(1)
            watched.close()
            assert watched.got["b"] == [1], f"b got {watched.got['b']}"

        world.task("joiner", join)

    return build


SPIN, SLEEP = WaitStrategyKind.BUSY_SPIN, WaitStrategyKind.LITE_BLOCKING

SCENARIOS = [
    Scenario("bus-channel", "channels, 2 handlers, 2 events", delivered(channel, 2, 2), (0, 1)),
    Scenario(
        "bus-channel-leave", "a handler leaves a bus of channels", left(channel, True), (0, 1)
    ),
    Scenario(
        "bus-shared", "2 handlers share a thread, 3 events", delivered(ring(SPIN, 1), 2, 3), (0, 1)
    ),
    Scenario(
        "bus-asleep",
        "the same while it sleeps",
        delivered(ring(SLEEP, 1), 2, 3),
        (0, 1),
    ),
    Scenario(
        "bus-own", "2 handlers with threads of their own", delivered(ring(SLEEP, 0), 2, 2), (0, 1)
    ),
    Scenario("bus-leave", "one of 2 that share leaves", left(ring(SLEEP, 1), True), (0, 1)),
    Scenario("bus-leave-now", "the same at once", left(ring(SLEEP, 1), False), (0, 1)),
    Scenario("bus-join", "one joins another one's thread", joined(ring(SLEEP, 1)), (0, 1)),
    Scenario("bus-blocked", "one that blocks keeps the thread", blocked(ring(SLEEP, 1)), (0, 1)),
]
