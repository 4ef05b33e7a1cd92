"""Retries that leave the bus and come back, dead letters, replays, conversations, on both buses."""

import asyncio
import threading
from collections.abc import Generator
from typing import Any

import pytest

from ringbuffer.messaging import ProducerMode, TransportEnvelope
from ringbuffer.messaging.bus import RingBufferEventBus, UnsubscribedError
from ringbuffer.messaging.dead_letters import DeadLetter, DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery, RetryLater
from ringbuffer.messaging.pipeline import Metrics, Pipeline, RetryPolicy, current_delivery
from tests.support.manual_host import ManualHost
from tests.support.threads import PATIENCE, Background
from tests.unit.messaging.bus.kit import Event, MakeBus, Other, Recorder, both, fail


class FailsAtFirst:
    """Fails so many times on each event whose number is even."""

    def __init__(self, times: int) -> None:
        self._left: dict[int, int] = {}
        self._times = times

    def __call__(self, event: Event) -> str:
        left = self._left.setdefault(event.number, self._times if event.number % 2 == 0 else 0)
        if left:
            self._left[event.number] -= 1
            raise OSError(event.number)
        return f"done {event.number}"


def wait_for_pending(bus: Any, count: int) -> None:
    assert bus._waits.until(lambda: bus.metrics().returning == count, None)


def wait_for_retried(bus: Any, name: str, count: int) -> None:
    """Until a handler has put so many deliveries aside, in all."""
    assert bus._waits.until(lambda: bus.metrics().handlers[name].retried == count, None)


def policy(attempts: int = 3, delay: float = 10) -> RetryPolicy:
    return RetryPolicy(attempts, delay=delay, jitter=0)


@both
def test_later_events_overtake_one_that_is_retried_later(make_bus: MakeBus) -> None:
    host = ManualHost()
    recorder = Recorder(FailsAtFirst(2))
    bus = make_bus(pipeline=Pipeline().use_retry(policy()), host=host)
    bus.subscribe(Event, recorder)
    for number in range(4):
        bus.publish_sync(Event(number))
    wait_for_retried(bus, "Recorder", 2)
    recorder.wait_for(4)
    assert recorder.numbers == [0, 1, 2, 3]
    host.advance(9)
    assert bus.metrics().returning == 2  # not yet
    host.advance(2)
    wait_for_retried(bus, "Recorder", 4)
    assert recorder.numbers[4:] == [0, 2]
    host.advance(19)
    assert len(recorder.seen) == 6  # the second delay is twice as long
    host.advance(2)
    recorder.wait_for(8)
    assert bus.close().is_complete
    metrics = bus.metrics()
    assert metrics.published == 4
    assert (metrics.handlers["Recorder"].handled, metrics.handlers["Recorder"].retried) == (4, 4)


@both
def test_a_retry_goes_to_the_handler_that_failed_alone(make_bus: MakeBus) -> None:
    host = ManualHost()
    failing, fine = Recorder(FailsAtFirst(1)), Recorder()
    bus = make_bus(pipeline=Pipeline().use_retry(policy()), host=host)
    bus.subscribe(Event, failing)
    bus.subscribe(object, fine)
    bus.publish_sync(Event(0))
    wait_for_retried(bus, bus.subscriptions[0].name, 1)
    host.advance(10)
    failing.wait_for(2)
    bus.close()
    assert fine.numbers == [0]


@both
def test_a_delayed_retry_holds_up_no_thread(make_bus: MakeBus) -> None:
    host = ManualHost()
    recorder = Recorder(FailsAtFirst(1))
    bus = make_bus(4, pipeline=Pipeline().use_retry(policy(delay=1000)), host=host)
    bus.subscribe(Event, recorder)
    for number in range(100):  # far more than the bus holds: its thread goes on
        bus.publish_sync(Event(number), timeout=PATIENCE)
    recorder.wait_for(100)
    wait_for_pending(bus, 50)
    bus.close(drain=False)


