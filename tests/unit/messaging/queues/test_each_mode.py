"""What only one of the two queues does."""

import functools
import itertools
from typing import Any

import pytest

from ringbuffer import ProducerThreadError
from ringbuffer.memory import StripedSlots
from ringbuffer.messaging import (
    ChannelQueue,
    InMemoryQueueOptions,
    ProducerMode,
    QueueMode,
    RingBufferQueue,
    WaitStrategyKind,
    create_queue,
)
from ringbuffer.messaging.queues.consumed_queue import ConsumedQueue
from ringbuffer.producer import producer_ops
from ringbuffer.sequencer import SingleProducerSequencer
from ringbuffer.sequencer.biased_producer import BiasedProducerSequencer
from tests.support.threads import Background, together
from tests.unit.messaging.queues.kit import Held, Notes, message, put, wait_until

VALID = [
    (mode, size, drop, wait, producers)
    for mode, size, drop, wait, producers in itertools.product(
        QueueMode, (1, 4, 6, 64), (False, True), WaitStrategyKind, ProducerMode
    )
    if mode is QueueMode.CHANNEL or not (drop or size == 6)
]


@pytest.mark.parametrize(("mode", "size", "drop", "wait", "producers"), VALID)
def test_every_valid_combination_carries_messages(
    mode: QueueMode, size: int, drop: bool, wait: WaitStrategyKind, producers: ProducerMode
) -> None:
    notes = Notes()
    with create_queue(InMemoryQueueOptions(mode, size, drop, wait, producers)) as queue:
        assert isinstance(queue, RingBufferQueue if mode is QueueMode.RING_BUFFER else ChannelQueue)
        queue.add_consumer(notes)
        for number in range(12):
            put(queue, number)
            if drop:
                notes.wait_for(number + 1)
        assert notes.wait_for(12) == list(range(12))


class TestDropWhenFull:
    def queue(self, size: int = 4) -> ChannelQueue:
        return ChannelQueue(InMemoryQueueOptions(buffer_size=size, drop_when_full=True))

    def test_the_oldest_message_makes_room(self) -> None:
        queue, notes = self.queue(), Notes()
        put(queue, *range(10))
        assert (queue.depth, queue.dropped, queue.message_count) == (4, 6, 10)
        queue.add_consumer(notes)
        assert notes.wait_for(4) == [6, 7, 8, 9]
        queue.close()
        assert queue.message_count == 10

    def test_what_is_being_handled_is_not_dropped(self) -> None:
        queue, held = self.queue(2), Held()
        queue.add_consumer(held)
        put(queue, 0)
        held.wait_begun()
        put(queue, 1, 2, 3)
        held.let_go.set()
        wait_until(lambda: held.numbers == [0, 2, 3])
        queue.close()

    def test_no_producer_waits_and_every_message_is_handled_or_dropped(self) -> None:
        queue, notes = self.queue(2), Notes()
        consumers = [queue.add_consumer(notes) for _ in range(2)]
        together(*(lambda first=first: put(queue, *range(first, 3000, 3)) for first in range(3)))
        assert queue.close().discarded == 0
        assert len(notes.numbers) + queue.dropped == queue.message_count == 3000
        assert len(set(notes.numbers)) == len(notes.numbers)
        assert not any(consumer.failed for consumer in consumers)

    def test_a_closed_queue_takes_nothing_and_drops_nothing(self) -> None:
        queue = self.queue(1)
        put(queue, 0)
        queue.close(drain=False)
        assert queue.enqueue_sync(message(1)) is False
        assert queue.dropped == 0


