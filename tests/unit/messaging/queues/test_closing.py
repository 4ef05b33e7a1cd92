"""The end of a queue; the same in both."""

import threading

import pytest

from ringbuffer.backoff import Backoff
from ringbuffer.messaging import CloseReport, TransportEnvelope
from tests.support.threads import PATIENCE, Background, together
from tests.unit.messaging.queues.kit import Held, Make, Notes, message, put, wait_until


def test_a_close_drains_what_is_there_and_says_how_many(make: Make) -> None:
    queue, held = make(), Held()
    consumer = queue.add_consumer(held)
    put(queue, *range(5))
    held.wait_begun()
    with Background(queue.close) as closing:
        wait_until(lambda: queue.is_closed)
        held.let_go.set()
    assert closing.result == CloseReport(handled=4, discarded=0, unfinished=0)
    assert held.numbers == [0, 1, 2, 3, 4]
    assert not consumer.is_alive
    assert queue.consumers == ()


def test_a_close_may_discard_instead_and_says_how_many(make: Make) -> None:
    queue, held = make(), Held()
    queue.add_consumer(held)
    put(queue, *range(5))
    held.wait_begun()
    with Background(lambda: queue.close(drain=False)) as closing:
        wait_until(lambda: queue.depth == 0)
        held.let_go.set()
    assert closing.result == CloseReport(handled=0, discarded=4, unfinished=0)
    assert held.numbers == [0]


def test_what_is_not_taken_in_time_is_discarded(make: Make) -> None:
    queue, held = make(), Held()
    queue.add_consumer(held)
    put(queue, *range(5))
    held.wait_begun()
    assert queue.close(timeout=0.02) == CloseReport(handled=0, discarded=4, unfinished=1)
    held.let_go.set()
    wait_until(lambda: queue.consumers == ())
    assert held.numbers == [0]
    assert queue.depth == 0


def test_without_consumers_a_close_does_not_wait_for_them(make: Make) -> None:
    queue = make()
    put(queue, 0, 1, 2)
    assert queue.close() == CloseReport(handled=0, discarded=3, unfinished=0)


def test_a_drain_ends_when_the_last_consumer_is_removed(make: Make) -> None:
    queue, held = make(), Held()
    consumer = queue.add_consumer(held)
    put(queue, 0, 1)
    held.wait_begun()
    with Background(queue.close) as closing:
        wait_until(lambda: queue.is_closed)
        queue.remove_consumer(consumer, timeout=0)
        held.let_go.set()
    assert closing.result == CloseReport(handled=0, discarded=1, unfinished=0)


def test_closing_again_returns_the_same_report(make: Make) -> None:
    queue, notes = make(), Notes()
    queue.add_consumer(notes)
    put(queue, *range(3))
    report = queue.close()
    assert queue.close() is report
    assert queue.close(drain=False, timeout=0) is report


def test_threads_that_close_at_the_same_time_get_the_same_report(make: Make) -> None:
    queue, notes = make(64), Notes()
    put(queue, *range(50))
    queue.add_consumer(notes)
    reports = together(queue.close, queue.close, queue.close)
    assert len({id(report) for report in reports}) == 1
    assert len(notes.numbers) == 50


def test_every_message_that_was_accepted_is_accounted_for(make: Make) -> None:
    """Producers enqueue until they are refused, while the queue is closed at some moment."""
    for turn in range(20):
        queue, notes = make(8), Notes()
        queue.add_consumer(notes)
        accepted = [0] * 3
        warm = threading.Event()

        def produce(index: int, queue=queue, accepted=accepted, warm=warm) -> None:  # type: ignore[no-untyped-def]
            while queue.enqueue_sync(message(index)):
                accepted[index] += 1
                if accepted[index] == 5 + index:
                    warm.set()

        with (
            Background(lambda: produce(0)),
            Background(lambda: produce(1)),
            Background(lambda: produce(2)),
        ):
            assert warm.wait(PATIENCE)
            report = queue.close(drain=turn % 2 == 0)
        assert report.unfinished == 0
        assert len(notes.numbers) + report.discarded == sum(accepted) == queue.message_count
        assert turn % 2 or report.discarded == 0