@both
def test_a_wait_for_an_event_includes_its_retries(make_bus: MakeBus) -> None:
    host = ManualHost()
    bus = make_bus(pipeline=Pipeline().use_retry(policy()), host=host)
    bus.subscribe(Event, FailsAtFirst(1))
    with Background(lambda: bus.publish_sync(Event(0), wait=True)) as waiting:
        assert bus._waits.until(lambda: bus.metrics().handlers["FailsAtFirst"].retried == 1, None)
        host.advance(10)
    result: Any = waiting.result
    assert result.results == {"FailsAtFirst": "done 0"}
    bus.close()


@both
def test_a_coroutine_function_is_retried_too(make_bus: MakeBus) -> None:
    host, handler = ManualHost(), FailsAtFirst(2)

    async def coroutine(event: Event) -> str:
        await asyncio.sleep(0)
        return handler(event)

    bus = make_bus(pipeline=Pipeline().use_retry(policy()), host=host)
    bus.subscribe(Event, coroutine)
    with Background(lambda: bus.publish_sync(Event(0), wait=True)) as waiting:
        for count, delay in ((1, 10), (2, 20)):
            wait_for_retried(bus, "coroutine", count)
            host.advance(delay)
    result: Any = waiting.result
    assert result.results == {"coroutine": "done 0"}
    bus.close()


@both
def test_what_fails_for_good_goes_to_the_dead_letters_and_can_be_replayed(
    make_bus: MakeBus,
) -> None:
    letters = DeadLetterQueue()
    is_broken = [True]

    def handler(event: Event) -> str:
        if is_broken[0]:
            raise OSError(event.number)
        return "done"

    recorder, other = Recorder(handler), Recorder()
    pipeline = Pipeline().use_error_handling(letters).use_retry(RetryPolicy(3, delay=0))
    with make_bus(pipeline=pipeline) as bus:
        bus.subscribe(Event, recorder)
        bus.subscribe(Event, other, name="other")
        result = bus.publish_sync(Event(1), wait=True, timeout=PATIENCE)
        assert isinstance(result.errors["Recorder"], OSError)
        (letter,) = letters.list()
        assert (letter.message, letter.handler, letter.attempts) == (Event(1), "Recorder", 3)
        assert bus.metrics().handlers["Recorder"].dead_lettered == 1
        is_broken[0] = False
        assert letters.replay() == 1
        recorder.wait_for(4)
    assert recorder.numbers == [1] * 4
    assert other.numbers == [1]
    assert len(letters) == 0
    assert bus.metrics().handlers["Recorder"].handled == 1


@both
def test_a_replay_that_fails_again_is_a_new_letter(make_bus: MakeBus) -> None:
    letters = DeadLetterQueue()
    with make_bus(pipeline=Pipeline().use_error_handling(letters)) as bus:
        bus.subscribe(Event, fail)
        bus.publish_sync(Event(1), wait=True)
        letters.replay(1)
    (letter,) = letters.list()
    assert (letter.number, letter.attempts) == (2, 1)


@both
def test_nothing_is_replayed_to_a_bus_that_is_closed_or_a_handler_that_is_gone(
    make_bus: MakeBus,
) -> None:
    letters = DeadLetterQueue()
    bus = make_bus(pipeline=Pipeline().use_error_handling(letters))
    subscription = bus.subscribe(Event, fail)
    bus.publish_sync(Event(1), wait=True)
    subscription.unsubscribe()
    with pytest.raises(UnsubscribedError, match="unsubscribed"):
        letters.replay()
    bus.close()
    with pytest.raises(Exception, match="closed"):
        letters.replay()
    assert len(letters) == 1


