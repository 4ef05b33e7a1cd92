"""Who gets which message: the same in both queues."""

import threading

import pytest

from ringbuffer.messaging import MessageHandler, TransportEnvelope
from tests.support.threads import PATIENCE, Background, together
from tests.unit.messaging.queues.kit import (
    Held,
    Make,
    Notes,
    message,
    number_of,
    put,
    resting,
    wait_until,
)


def test_one_consumer_gets_every_message_in_order(make: Make) -> None:
    queue, notes = make(), Notes()
    queue.add_consumer(notes)
    put(queue, *range(200))
    assert notes.wait_for(200) == list(range(200))


def test_what_was_enqueued_before_the_first_consumer_came_is_there(make: Make) -> None:
    queue, notes = make(), Notes()
    put(queue, *range(10))
    queue.add_consumer(notes)
    assert notes.wait_for(10) == list(range(10))


@pytest.mark.parametrize("consumers", [2, 3, 5])
def test_while_all_are_free_each_gets_a_message_in_turn(make: Make, consumers: int) -> None:
    queue = make()
    handled: list[list[int]] = [[] for _ in range(consumers)]
    notes = Notes()

    def handler(own: list[int]) -> Notes:
        def both(number: int) -> None:
            own.append(number)
            notes.note(number)

        return Notes(both)

    for own in handled:
        queue.add_consumer(handler(own))
    for number in range(4 * consumers):
        put(queue, number)
        notes.wait_for(number + 1)
        wait_until(lambda: resting(queue) == consumers)
    assert handled == [list(range(first, 4 * consumers, consumers)) for first in range(consumers)]


def test_a_message_at_the_end_of_a_handler_goes_to_the_consumer_that_was_idle_before(
    make: Make,
) -> None:
    """The handler enqueues the next message: its own consumer is busy, the other one is idle."""
    queue = make()
    order: list[str] = []
    done = threading.Event()

    def handler(name: str) -> MessageHandler[TransportEnvelope]:
        def handle(envelope: TransportEnvelope) -> None:
            order.append(name)
            number = number_of(envelope)
            if number == 40:
                done.set()
                return
            wait_until(lambda: resting(queue) == 1)
            assert queue.enqueue_sync(message(number + 1))

        return handle

    queue.add_consumer(handler("a"))
    queue.add_consumer(handler("b"))
    put(queue, 0)
    assert done.wait(PATIENCE)
    assert order == ["a", "b"] * 20 + ["a"]


def test_each_message_goes_to_exactly_one_of_several_consumers(make: Make) -> None:
    queue, notes = make(), Notes()
    for _ in range(4):
        queue.add_consumer(notes)
    together(*(lambda first=first: put(queue, *range(first, 400, 4)) for first in range(4)))
    assert sorted(notes.wait_for(400)) == list(range(400))
    assert queue.close().discarded == 0
    assert len(notes.numbers) == 400


def test_what_waits_behind_a_slow_handler_goes_to_the_others(make: Make) -> None:
    queue, held, notes = make(), Held(), Notes()
    queue.add_consumer(held)
    put(queue, 0)
    held.wait_begun()
    queue.add_consumer(notes)
    put(queue, *range(1, 40))
    assert notes.wait_for(39) == list(range(1, 40))
    held.let_go.set()
    assert held.numbers == [0]


def test_a_consumer_that_comes_later_takes_what_waits_behind_a_slow_one(make: Make) -> None:
    queue, held, notes = make(), Held(), Notes()
    put(queue, *range(10))
    queue.add_consumer(held)
    held.wait_begun()
    queue.add_consumer(notes)
    assert notes.wait_for(9) == list(range(1, 10))
    held.let_go.set()


def test_removing_the_first_consumer_orphans_no_other(make: Make) -> None:
    queue, first, second, third = make(), Notes(), Notes(), Notes()
    consumer = queue.add_consumer(first)
    queue.add_consumer(second)
    queue.add_consumer(third)
    assert queue.remove_consumer(consumer, PATIENCE)
    assert not consumer.is_alive
    put(queue, *range(50))
    wait_until(lambda: len(second.numbers) + len(third.numbers) == 50)
    assert first.numbers == []
    assert sorted(second.numbers + third.numbers) == list(range(50))


def test_any_of_them_may_be_removed_while_messages_come(make: Make) -> None:
    queue, notes = make(), Notes()
    with Background(lambda: put(queue, *range(2000))):
        for _ in range(30):
            consumers = [queue.add_consumer(notes) for _ in range(3)]
            for consumer in (consumers[1], consumers[0], consumers[2]):
                assert queue.remove_consumer(consumer, PATIENCE)
        queue.add_consumer(notes)
    notes.wait_for(2000)
    assert sorted(notes.numbers) == list(range(2000))


def test_without_consumers_nothing_is_lost(make: Make) -> None:
    queue, first, second = make(), Notes(), Notes()
    put(queue, 0, 1)
    consumer = queue.add_consumer(first)
    first.wait_for(2)
    queue.remove_consumer(consumer, PATIENCE)
    put(queue, *range(2, 12))
    assert queue.depth == 10
    queue.add_consumer(second)
    assert second.wait_for(10) == list(range(2, 12))


def test_a_consumer_that_is_removed_finishes_its_message_and_takes_no_other(make: Make) -> None:
    queue, held, notes = make(), Held(), Notes()
    consumer = queue.add_consumer(held)
    put(queue, 0, 1, 2)
    held.wait_begun()
    assert not queue.remove_consumer(consumer, timeout=0)
    assert consumer.is_alive
    assert queue.consumers == ()
    held.let_go.set()
    assert consumer.join(PATIENCE)
    assert held.numbers == [0]
    queue.add_consumer(notes)
    assert notes.wait_for(2) == [1, 2]


def test_a_consumer_may_remove_itself(make: Make) -> None:
    queue, notes = make(), Notes()

    def leave(envelope: TransportEnvelope) -> None:
        notes(envelope)
        assert not queue.remove_consumer(consumer)

    consumer = queue.add_consumer(leave)
    put(queue, 0, 1)
    assert consumer.join(PATIENCE)
    assert notes.numbers == [0]
    assert queue.depth == 1
    assert consumer.failed == 0


def test_it_cannot_be_removed_twice_nor_from_another_queue(make: Make) -> None:
    queue, other = make(), make()
    consumer = queue.add_consumer(Notes())
    with pytest.raises(ValueError, match="is not a consumer of the queue 'queue'"):
        other.remove_consumer(consumer)
    queue.remove_consumer(consumer, PATIENCE)
    with pytest.raises(ValueError, match="was removed before"):
        queue.remove_consumer(consumer)


def test_consumers_have_names(make: Make) -> None:
    queue = make()
    names = [queue.add_consumer(Notes()).name, queue.add_consumer(Notes(), name="mine").name]
    assert names == ["queue #1", "mine"]
    assert [consumer.name for consumer in queue.consumers] == names
    assert "2 consumers" in repr(queue)
    assert "alive" in repr(queue.consumers[0])


def test_a_hundred_producers_and_a_hundred_consumers_lose_nothing_and_repeat_nothing(
    make: Make,
) -> None:
    queue, notes = make(64), Notes()
    for _ in range(100):
        queue.add_consumer(notes)
    together(*(lambda first=first: put(queue, *range(first, 2000, 100)) for first in range(100)))
    report = queue.close(timeout=PATIENCE)
    assert (report.discarded, report.unfinished) == (0, 0)
    assert sorted(notes.numbers) == list(range(2000))
    assert queue.message_count == 2000
