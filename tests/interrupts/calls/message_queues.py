"""Queues of messages, in both modes: enqueueing, consumers that come and go, the end."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ringbuffer.host import Host
from ringbuffer.messaging import (
    Acknowledgement,
    InMemoryQueueOptions,
    LockedDelivery,
    ProducerMode,
    QueueMode,
    TransportEnvelope,
    WaitStrategyKind,
)
from ringbuffer.messaging.queues import CloseReport, Consumer, InMemoryQueue, create_queue
from tests.interrupts.call import Call, require
from tests.interrupts.hosts import until, when_asleep
from tests.interrupts.loop_ends import end

SIZE = 4
#: Made once: to make one takes a hundred times as long as to send one.
MESSAGES = [TransportEnvelope("number", str(number).encode()) for number in range(32)]
#: What is sent in the interrupted call, and by the same thread after it.
SENT, NEXT = 20, 21
#: What is sent in one call: two chunks, or one where there is no room for more.
MANY = [20, 22, 23]

MODES = {
    "channel": InMemoryQueueOptions(QueueMode.CHANNEL, SIZE),
    "ring": InMemoryQueueOptions(
        QueueMode.RING_BUFFER, SIZE, wait_strategy=WaitStrategyKind.LITE_BLOCKING
    ),
    "ring, one producer": InMemoryQueueOptions(
        QueueMode.RING_BUFFER,
        SIZE,
        wait_strategy=WaitStrategyKind.BLOCKING,
        producer_mode=ProducerMode.SINGLE,
    ),
}


@dataclass(slots=True)
class Subject:
    """A queue, what was put in before, what its consumers have handled, and results of calls."""

    queue: InMemoryQueue
    before: list[int]
    handled: list[int] = field(default_factory=list)
    consumer: Consumer | None = None
    report: CloseReport | None = None
    after: list[int] = field(default_factory=list)
    prepared: Any = None

    def handle(self, envelope: TransportEnvelope) -> None:
        self.handled.append(int(envelope.body))

    def abandon(self) -> None:
        self.queue.close(drain=False, timeout=0)


def subject(
    mode: str,
    before: int = 0,
    *,
    consumers: int = 0,
    asleep: Callable[[Subject], object] | None = None,
    prepare: Callable[[Subject], object] | None = None,
) -> Callable[[Host], Subject]:
    """A queue with so many messages, or so many consumers that wait for some.

    Nothing is put in by the thread that makes it, for the thread that is interrupted may have to be
    the only one.
    """

    def make(host: Host) -> Subject:
        made = Subject(create_queue(MODES[mode], name="q", host=host), list(range(before)))
        for _ in range(consumers):
            made.consumer = made.queue.add_consumer(made.handle)
        if consumers:
            turns: Any = made.queue
            until(
                lambda: (
                    turns._followers.lead[0] is not None
                    and len(turns._followers._line) == consumers - 1
                ),
                "all wait",
            )
        if asleep is not None:
            when_asleep(host, lambda: asleep(made))
        if prepare is not None:
            prepare(made)
        return made

    return make


def fill(made: Subject) -> None:
    """The first puts of the interrupted thread, the producer. They are not interrupted."""
    for number in made.before:
        require(made.queue.enqueue_sync(MESSAGES[number], 5), "there is room")


def send_next(made: Subject) -> None:
    """What the interrupted thread does next: one more message, if there is room at once or soon."""
    if not made.consumer and made.queue.depth >= SIZE:
        made.consumer = made.queue.add_consumer(made.handle)
    require(made.queue.enqueue_sync(MESSAGES[NEXT], 5), "the next message is accepted")
    made.after.append(NEXT)


def drained(made: Subject) -> list[int]:
    """Close the queue. Returns what its consumers have handled, including the waiting messages."""
    if made.consumer is None:
        made.consumer = made.queue.add_consumer(made.handle)
    count = made.queue.message_count
    report = made.queue.close(timeout=10)
    require(report.discarded == 0, f"{report.discarded} messages were discarded")
    require(report.unfinished == 0, f"{report.unfinished} consumers have not ended")
    require(made.queue.depth == 0, "nothing is left")
    require(
        len(made.handled) == count,
        f"{count} messages were accepted, and {made.handled} were handled",
    )
    return made.handled


def sent(made: Subject, happened: bool | None) -> None:
    """The message was handled once, in its place; or not at all, if an interrupt came out."""
    handled = drained(made)
    without, withit = [*made.before, *made.after], [*made.before, SENT, *made.after]
    # Two consumers may note what they handle in another order.
    require(
        sorted(handled) in ([withit] if happened else [without, withit]), f"{handled} were handled"
    )


def enqueue(made: Subject) -> None:
    require(made.queue.enqueue_sync(MESSAGES[SENT], 5), "it is accepted")


def put_by_sender(made: Subject) -> None:
    require(made.queue.sender()(MESSAGES[SENT]), "it is accepted")


def enqueue_in_loop(made: Subject) -> None:
    """In a loop of its own, which is brought to its end as `asyncio.run` does."""
    loop = asyncio.new_event_loop()
    try:
        require(loop.run_until_complete(enqueue_within(made)), "it is accepted")
    finally:
        end(loop)


async def enqueue_within(made: Subject) -> bool:
    """Interrupts only the coroutine itself: a loop after an interrupt is asyncio's matter."""
    return await made.queue.enqueue(MESSAGES[SENT], 5)


