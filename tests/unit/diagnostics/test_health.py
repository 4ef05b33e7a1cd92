"""`Health`, and `/healthz` of an endpoint: what is stalled, dead or closed, and why."""

import json
import threading
from typing import Any

import pytest

from ringbuffer import BatchEventProcessor, RingBuffer, Sequence
from ringbuffer.diagnostics import Endpoint, Health, Sampler, settle
from ringbuffer.messaging import create_queue
from ringbuffer.messaging.bus import ChannelEventBus, RingBufferEventBus
from ringbuffer.queues import AsyncQueue, Queue
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import PATIENCE
from tests.unit.diagnostics.kit import Gate, ignore, new_disruptor, put
from tests.unit.diagnostics.test_endpoint import ask


class Clock(ScriptedHost):
    """The test's clock, and real threads and events."""

    def event(self) -> Any:
        return threading.Event()

    def start_thread(self, target: Any, name: str) -> Any:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread

    def current_thread(self) -> Any:
        return threading.current_thread()

    def lock(self) -> Any:
        return threading.Lock()


class Silent:
    """An exception handler that ends the processor, and says nothing."""

    def handle_event_exception(self, error: Exception, sequence: int, event: object) -> None:
        raise error

    def handle_on_start_exception(self, error: Exception) -> None: ...

    def handle_on_shutdown_exception(self, error: Exception) -> None: ...


def die(event: Any, sequence: int, end_of_batch: bool) -> None:
    raise KeyError("no such order")


def health_of(endpoint: Endpoint) -> tuple[int, list[dict[str, Any]]]:
    status, kind, body = ask(endpoint, "/healthz")
    assert kind == "application/json; charset=utf-8"
    told = json.loads(body)
    assert told["status"] == ("ok" if status == 200 else "failing")
    reasons: list[dict[str, Any]] = told["reasons"]
    return status, reasons


def test_what_works_is_well() -> None:
    disruptor = new_disruptor(name="orders")
    disruptor.handle_events_with(ignore)
    with disruptor, Endpoint(disruptor) as endpoint:
        disruptor.publish_event(put)
        assert health_of(endpoint) == (200, [])
        assert ask(endpoint, "/healthz", Accept="text/plain")[1:] == (
            "text/plain; charset=utf-8",
            "ok\n",
        )
        assert ask(endpoint, "/healthz", "HEAD")[::2] == (200, "")


def test_a_consumer_that_stands_still_makes_it_fail_until_it_goes_on() -> None:
    disruptor, gate, host = new_disruptor(name="orders"), Gate(), Clock()
    disruptor.handle_events_with(gate)
    with disruptor, Endpoint(disruptor, stalled_after=3.0, host=host) as endpoint:
        for _ in range(3):
            disruptor.publish_event(put)
        assert gate.entered.wait(PATIENCE)
        assert health_of(endpoint) == (200, [])
        host.now = 2.9
        assert health_of(endpoint) == (200, [])
        host.now = 3.0
        status, [reason] = health_of(endpoint)
        assert status == 503
        assert (reason["kind"], reason["name"], reason["consumer"]) == ("stalled", "orders", "Gate")
        assert reason["text"].startswith(
            "'Gate', RUNNING holds up 'orders': it has not moved from sequence "
        )
        assert "\n" not in reason["text"]
        status, kind, body = ask(endpoint, "/healthz", Accept="text/plain")
        assert (status, kind) == (503, "text/plain; charset=utf-8")
        assert body.startswith("failing\nstalled: 'Gate', RUNNING holds up 'orders'")
        gate.opened.set()
        while disruptor.ring.minimum_gating_sequence < 2:
            pass
        host.now = 100.0
        assert health_of(endpoint) == (200, [])


def test_a_consumer_that_died_and_the_ring_that_it_closed_are_reported() -> None:
    disruptor = new_disruptor(name="orders")
    disruptor.set_default_exception_handler(Silent())
    disruptor.handle_events_with(die)
    with Endpoint(disruptor) as endpoint:
        disruptor.start()
        disruptor.publish_event(put)
        assert disruptor.join(PATIENCE)
        status, reasons = health_of(endpoint)
        assert status == 503
        assert [(each["kind"], each["consumer"]) for each in reasons] == [
            ("dead consumer", "die"),
            ("closed", None),
        ]
        assert reasons[0]["text"] == "consumer 'die' of 'orders' died of KeyError: 'no such order'"
        assert reasons[1]["text"].startswith("'orders' is closed: consumer 'die' died of KeyError")
    disruptor.halt()


def test_a_ring_alone_knows_that_it_was_closed_by_a_death() -> None:
    ring: RingBuffer[Any] = RingBuffer(4, dict)
    processor = BatchEventProcessor(ring, ring.new_barrier(), die, exception_handler=Silent())
    health = Health(Sampler(ring, name="mine"))
    assert health.problems() == ()
    ring.publish_event(lambda event, sequence: None)
    processor.start()
    assert processor.join(PATIENCE)
    assert [(each.kind, each.name) for each in health.problems()] == [
        ("dead consumer", "mine"),
        ("closed", "mine"),
    ]


@pytest.mark.parametrize(
    ("make", "end"),
    [
        (lambda: RingBuffer(4, dict), "close"),
        (lambda: Queue(4), "shutdown"),
        (lambda: AsyncQueue(4), "shutdown"),
        (create_queue, "close"),
        (lambda: RingBufferEventBus(4), "close"),
        (lambda: ChannelEventBus(4), "close"),
    ],
    ids=["ring", "queue", "async queue", "message queue", "ring bus", "channel bus"],
)
def test_what_is_closed_is_not_well(make: Any, end: str) -> None:
    thing = make()
    health = Health(thing)
    assert health.problems() == ()
    getattr(thing, end)()
    [problem] = health.problems()
    assert (problem.kind, problem.consumer) == ("closed", None)
    assert str(problem).startswith(f"closed: '{problem.name}' is closed")


def test_what_only_can_be_observed_is_taken_to_be_well() -> None:
    class Mine:
        name = "mine"

        def read(self) -> Any:
            return settle(8, 0, (), 0, 0, {})

    with Endpoint(Mine()) as endpoint:
        assert health_of(endpoint) == (200, [])


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="name at least one"):
        Health()
    with pytest.raises(ValueError, match="after must be a positive number"):
        Health(RingBuffer(2, dict), after=0)
    with pytest.raises(ValueError, match="after must be a positive number"):
        Endpoint(new_disruptor(), stalled_after=-1)
    ring: RingBuffer[Any] = RingBuffer(2, dict)
    ring.add_gating_sequences(Sequence())
    assert Health(ring).problems() == ()
