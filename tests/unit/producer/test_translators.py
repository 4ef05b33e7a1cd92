"""Translators: every form, and nothing stale, nothing lost when one raises."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbuffer import (
    ClaimTimeoutError,
    DeadlockError,
    InsufficientCapacityError,
    ProducerType,
    RingBuffer,
    RingBufferClosedError,
)
from tests.unit.producer.kit import Box, boxes, each_kind, shown, values


def put(event: Box, sequence: int, *arguments: object) -> None:
    event.value = (sequence, *arguments)


class Putter:
    def translate_to(self, event: Box, sequence: int, *arguments: object) -> None:
        put(event, sequence, *arguments)


@each_kind
@pytest.mark.parametrize(
    "translator",
    [
        put,
        Putter(),
        lambda *arguments: put(*arguments),
        Putter().translate_to,
        functools.partial(put),
    ],
    ids=["function", "object", "lambda", "method", "partial"],
)
@pytest.mark.parametrize(
    "arguments", [(), (None,), ("a",), ("a", 2), (None, None), (1, 2, 3, 4, 5)], ids=repr
)
def test_a_translator_gets_the_event_its_number_and_any_arguments(
    kind: ProducerType, translator: Any, arguments: tuple[object, ...]
) -> None:
    ring, poller = boxes(4, kind)
    assert ring.publish_event(translator, *arguments) == 0
    assert ring.try_publish_event(translator, *arguments) == 1
    assert ring.producer().publish_event(translator, *arguments, timeout=1) == 2
    assert shown(poller) == [(0, *arguments), (1, *arguments), (2, *arguments)]


@each_kind
def test_a_batch_takes_its_arguments_row_by_row(kind: ProducerType) -> None:
    ring, poller = boxes(8, kind)
    assert ring.publish_events(put, ["a", "b", "c"], (1, 2, 3)) == range(3)
    assert ring.try_publish_events(put, iter("xy")) == range(3, 5)
    assert ring.publish_events(put, count=2) == range(5, 7)
    assert ring.publish_events(put, {"k": 1}, count=1) == range(7, 8)
    assert shown(poller) == [
        (0, "a", 1),
        (1, "b", 2),
        (2, "c", 3),
        (3, "x"),
        (4, "y"),
        (5,),
        (6,),
        (7, "k"),
    ]


def test_a_batch_over_the_end_of_the_ring_lands_in_the_right_slots() -> None:
    ring, poller = boxes(4)
    for lap in range(10):
        assert ring.publish_events(put, "abc") == range(3 * lap, 3 * lap + 3)
        assert [letter for _, letter in shown(poller)] == ["a", "b", "c"]


def test_an_empty_batch_is_nothing() -> None:
    ring, _ = boxes(4)
    assert list(ring.publish_events(put, [])) == list(ring.try_publish_events(put, count=0)) == []
    assert ring.cursor == -1


@pytest.mark.parametrize(
    ("columns", "count", "message"),
    [
        ((range(5),), None, "5 events at once into a ring of 4"),
        ((), 5, "5 events at once into a ring of 4"),
        ((), -1, "cannot publish -1 events"),
        (("ab", "c"), None, r"columns of different lengths, \[1, 2\]"),
        (("ab",), 3, r"columns of different lengths, \[2, 3\]"),
        ((), None, "neither columns nor a count"),
    ],
)
@pytest.mark.parametrize("name", ["publish_events", "try_publish_events"])
def test_a_wrong_batch_is_refused_and_claims_nothing(
    name: str, columns: Any, count: int | None, message: str
) -> None:
    ring, _ = boxes(4)
    with pytest.raises(ValueError, match=message):
        getattr(ring, name)(put, *columns, count=count)
    assert (ring.cursor, ring.remaining_capacity()) == (-1, 4)


@pytest.mark.parametrize(
    "publish", ["publish_event", "try_publish_event", "publish_events", "try_publish_events"]
)
@pytest.mark.parametrize("translator", [None, 3, "text"])
def test_an_object_that_is_not_a_translator_is_refused_and_claims_nothing(
    publish: str, translator: Any
) -> None:
    ring, _ = boxes(4)
    with pytest.raises(TypeError, match="is not a translator"):
        getattr(ring, publish)(translator, [1])
    assert ring.cursor == -1


@each_kind
def test_without_room_the_tries_raise_and_the_others_time_out_and_nothing_is_claimed(
    kind: ProducerType,
) -> None:
    ring, poller = boxes(2, kind)
    ring.publish_events(put, "ab")
    with pytest.raises(InsufficientCapacityError):
        ring.try_publish_event(put)
    with pytest.raises(InsufficientCapacityError):
        ring.try_publish_events(put, "c")
    with pytest.raises(ClaimTimeoutError):
        ring.publish_event(put, timeout=0.001)
    with pytest.raises(TimeoutError, match="Nothing was claimed"):
        ring.publish_events(put, "cd", timeout=0.001)
    assert len(shown(poller)) == 2
    assert ring.publish_event(put, "c") == 2


def test_a_closed_ring_refuses() -> None:
    ring, _ = boxes(2)
    ring.close()
    for publish in (ring.publish_event, ring.try_publish_event):
        with pytest.raises(RingBufferClosedError):
            publish(put)
    for publish_all in (ring.publish_events, ring.try_publish_events):
        with pytest.raises(RingBufferClosedError):
            publish_all(put, "a")


def test_a_ring_of_values_has_no_events_to_translate_into() -> None:
    ring, _ = values(4)
    anything: Any = ring
    for publish in (
        anything.publish_event,
        anything.try_publish_event,
        anything.publish_events,
        anything.try_publish_events,
    ):
        with pytest.raises(TypeError, match="ring of values"):
            publish(put)
    assert ring.cursor == -1


class Spoiled(BaseException):
    """Not even an `Exception`: an interrupt may come at any time."""


def fail_on(bad: object, error: type[BaseException]) -> Callable[..., None]:
    def translate(event: Box, sequence: int, value: object) -> None:
        event.value = "half-filled"
        if value == bad:
            raise error(value)
        event.value = value

    return translate


@each_kind
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, Spoiled])
@pytest.mark.parametrize("publish", ["publish_event", "try_publish_event"])
def test_the_event_of_a_translator_that_raises_is_passed_over(
    kind: ProducerType, error: type[BaseException], publish: str
) -> None:
    ring, poller = boxes(4, kind)
    translate = fail_on("bad", error)
    for value in ("a", "bad", "b"):
        if value == "bad":
            with pytest.raises(error, match="bad"):
                getattr(ring, publish)(translate, value)
        else:
            getattr(ring, publish)(translate, value)
    assert shown(poller) == ["a", "b"]
    assert poller.sequence.get() == 2
    assert ring.remaining_capacity() == 4


@each_kind
@pytest.mark.parametrize("publish", ["publish_events", "try_publish_events"])
@pytest.mark.parametrize("bad", [0, 1, 2])
def test_of_a_batch_whose_translator_raises_nothing_is_shown(
    kind: ProducerType, publish: str, bad: int
) -> None:
    ring, poller = boxes(4, kind)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            getattr(ring, publish)(fail_on(bad, RuntimeError), range(3))
        assert shown(poller) == []
        getattr(ring, publish)(fail_on("none", RuntimeError), "xy")
        assert shown(poller) == ["x", "y"]
    assert ring.remaining_capacity() == 4


def test_two_events_at_the_end_of_a_ring_where_every_translator_raises_forever() -> None:
    """Only skipped events for many laps: a consumer advances, and its record does not grow."""
    ring, poller = boxes(4)
    for _ in range(100):
        with pytest.raises(RuntimeError):
            ring.publish_event(fail_on(1, RuntimeError), 1)
        shown(poller)
    assert ring.cursor == 99
    assert len(ring.sequencer.state.skipped.ranges) <= 4


def test_a_single_producer_that_publishes_out_of_turn_gets_an_error_and_leaves_no_hole() -> None:
    ring, poller = boxes(8, ProducerType.SINGLE)

    def nested(event: Box, sequence: int) -> None:
        event.value = "outer"
        with pytest.raises(ValueError, match="cannot publish"):
            ring.publish_event(put, "inner")

    ring.publish_event(nested)
    ring.publish_event(put, "after")
    assert shown(poller) == ["outer", (2, "after")]
    assert poller.sequence.get() == ring.cursor == 2


def test_a_producer_of_many_may_publish_within_a_translator() -> None:
    ring, poller = boxes(8, ProducerType.MULTI)

    def nested(event: Box, sequence: int) -> None:
        ring.publish_event(put, "inner")
        event.value = "outer"

    ring.publish_event(nested)
    assert shown(poller) == ["outer", (1, "inner")]


def test_a_translator_that_publishes_its_own_event_does_not_hide_it() -> None:
    ring, poller = boxes(4)

    def too_eager(event: Box, sequence: int) -> None:
        event.value = "mine"
        ring.publish(sequence)

    with pytest.raises(ValueError, match="cannot publish 0 to 0") as caught:
        ring.publish_event(too_eager)
    assert "had been published before" in caught.value.__notes__[0]
    assert shown(poller) == ["mine"]


@pytest.mark.parametrize("kind", [ProducerType.AUTO, ProducerType.MULTI])
def test_a_translator_that_publishes_its_own_event_hides_no_event_a_lap_later(
    kind: ProducerType,
) -> None:
    ring, poller = boxes(4, kind)

    def too_eager(event: Box, sequence: int) -> None:
        event.value = "mine"
        ring.publish(sequence)
        assert shown(poller) == ["mine"]
        for number in range(4):
            ring.publish_event(put, number)

    with pytest.raises(ValueError, match="cannot publish 0 to 0"):
        ring.publish_event(too_eager)
    assert shown(poller) == [(1 + number, number) for number in range(4)]


def test_a_translator_that_waits_for_itself_gets_an_error() -> None:
    ring, poller = boxes(1, ProducerType.SINGLE)

    def nested(event: Box, sequence: int) -> None:
        ring.publish_event(put)

    with pytest.raises(DeadlockError):
        ring.publish_event(nested)
    assert shown(poller) == []
    ring.publish_event(put, "fine")
    assert shown(poller) == [(1, "fine")]


@given(
    plan=st.lists(st.tuples(st.integers(1, 5), st.none() | st.integers(0, 4)), max_size=40),
    exponent=st.integers(0, 3),
    kind=st.sampled_from(ProducerType),
    limit=st.integers(1, 9),
)
def test_whatever_raises_wherever_the_rest_is_seen_once_and_in_order(
    plan: list[tuple[int, int | None]], exponent: int, kind: ProducerType, limit: int
) -> None:
    ring: RingBuffer[Box] = RingBuffer(1 << exponent, Box, kind)
    poller, seen, expected, number = ring.poller(), [], [], 0
    for wanted, bad in plan:
        n = min(wanted, ring.buffer_size)
        batch = list(range(number, number + n))
        number += n
        while not ring.has_available_capacity(n):
            poller.poll(lambda event, sequence, last: seen.append(event.value), limit)
        if bad is not None and bad < n:
            with pytest.raises(RuntimeError):
                ring.publish_events(fail_on(batch[bad], RuntimeError), batch)
        else:
            ring.publish_events(fail_on(None, RuntimeError), batch)
            expected += batch
    while ring.remaining_capacity() < ring.buffer_size:
        poller.poll(lambda event, sequence, last: seen.append(event.value), limit)
    assert seen == expected
