"""`drain`: waits until the consumers have handled what was published, and says what is missing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ringbuffer.checks import Duration, check_duration
from ringbuffer.diagnostics.kinds import as_bus, as_message_queue, name_of
from ringbuffer.disruptor import Disruptor
from ringbuffer.errors import ConsumerFailedError
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.testing.this_thread import scheduler_of_this_thread

if TYPE_CHECKING:  # it loads asyncio
    from ringbuffer.messaging import EventBus, InMemoryQueue

#: How long a pause between two looks is, in seconds of the real clock.
PAUSE: Final = 1e-3
#: So often the clock of a schedule moves on without a change, before `drain` gives up.
MOST_IDLE: Final = 20


class Backlog:
    """What one look has found.

    Attributes:
        left: for each consumer with unfinished events, where it stands; empty if all is handled.
        dead: those of them that will never handle the rest.
    """

    def __init__(self) -> None:
        self.left: list[str] = []
        self.dead: list[str] = []

    def add(self, what: str, *, is_dead: bool = False) -> None:
        """Note a consumer that has not finished."""
        self.left.append(what)
        if is_dead:
            self.dead.append(what)


type Look = Callable[[], Backlog]


def drain(thing: "Disruptor[Any] | InMemoryQueue | EventBus", *, timeout: Duration = 10) -> None:
    """Wait until every consumer has handled everything that was published; close nothing.

    It also waits for what handlers publish meanwhile, for retries, and for messages that a consumer
    has taken and not acknowledged. If a retry waits for a `FakeClock`, move the clock first.

    Call it in the thread that published, or when the publishers have ended. Any thread, but no
    consumer, may call it. In a schedule, the other threads get their turns meanwhile.

    Args:
        thing: a disruptor that was started, a queue of messages, or an event bus.
        timeout: the longest wait, in seconds of the real clock, whatever the thing's own clock
            says. In a schedule it does not count: the wait ends when no other thread continues.

    Raises:
        TimeoutError: not all is handled; the message says where each consumer stands.
        ConsumerFailedError: consumers with unhandled events have died or were halted.
        TypeError: `thing` is something else.
    """
    seconds = check_duration("timeout", timeout)
    name, look = name_of(thing), _look_at(thing)
    scheduler = scheduler_of_this_thread()
    limit, idle = SYSTEM_HOST.monotonic() + seconds, 0
    while True:
        backlog = look()
        if not backlog.left:
            return
        if backlog.dead:
            raise ConsumerFailedError(f"{name!r} cannot be drained: {'; '.join(backlog.dead)}")
        if scheduler is not None:
            idle = 0 if scheduler.await_others("drain") else idle + 1
            if idle > MOST_IDLE:
                raise TimeoutError(
                    f"{name!r} is not drained, and no other thread continues: "
                    f"{'; '.join(backlog.left)}"
                )
        elif SYSTEM_HOST.monotonic() >= limit:
            raise TimeoutError(
                f"{name!r} is not drained within {seconds:g} s: {'; '.join(backlog.left)}"
            )
        else:
            SYSTEM_HOST.sleep(PAUSE)


def _look_at(thing: object) -> Look:
    """The way to look at a thing.

    Raises:
        TypeError: it has no consumers.
    """
    if isinstance(thing, Disruptor):
        return lambda: _backlog_of_disruptor(thing)
    if (queue := as_message_queue(thing)) is not None:
        return lambda: _backlog_of_queue(queue)
    if (bus := as_bus(thing)) is not None:
        return _look_at_bus(bus)
    raise TypeError(
        f"{thing!r} cannot be drained: pass a Disruptor, a queue of messages or an event bus"
    )


def _backlog_of_disruptor(disruptor: Disruptor[Any]) -> Backlog:
    """Published events are counted first. So a consumer may be shown further than they are."""
    backlog = Backlog()
    published = disruptor.ring.sequencer.published() + 1
    for node in disruptor.graph.nodes:
        finished, state = node.sequence.get() + 1, node.state
        if finished < published:
            backlog.add(
                f"{node.name!r} has handled {finished} of {published} events ({state})",
                is_dead=state in ("DIED", "HALTED"),
            )
    return backlog


def _backlog_of_queue(queue: "InMemoryQueue") -> Backlog:
    """Messages are taken under one lock. With it, each is either waiting or with a consumer."""
    backlog = Backlog()
    consumed: Any = queue
    consumers: Any = queue.consumers
    followers = consumed._followers

    def is_busy(each: Any) -> bool:
        return not followers.rests(each._follower) or each.unanswered > 0

    with followers.lock:
        waiting = queue.depth
        busy = tuple(filter(is_busy, consumers))
    for each in busy:
        unanswered = f", {each.unanswered} without an answer" if each.unanswered else ""
        backlog.add(f"{each.name!r} is handling a message{unanswered}")
    if waiting:
        if not consumers:
            backlog.add(f"{waiting} messages wait, and no consumer is left", is_dead=True)
        else:
            backlog.add(f"{waiting} messages wait")
    return backlog


def _look_at_bus(bus: "EventBus") -> Look:
    """An event that comes back may move between two counts. So two equal looks are needed."""
    before: object = None

    def look() -> Backlog:
        nonlocal before
        backlog, metrics = Backlog(), bus.metrics()
        for name, each in metrics.handlers.items():
            if each.waiting:
                backlog.add(
                    f"{name!r} has yet to handle {each.waiting} events",
                    is_dead=each.failure is not None,
                )
        if metrics.returning:
            backlog.add(f"{metrics.returning} events wait to be tried again")
        if not backlog.left and metrics != before:
            backlog.add("the handlers have just ended")
        before = metrics
        return backlog

    return look
