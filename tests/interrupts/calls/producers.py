"""Producers of a ring: each way to claim, publish and skip, with one producer and with several."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer import BlockingWaitStrategy, EventPoller, Producer, ProducerType, RingBuffer
from ringbuffer.host import Host
from tests.interrupts.call import Call, require
from tests.interrupts.hosts import when_asleep

SIZE = 8
BEFORE, AFTER = "before", "after"


class Box:
    """An event with one value in it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: object = "stale"


@dataclass(slots=True)
class Subject:
    """A ring whose one consumer is a poller.

    Attributes:
        shown: the values that the poller has shown.
    """

    ring: RingBuffer[Any]
    poller: EventPoller[Any]
    shown: list[object] = field(default_factory=list)
    taking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def producer(self) -> Producer[Any]:
        """The calling thread's own."""
        return self.ring.producer()

    def take(self) -> None:
        """See what there is."""
        with self.taking:
            for event in self.poller.take():
                self.shown.append(event.value if isinstance(event, Box) else event)

    def publish(self, value: object) -> None:
        """One value, or an event that holds it."""
        if self.ring.holds_values:
            self.producer.publish_value(value, 5)
        else:
            self.producer.publish_event(translate, value, timeout=5)


def translate(event: Box, sequence: int, value: object) -> None:
    event.value = value


def refuse(event: Box, sequence: int, value: object) -> None:
    event.value = "half"
    raise LookupError("a translator's own error")


def subject(kind: ProducerType, of_values: bool, full: bool = False) -> Callable[[Host], Subject]:
    """A ring; where it is full, room comes when the call sleeps."""

    def make(host: Host) -> Subject:
        strategy = BlockingWaitStrategy(host=host)
        ring: RingBuffer[Any] = (
            RingBuffer.of_values(SIZE, kind, strategy, host=host)
            if of_values
            else RingBuffer(SIZE, Box, kind, strategy, host=host)
        )
        made = Subject(ring, ring.poller())
        with ring.producer():  # the call is made in another thread
            # What is claimed next goes over the end of the ring.
            for _ in range(SIZE - 1):
                made.publish(BEFORE)
            made.take()
            if full:
                for _ in range(SIZE):
                    made.publish(BEFORE)
                when_asleep(host, made.take)
        return made

    return make


def go_on(made: Subject) -> None:
    """The interrupted thread takes what is there, and publishes more than a ring."""
    for _ in range(SIZE + 2):
        made.take()
        made.publish(AFTER)
    made.take()


def shows(*counts: int) -> Callable[[Subject, bool | None], None]:
    """No hole; one of `counts` values is shown, in order: the last count if the call returned."""

    def check(made: Subject, happened: bool | None) -> None:
        made.take()
        sequencer = made.ring.sequencer
        published, claimed = sequencer.published(), sequencer.claimed
        require(
            published == claimed == made.poller.sequence.get(),
            f"{claimed} claimed, {published} published",
        )
        waits = sequencer.state.claim_stalls.by_thread().values()
        require(
            all(wait.wanted is None or wait.wanted <= claimed for wait in waits),
            f"a thread waits: {waits}",
        )
        values = [value for value in made.shown if value not in (BEFORE, AFTER)]
        require(values == list(range(len(values))), f"{values} were shown")
        expected = counts[-1:] if happened else counts
        require(
            len(values) in expected, f"{len(values)} were shown, not as many as one of {expected}"
        )
        require(
            AFTER not in made.shown or made.shown.count(AFTER) == SIZE + 2,
            "the interrupted thread can go on",
        )

    return check


# -- calls ----------------------------------------------------------------------------------------


def by_hand(made: Subject, try_it: bool, n: int) -> None:
    """As the guide says: what was claimed and is not published is skipped."""
    producer = made.producer
    high = producer.try_next(n) if try_it else producer.next(n, 5)
    low = high - n + 1
    try:
        for number, sequence in enumerate(range(low, high + 1)):
            producer.get(sequence).value = number
        producer.publish(low, high)
    except BaseException:
        with contextlib.suppress(ValueError):  # it is published
            producer.skip(low, high)
        raise


def skipped(made: Subject, n: int) -> None:
    producer = made.producer
    high = producer.next(n)
    try:
        producer.skip(high - n + 1, high)
    except BaseException:
        with contextlib.suppress(ValueError):
            producer.skip(high - n + 1, high)
        raise


def skipped_early(made: Subject) -> None:
    """The second of two claims is given up before the first one is published."""
    producer = made.producer
    first = producer.next()
    try:
        second = producer.next()
        try:
            producer.skip(second)
        except BaseException:
            with contextlib.suppress(ValueError):
                producer.skip(second)
            raise
        producer.get(first).value = 0
        producer.publish(first)
    except BaseException:
        with contextlib.suppress(ValueError):
            producer.skip(first)
        raise


