"""Many messages in one call; the same in both queues."""

import threading
from collections.abc import Iterator

import pytest

from ringbuffer import ProducerThreadError
from ringbuffer.messaging import (
    ChannelQueue,
    InMemoryQueue,
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    RingBufferQueue,
    TransportEnvelope,
)
from tests.support.threads import PATIENCE, Background, together
from tests.unit.messaging.queues.kit import (
    Held,
    Make,
    Notes,
    message,
    number_of,
    put,
    wait_until,
)


def messages(*numbers: int) -> list[TransportEnvelope]:
    return [message(number) for number in numbers]


def generated(*numbers: int) -> Iterator[TransportEnvelope]:
    yield from messages(*numbers)


def waiting(queue: InMemoryQueue) -> list[int]:
    """The numbers of the messages that wait, by a consumer that handles them."""
    notes, count = Notes(), queue.depth
    queue.add_consumer(notes)
    return notes.wait_for(count)


@pytest.mark.parametrize("kind", [list, tuple, iter])
@pytest.mark.parametrize("count", [0, 1, 7, 1000])
def test_all_messages_of_an_iterable_are_enqueued_in_order(
    make: Make, count: int, kind: type
) -> None:
    queue, notes = make(16), Notes()
    queue.add_consumer(notes)
    assert queue.enqueue_many(kind(messages(*range(count)))) == count
    assert notes.wait_for(count) == list(range(count))
    assert queue.message_count == count


def test_it_fills_the_queue_and_waits_for_the_rest(make: Make) -> None:
    queue, notes = make(4), Notes()
    with Background(lambda: queue.enqueue_many(messages(*range(50)))) as producer:
        wait_until(lambda: queue.depth == 4)
        queue.add_consumer(notes)
        assert notes.wait_for(50) == list(range(50))
    assert producer.result == 50


def test_a_queue_of_one_message_takes_many(make: Make) -> None:
    queue, notes = make(1), Notes()
    queue.add_consumer(notes)
    assert queue.enqueue_many(generated(*range(20))) == 20
    assert notes.wait_for(20) == list(range(20))


def test_a_timeout_says_how_many_were_enqueued_and_which_were_not(make: Make) -> None:
    queue = make(4)
    given = messages(*range(10))
    for source in (given, iter(given[4:])):
        with pytest.raises(TimeoutError, match=r"no room within 0\.01 s in all") as failed:
            queue.enqueue_many(source, timeout=0.01)
        enqueued, left = failed.value.enqueued, failed.value.not_enqueued  # type: ignore[attr-defined]
        assert f"{enqueued} messages were enqueued, and {len(left)} more" in str(failed.value)
        if source is given:
            assert enqueued == 4
            assert list(left) == given[4:6]
        else:
            assert enqueued == 0
            assert list(left) == given[4:6]
    assert waiting(queue) == [0, 1, 2, 3]


def test_the_timeout_is_a_limit_of_the_whole_call(make: Make) -> None:
    queue, held = make(2), Held()
    queue.add_consumer(held)
    with pytest.raises(TimeoutError) as failed:
        queue.enqueue_many(generated(*range(9)), timeout=0.05)
    assert failed.value.enqueued == 3  # type: ignore[attr-defined]
    assert queue.message_count == 3
    held.let_go.set()


def test_a_closed_queue_enqueues_nothing(make: Make) -> None:
    queue = make()
    queue.close()
    assert queue.enqueue_many(messages(1, 2)) == 0
    assert queue.enqueue_many([]) == 0
    assert queue.message_count == 0


def test_a_close_during_the_wait_tells_how_many_are_in(make: Make) -> None:
    queue = make(4)
    with Background(lambda: queue.enqueue_many(messages(*range(50)))) as producer:
        wait_until(lambda: queue.depth == 4)
        assert queue.close(drain=False).discarded == 4
    assert producer.result == queue.message_count == 4


def test_a_close_at_any_moment_leaves_an_exact_account(make: Make) -> None:
    for _ in range(20):
        queue, notes = make(8), Notes()
        queue.add_consumer(notes)
        begun = threading.Event()

        def produce(queue: InMemoryQueue = queue, begun: threading.Event = begun) -> int:
            begun.set()
            return queue.enqueue_many(messages(*range(500)))

        with Background(produce) as producer:
            begun.wait(PATIENCE)
            discarded = queue.close(drain=False).discarded
        assert producer.result == len(notes.numbers) + discarded == queue.message_count
        assert notes.numbers == list(range(len(notes.numbers)))


@pytest.mark.parametrize("wrong", [None, b"body", 7, TransportEnvelope])
def test_a_chunk_with_something_else_is_refused_as_a_whole(make: Make, wrong: object) -> None:
    queue = make(4)
    given = [*messages(0, 1, 2), wrong, message(4)]
    with pytest.raises(TypeError, match=r"message 3 of the iterable, .* is not a Transp") as failed:
        queue.enqueue_many(given)  # type: ignore[arg-type]
    assert "2 messages were enqueued" in str(failed.value)
    assert failed.value.enqueued == 2  # type: ignore[attr-defined]
    assert failed.value.not_enqueued == (given[2], wrong)  # type: ignore[attr-defined]
    assert waiting(queue) == [0, 1]


def test_an_envelope_of_a_class_of_ones_own_may_be_false(make: Make) -> None:
    class Mine(TransportEnvelope):
        def __bool__(self) -> bool:
            return False

    queue = make()
    got: list[TransportEnvelope] = []
    assert queue.enqueue_many([Mine("mine"), message(1), Mine("mine")]) == 3
    queue.add_consumer(got.extend, max_batch_size=2)
    wait_until(lambda: len(got) == 3)
    assert [type(each) for each in got] == [Mine, TransportEnvelope, Mine]


