"""`TransportEnvelope`: what it carries, and that it never changes."""

import copy
import dataclasses
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies

from ringbuffer.messaging import TransportEnvelope

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_it_needs_a_type_and_nothing_else() -> None:
    envelope = TransportEnvelope("order")
    assert (envelope.body, envelope.content_type, dict(envelope.headers)) == (
        b"",
        "application/octet-stream",
        {},
    )
    assert (envelope.priority, envelope.delivery_count, envelope.expires_at) == (0, 0, None)
    assert envelope.conversation_id == envelope.message_id
    assert envelope.timestamp.tzinfo is UTC


def test_each_has_a_name_of_its_own() -> None:
    assert len({TransportEnvelope("order").message_id for _ in range(100)}) == 100


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(TransportEnvelope)])
def test_nothing_of_it_can_be_changed(name: str) -> None:
    envelope = TransportEnvelope("order")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(envelope, name, getattr(envelope, name))


def test_its_headers_cannot_be_changed_either() -> None:
    headers: dict[str, object] = {"a": 1}
    envelope = TransportEnvelope("order", headers=headers)
    headers["a"] = 2
    assert envelope.headers == {"a": 1}
    with pytest.raises(TypeError):
        envelope.headers["a"] = 2  # type: ignore[index]


def test_with_header_returns_another_one() -> None:
    envelope = TransportEnvelope("order", b"body", headers={"a": 1})
    other = envelope.with_header("b", 2).with_header("a", 3)
    assert (envelope.headers, other.headers) == ({"a": 1}, {"a": 3, "b": 2})
    assert other.message_id == envelope.message_id
    assert other.body is envelope.body


def test_with_priority_returns_another_one() -> None:
    envelope = TransportEnvelope("order")
    assert (envelope.with_priority(7).priority, envelope.priority) == (7, 0)


@pytest.mark.parametrize("ttl", [60, 60.0, timedelta(minutes=1)])
def test_a_ttl_counts_from_the_timestamp(ttl: Any) -> None:
    envelope = TransportEnvelope("order", timestamp=NOON)
    assert not envelope.is_expired(datetime.max.replace(tzinfo=UTC))
    mortal = envelope.with_ttl(ttl)
    assert mortal.expires_at == NOON + timedelta(minutes=1)
    assert not mortal.is_expired(NOON + timedelta(seconds=59.999))
    assert mortal.is_expired(NOON + timedelta(minutes=1))
    assert mortal.is_expired((NOON + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=5))))


def test_without_a_time_it_reads_the_clock() -> None:
    assert TransportEnvelope("order").with_ttl(0).is_expired()
    assert not TransportEnvelope("order").with_ttl(3600).is_expired()


@pytest.mark.parametrize(
    "ttl", [-1, timedelta(seconds=-1), float("nan"), float("inf"), timedelta.max]
)
def test_a_ttl_that_is_not_a_span_of_time_is_refused(ttl: Any) -> None:
    with pytest.raises(ValueError, match="ttl must"):
        TransportEnvelope("order").with_ttl(ttl)


def test_what_is_caused_by_another_belongs_to_its_conversation() -> None:
    first = TransportEnvelope("order")
    second = TransportEnvelope("invoice").caused_by(first)
    third = TransportEnvelope("payment").caused_by(second)
    assert (second.causation_id, third.causation_id) == (first.message_id, second.message_id)
    assert {second.conversation_id, third.conversation_id} == {first.message_id}
    assert {second.correlation_id, third.correlation_id} == {first.message_id}


def test_equal_ones_say_the_same_and_have_one_hash() -> None:
    envelope = TransportEnvelope("order", b"1", headers={"a": [1]})
    same = dataclasses.replace(envelope)
    assert envelope == same
    assert len({envelope, same}) == 1
    assert envelope != envelope.with_priority(1)


@given(
    body=strategies.binary(),
    headers=strategies.dictionaries(strategies.text(), strategies.integers() | strategies.text()),
    priority=strategies.integers(),
)
def test_pickles_and_copies_are_equal(
    body: bytes, headers: dict[str, object], priority: int
) -> None:
    envelope = TransportEnvelope("order", body, headers=headers, priority=priority).with_ttl(10)
    for other in (
        pickle.loads(pickle.dumps(envelope)),
        copy.copy(envelope),
        copy.deepcopy(envelope),
    ):
        assert other == envelope


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"message_type": ""}, ValueError, "message_type must not be empty"),
        ({"message_type": None}, TypeError, "message_type must be a string, not None"),
        ({"message_id": ""}, ValueError, "message_id must not be empty"),
        ({"message_id": 7}, TypeError, "message_id must be a string, not 7"),
        ({"correlation_id": 7}, TypeError, "correlation_id must be a string, or None, not 7"),
        ({"fault_address": b""}, TypeError, "fault_address must be a string, or None"),
        ({"body": "text"}, TypeError, "body must be bytes"),
        ({"body": bytearray(b"x")}, TypeError, "body must be bytes"),
        ({"headers": [("a", 1)]}, TypeError, "headers must be a mapping"),
        ({"headers": {1: 1}}, TypeError, "headers must be a mapping whose names are strings"),
        ({"timestamp": 0}, TypeError, "timestamp must be a datetime"),
        ({"timestamp": None}, TypeError, "timestamp must be a datetime"),
        ({"timestamp": datetime(2026, 1, 1)}, ValueError, "timestamp must have a time zone"),
        ({"expires_at": datetime(2026, 1, 1)}, ValueError, "expires_at must have a time zone"),
        ({"priority": "high"}, TypeError, "priority must be an integer"),
        ({"priority": True}, TypeError, "priority must be an integer"),
        ({"delivery_count": -1}, ValueError, "delivery_count must not be negative"),
    ],
)
def test_a_wrong_value_is_refused(
    values: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        TransportEnvelope(**{"message_type": "order", **values})