class TestRing:
    def queue(self, producers: ProducerMode = ProducerMode.MULTI, size: int = 8) -> RingBufferQueue:
        return RingBufferQueue(
            InMemoryQueueOptions(QueueMode.RING_BUFFER, size, producer_mode=producers)
        )

    def test_with_a_single_producer_a_second_thread_is_refused(self) -> None:
        queue = self.queue(ProducerMode.SINGLE)
        put(queue, 0)
        with pytest.raises(
            ProducerThreadError,
            match=r"this ring has a single producer, and that is thread 'MainThread'",
        ):
            Background(lambda: put(queue, 1)).start().join()
        put(queue, 2)
        assert queue.message_count == 2
        assert queue.close().discarded == 2

    def test_when_the_single_producers_thread_has_ended_another_may_follow(self) -> None:
        queue, notes = self.queue(ProducerMode.SINGLE), Notes()
        Background(lambda: put(queue, 0, 1)).start().join()
        put(queue, 2)
        queue.add_consumer(notes)
        assert notes.wait_for(3) == [0, 1, 2]
        queue.close()

    @pytest.mark.parametrize("producers", list(ProducerMode))
    def test_a_claim_that_was_given_up_is_passed_over_and_not_counted(
        self, producers: ProducerMode
    ) -> None:
        queue, notes = self.queue(producers), Notes()
        put(queue, 0)
        sequencer = queue._ring.sequencer
        ops = producer_ops(sequencer)
        ops.skip(ops.next())
        ops.skip(ops.next())
        if producers is ProducerMode.MULTI:
            put(queue, 1)
        expected = [0, 1] if producers is ProducerMode.MULTI else [0]
        assert queue.message_count == len(expected), "a consumer has not passed the empty slot yet"
        queue.add_consumer(notes)
        assert notes.wait_for(len(expected)) == expected
        wait_until(lambda: queue.depth == 0)
        assert queue.message_count == len(expected)
        assert queue.close().discarded == 0

    @pytest.mark.parametrize(("is_stored", "expected"), [(False, [0, 2]), (True, [0, 1, 1, 2])])
    @pytest.mark.parametrize("producers", list(ProducerMode))
    def test_an_interrupted_enqueue_leaves_no_hole(
        self,
        monkeypatch: pytest.MonkeyPatch,
        producers: ProducerMode,
        is_stored: bool,
        expected: list[int],
    ) -> None:
        """Ctrl-C comes between claim and publication, before or after the message is stored."""
        queue, notes = self.queue(producers, size=8), Notes()
        own: Any = queue
        slots = own._ring.slots

        class Interrupted(list[Any]):
            armed = False

            def __setitem__(self, index: Any, value: Any) -> None:
                interrupts = self.armed and value is not None
                if is_stored or not interrupts:
                    list.__setitem__(self, index, value)
                if interrupts:
                    type(self).armed = False
                    raise KeyboardInterrupt

        cells = StripedSlots([Interrupted(row) for row in slots.view().rows])
        monkeypatch.setattr(type(slots), "view", lambda self: cells)
        put(queue, 0)
        for enqueue in (queue.enqueue_sync, queue.try_enqueue):
            Interrupted.armed = True
            with pytest.raises(KeyboardInterrupt):
                enqueue(message(1))
        put(queue, 2)
        assert queue.message_count == len(expected)
        queue.add_consumer(notes)
        assert notes.wait_for(len(expected)) == expected
        wait_until(lambda: queue.depth == 0)
        assert queue.message_count == len(expected)
        assert queue.close().discarded == 0

    def test_a_signal_handler_that_has_interrupted_an_enqueue_may_enqueue(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue = self.queue(size=8)
        own: Any = queue
        slots = own._ring.slots

        class Interrupted(list[Any]):
            is_first = True

            def __setitem__(self, index: Any, value: Any) -> None:
                if self.is_first:
                    type(self).is_first = False
                    put(queue, 1)
                list.__setitem__(self, index, value)

        cells = StripedSlots([Interrupted(row) for row in slots.view().rows])
        monkeypatch.setattr(type(slots), "view", lambda self: cells)
        put(queue, 0)
        notes = Notes()
        queue.add_consumer(notes)
        assert notes.wait_for(2) == [0, 1]
        assert queue.close().discarded == 0

    @pytest.mark.parametrize("producers", list(ProducerMode))
    def test_a_senders_function_that_another_thread_uses_says_so(
        self, producers: ProducerMode
    ) -> None:
        queue = self.queue(producers)
        put(queue, 0)
        sender = queue._own.sender
        assert sender is not None
        for function in (sender.put, sender.try_put):
            with pytest.raises(ProducerThreadError, match="thread"):
                Background(functools.partial(function, message(1))).start().join()
        put(queue, 2)
        assert queue.close().discarded == 2

    def test_a_claim_that_a_closed_ring_is_about_to_refuse_counts_as_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A producer has announced a claim, and has yet to find the ring closed."""
        queue = self.queue(ProducerMode.SINGLE)
        put(queue, 0)
        announced = [0]
        real, discard = SingleProducerSequencer.claimed.fget, ConsumedQueue._discard  # type: ignore[attr-defined]

        def discard_and_announce(self: ConsumedQueue) -> None:
            discard(self)
            announced[0] = 4

        monkeypatch.setattr(ConsumedQueue, "_discard", discard_and_announce)
        monkeypatch.setattr(
            SingleProducerSequencer, "claimed", property(lambda self: real(self) + announced[0])
        )
        assert queue.close(drain=False).discarded == 1

    def test_a_ring_begins_with_one_producer_until_another_thread_enqueues(self) -> None:
        queue = self.queue(size=64)
        sequencer = queue._ring.sequencer
        assert isinstance(sequencer, BiasedProducerSequencer)
        put(queue, 0)
        assert not sequencer.is_revoked
        Background(lambda: put(queue, 1)).start().join()
        assert sequencer.is_revoked
        put(queue, 2)
        assert queue.close().discarded == 3