def test_a_handler_may_close_the_queue_that_it_takes_from(make: Make) -> None:
    queue = make()
    reports: list[CloseReport] = []

    def handle(envelope: TransportEnvelope) -> None:
        reports.append(queue.close())

    put(queue, 0, 1, 2)
    consumer = queue.add_consumer(handle)
    assert consumer.join(PATIENCE)
    assert reports[0] == CloseReport(handled=0, discarded=2, unfinished=1)
    assert consumer.failed == 0
    assert queue.close() is reports[0]


def test_a_handler_that_closes_has_the_other_consumers_drain(make: Make) -> None:
    queue, notes = make(), Notes()
    ready = threading.Event()
    reports: list[CloseReport] = []

    def handle(envelope: TransportEnvelope) -> None:
        ready.wait(PATIENCE)
        reports.append(queue.close())

    consumer = queue.add_consumer(handle)
    put(queue, 0)
    wait_until(lambda: queue.depth == 0)
    held = Held()
    queue.add_consumer(held)
    put(queue, 1, 2, 3)
    held.wait_begun()
    ready.set()
    wait_until(lambda: queue.is_closed)
    held.let_go.set()
    assert consumer.join(PATIENCE)
    assert reports == [CloseReport(handled=2, discarded=0, unfinished=1)]
    assert held.numbers == [1, 2, 3]
    assert notes.numbers == []


def test_a_handler_that_closes_while_it_is_being_closed_does_not_wait_for_itself(
    make: Make,
) -> None:
    queue = make()
    begun, reports = threading.Event(), list[CloseReport]()

    def handle(envelope: TransportEnvelope) -> None:
        begun.set()
        wait_until(lambda: queue.is_closed)
        reports.append(queue.close())

    queue.add_consumer(handle)
    put(queue, 0)
    assert begun.wait(PATIENCE)
    assert queue.close() == CloseReport(handled=0, discarded=0, unfinished=0)
    assert reports == [CloseReport(handled=0, discarded=0, unfinished=1)]


def test_a_closed_queue_takes_no_consumers(make: Make) -> None:
    queue = make()
    queue.close()
    with pytest.raises(
        RuntimeError, match="the queue 'queue' is closed: it takes no more consumers"
    ):
        queue.add_consumer(Notes())
    assert "closed" in repr(queue)


def test_a_with_block_drains_at_its_end(make: Make) -> None:
    notes = Notes()
    with make() as queue:
        queue.add_consumer(notes)
        put(queue, *range(10))
    assert notes.numbers == list(range(10))
    assert queue.is_closed


@pytest.mark.parametrize("wrong", ["1", float("nan")])
def test_a_wrong_timeout_closes_nothing(make: Make, wrong: object) -> None:
    queue = make()
    with pytest.raises((TypeError, ValueError), match="timeout must be"):
        queue.close(timeout=wrong)  # type: ignore[arg-type]
    assert not queue.is_closed


def test_a_close_that_was_interrupted_is_finished_by_the_next_one(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, because the drain takes too long; then a close that discards."""
    queue, held = make(), Held()
    queue.add_consumer(held)
    put(queue, 0, 1, 2)
    held.wait_begun()
    with monkeypatch.context() as patch:
        patch.setattr(Backoff, "pause", interrupt)
        with pytest.raises(KeyboardInterrupt):
            queue.close()
    assert queue.enqueue_sync(message(3)) is False
    with Background(lambda: queue.close(drain=False)) as closing:
        wait_until(lambda: queue.depth == 0)
        held.let_go.set()
    assert closing.result == CloseReport(handled=0, discarded=2, unfinished=0)


def interrupt(backoff: Backoff) -> bool:
    raise KeyboardInterrupt
