"""Dead letters, and consumers with a pipeline: each letter is there once, and returned once."""

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ringbuffer.host import Host
from ringbuffer.messaging import (
    AsyncPipelineConsumer,
    DeadLetterQueue,
    DeadLetters,
    Deduplication,
    ErrorHandling,
    Pipeline,
    PipelineConsumer,
    Retry,
    RetryPolicy,
    SqliteDeadLetters,
    TransportEnvelope,
)
from ringbuffer.messaging.delivery import Delivery
from tests.interrupts.call import Call, calls_of, require
from tests.interrupts.loop_ends import end

COUNT = 3


@dataclass(slots=True)
class Letters:
    """Dead letters, and what came back of them."""

    queue: DeadLetters
    back: list[object] = field(default_factory=list)
    new: Delivery = field(default_factory=lambda: Delivery("new", None, "handler"))

    def delivery(self, message: object) -> Delivery:
        return Delivery(message, None, "handler", self._schedule_redelivery)

    def _schedule_redelivery(self, delivery: Delivery, delay: float) -> None:
        # Nothing is called: an interrupt would find it both back and there
        self.back += [delivery.message]

    def abandon(self) -> None:
        if isinstance(self.queue, SqliteDeadLetters):
            self.queue.close()


#: Both kinds, the second one without a file.
KINDS: dict[str, Callable[[Host], DeadLetters]] = {
    "memory": lambda host: DeadLetterQueue(COUNT, host=host),
    "sqlite": lambda host: SqliteDeadLetters(":memory:", COUNT, host=host),
}


def letters(kind: str, host: Host) -> Letters:
    made = Letters(KINDS[kind](host))
    for number in range(COUNT):
        made.queue.add(made.delivery(number), ValueError())
    return made


def messages(made: Letters) -> list[object]:
    return [letter.message for letter in made.queue.list()]


def added(made: Letters, happened: bool | None) -> None:
    """The new letter is there, and the oldest made room; or nothing was done."""
    after: list[object] = [1, 2, "new"]
    before: list[object] = [0, 1, 2]
    found = messages(made)
    require(found in ([after] if happened else [after, before]), f"{found}")
    require(made.queue.dropped == (found == after), f"{made.queue.dropped} were dropped")
    require(made.new.is_dead == (found == after), f"{made.new.is_dead}: the caller knows")
    made.abandon()


def replayed(made: Letters, happened: bool | None) -> None:
    """Each letter has come back, or is there: no letter is lost, and the order is kept."""
    left, count = messages(made), made.queue.statistics().replayed
    require([*made.back, *left] == list(range(COUNT)), f"{made.back} came back, {left} are there")
    require(not happened or left == [], f"{left} are there")
    require(count == len(made.back), f"{count} are counted")
    require(made.queue.replay() == len(left), "no letter stays claimed")
    made.abandon()


def discarded(made: Letters, happened: bool | None) -> None:
    found, count = messages(made), made.queue.statistics().discarded
    require(found in ([[]] if happened else [[], [0, 1, 2]]), f"{found}")
    require(count + len(found) == COUNT, f"{count} are counted")
    made.abandon()


@dataclass(slots=True)
class Consumed:
    """A consumer whose handler fails, and its dead letters."""

    consumer: PipelineConsumer | AsyncPipelineConsumer
    letters: DeadLetterQueue

    def close(self) -> None:
        self.consumer.close(10)

    def abandon(self) -> None:
        self.consumer.close(0)


def consumed(host: Host) -> Consumed:
    kept = DeadLetterQueue(host=host)

    def fail(message: object) -> None:
        raise ValueError(message)

    pipeline = Pipeline(ErrorHandling(kept), Retry(RetryPolicy(2, delay=1000.0)))
    made = Consumed(consumer := PipelineConsumer(pipeline, fail, name="fails", host=host), kept)
    for number in range(COUNT):
        consumer(number)
    return made


def awaited(host: Host) -> Consumed:
    """The same for a coroutine function, before its first message."""
    kept = DeadLetterQueue(host=host)

    async def fail(message: object) -> None:
        raise ValueError(message)

    pipeline = Pipeline(ErrorHandling(kept), Retry(RetryPolicy(2, delay=1000.0)))
    return Consumed(AsyncPipelineConsumer(pipeline, fail, name="fails", host=host), kept)


def waiting_for_redelivery(host: Host) -> Consumed:
    """With messages that are to come back, to a loop that has ended."""
    made = awaited(host)
    for number in range(COUNT):
        give(made, number)
    return made


def give(made: Consumed, number: int) -> None:
    """A message, in a loop of its own, which is brought to its end as `asyncio.run` does."""

    async def within() -> None:
        assert isinstance(made.consumer, AsyncPipelineConsumer)
        await made.consumer(number)

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(within())
    finally:
        end(loop)


def one_is_kept(made: Consumed, happened: bool | None) -> None:
    """The message is retried, and becomes a dead letter at the end; or the caller still has it."""
    made.close()
    found = [str(letter.message) for letter in made.letters.list()]
    require(found in ([["7"]] if happened else [[], ["7"]]), f"{found} are dead letters")
    require(made.consumer.returning == 0, "nothing comes back")


def all_are_kept(made: Consumed, happened: bool | None) -> None:
    """Another close does what is left: every message is a dead letter, once."""
    made.consumer.close(10)
    found = sorted(int(str(letter.message)) for letter in made.letters.list())
    require(found == list(range(COUNT)), f"{found} are dead letters")
    require(made.consumer.returning == 0, "nothing comes back")


@dataclass(slots=True)
class Deduplicated:
    """A handler that gets each message once."""

    consumer: PipelineConsumer
    stage: Deduplication
    handled: list[object]
    message: TransportEnvelope = field(default_factory=lambda: TransportEnvelope("order"))


def deduplicated(host: Host) -> Deduplicated:
    stage, handled = Deduplication(host=host), list[object]()

    def handle(message: object) -> str:
        nonlocal handled
        handled += [message]  # nothing is called, so that no interrupt comes after it
        return "handled"

    consumer = PipelineConsumer(Pipeline(stage), handle, name="once", host=host)
    return Deduplicated(consumer, stage, handled)


def comes_again(made: Deduplicated, happened: bool | None) -> None:
    """No interrupt keeps the message claimed; what was not remembered is handled again."""
    again = made.consumer(made.message)
    require(again == "handled" or made.handled == [made.message], "handled, or a duplicate")
    require(not happened or again is None, "a message that was handled is a duplicate")
    require(made.consumer(made.message) is None, "now it is one")
    require(made.stage.remembered == 1, f"{made.stage.remembered} are remembered")


def calls(kind: str) -> list[Call[Any]]:
    call, make = calls_of(f"Dead letters, {kind}", batch=16), functools.partial(letters, kind)
    return [
        call("add", make, lambda made: made.queue.add(made.new, ValueError()), added),
        call("replay", make, lambda made: made.queue.replay(), replayed),
        call("discard", make, lambda made: made.queue.discard(), discarded),
    ]


CALLS: list[Call[Any]] = [
    *(call for kind in KINDS for call in calls(kind)),
    Call(
        "Deduplication: a message",
        deduplicated,
        lambda made: made.consumer(made.message),
        comes_again,
    ),
    Call("Pipeline: close", consumed, Consumed.close, all_are_kept, batch=2),
    Call(
        "Pipeline, a coroutine: a message",
        awaited,
        lambda made: give(made, 7),
        one_is_kept,
        at_random=False,
    ),
    Call(
        "Pipeline, a coroutine: close",
        waiting_for_redelivery,
        Consumed.close,
        all_are_kept,
        batch=2,
    ),
]
