"""Valid events and subscriptions: classes of any metaclass, but no constructions of `typing`."""

from typing import Any, Optional, Union

import pytest

from ringbuffer.messaging import ChannelEventBus, Pipeline, RingBufferEventBus, Validation
from tests.support.threads import PATIENCE

BUSES = pytest.mark.parametrize("make", [ChannelEventBus, RingBufferEventBus])


class Comparing(type):
    """A metaclass whose classes can be compared, and so not hashed."""

    def __eq__(cls, other: object) -> bool:
        return cls is other

    __hash__ = None  # type: ignore[assignment]


class Unhashable(metaclass=Comparing):
    """An event of such a class."""


class Derived(Unhashable):
    """One of a class that derives from it."""


@BUSES
@pytest.mark.parametrize("with_stages", [False, True])
def test_events_whose_class_cannot_be_hashed_are_handled_like_others(
    make: Any, with_stages: bool
) -> None:
    pipeline = Pipeline(Validation({object: lambda event: True})) if with_stages else None
    plain: list[object] = []
    waited: list[object] = []
    others: list[object] = []

    async def handle(event: object) -> None:
        waited.append(event)

    events = [Unhashable(), 1, Derived(), "x", Unhashable()]
    with make(pipeline=pipeline) as bus:
        bus.subscribe(Unhashable, plain.append)
        bus.subscribe(Unhashable, handle)
        bus.subscribe(int, others.append)
        for event in events:
            bus.publish_sync(event)
        bus.publish_all(events)
        assert bus.publish_sync(events[2], wait=True, timeout=PATIENCE).ok
    wanted = [events[0], events[2], events[4]]
    assert plain == waited == [*wanted, *wanted, events[2]]
    assert others == [1, 1]


@BUSES
@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        (Any, "subscribe to `object`"),
        (int | str, "subscribe once to each"),
        (Union[int, str], "subscribe once to each"),  # noqa: UP007
        (Optional[int], "subscribe once to each"),  # noqa: UP045
        (list[int], "Subscribe to list"),
        ("int", "must be a class"),
        (None, "must be a class"),
    ],
    ids=str,
)
def test_an_object_that_is_not_a_class_is_refused_with_advice(
    make: Any, wrong: Any, advice: str
) -> None:
    with make() as bus:
        with pytest.raises(TypeError, match=advice):
            bus.subscribe(wrong, print)
        assert bus.subscriptions == ()


@BUSES
def test_a_subscription_to_object_gets_every_event(make: Any) -> None:
    seen: list[object] = []
    with make() as bus:
        bus.subscribe(object, seen.append)
        bus.publish_all([1, "x", None])
    assert seen == [1, "x", None]