@both
def test_closing_waits_for_what_comes_back(make_bus: MakeBus) -> None:
    host = ManualHost()
    recorder = Recorder(FailsAtFirst(1))
    bus = make_bus(pipeline=Pipeline().use_retry(policy()), host=host)
    bus.subscribe(Event, recorder)
    bus.publish_sync(Event(0))
    wait_for_retried(bus, "Recorder", 1)
    with Background(bus.close) as closing:
        assert bus._waits.until(lambda: bus.is_closed, None)
        host.advance(10)
    report: Any = closing.result
    assert report.is_complete
    assert recorder.numbers == [0, 0]


@both
def test_what_cannot_come_back_any_more_is_a_dead_letter(make_bus: MakeBus) -> None:
    host = ManualHost()
    letters = DeadLetterQueue(host=host)
    pipeline = Pipeline().use_error_handling(letters).use_retry(policy())
    bus = make_bus(pipeline=pipeline, host=host)
    bus.subscribe(Event, FailsAtFirst(9))
    with Background(lambda: bus.publish_sync(Event(0), wait=True)) as waiting:
        wait_for_pending(bus, 1)
        report = bus.close(drain=False)
    result: Any = waiting.result
    assert report.abandoned == 1
    assert not report.is_complete
    assert isinstance(result.errors["FailsAtFirst"], OSError)
    assert [(letter.message, letter.attempts) for letter in letters.list()] == [(Event(0), 1)]


@both
def test_what_comes_back_to_a_handler_that_is_gone_is_a_dead_letter(make_bus: MakeBus) -> None:
    host = ManualHost()
    letters = DeadLetterQueue(host=host)
    bus = make_bus(pipeline=Pipeline().use_error_handling(letters).use_retry(policy()), host=host)
    subscription = bus.subscribe(Event, FailsAtFirst(9))
    bus.publish_sync(Event(0))
    wait_for_retried(bus, "FailsAtFirst", 1)
    subscription.unsubscribe()
    host.advance(10)
    wait_for_pending(bus, 0)
    assert len(letters) == 1
    bus.close()


def test_with_a_single_producer_nothing_can_come_back() -> None:
    host = ManualHost()
    letters = DeadLetterQueue(host=host)
    pipeline = Pipeline().use_error_handling(letters).use_retry(policy())
    bus = RingBufferEventBus(8, producer_mode=ProducerMode.SINGLE, pipeline=pipeline, host=host)
    bus.subscribe(Event, FailsAtFirst(9))
    bus.publish_sync(Event(0))
    wait_for_retried(bus, bus.subscriptions[0].name, 1)
    host.advance(10)
    wait_for_pending(bus, 0)
    assert len(letters) == 1
    bus.close()


# -- conversations --------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_what_a_handler_publishes_belongs_to_what_it_handles(make_bus: MakeBus, kind: str) -> None:
    identities: dict[str, list[Any]] = {"first": [], "second": []}

    def note(where: str) -> None:
        current = current_delivery()
        assert current is not None
        identities[where].append(current.identity)

    def first(event: Event) -> None:
        note("first")
        bus.publish_sync(Other(event.number), timeout=PATIENCE)

    async def first_coroutine(event: Event) -> None:
        note("first")
        await bus.publish(Other(event.number), timeout=PATIENCE)

    with make_bus(pipeline=Pipeline().use_correlation()) as bus:
        bus.subscribe(Event, first if kind == "plain" else first_coroutine)
        bus.subscribe(Other, lambda event: note("second"), name="second")
        bus.subscribe(Other, lambda event: note("second"), name="second too")
        bus.publish_sync(Event(1))
    (cause,) = identities["first"]
    one, two = identities["second"]
    assert one == two  # it is one message, for each handler
    assert one.causation_id == one.correlation_id == cause.message_id
    assert one.conversation_id == cause.conversation_id


