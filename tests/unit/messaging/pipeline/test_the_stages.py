"""Each of the stages that come with the library."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.dead_letters import DeadLetterQueue
from ringbuffer.messaging.delivery import Delivery, Identity, RetryLater
from ringbuffer.messaging.pipeline import (
    ExpiredError,
    HandlerTimes,
    Metrics,
    Pipeline,
    Retry,
    RetryPolicy,
    Validation,
    ValidationError,
    caused_by_current,
    current_delivery,
    identity_for,
)
from tests.support.manual_host import ManualHost
from tests.support.threads import together


def delivery_of(
    message: object = 1, schedule_redelivery: Any = lambda delivery, delay: None
) -> Delivery:
    return Delivery(message, None, "handler", schedule_redelivery)


def failing(times: int, error: type[Exception] = OSError) -> Callable[[object], str]:
    left = [times]

    def handler(message: object) -> str:
        if left[0] > 0:
            left[0] -= 1
            raise error(left[0])
        return "done"

    return handler


# -- retry ----------------------------------------------------------------------------------------


def test_delays_grow_up_to_the_longest_one() -> None:
    policy = RetryPolicy(10, delay=1, factor=3, max_delay=20, jitter=0)
    assert [policy.delay_after(attempt, OSError()) for attempt in range(1, 6)] == [1, 3, 9, 20, 20]


def test_a_delay_that_no_number_can_hold_is_the_longest_one() -> None:
    assert RetryPolicy(10_000, delay=1, factor=10, jitter=0).delay_after(5_000, OSError()) == 30


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 8.0), (0.5, 6.0), (1.0, 4.0)])
def test_jitter_takes_a_random_part_of_the_delay_away(chance: float, delay: float) -> None:
    assert (
        RetryPolicy(5, delay=8, jitter=0.5, random=lambda: chance).delay_after(1, OSError())
        == delay
    )


def test_after_the_last_attempt_it_gives_up() -> None:
    policy = RetryPolicy(3)
    assert policy.delay_after(2, OSError()) is not None
    assert policy.delay_after(3, OSError()) is None


def test_only_some_errors_are_retried() -> None:
    policy = RetryPolicy(3, retry_on=(OSError, KeyError))
    assert policy.delay_after(1, ConnectionError()) is not None
    assert policy.delay_after(1, ValueError()) is None


def test_a_retry_without_a_delay_is_done_on_the_spot() -> None:
    delivery = delivery_of()
    assert Pipeline(Retry(RetryPolicy(3, delay=0))).around(failing(2))(delivery) == "done"
    assert delivery.attempt == 3


def test_when_the_attempts_are_used_up_the_last_error_is_raised() -> None:
    with pytest.raises(OSError, match=r"^0$"):
        Pipeline(Retry(RetryPolicy(3, delay=0))).around(failing(3))(delivery_of())


def test_a_retry_with_a_delay_leaves() -> None:
    with pytest.raises(RetryLater) as caught:
        Pipeline(Retry(RetryPolicy(3, delay=4, jitter=0))).around(failing(1))(delivery_of())
    assert caught.value.delay == 4
    assert isinstance(caught.value.__cause__, OSError)


def test_where_nothing_can_come_back_a_delay_is_a_failure() -> None:
    with pytest.raises(OSError, match="0"):
        Pipeline(Retry(RetryPolicy(3, delay=4))).around(failing(1))(
            delivery_of(schedule_redelivery=None)
        )


@pytest.mark.parametrize(
    ("arguments", "error", "what"),
    [
        ({"max_attempts": 0}, ValueError, "1 or more"),
        ({"max_attempts": 1.5}, TypeError, "integer"),
        ({"delay": -1}, ValueError, "0 or more"),
        ({"delay": float("nan")}, ValueError, "0 or more"),
        ({"factor": 0.5}, ValueError, "1 or more"),
        ({"max_delay": float("inf")}, ValueError, "finite"),
        ({"jitter": 1.5}, ValueError, "from 0 to 1"),
        ({"jitter": "much"}, TypeError, "number"),
        ({"retry_on": SystemExit}, TypeError, "class of exceptions"),
    ],
)
def test_a_policy_out_of_range_is_refused(
    arguments: dict[str, Any], error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what):
        RetryPolicy(**arguments)


def test_a_retry_stage_wants_a_policy() -> None:
    with pytest.raises(TypeError, match="RetryPolicy"):
        Pipeline().use_retry(3)  # type: ignore[arg-type]


# -- validation -----------------------------------------------------------------------------------


def positive(number: int) -> bool:
    return number > 0


def test_what_a_validator_refuses_never_reaches_the_handler() -> None:
    letters = DeadLetterQueue()
    seen: list[int] = []
    call = (
        Pipeline()
        .use_validation({int: positive}, letters)
        .use_retry(RetryPolicy(5, delay=0))
        .around(seen.append)
    )
    call(delivery_of(3))
    with pytest.raises(ValidationError, match="positive refused -3"):
        call(delivery_of(-3))
    assert seen == [3]
    (letter,) = letters.list()
    assert (letter.message, letter.attempts, letter.error_type) == (-3, 1, "ValidationError")


def test_a_validator_may_raise_any_exception_without_a_place_to_keep_it() -> None:
    def check(text: str) -> None:
        raise KeyError(text)

    with pytest.raises(KeyError):
        Pipeline(Validation({str: check})).around(lambda message: None)(delivery_of("text"))


def test_validators_of_base_classes_are_asked_too_and_others_are_not() -> None:
    asked: list[str] = []
    validators = {
        object: lambda message: asked.append("object"),
        bool: lambda message: asked.append("bool"),
        str: positive,
    }
    call = Pipeline().use_validation(validators).around(lambda message: message)
    assert call(delivery_of(True)) is True
    assert call(delivery_of(1)) == 1
    assert asked == ["object", "bool", "object"]


def test_objects_that_are_not_validators_are_refused() -> None:
    with pytest.raises(TypeError, match="is not a class"):
        Validation({"int": positive})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="must be a function"):
        Validation({int: 7})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="1 argument"):
        Validation({int: lambda: True})  # type: ignore[dict-item, misc]


# -- expiry and counting --------------------------------------------------------------------------


def mortal(seconds: float) -> TransportEnvelope:
    return TransportEnvelope("order", b"7", timestamp=datetime.now(UTC)).with_ttl(seconds)


def test_an_expired_envelope_goes_to_the_dead_letters_and_not_to_the_handler() -> None:
    handled, letters = list[object](), DeadLetterQueue()
    call = Pipeline().use_expiry(letters).around(handled.append)
    alive = [mortal(1000), TransportEnvelope("order"), "no envelope"]
    for message in alive:
        call(delivery_of(message))
    expired = mortal(0)
    with pytest.raises(
        ExpiredError, match=rf"{expired.message_id} \(order\) expired at .* and was"
    ):
        call(delivery_of(expired))
    assert handled == alive
    assert [(letter.message, letter.error_type) for letter in letters.list()] == [
        (expired, "ExpiredError")
    ]


def test_an_envelope_that_expires_before_its_retry_is_not_handled_again() -> None:
    letters, attempts = DeadLetterQueue(), list[object]()
    envelope = mortal(1000)

    def handler(message: TransportEnvelope) -> None:
        attempts.append(message.delivery_count)
        raise LookupError

    pipeline = Pipeline.standard(dead_letters=letters, retry=RetryPolicy(5, delay=1))
    call, delivery = pipeline.around(handler), delivery_of(envelope)
    with pytest.raises(RetryLater):
        call(delivery)
    late = Delivery(mortal(0), None, "handler", lambda delivery, delay: None)
    late.attempt = 2
    with pytest.raises(ExpiredError):
        call(late)
    assert attempts == [0]
    assert [letter.attempts for letter in letters.list()] == [2]


@pytest.mark.parametrize("before", [0, 4])
def test_an_envelope_counts_its_deliveries_through_retries_and_replays(before: int) -> None:
    returned, counts, letters = list[Delivery](), list[int](), DeadLetterQueue()
    envelope = TransportEnvelope("order", delivery_count=before)

    def handler(message: TransportEnvelope) -> None:
        assert message.message_id == envelope.message_id
        counts.append(message.delivery_count)
        raise LookupError

    retry = RetryPolicy(3, delay=0)
    call = Pipeline().use_error_handling(letters).use_retry(retry).around(handler)
    delivery = delivery_of(envelope, lambda delivery, delay: returned.append(delivery))
    with pytest.raises(LookupError):
        call(delivery)
    letters.replay()
    with pytest.raises(LookupError):
        call(returned[0])
    assert counts == [before + count for count in range(6)]


def test_a_coroutine_function_gets_the_count_too() -> None:
    counts = list[int]()

    async def handler(message: TransportEnvelope) -> None:
        counts.append(message.delivery_count)
        if len(counts) < 3:
            raise LookupError

    call = Pipeline().use_retry(RetryPolicy(3, delay=0)).around_async(handler)
    asyncio.run(call(delivery_of(TransportEnvelope("order"))))  # type: ignore[arg-type]
    assert counts == [0, 1, 2]


# -- error handling -------------------------------------------------------------------------------


def test_what_has_failed_for_good_goes_to_the_dead_letters_and_the_error_goes_on() -> None:
    letters = DeadLetterQueue()
    call = (
        Pipeline().use_error_handling(letters).use_retry(RetryPolicy(2, delay=0)).around(failing(9))
    )
    delivery = delivery_of("message")
    with pytest.raises(OSError, match="7"):
        call(delivery)
    assert delivery.is_dead
    assert [(letter.message, letter.attempts) for letter in letters.list()] == [("message", 2)]


def test_what_is_to_come_back_has_not_failed() -> None:
    letters = DeadLetterQueue()
    call = Pipeline().use_error_handling(letters).use_retry(RetryPolicy(2)).around(failing(9))
    with pytest.raises(RetryLater):
        call(delivery_of())
    assert len(letters) == 0


def test_error_handling_wants_a_queue() -> None:
    with pytest.raises(TypeError, match="DeadLetterQueue"):
        Pipeline().use_error_handling([])  # type: ignore[arg-type]


# -- correlation ----------------------------------------------------------------------------------


def test_while_a_handler_runs_its_delivery_is_the_current_one() -> None:
    found: list[object] = []
    delivery = delivery_of()
    assert current_delivery() is None
    Pipeline().use_correlation().around(lambda message: found.append(current_delivery()))(delivery)
    assert found == [delivery]
    assert current_delivery() is None


def test_what_is_sent_on_is_caused_by_what_is_handled_and_belongs_to_the_same() -> None:
    first = TransportEnvelope("order", correlation_id="request 1")
    sent: list[Any] = []

    def handler(message: object) -> None:
        sent.append(identity_for("a message"))
        sent.append(caused_by_current(TransportEnvelope("invoice")))

    delivery = Delivery(first, Identity.of(first), "handler")
    Pipeline().use_correlation().around(handler)(delivery)
    for each in sent:
        assert each.causation_id == first.message_id
        assert each.correlation_id == "request 1"
        assert each.conversation_id == first.conversation_id
        assert each.message_id != first.message_id


def test_a_first_message_is_what_the_next_ones_are_correlated_with() -> None:
    first = Identity.of("a message")
    assert (first.correlation_id, first.causation_id) == (None, None)
    second = Identity.of("another", first)
    assert (second.correlation_id, second.causation_id) == (first.message_id, first.message_id)
    third = Identity.of("a third", second)
    assert (third.correlation_id, third.causation_id) == (first.message_id, second.message_id)


def test_an_envelope_that_says_what_caused_it_is_left_alone() -> None:
    own = TransportEnvelope("invoice", correlation_id="mine")
    kept: list[object] = []
    call = Pipeline().use_correlation().around(lambda message: kept.append(caused_by_current(own)))
    call(Delivery("message", Identity.of("message"), "handler"))
    assert kept[0] is own
    assert caused_by_current(own) is own


# -- metrics --------------------------------------------------------------------------------------


def test_metrics_count_attempts_and_take_their_time() -> None:
    host = ManualHost()
    metrics, letters = Metrics(host=host), DeadLetterQueue(host=host)
    pipeline = (
        Pipeline(metrics).use_error_handling(letters).use_retry(RetryPolicy(2, retry_on=OSError))
    )

    def handler(message: Any) -> None:
        host.now += message
        if message == 3:
            raise OSError
        if message == 5:
            raise ValueError("bad")

    call = pipeline.around(handler)
    call(delivery_of(1))
    call(delivery_of(2))
    with pytest.raises(RetryLater):
        call(delivery_of(3))
    with pytest.raises(ValueError, match="bad"):
        call(delivery_of(5))
    expected = HandlerTimes(succeeded=2, failed=1, retried=1, dead=1, seconds=11, longest=5)
    assert metrics.of("handler") == expected
    assert metrics.by_handler() == {"handler": expected}
    assert metrics.of("unknown") == HandlerTimes()


def test_threads_that_count_at_once_lose_nothing() -> None:
    metrics = Metrics()
    call = Pipeline(metrics).around(lambda message: None)

    def run() -> None:
        for _ in range(2000):
            call(delivery_of())

    together(run, run, run)
    assert metrics.of("handler").succeeded == 6000


# -- logging --------------------------------------------------------------------------------------


def test_each_attempt_is_logged_with_its_time_and_correlation(
    caplog: pytest.LogCaptureFixture,
) -> None:
    host = ManualHost()
    letters = DeadLetterQueue(host=host)
    pipeline = (
        Pipeline(host=host)
        .use_logging()
        .use_error_handling(letters)
        .use_retry(RetryPolicy(2, delay=4, jitter=0, retry_on=OSError))
    )

    def handler(message: str) -> None:
        host.now += 0.25
        if message == "again":
            raise OSError("busy")
        if message == "never":
            raise ValueError("bad")

    call = pipeline.around(handler)
    with caplog.at_level(logging.DEBUG, "ringbuffer.messaging"):
        call(Delivery("fine", Identity("7", "request 1", None, "7"), "handler"))
        with pytest.raises(RetryLater):
            call(delivery_of("again"))
        with pytest.raises(ValueError, match="bad"):
            call(delivery_of("never"))
    texts = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert texts == [
        ("DEBUG", "handler handled str (attempt 1, 0.250000 s, correlation request 1)"),
        (
            "WARNING",
            "handler failed on str (attempt 1, 0.250000 s, no correlation); "
            "the next attempt is in 4.000 s: OSError('busy')",
        ),
        (
            "ERROR",
            "handler failed on str (attempt 1, 0.250000 s, no correlation); "
            "it became a dead letter",
        ),
    ]