def refused(made: Subject, publish: Callable[[], object]) -> None:
    with contextlib.suppress(LookupError):
        publish()


def block(made: Subject, of_values: bool) -> None:
    with made.producer.claim(3) as batch:
        for number in range(3):
            if of_values:
                batch[number] = number
            else:
                batch[number].value = number


def block_that_raises(made: Subject) -> None:
    with contextlib.suppress(LookupError), made.producer.claim(3) as batch:
        batch[0] = 0
        raise LookupError("the block's own error")


def loop(made: Subject) -> None:
    for event, item in made.producer.publish_each(range(3), 5):
        event.value = item


def loop_that_is_left(made: Subject) -> None:
    with contextlib.closing(made.producer.publish_each(range(3))) as pairs:
        for event, item in pairs:
            if item == 2:
                break
            event.value = item


def hand_over(made: Subject) -> None:
    """A producer is released; the same thread produces again."""
    made.producer.release()
    made.producer.publish_value(0)


def _calls(kind: ProducerType) -> list[Call[Any]]:
    name = f"{kind.value} producer"
    events, values = subject(kind, of_values=False), subject(kind, of_values=True)
    full_events, full_values = (
        subject(kind, of_values=False, full=True),
        subject(kind, of_values=True, full=True),
    )

    def call(
        what: str,
        make: Callable[[Host], Subject],
        do: Callable[[Subject], object],
        *counts: int,
        batch: int = 32,
    ) -> Call[Any]:
        return Call(f"{name}: {what}", make, do, shows(*counts), go_on, batch=batch)

    return [
        call("publish_value", values, lambda made: made.producer.publish_value(0), 0, 1),
        call("publish_value of the ring", values, lambda made: made.ring.publish_value(0), 0, 1),
        call(
            "publish_value, waiting",
            full_values,
            lambda made: made.producer.publish_value(0),
            0,
            1,
            batch=4,
        ),
        call("try_publish_value", values, lambda made: made.producer.try_publish_value(0), 0, 1),
        call(
            "publish_values",
            values,
            lambda made: made.producer.publish_values(range(6), chunk=3),
            0,
            3,
            6,
        ),
        call(
            "publish_values, waiting",
            full_values,
            lambda made: made.producer.publish_values([0, 1]),
            0,
            2,
            batch=4,
        ),
        call("publish_event", events, lambda made: made.producer.publish_event(translate, 0), 0, 1),
        call(
            "publish_event of the ring",
            events,
            lambda made: made.ring.publish_event(translate, 0),
            0,
            1,
        ),
        call(
            "publish_event, waiting",
            full_events,
            lambda made: made.producer.publish_event(translate, 0),
            0,
            1,
            batch=4,
        ),
        call(
            "try_publish_event",
            events,
            lambda made: made.producer.try_publish_event(translate, 0),
            0,
            1,
        ),
        call(
            "publish_events",
            events,
            lambda made: made.producer.publish_events(translate, range(3)),
            0,
            3,
        ),
        call(
            "try_publish_events",
            events,
            lambda made: made.producer.try_publish_events(translate, range(3)),
            0,
            3,
        ),
        call(
            "publish_event, refused",
            events,
            lambda made: refused(made, lambda: made.producer.publish_event(refuse, 0)),
            0,
        ),
        call(
            "publish_events, refused",
            events,
            lambda made: refused(made, lambda: made.producer.publish_events(refuse, range(3))),
            0,
        ),
        call("publish_each", events, loop, 0, 1, 2, 3),
        call("publish_each, waiting", full_events, loop, 0, 1, 2, 3, batch=4),
        call("publish_each, left", events, loop_that_is_left, 0, 1, 2),
        call("claim of events", events, lambda made: block(made, of_values=False), 0, 3),
        call("claim of values", values, lambda made: block(made, of_values=True), 0, 3),
        call("claim, raising", values, block_that_raises, 0),
        call("next and publish", events, lambda made: by_hand(made, False, 1), 0, 1),
        call("next and publish of a range", events, lambda made: by_hand(made, False, 3), 0, 3),
        call("next, waiting", full_events, lambda made: by_hand(made, False, 3), 0, 3, batch=4),
        call("try_next and publish", events, lambda made: by_hand(made, True, 1), 0, 1),
        call("skip", events, lambda made: skipped(made, 1), 0),
        call("skip of a range", events, lambda made: skipped(made, 3), 0),
        call("skip before an earlier claim is published", events, skipped_early, 0, 1),
        call("release", values, hand_over, 0, 1),
    ]


CALLS: list[Call[Any]] = [each for kind in ProducerType for each in _calls(kind)]