def test_what_an_iterable_gave_before_it_raised_is_enqueued(make: Make) -> None:
    def broken() -> Iterator[TransportEnvelope]:
        yield from messages(*range(5))
        raise LookupError("no more")

    queue = make(16)
    with pytest.raises(LookupError, match="no more") as failed:
        queue.enqueue_many(broken())
    assert failed.value.enqueued == 5  # type: ignore[attr-defined]
    assert failed.value.not_enqueued == ()  # type: ignore[attr-defined]
    assert waiting(queue) == [0, 1, 2, 3, 4]


def test_an_iterables_own_timeout_keeps_its_message(make: Make) -> None:
    def late() -> Iterator[TransportEnvelope]:
        yield message(0)
        raise TimeoutError("the source is slow")

    queue = make()
    with pytest.raises(TimeoutError, match="the source is slow") as failed:
        queue.enqueue_many(late())
    assert failed.value.enqueued == 1  # type: ignore[attr-defined]


def test_the_error_of_the_queue_mentions_that_of_the_iterable(make: Make) -> None:
    def broken() -> Iterator[TransportEnvelope]:
        yield message(1)
        raise LookupError("no more")

    queue = make(4)
    put(queue, 0, 0, 0, 0)
    with pytest.raises(TimeoutError) as failed:
        queue.enqueue_many(broken(), timeout=0)
    assert failed.value.not_enqueued == (message_of(failed.value),)  # type: ignore[attr-defined]
    assert failed.value.__notes__ == [
        "the iterable had raised LookupError after these messages: no more"
    ]
    assert isinstance(failed.value.__context__, LookupError)


def message_of(error: BaseException) -> TransportEnvelope:
    (left,) = error.not_enqueued  # type: ignore[attr-defined]
    assert number_of(left) == 1
    assert isinstance(left, TransportEnvelope)
    return left


@pytest.mark.parametrize("wrong", ["1", True, float("nan")])
def test_its_timeout_is_a_number_of_seconds(make: Make, wrong: object) -> None:
    queue = make()
    with pytest.raises((TypeError, ValueError), match="timeout must be a number of seconds"):
        queue.enqueue_many(messages(1), timeout=wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not iterable"):
        queue.enqueue_many(message(1))  # type: ignore[arg-type]
    assert queue.message_count == 0


def test_a_handler_that_waits_for_room_that_only_itself_could_make_gets_an_account(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    queue = make(4)
    told: list[tuple[int, int]] = []

    def handle(envelope: TransportEnvelope) -> None:
        if number_of(envelope) == 0:
            try:
                queue.enqueue_many(generated(*range(1, 10)))
            except RuntimeError as error:
                told.append((error.enqueued, len(error.not_enqueued)))  # type: ignore[attr-defined]
                raise

    queue.add_consumer(handle)
    put(queue, 0)
    wait_until(lambda: queue.failed == 1 and queue.depth == 0)
    assert "DeadlockError: the handlers of all 1 consumers of the queue" in caplog.text
    assert told == [(4, 2)]
    assert queue.message_count == 5


def test_a_handler_may_enqueue_many_while_another_consumer_makes_room(make: Make) -> None:
    queue, notes = make(4), Notes()

    def handle(envelope: TransportEnvelope) -> None:
        notes(envelope)
        if number_of(envelope) == 0:
            assert queue.enqueue_many(messages(*range(1, 40))) == 39

    for _ in range(2):
        queue.add_consumer(handle)
    put(queue, 0)
    assert sorted(notes.wait_for(40)) == list(range(40))
    assert queue.failed == 0


def test_several_threads_lose_nothing_and_keep_their_own_order(make: Make) -> None:
    queue, notes = make(32), Notes()
    queue.add_consumer(notes)
    together(
        *(
            lambda first=first: queue.enqueue_many(messages(*range(first, 3000, 3)))
            for first in range(3)
        )
    )
    numbers = notes.wait_for(3000)
    assert sorted(numbers) == list(range(3000))
    for first in range(3):
        own = [number for number in numbers if number % 3 == first]
        assert own == sorted(own)


def test_with_drop_when_full_the_newest_messages_stay() -> None:
    queue = ChannelQueue(InMemoryQueueOptions(buffer_size=4, drop_when_full=True))
    assert queue.enqueue_many(messages(*range(3))) == 3
    assert queue.enqueue_many(generated(*range(3, 10))) == 7
    assert (queue.depth, queue.dropped, queue.message_count) == (4, 6, 10)
    assert waiting(queue) == [6, 7, 8, 9]
    queue.close()


def test_a_second_thread_is_refused_where_one_produces() -> None:
    queue = RingBufferQueue(
        InMemoryQueueOptions(QueueMode.RING_BUFFER, 8, producer_mode=ProducerMode.SINGLE)
    )
    assert queue.enqueue_many(messages(0)) == 1
    with pytest.raises(ProducerThreadError):
        Background(lambda: queue.enqueue_many(messages(1))).start().join()
    assert queue.close().discarded == 1


def test_a_shortage_of_memory_in_the_middle_is_counted() -> None:
    queue = ChannelQueue(InMemoryQueueOptions(buffer_size=8))
    channel = queue._channel

    class Short(type(channel._messages)):  # type: ignore[misc]
        def __iadd__(self, others: list[TransportEnvelope]) -> "Short":
            self.append(others[0])
            raise MemoryError

    channel._messages = Short()  # type: ignore[misc]
    with pytest.raises(MemoryError) as failed:
        queue.enqueue_many(messages(0, 1, 2))
    assert failed.value.enqueued == queue.depth == 1  # type: ignore[attr-defined]
    assert [number_of(each) for each in failed.value.not_enqueued] == [1, 2]  # type: ignore[attr-defined]