@both
def test_envelopes_that_a_handler_publishes_say_what_caused_them(make_bus: MakeBus) -> None:
    got = Recorder()

    def first(event: Event) -> None:
        bus.publish_sync(TransportEnvelope("invoice"))

    with make_bus(pipeline=Pipeline().use_correlation()) as bus:
        bus.subscribe(Event, first)
        bus.subscribe(TransportEnvelope, got)
        bus.publish_sync(Event(1))
    (envelope,) = got.seen
    assert envelope.causation_id is not None
    assert envelope.correlation_id == envelope.causation_id


@both
def test_coroutines_of_one_loop_have_a_conversation_each(make_bus: MakeBus) -> None:
    meet = asyncio.Event()
    found: dict[str, Any] = {}

    def handler(name: str) -> Any:
        async def coroutine(event: object) -> None:
            if name == "b":
                meet.set()
            await meet.wait()
            await asyncio.sleep(0)
            current = current_delivery()
            found[name] = None if current is None else current.message

        return coroutine

    with make_bus(pipeline=Pipeline().use_correlation()) as bus:
        bus.subscribe(Event, handler("a"), name="a")
        bus.subscribe(Other, handler("b"), name="b")
        bus.publish_sync(Event(1))
        bus.publish_sync(Other(2))
    assert found == {"a": Event(1), "b": Other(2)}


@both
def test_the_whole_pipeline_on_a_bus(make_bus: MakeBus) -> None:
    host = ManualHost()
    letters, metrics = DeadLetterQueue(host=host), Metrics(host=host)
    pipeline = Pipeline.standard(
        dead_letters=letters,
        retry=policy(2),
        validators={Event: lambda event: event.number >= 0},
        metrics=metrics,
        host=host,
    )
    bus = make_bus(16, pipeline=pipeline, host=host)
    bus.subscribe(Event, FailsAtFirst(1), name="once")
    bus.subscribe(Event, fail, name="always")
    for number in (-1, 0, 1):
        bus.publish_sync(Event(number))
    wait_for_retried(bus, "once", 1)
    wait_for_retried(bus, "always", 2)
    host.advance(10)
    report = bus.close()
    assert report.is_complete
    by_handler = metrics.by_handler()
    once, always = by_handler["once"], by_handler["always"]
    assert (once.succeeded, once.retried, once.failed, once.dead) == (2, 1, 1, 1)
    assert (always.succeeded, always.retried, always.failed, always.dead) == (0, 2, 3, 3)
    found: Any = letters.list()
    assert sorted((each.handler, each.message.number, each.attempts) for each in found) == [
        ("always", -1, 1),
        ("always", 0, 2),
        ("always", 1, 2),
        ("once", -1, 1),
    ]


@both
def test_each_handler_may_have_a_pipeline_of_its_own(make_bus: MakeBus) -> None:
    seen: list[str] = []

    class Note:
        def around(self, delivery: Delivery) -> Any:
            seen.append(delivery.handler)
            return (yield)

    with make_bus(pipeline=Pipeline(Note())) as bus:
        bus.subscribe(Event, Recorder(), name="of the bus")
        bus.subscribe(Event, Recorder(), name="own", pipeline=Pipeline())
        bus.publish_sync(Event(1))
    assert seen == ["of the bus"]