def many(made: Subject) -> list[int]:
    return MANY[: SIZE - len(made.before)] or MANY


def enqueue_many(made: Subject) -> None:
    """It notes what the error says about the messages that are in the queue."""
    numbers = many(made)
    try:
        count = made.queue.enqueue_many([MESSAGES[number] for number in numbers], 5)
    except BaseException as error:
        made.prepared = getattr(error, "enqueued", None), getattr(error, "not_enqueued", None)
        raise
    require(count == len(numbers), f"{count} are accepted")


def many_sent(made: Subject, happened: bool | None) -> None:
    """The first messages were handled, each once: as many as the error says."""
    numbers = many(made)
    handled = [each for each in drained(made) if each in numbers]
    handled.sort()
    require(handled == numbers[: len(handled)], f"{handled} of {numbers} were handled")
    enqueued, left = made.prepared or (None, ())
    if happened or enqueued is None:  # it was complete, or had not begun
        require(handled == numbers or (not happened and not handled), f"{handled} were handled")
    else:
        require(enqueued == len(handled), f"the error says {enqueued}, not {handled}")
        rest = [int(each.body) for each in left]
        require(
            rest == numbers[enqueued : enqueued + len(rest)],
            f"{rest} are left, after {handled}",
        )


# -- consumers ------------------------------------------------------------------------------------


def free_capacity(made: Subject) -> None:
    """Add a consumer, in another thread. The call may have ended, and the queue may be closed."""
    try:
        add(made)
    except RuntimeError:
        if not made.queue.is_closed:
            raise


def add(made: Subject) -> None:
    made.consumer = made.queue.add_consumer(made.handle)


def added(made: Subject, happened: bool | None) -> None:
    """There is one more consumer if the call has returned, and none if it has not."""
    if happened is None:
        require(made.queue.consumers == (), f"{made.queue.consumers} has no owner")
    handled = drained(made)
    require(sorted(handled) == [*made.before, *made.after], f"{handled} were handled")


async def handle_later(made: Subject, envelope: TransportEnvelope) -> None:
    made.handle(envelope)


def add_coroutine(made: Subject) -> None:
    async def handle(envelope: TransportEnvelope) -> None:
        made.handle(envelope)

    made.consumer = made.queue.add_consumer(handle)


def remove(made: Subject) -> None:
    assert made.consumer is not None
    require(made.queue.remove_consumer(made.consumer, 10), "it has ended")


def removed(made: Subject, happened: bool | None) -> None:
    """It takes messages, or it is removed, and ends."""
    consumer = made.consumer
    assert consumer is not None
    if consumer in made.queue.consumers:
        require(happened is None, "it is removed")
    else:
        require(consumer.join(10), "a consumer that was removed ends")
        made.consumer = made.queue.consumers[0] if made.queue.consumers else None
    handled = drained(made)
    require(sorted(handled) == [*made.before, *made.after], f"{handled} were handled")


# -- the end --------------------------------------------------------------------------------------


def close(made: Subject) -> None:
    made.report = made.queue.close(timeout=10)


def close_without_draining(made: Subject) -> None:
    made.report = made.queue.close(drain=False, timeout=10)


def closed(drains: bool) -> Callable[[Subject, bool | None], None]:
    """It is closed, or not at all; another call does the rest; each caller's report is exact."""

    def check(made: Subject, happened: bool | None) -> None:
        if not made.queue.is_closed:
            require(happened is None, "it is closed")
            require(
                all(each.is_alive for each in made.queue.consumers),
                "a queue that is open has its consumers",
            )
        report = made.queue.close(drains, 10)
        require(
            report == made.report if happened else made.report is None,
            f"{report} differs from {made.report}",
        )
        require(report.unfinished == 0, f"{report.unfinished} consumers have not ended")
        require(made.queue.enqueue_sync(MESSAGES[NEXT], 5) is False, "a closed queue refuses")
        require(made.queue.consumers == (), "no consumer is left")
        lost = len(made.before) - len(made.handled)
        require(
            report.handled <= len(made.handled), f"{report} after {made.handled} of {made.before}"
        )
        require(report.discarded == lost, f"{report} after {made.handled} of {made.before}")
        require(
            not drains or made.consumer is None or lost == 0, f"{lost} messages were not handled"
        )

    return check


