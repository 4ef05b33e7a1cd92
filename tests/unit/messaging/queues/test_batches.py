"""Consumers that take batches; the same in both queues."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ringbuffer.messaging import TransportEnvelope
from ringbuffer.messaging.queues.source import share
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


class Batched:
    """A handler that keeps the batches, and can be held in one."""

    def __init__(self, then: Callable[[list[int]], object] = lambda batch: None) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.let_go.set()
        self._then = then

    @property
    def numbers(self) -> list[int]:
        return [number for batch in list(self.batches) for number in batch]

    def on_batch(self, messages: list[TransportEnvelope]) -> None:
        batch = [number_of(each) for each in messages]
        self.batches.append(batch)
        self.begun.set()
        assert self.let_go.wait(PATIENCE)
        self._then(batch)

    def wait_for(self, count: int) -> list[int]:
        wait_until(lambda: len(self.numbers) >= count)
        return self.numbers


def test_messages_that_wait_come_in_batches_of_at_most_the_size(make: Make) -> None:
    queue, handler = make(16), Batched()
    put(queue, *range(10))
    queue.add_consumer(handler, max_batch_size=4)
    handler.wait_for(10)
    assert handler.batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_function_of_a_list_handles_batches_too(make: Make) -> None:
    queue = make()
    lengths: list[int] = []
    put(queue, 0, 1, 2)

    def handle(messages: list[TransportEnvelope]) -> None:
        lengths.append(len(messages))

    queue.add_consumer(handle, max_batch_size=100)
    wait_until(lambda: lengths == [3])


def test_what_comes_while_a_batch_is_handled_is_the_next_batch(make: Make) -> None:
    queue, handler = make(16), Batched()
    handler.let_go.clear()
    queue.add_consumer(handler, max_batch_size=64)
    put(queue, 0)
    assert handler.begun.wait(PATIENCE)
    put(queue, *range(1, 8))
    assert queue.depth == 7
    handler.let_go.set()
    handler.wait_for(8)
    assert handler.batches == [[0], [1, 2, 3, 4, 5, 6, 7]]


def test_a_batch_may_be_larger_than_the_queue_if_it_waits_for_more(make: Make) -> None:
    queue, handler = make(4), Batched()
    queue.add_consumer(handler, max_batch_size=10, max_batch_age=PATIENCE)
    put(queue, *range(10))
    handler.wait_for(10)
    assert handler.batches == [list(range(10))]


def test_a_batch_that_does_not_get_full_is_handled_when_it_is_old(make: Make) -> None:
    queue, handler = make(), Batched()
    queue.add_consumer(handler, max_batch_size=10, max_batch_age=0.02)
    put(queue, 0, 1, 2)
    handler.wait_for(3)
    assert queue.depth == 0


@pytest.mark.parametrize("ends", ["close", "remove"])
def test_a_batch_that_waits_for_more_is_handled_when_its_consumer_ends(
    make: Make, ends: str
) -> None:
    queue, handler = make(), Batched()
    consumer = queue.add_consumer(handler, max_batch_size=10, max_batch_age=1e6)
    put(queue, 0, 1)
    wait_until(lambda: queue.depth == 0)
    assert handler.batches == []
    if ends == "close":
        report = queue.close(timeout=PATIENCE)
        assert (report.discarded, report.unfinished) == (0, 0)
    else:
        assert queue.remove_consumer(consumer, PATIENCE)
    assert handler.batches == [[0, 1]]


def test_an_exception_is_a_failure_of_each_message_of_its_batch(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(batch: list[int]) -> None:
        if 2 in batch:
            raise ValueError("no twos")

    queue, handler = make(16), Batched(fail)
    given = [message(number) for number in range(7)]
    queue.enqueue_many(given)
    consumer = queue.add_consumer(handler, name="b", max_batch_size=3)
    handler.wait_for(7)
    report = queue.close()
    assert (queue.failed, consumer.failed, report.discarded) == (3, 3, 0)
    (record,) = caplog.records
    assert record.getMessage() == (
        f"consumer 'b' failed on a batch of 3 messages, the first of which is {given[0].message_id}"
    )
    assert "no twos" in caplog.text
    assert handler.batches == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_handler_that_empties_its_list_fails_on_all_of_it(make: Make) -> None:
    def handle(messages: list[TransportEnvelope]) -> None:
        messages.clear()
        raise ValueError

    queue = make()
    put(queue, 0, 1, 2)
    queue.add_consumer(handle, max_batch_size=8)
    wait_until(lambda: queue.failed == 3)


def test_a_consumer_that_is_removed_finishes_its_batch_and_takes_no_other(make: Make) -> None:
    queue, handler, notes = make(16), Batched(), Notes()
    handler.let_go.clear()
    put(queue, *range(6))
    consumer = queue.add_consumer(handler, max_batch_size=4)
    assert handler.begun.wait(PATIENCE)
    assert not queue.remove_consumer(consumer, timeout=0)
    handler.let_go.set()
    assert consumer.join(PATIENCE)
    assert handler.batches == [[0, 1, 2, 3]]
    queue.add_consumer(notes)
    assert notes.wait_for(2) == [4, 5]


def test_a_discarding_close_counts_what_no_batch_has_taken(make: Make) -> None:
    queue, handler = make(16), Batched()
    handler.let_go.clear()
    put(queue, *range(10))
    queue.add_consumer(handler, max_batch_size=4)
    assert handler.begun.wait(PATIENCE)
    report = queue.close(drain=False, timeout=0)
    assert (report.handled, report.discarded, report.unfinished) == (0, 6, 1)
    handler.let_go.set()
    assert handler.wait_for(4) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("waiting", "others", "most", "expected"),
    [
        (10, 0, 4, 4),
        (3, 0, 4, 3),
        (10, 1, 64, 5),
        (10, 2, 64, 4),
        (3, 2, 64, 1),
        (4, 2, 64, 2),
        (1, 5, 64, 1),
        (100, 3, 8, 8),
    ],
)
def test_a_share_leaves_as_much_to_each_consumer_that_rests(
    waiting: int, others: int, most: int, expected: int
) -> None:
    assert share(waiting, others, most) == expected
    assert waiting <= others or waiting - expected >= others


def test_a_batch_leaves_their_share_to_consumers_that_rest(make: Make) -> None:
    """Both rest while 8 messages come at once: each gets 4."""
    queue = make(64)
    both = threading.Barrier(2)
    handlers = [Batched(lambda batch: both.wait(PATIENCE)) for _ in range(2)]
    for handler in handlers:
        queue.add_consumer(handler, max_batch_size=64)
    wait_until(lambda: resting(queue) == 2)
    queue.enqueue_many([message(number) for number in range(8)])
    wait_until(lambda: sum(len(handler.numbers) for handler in handlers) == 8)
    assert sorted(handler.batches for handler in handlers) == [[[0, 1, 2, 3]], [[4, 5, 6, 7]]]


def test_a_consumer_that_rests_gets_a_message_before_a_batch_that_waits_for_more(
    make: Make,
) -> None:
    queue, handler, notes = make(64), Batched(), Notes()
    queue.add_consumer(handler, max_batch_size=3, max_batch_age=1e6)
    put(queue, 0)
    wait_until(lambda: queue.depth == 0)
    queue.add_consumer(notes)
    wait_until(lambda: resting(queue) == 1)
    for number in range(1, 20):
        put(queue, number)
        wait_until(lambda: queue.depth == 0 and resting(queue) == 1)
    assert notes.wait_for(19) == list(range(1, 20))
    assert handler.batches == []
    queue.close(timeout=PATIENCE)
    assert handler.batches == [[0]]


def test_batches_and_single_messages_compete_and_nothing_is_lost(make: Make) -> None:
    queue, batched, notes = make(64), [Batched() for _ in range(2)], Notes()
    ages = iter((0, 0.001))
    for handler in batched:
        queue.add_consumer(handler, max_batch_size=7, max_batch_age=next(ages))
    for _ in range(2):
        queue.add_consumer(notes)
    together(
        *(
            lambda first=first: queue.enqueue_many(
                message(number) for number in range(first, 3000, 3)
            )
            for first in range(3)
        )
    )
    report = queue.close(timeout=PATIENCE)
    assert (report.discarded, report.unfinished) == (0, 0)
    handled = [number for each in batched for number in each.numbers]
    assert sorted(handled + notes.numbers) == list(range(3000))
    for handler in batched:
        assert all(1 <= len(batch) <= 7 for batch in handler.batches)


def test_any_of_them_may_be_removed_while_messages_come(make: Make) -> None:
    queue, handler = make(), Batched()
    with Background(lambda: queue.enqueue_many(message(number) for number in range(2000))):
        for _ in range(20):
            consumers = [
                queue.add_consumer(handler, max_batch_size=5, max_batch_age=age)
                for age in (0, 1e-3, 1e6)
            ]
            for consumer in consumers:
                assert queue.remove_consumer(consumer, PATIENCE)
        queue.add_consumer(handler, max_batch_size=5)
    handler.wait_for(2000)
    assert sorted(handler.numbers) == list(range(2000))


def test_a_batch_has_an_empty_context_of_its_own(make: Make) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    seen: list[int] = []

    def handle(messages: list[TransportEnvelope]) -> None:
        seen.append(variable.get())
        variable.set(len(messages))

    queue = make()
    put(queue, *range(6))
    queue.add_consumer(handle, max_batch_size=2)
    wait_until(lambda: len(seen) == 3)
    assert seen == [0, 0, 0]


def test_the_progress_counts_the_messages_of_the_batch(make: Make) -> None:
    queue, handler = make(16), Batched()
    handler.let_go.clear()
    put(queue, *range(10))
    queue.add_consumer(handler, max_batch_size=4)
    assert handler.begun.wait(PATIENCE)
    (progress,) = queue.progress()
    assert (progress.finished, progress.waiting, progress.state) == (0, 4, "HANDLING")
    handler.let_go.set()
    handler.wait_for(10)
    wait_until(lambda: queue.progress()[0].state == "WAITING")
    (progress,) = queue.progress()
    assert (progress.finished, progress.waiting) == (10, 0)


def test_a_handler_may_enqueue_many_into_the_queue_that_it_takes_from(make: Make) -> None:
    queue = make(64)

    def more(batch: list[int]) -> None:
        queue.enqueue_many(
            message(number)
            for each in batch
            for number in (2 * each + 1, 2 * each + 2)
            if number < 50
        )

    handler = Batched(more)
    queue.add_consumer(handler, max_batch_size=8)
    put(queue, 0)
    assert sorted(handler.wait_for(50)) == list(range(50))
    assert queue.failed == 0


class TestCoroutines:
    @pytest.mark.parametrize("age", [0, 0.005])
    def test_a_coroutine_function_may_handle_batches(self, make: Make, age: float) -> None:
        queue = make(64)
        batches: list[list[int]] = []

        async def handle(messages: list[TransportEnvelope]) -> None:
            await asyncio.sleep(0)
            batches.append([number_of(each) for each in messages])

        put(queue, *range(10))
        queue.add_consumer(handle, max_batch_size=4, max_batch_age=age)
        report = queue.close(timeout=PATIENCE)
        assert (report.discarded, report.unfinished) == (0, 0)
        assert batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]

    def test_so_may_a_method_and_its_failures_count(
        self, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken:
            async def on_batch(self, messages: list[TransportEnvelope]) -> None:
                raise ValueError("broken")

        queue = make()
        put(queue, *range(5))
        queue.add_consumer(Broken(), max_batch_size=3)
        wait_until(lambda: queue.failed == 5)
        assert "failed on a batch of 3 messages" in caplog.text

    def test_a_batch_that_waits_for_more_lets_other_tasks_run_and_ends_with_its_consumer(
        self, make: Make
    ) -> None:
        queue = make()
        ticked, batches = threading.Event(), list[int]()
        ticking: list[Any] = []

        async def tick() -> None:
            await asyncio.sleep(0.01)
            ticked.set()

        async def handle(messages: list[TransportEnvelope]) -> None:
            if not batches:
                ticking.append(asyncio.ensure_future(tick()))
            batches.append(len(messages))

        queue.add_consumer(handle, max_batch_size=2, max_batch_age=1e6)
        put(queue, 0, 1, 2)
        assert ticked.wait(PATIENCE)
        assert batches == [2]
        assert queue.close(timeout=PATIENCE).unfinished == 0
        assert batches == [2, 1]

    def test_a_cancellation_by_a_task_of_an_earlier_batch_loses_nothing(self, make: Make) -> None:
        queue = make()
        batches: list[int] = []

        async def handle(messages: list[TransportEnvelope]) -> None:
            batches.append(len(messages))
            task = asyncio.current_task()
            assert task is not None
            if len(batches) == 1:
                asyncio.get_running_loop().call_later(0.01, task.cancel)

        queue.add_consumer(handle, max_batch_size=2, max_batch_age=1e6)
        put(queue, 0, 1, 2)
        wait_until(lambda: batches == [2, 1])
        assert queue.failed == 0
        put(queue, 3, 4)
        wait_until(lambda: batches == [2, 1, 2])


class TestRefusals:
    @pytest.mark.parametrize("wrong", [0, -1])
    def test_a_batch_has_at_least_one_message(self, make: Make, wrong: int) -> None:
        with pytest.raises(ValueError, match="max_batch_size must be 1 or more"):
            make().add_consumer(Batched(), max_batch_size=wrong)

    @pytest.mark.parametrize("wrong", [True, 1.5, "8"])
    def test_its_size_is_an_integer(self, make: Make, wrong: Any) -> None:
        with pytest.raises(TypeError, match="max_batch_size must be an integer"):
            make().add_consumer(Batched(), max_batch_size=wrong)

    @pytest.mark.parametrize("wrong", [-1, "1", float("inf"), None])
    def test_its_age_is_a_duration(self, make: Make, wrong: Any) -> None:
        with pytest.raises((TypeError, ValueError), match="max_batch_age must be a number"):
            make().add_consumer(Batched(), max_batch_size=2, max_batch_age=wrong)

    def test_an_age_alone_is_refused(self, make: Make) -> None:
        queue: Any = make()
        with pytest.raises(ValueError, match="max_batch_age=1 needs a max_batch_size"):
            queue.add_consumer(Batched(), max_batch_age=1)

    def test_a_handler_of_batches_needs_a_size(self, make: Make) -> None:
        queue: Any = make()
        with pytest.raises(TypeError, match="handles batches: say max_batch_size="):
            queue.add_consumer(Batched())
        assert queue.consumers == ()

    @pytest.mark.parametrize("wrong", [None, 7, object(), Batched, Held(), lambda: None])
    def test_it_must_be_a_handler_of_batches(self, make: Make, wrong: Any) -> None:
        if isinstance(wrong, Held):
            wrong = type("OnlyHandles", (), {"handle": wrong})()
        queue = make()
        with pytest.raises(TypeError):
            queue.add_consumer(wrong, max_batch_size=2)
        assert queue.consumers == ()
