"""Records with the rest of the library: figures, stalls, groups of handlers, live graphs."""

from typing import Any

import pytest

from ringbuffer import AggregateEventHandler, Disruptor, RingBuffer
from ringbuffer.diagnostics import DiagnosticEventHandler, StallDetector, statistics
from tests.support.scripted_host import ScriptedHost
from tests.support.threads import PATIENCE
from tests.unit.diagnostics.kit import Gate
from tests.unit.records.kit import DTYPE, Batches, array, disruptor_of, every, some


@every
def test_a_diagnosed_handler_counts_records_and_batches(source: object) -> None:
    handler = Batches()
    counted = DiagnosticEventHandler[Any](handler, durations=True)
    disruptor: Any = disruptor_of(source, 8)
    disruptor.handle_events_with(counted)
    with disruptor:
        disruptor.publish_records(array(source, 0, 50))
    [consumer] = statistics(disruptor).consumers
    assert consumer.sequence == 49
    assert consumer.counters["events"] == 50
    assert handler.records == some(0, 50)


@every
def test_statistics_count_records_and_what_a_claim_has_skipped(source: object) -> None:
    disruptor: Any = disruptor_of(source, 8, name="ticks")
    handler = Batches()
    disruptor.handle_events_with(handler)
    with disruptor:
        with pytest.raises(KeyError), disruptor.claim(5):
            raise KeyError
        disruptor.publish_records(array(source, 0, 8))
    found = statistics(disruptor)
    assert (found.name, found.capacity, found.published) == ("ticks", 8, 12)
    assert [each.sequence for each in found.consumers] == [12]
    assert handler.records == some(0, 8)
    assert str(disruptor).startswith("ticks: 8 slots of records, ")


def test_a_handler_of_records_that_stalls_is_named() -> None:
    disruptor: Any = Disruptor.of_records(8, DTYPE)
    gate = Gate()

    class Held:
        def on_batch(self, records: Any, first: int) -> None:
            gate.on_event(records[0], first, False)

    disruptor.handle_events_with(Held())
    host = ScriptedHost()
    with disruptor:
        disruptor.publish_records(array(DTYPE, 0, 3))
        assert gate.entered.wait(PATIENCE)
        detector = StallDetector(disruptor, after=2, host=host)
        assert detector.look() == []
        host.now += 3
        [stall] = detector.look()
        gate.opened.set()
    assert "Held" in stall.gating.consumer


@every
def test_light_handlers_of_records_share_a_thread(source: object) -> None:
    one, two = list[int](), list[int]()
    disruptor: Any = disruptor_of(source, 8)
    group = AggregateEventHandler[Any](
        lambda row, sequence, end: one.append(row["id"]),
        lambda row, sequence, end: two.append(row["id"]),
    )
    disruptor.handle_events_with(group)
    with disruptor:
        disruptor.publish_records(array(source, 0, 20))
    assert one == two == [*range(20)]


@every
def test_a_consumer_joins_and_leaves_while_records_are_published(source: object) -> None:
    disruptor: Any = disruptor_of(source, 8)
    stays, comes = Batches(), Batches()
    disruptor.handle_events_with(stays)
    with disruptor:
        disruptor.publish_records(array(source, 0, 20))
        with disruptor.live() as live:
            live.after(stays).handle_events_with(comes)
        disruptor.publish_records(array(source, 20, 40))
        disruptor.remove(comes, PATIENCE)
        disruptor.publish_records(array(source, 40, 60))
    assert stays.records == some(0, 60)
    assert all(record in some(0, 40) for record in comes.records)


def test_a_ring_of_records_says_what_it_holds() -> None:
    ring: RingBuffer[Any] = RingBuffer.of_records(8, DTYPE)
    assert ring.contents == "records"
    assert ring.record_layout is not None
    assert ring.record_layout.dtype == DTYPE
    assert not ring.holds_values
    assert RingBuffer(4, dict).record_layout is None
    assert RingBuffer(4, dict).contents == "events"
    assert RingBuffer.of_values(4).contents == "values"


@pytest.mark.parametrize("size", [0, 3, -8])
def test_a_ring_of_records_has_a_power_of_two_of_slots(size: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        RingBuffer.of_records(size, DTYPE)


def test_a_batch_of_records_cannot_be_timed_one_by_one() -> None:
    with pytest.raises(ValueError, match="takes whole batches"):
        DiagnosticEventHandler[Any](Batches(), published_at=lambda row: 0.0)