def hold_one(made: Subject) -> None:
    """A message whose consumer gives no answer at first, and answers when it gets it again."""

    def handle(delivery: LockedDelivery) -> None:
        if delivery.delivery_count == 0:
            made.prepared = delivery
        else:
            made.handled.append(int(delivery.envelope.body))
            require(delivery.ack(), "it is the first answer")

    options = Acknowledgement(lock_timeout=None)
    made.consumer = made.queue.add_consumer(handle, acknowledgement=options)
    sender = threading.Thread(target=lambda: made.queue.enqueue_sync(MESSAGES[SENT]))
    sender.start()
    sender.join()
    until(lambda: made.prepared is not None, "the handler has it")


def acknowledge(made: Subject) -> None:
    require(made.prepared.ack(), "it is the first answer")


def acknowledged(made: Subject, happened: bool | None) -> None:
    require(made.prepared.ack() <= (not happened), "an answer counts once")
    report = made.queue.close(timeout=10)
    require((report.discarded, report.unfinished) == (0, 0), f"{report}")
    require(made.handled == [], f"{made.handled} came again")


def reject(made: Subject) -> None:
    require(made.prepared.reject(), "it is the first answer")


def rejected(made: Subject, happened: bool | None) -> None:
    """It is delivered once more, and not twice. What was not rejected is rejected now."""
    require(made.prepared.reject() <= (not happened), "an answer counts once")
    until(lambda: made.handled == [SENT], "it comes again")
    report = made.queue.close(timeout=10)
    require((report.discarded, report.unfinished) == (0, 0), f"{report}")
    require(made.handled == [SENT], f"{made.handled} came")


def calls(mode: str) -> list[Call[Any]]:
    """The calls of one mode."""
    # Where one thread produces, nothing may be put in by the thread that makes the subject.
    prepare = fill if "one producer" not in mode else None
    before = 2 if prepare is not None else 0
    found: list[Call[Any]] = [
        Call("enqueue_sync", subject(mode, before, prepare=prepare), enqueue, sent, send_next),
        Call(
            "enqueue_sync, a consumer waits",
            subject(mode, consumers=2),
            enqueue,
            sent,
            send_next,
            batch=4,
        ),
        Call(
            "enqueue_many",
            subject(mode, before, prepare=prepare),
            enqueue_many,
            many_sent,
            send_next,
        ),
        Call(
            "enqueue_many, a consumer waits",
            subject(mode, consumers=2),
            enqueue_many,
            many_sent,
            send_next,
            batch=4,
        ),
        Call("sender", subject(mode, before, prepare=prepare), put_by_sender, sent, send_next),
        Call(
            "enqueue",
            subject(mode, before, prepare=prepare),
            enqueue_in_loop,
            sent,
            send_next,
            at_random=False,
        ),
        Call(
            "add_consumer", subject(mode, before, prepare=prepare), add, added, send_next, batch=4
        ),
        Call(
            "add_consumer, a coroutine",
            subject(mode, before, prepare=prepare),
            add_coroutine,
            added,
            send_next,
            batch=4,
        ),
        Call(
            "remove_consumer, the leader",
            subject(mode, consumers=1),
            remove,
            removed,
            send_next,
            batch=4,
        ),
        Call(
            "remove_consumer, in line",
            subject(mode, consumers=3),
            remove,
            removed,
            send_next,
            batch=4,
        ),
        Call("ack", subject(mode, prepare=hold_one), acknowledge, acknowledged, batch=4),
        Call("reject", subject(mode, prepare=hold_one), reject, rejected, batch=4),
        Call("close", subject(mode, consumers=2), close, closed(True), batch=4),
        Call(
            "close without consumers",
            subject(mode, before, prepare=prepare),
            close,
            closed(True),
            batch=4,
        ),
        Call(
            "close, discarding",
            subject(mode, before, prepare=prepare),
            close_without_draining,
            closed(False),
            batch=4,
        ),
    ]
    if prepare is not None:
        full = subject(mode, SIZE, prepare=fill, asleep=free_capacity)
        found.append(Call("enqueue_sync, waiting", full, enqueue, sent, send_next, batch=4))
        found.append(
            Call("enqueue_many, waiting", full, enqueue_many, many_sent, send_next, batch=4)
        )
    return [replace(each, name=f"Queue of messages, {mode}: {each.name}") for each in found]


CALLS: list[Call[Any]] = [call for mode in MODES for call in calls(mode)]