@both
def test_what_comes_back_while_its_handler_is_unsubscribed_is_not_lost(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handler is removed between the bus's check that it is there and the publication."""
    unsubscribing: list[Background] = []
    removed = threading.Event()

    def offer_late(item: object) -> bool:
        if not unsubscribing:
            unsubscribing.append(Background(bus.subscriptions[0].unsubscribe).start())
            removed.wait(0.1)
        return offer(item)

    def changed_now(subscriptions: Any) -> None:
        changed(subscriptions)
        if unsubscribing:
            removed.set()

    letters, recorder = DeadLetterQueue(), Recorder(FailsAtFirst(1))
    pipeline = (
        Pipeline().use_error_handling(letters).use_retry(RetryPolicy(2, delay=0.001, jitter=0))
    )
    with make_bus(pipeline=pipeline) as bus:
        transport = bus._transport
        offer, changed = transport.offer, transport.handlers_changed
        monkeypatch.setattr(transport, "offer", offer_late)
        monkeypatch.setattr(transport, "handlers_changed", changed_now)
        bus.subscribe(Event, recorder)
        bus.publish_sync(Event(0))
        recorder.wait_for(1)
        assert bus._waits.until(lambda: bool(unsubscribing), None)
        assert unsubscribing[0].join() is True
    # Handled at the second attempt; or else its letter is here
    assert len(recorder.numbers) + len(letters) == 2


class Nonsense(RetryPolicy):
    """A policy of a user's, wrong for some events."""

    def __init__(self, wrong: Any) -> None:
        super().__init__(3, delay=1e-3, jitter=0)
        self._wrong = wrong

    def delay_after(self, attempt: int, error: BaseException) -> float | None:
        if "wrong" not in str(error):
            return super().delay_after(attempt, error)
        if isinstance(self._wrong, BaseException):
            raise self._wrong
        return self._wrong  # type: ignore[no-any-return]


@both
@pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])
@pytest.mark.parametrize(
    "wrong",
    [-1, float("nan"), float("inf"), "soon", object(), ZeroDivisionError("wrong")],
    ids=lambda wrong: str(wrong)[:7],
)
def test_a_policy_that_returns_nonsense_fails_that_event_and_no_other(
    make_bus: MakeBus, wrong: object, is_async: bool
) -> None:
    letters = DeadLetterQueue()
    recorder = Recorder()
    attempts: dict[int, int] = {}

    def handle(event: Event) -> None:
        recorder(event)
        attempts[event.number] = attempts.get(event.number, 0) + 1
        if event.number == 0:
            raise OSError("wrong")
        if attempts[event.number] == 1:
            raise OSError("down")

    async def handle_async(event: Event) -> None:
        handle(event)

    bus = make_bus(pipeline=Pipeline.standard(dead_letters=letters, retry=Nonsense(wrong)))
    bus.subscribe(Event, handle_async if is_async else handle, name="handler")
    for number in range(3):
        bus.publish_sync(Event(number))
    assert bus.close().is_complete
    assert attempts == {0: 1, 1: 2, 2: 2}
    metrics = bus.metrics().handlers["handler"]
    assert (metrics.handled, metrics.failed, metrics.retried, metrics.dead_lettered) == (2, 1, 2, 1)
    assert [letter.message for letter in letters.list()] == [Event(0)]


@both
@pytest.mark.parametrize("delay", [1e10, 10**400], ids=["1e10", "10**400"])
def test_a_retry_in_300_years_holds_up_no_other_retries(make_bus: MakeBus, delay: float) -> None:
    letters = DeadLetterQueue()
    patient = Pipeline.standard(
        dead_letters=letters, retry=RetryPolicy(5, delay=delay, max_delay=delay, jitter=0)
    )
    brief = Pipeline.standard(dead_letters=letters, retry=RetryPolicy(5, delay=1e-3, jitter=0))
    recorder = Recorder(FailsAtFirst(2))
    bus = make_bus()
    bus.subscribe(Event, fail, pipeline=patient)
    bus.subscribe(Event, recorder, pipeline=brief)
    bus.publish_sync(Event(0))
    recorder.wait_for(3)
    wait_for_retried(bus, "fail", 1)
    wait_for_pending(bus, 1)
    assert bus.close(drain=False).abandoned == 1
    assert [letter.handler for letter in letters.list()] == ["fail"]


class AsksForNonsense:
    """A stage of a user's that puts deliveries aside by itself."""

    def around(self, delivery: Delivery) -> Generator[None, object, object]:
        try:
            return (yield)
        except OSError as error:
            raise RetryLater(float("nan")) from error


