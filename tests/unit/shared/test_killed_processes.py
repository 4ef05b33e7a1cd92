"""A process that is killed at any step leaves a ring that the others go on with."""

from collections.abc import Callable, Iterator

import pytest

from ringbuffer import RingBufferClosedError
from ringbuffer.records import RecordLayout
from ringbuffer.shared import ConsumerSeat, SharedRing, create
from tests.shared.victims import FORMAT, record
from tests.unit.shared.conftest import Kill

LAYOUT = RecordLayout.of_struct(FORMAT, "sequence one two")
#: The longest wait for capacity that is there, in seconds.
LONG = 60.0


def rings_for_each_step(
    kill: Kill, scenario: str, make: Callable[[], SharedRing]
) -> Iterator[tuple[int, SharedRing]]:
    """A ring for each step of a scenario, whose process was killed there."""
    step = 0
    while True:
        with make() as ring:
            answer = kill(scenario, ring.name, step)
            if answer.startswith("done"):
                return
            assert answer == "killed", (step, answer)
            yield step, ring
            ring.unlink()
        step += 1


def read_all(seat: ConsumerSeat) -> list[tuple[int, ...]]:
    """All records until the ring's end."""
    return [each for records, _ in seat.batches() for each in records.tolist()]


def publish(ring: SharedRing, count: int) -> list[tuple[int, int, int]]:
    """Publish records from the cursor on."""
    with ring.producer() as producer:
        first = ring.cursor + 1
        made = [record(first + index) for index in range(count)]
        producer.publish_records(made, LONG)
        return made


@pytest.mark.verify
def test_a_producer_killed_at_any_step_has_published_whole_records_or_none(
    kill: Kill, names: Callable[[], str]
) -> None:
    def make() -> SharedRing:
        return create(names(), 16, LAYOUT)

    cursors = set()
    for step, ring in rings_for_each_step(kill, "produce", make):
        left = ring.cursor
        cursors.add(left)
        with ring.seat("late") as late:
            published = publish(ring, 12)
            ring.close()
            assert read_all(late) == published, step
        # What it had published is right too. The victim skips 5, 6 and 7.
        rows = ring._block.records(writable=False)
        for sequence in range(max(0, left - 3), left + 1):
            if sequence not in (5, 6, 7):
                assert rows[sequence & 15].item() == record(sequence), step
    assert cursors == {-1, 2, 4, 6, 7, 9}


@pytest.mark.verify
def test_a_consumer_of_a_dead_producer_reads_what_was_published_and_then_the_successor(
    kill: Kill, names: Callable[[], str]
) -> None:
    seats = []

    def make() -> SharedRing:
        ring = create(names(), 16, LAYOUT)
        seats.append(ring.seat("early"))
        return ring

    for step, ring in rings_for_each_step(kill, "produce", make):
        left = ring.cursor
        expected = [record(each) for each in range(left + 1) if each not in (5, 6, 7)]
        expected += publish(ring, 5)
        ring.close()
        assert read_all(seats[-1]) == expected, step
        seats.pop().leave()


@pytest.mark.verify
@pytest.mark.parametrize("scenario", ["consume", "consume_evictable", "join"])
def test_a_consumer_killed_at_any_step_does_not_block_the_producer(
    kill: Kill, names: Callable[[], str], scenario: str
) -> None:
    """A seat that is kept needs a successor, which goes on where the dead one stopped."""
    left_kept = 0

    def make() -> SharedRing:
        ring = create(names(), 4, LAYOUT)
        if scenario != "join":
            # A former consumer has stopped at the beginning: the victim reads three records
            ring.seat("victim").hand_over()
            publish(ring, 3)
            ring.close()
        return ring

    for step, ring in rings_for_each_step(kill, scenario, make):
        taken = ring.status.taken
        assert not any(seat.is_alive for seat in taken), step
        for seat in taken:
            left_kept += 1
            with ring.seat(seat.name) as successor:
                assert successor.was_handed_over
                rest = [record(each) for each in range(seat.position + 1, ring.cursor + 1)]
                if ring.is_closed:
                    assert read_all(successor) == rest, step
        if not ring.is_closed:
            publish(ring, 9)
        assert ring.status.taken == (), step
    assert left_kept > 3 or scenario == "join"


@pytest.mark.verify
def test_an_eviction_that_is_killed_at_any_step_is_done_by_another_process(
    kill: Kill, names: Callable[[], str]
) -> None:
    def make() -> SharedRing:
        ring = create(names(), 4, LAYOUT)
        ring.seat("victim").hand_over()
        return ring

    for step, ring in rings_for_each_step(kill, "evict", make):
        ring.evict("victim")
        publish(ring, 9)
        assert ring.status.taken == (), step


@pytest.mark.verify
def test_a_close_that_is_killed_at_any_step_is_done_or_can_be_done(
    kill: Kill, names: Callable[[], str]
) -> None:
    texts = set()
    for step, ring in rings_for_each_step(kill, "close", lambda: create(names(), 4, LAYOUT)):
        ring.close(RingBufferClosedError("closed by the survivor"))
        with pytest.raises(RingBufferClosedError) as caught:
            ring.producer()
        texts.add(str(caught.value))
        with ring.seat("last") as seat:
            assert read_all(seat) == [], step
    assert texts == {"closed by the survivor", "closed by a victim"}


def test_a_killed_consumer_is_noticed_and_evicted_by_a_producer_that_waits(
    kill: Kill, name: str
) -> None:
    with create(name, 4, LAYOUT) as ring:
        steps = int(kill("join", name, None).split()[1])
        assert kill("join", name, steps - 5) == "killed"
        publish(ring, 20)
        assert ring.status.taken == ()


def test_a_kept_seat_holds_the_producer_up_until_it_is_evicted_by_hand(name: str) -> None:
    with create(name, 4, LAYOUT) as ring:
        ring.seat("gone").hand_over()
        with ring.producer() as producer:
            with pytest.raises(TimeoutError):
                producer.publish_records([record(each) for each in range(9)], 0.1)
            assert ring.cursor == 3
            assert ring.evict("gone")
            producer.publish_records([record(4)], LONG)
        assert not ring.evict("gone")
