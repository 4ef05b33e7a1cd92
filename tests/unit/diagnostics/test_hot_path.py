"""Looking costs those who run nothing, and what must be counted is counted off their way."""

from collections import Counter
from typing import Any

import pytest

from ringbuffer import (
    BlockingWaitStrategy,
    BusySpinWaitStrategy,
    ClaimTimeoutError,
    Disruptor,
    ProducerType,
    RingBuffer,
    Sequence,
)
from ringbuffer.diagnostics import CountingWaitStrategy, DiagnosticEventHandler, Sampler, statistics
from tests.support.counting import READ_MODIFY_WRITES, CountingMemory
from tests.support.threads import Background
from tests.unit.diagnostics.kit import ignore


def counted(kind: ProducerType, *, looked_at: bool) -> Counter[str]:
    """The shared accesses of one thread that publishes and one consumer that is moved by hand."""
    memory = CountingMemory()
    ring: RingBuffer[dict[str, int]] = RingBuffer(
        8, dict, kind, BusySpinWaitStrategy(), memory=memory
    )
    consumer = Sequence(memory=memory)
    ring.add_gating_sequences(consumer)
    producer = ring.producer()
    sampler = Sampler(ring)
    spent: Counter[str] = Counter()
    for _ in range(30):
        before = memory.counts.copy()
        producer.publish(producer.next())
        spent += memory.counts - before
        if looked_at:
            sampler.sample()
        consumer.set(ring.cursor)
    return spent


@pytest.mark.parametrize("kind", ProducerType)
def test_a_producer_makes_the_same_accesses_with_and_without_statistics(
    kind: ProducerType,
) -> None:
    assert counted(kind, looked_at=True) == counted(kind, looked_at=False)


@pytest.mark.parametrize("kind", ProducerType)
def test_looking_only_loads(kind: ProducerType) -> None:
    memory = CountingMemory()
    disruptor: Disruptor[Any] = Disruptor.of_values(8, kind, memory=memory)
    disruptor.handle_events_with(ignore)
    sampler = Sampler(disruptor)
    disruptor.producer()
    before = memory.counts.copy()
    sampler.sample()
    spent = memory.counts - before
    assert spent["load"] > 0
    assert not {"store", *READ_MODIFY_WRITES} & set(spent)


def test_publishers_signal_the_wrapped_strategy_itself() -> None:
    inner = BlockingWaitStrategy()
    counting = CountingWaitStrategy(inner)
    assert counting.is_blocking
    assert counting.signal_all_when_blocking == inner.signal_all_when_blocking
    assert not CountingWaitStrategy(BusySpinWaitStrategy()).is_blocking


def test_a_consumer_that_finds_events_does_not_ask_the_strategy() -> None:
    strategy = CountingWaitStrategy(BusySpinWaitStrategy())
    ring: RingBuffer[Any] = RingBuffer(8, dict, wait_strategy=strategy)
    ring.publish_event(lambda event, sequence: None)
    assert ring.new_barrier().wait_for(0) == 0
    assert strategy.counters()["waits"] == 0


@pytest.mark.parametrize("kind", ProducerType)
def test_a_claim_that_finds_room_notes_nothing(kind: ProducerType) -> None:
    ring: RingBuffer[Any] = RingBuffer(8, dict, kind)
    for _ in range(50):
        ring.publish_event(lambda event, sequence: None)
    assert ring.sequencer.state.claim_stalls.by_thread() == {}


@pytest.mark.parametrize("kind", ProducerType)
def test_a_stall_and_a_claim_that_times_out_are_counted(kind: ProducerType) -> None:
    ring: RingBuffer[Any] = RingBuffer(2, dict, kind)
    consumer = Sequence()
    ring.add_gating_sequences(consumer)
    producer = ring.producer()
    producer.publish(producer.next(2) - 1, 1)
    with pytest.raises(ClaimTimeoutError):
        producer.next(timeout=0)
    assert statistics(ring).counters == {"producer_stalls": 1, "claim_timeouts": 1}
    [wait] = ring.sequencer.state.claim_stalls.by_thread().values()
    assert wait.wanted is None


def test_the_stalls_of_several_threads_add_up() -> None:
    ring: RingBuffer[Any] = RingBuffer(2, dict)
    consumer = Sequence()
    ring.add_gating_sequences(consumer)
    ring.producer().publish(ring.producer().next(2) - 1, 1)

    def stall() -> None:
        for _ in range(3):
            with pytest.raises(ClaimTimeoutError):
                ring.producer().next(timeout=0)

    with Background(stall), Background(stall):
        pass
    assert statistics(ring).producer_stalls == 6


class Full:
    """A handler with every hook."""

    def on_event(self, event: object, sequence: int, end_of_batch: bool) -> None: ...
    def on_start(self) -> None: ...
    def on_shutdown(self) -> None: ...
    def on_batch_start(self, batch_size: int, queue_depth: int) -> None: ...
    def on_rewind(self, sequence: int) -> None: ...
    def on_timeout(self, sequence: int) -> None: ...
    def set_sequence_callback(self, release: object) -> None: ...


HOOKS = [name for name in vars(Full) if not name.startswith("_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_handler_that_is_not_diagnosed_is_called_directly(hook: str) -> None:
    handler = Full()
    assert getattr(DiagnosticEventHandler(handler, enabled=False), hook) == getattr(handler, hook)


def test_a_function_that_is_not_diagnosed_is_called_directly_and_gets_no_hooks() -> None:
    disabled = DiagnosticEventHandler(ignore, enabled=False)
    assert disabled.on_event is ignore
    assert [name for name in HOOKS if getattr(disabled, name) is not None] == ["on_event"]