@both
@pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])
def test_a_stage_that_asks_for_an_impossible_delay_fails_that_event_which_is_kept(
    make_bus: MakeBus, is_async: bool
) -> None:
    letters = DeadLetterQueue()
    recorder = Recorder(FailsAtFirst(1))

    async def handle_async(event: Event) -> None:
        recorder(event)

    bus = make_bus(pipeline=Pipeline.standard(dead_letters=letters).use(AsksForNonsense()))
    bus.subscribe(Event, handle_async if is_async else recorder, name="handler")
    for number in range(2):
        bus.publish_sync(Event(number))
    assert bus.close().is_complete
    assert recorder.numbers == [0, 1]
    assert [letter.message for letter in letters.list()] == [Event(0)]
    metrics = bus.metrics().handlers["handler"]
    assert (metrics.handled, metrics.failed, metrics.dead_lettered) == (1, 1, 1)


@both
def test_an_error_while_a_retry_is_brought_back_fails_that_delivery_which_is_kept(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = DeadLetterQueue()
    recorder = Recorder(FailsAtFirst(1))
    bus = make_bus(
        pipeline=Pipeline.standard(dead_letters=letters, retry=RetryPolicy(3, delay=1e-3, jitter=0))
    )
    bus.subscribe(Event, recorder)
    offer = bus._transport.offer

    def offer_or_fail(item: Any) -> bool:
        if item.message == Event(0):
            raise MemoryError
        return offer(item)

    monkeypatch.setattr(bus._transport, "offer", offer_or_fail)
    for number in (0, 2):
        bus.publish_sync(Event(number))
    assert bus.close().abandoned == 1
    assert recorder.numbers.count(2) == 2
    assert [(letter.message, letter.error_type) for letter in letters.list()] == [
        (Event(0), "MemoryError")
    ]


class FullQueue(DeadLetterQueue):
    """Keeps nothing, and raises."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def add(self, delivery: Delivery, error: BaseException) -> DeadLetter:
        raise self._error


@both
def test_a_bus_ends_and_its_publishers_get_their_errors_if_dead_letters_cannot_be_kept(
    make_bus: MakeBus, caplog: pytest.LogCaptureFixture
) -> None:
    host = ManualHost()
    letters = FullQueue(RuntimeError("the disk is full"))
    pipeline = Pipeline().use_error_handling(letters).use_retry(policy())
    bus = make_bus(pipeline=pipeline, host=host)
    bus.subscribe(Event, FailsAtFirst(9))
    with (
        Background(lambda: bus.publish_sync(Event(0), wait=True)) as one,
        Background(lambda: bus.publish_sync(Event(2), wait=True)) as other,
    ):
        wait_for_pending(bus, 2)
        report = bus.close(drain=False)
    assert report.abandoned == 2
    results: list[Any] = [one.result, other.result]
    assert all(isinstance(each.errors["FailsAtFirst"], OSError) for each in results)
    messages = [record.getMessage() for record in caplog.records]
    for event in (Event(0), Event(2)):
        assert (
            f"{event!r} of handler 'FailsAtFirst' will not be retried, and could not be kept"
            in messages
        )


@both
@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_retry_that_cannot_return_and_cannot_be_kept_ends_for_its_publisher(
    make_bus: MakeBus, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the thread for retries."""
    letters = FullQueue(error("the disk is full"))
    retry = RetryPolicy(3, delay=1e-3, jitter=0)
    bus = make_bus(pipeline=Pipeline().use_error_handling(letters).use_retry(retry))
    bus.subscribe(Event, FailsAtFirst(9))
    offer = bus._transport.offer

    def offer_or_fail(item: Any) -> bool:
        if item.delivery is not None:
            raise MemoryError
        return offer(item)

    monkeypatch.setattr(bus._transport, "offer", offer_or_fail)
    result = bus.publish_sync(Event(0), wait=True, timeout=PATIENCE)
    assert isinstance(result.errors["FailsAtFirst"], MemoryError)
    assert bus.close().abandoned == 1
