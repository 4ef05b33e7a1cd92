"""The shapes that people build: chains, diamonds, several readers of the same events."""

import itertools
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack

import pytest

from ringbuffer import BatchEventProcessor, ProducerType
from tests.support.threads import Background
from tests.unit.processors.kit import (
    Cell,
    Recorder,
    new_ring,
    publish,
    publish_batch,
    wait_for_sequence,
)
from tests.unit.wait.strategies import STRATEGIES

each_kind = pytest.mark.parametrize("kind", ProducerType)


class Graph:
    """Consumers of one ring that note in which order they did things."""

    def __init__(self, size: int, kind: ProducerType, strategy: str = "blocking") -> None:
        self.ring = new_ring(size, kind, STRATEGIES[strategy]())
        self.order: list[tuple[str, int]] = []
        self._lock = threading.Lock()
        self.processors: list[BatchEventProcessor[Cell]] = []

    def add(
        self, name: str, *after: BatchEventProcessor[Cell], gating: bool = True
    ) -> BatchEventProcessor[Cell]:
        def handle(event: Cell, sequence: int, end_of_batch: bool) -> None:
            with self._lock:
                self.order.append((name, event.value))

        barrier = self.ring.new_barrier(*(processor.sequence for processor in after))
        processor = BatchEventProcessor(self.ring, barrier, handle, name=name, gating=gating)
        self.processors.append(processor)
        return processor

    def run(self, count: int) -> None:
        """Publish `count` events, and return when every consumer has handled them and has ended."""
        with ExitStack() as running:
            for processor in self.processors:
                running.enter_context(processor)
            publish(self.ring, range(count))
            for processor in self.processors:
                wait_for_sequence(self.ring, processor, count - 1)
        for name in {processor.name for processor in self.processors}:
            assert [value for who, value in self.order if who == name] == list(range(count)), name

    def assert_before(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Of each pair, the first consumer handled every event before the second did."""
        at = {entry: place for place, entry in enumerate(self.order)}
        events = {value for _, value in self.order}
        for earlier, later in pairs:
            assert all(at[earlier, value] < at[later, value] for value in events), (
                f"{earlier} -> {later}"
            )


@each_kind
@pytest.mark.parametrize("size", [1, 4, 64])
def test_a_chain_of_ten_passes_every_event_from_hand_to_hand(kind: ProducerType, size: int) -> None:
    graph = Graph(size, kind)
    names = [str(number) for number in range(10)]
    last = graph.add(names[0], gating=False)
    for name in names[1:-1]:
        last = graph.add(name, last, gating=False)
    graph.add(names[-1], last)
    graph.run(100)
    graph.assert_before(itertools.pairwise(names))


@each_kind
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_diamond_joins_what_it_has_split_with_every_strategy(
    kind: ProducerType, strategy: str
) -> None:
    graph = Graph(8, kind, strategy)
    top = graph.add("top", gating=False)
    left, right = graph.add("left", top, gating=False), graph.add("right", top, gating=False)
    graph.add("bottom", left, right)
    graph.run(60)
    graph.assert_before(
        [("top", "left"), ("top", "right"), ("left", "bottom"), ("right", "bottom")]
    )


@each_kind
def test_three_readers_of_the_same_events_each_see_all_of_them(kind: ProducerType) -> None:
    graph = Graph(4, kind)
    for name in ("a", "b", "c"):
        graph.add(name)
    graph.run(300)


def test_the_slowest_of_three_readers_holds_the_producer() -> None:
    ring = new_ring(4)
    slow = BatchEventProcessor(ring, ring.new_barrier(), Recorder())  # never started
    quick = Recorder()
    with BatchEventProcessor(ring, ring.new_barrier(), quick) as processor:
        publish(ring, range(4))
        wait_for_sequence(ring, processor, 3)
        assert ring.minimum_gating_sequence == slow.sequence.get() == -1
        with pytest.raises(TimeoutError):
            ring.next(timeout=0.001)
    assert quick.values == list(range(4))


def test_a_stage_that_is_halted_holds_back_only_the_stages_after_it() -> None:
    ring = new_ring(8)
    first, middle, last, aside = Recorder(), Recorder(), Recorder(), Recorder()
    one = BatchEventProcessor(ring, ring.new_barrier(), first)
    two = BatchEventProcessor(ring, ring.new_barrier(one.sequence), middle)
    three = BatchEventProcessor(ring, ring.new_barrier(two.sequence), last)
    beside = BatchEventProcessor(ring, ring.new_barrier(one.sequence), aside)
    with one, three, beside:
        publish(ring, range(5))
        first.wait_for(5)
        aside.wait_for(5)
        assert last.values == []
        with two:
            last.wait_for(5)
    assert middle.values == last.values == list(range(5))


@pytest.mark.parametrize("publishers", [2, 5])
def test_what_several_producers_send_keeps_the_order_of_each(publishers: int) -> None:
    ring, recorder = new_ring(16), Recorder()

    def send(number: int) -> Callable[[], object]:
        def run() -> None:
            for start in range(0, 120, 6):
                publish_batch(ring, [number * 1_000 + value for value in range(start, start + 6)])

        return run

    with BatchEventProcessor(ring, ring.new_barrier(), recorder):
        threads = [Background(send(number)).start() for number in range(publishers)]
        for thread in threads:
            thread.join()
        recorder.wait_for(120 * publishers)
    assert recorder.sequences == list(range(120 * publishers))
    for number in range(publishers):
        assert [value % 1_000 for value in recorder.values if value // 1_000 == number] == list(
            range(120)
        )


def test_a_consumer_that_joins_while_a_claim_is_open_gets_the_claim_too_and_is_not_lapped() -> None:
    ring, recorder = new_ring(2), Recorder()
    unpublished = ring.next()
    with BatchEventProcessor(ring, ring.new_barrier(), recorder) as processor:
        assert processor.sequence.get() == unpublished - 1
        publish(ring, [1])
        with pytest.raises(TimeoutError):  # the slot of the claim is still its producer's
            ring.next(timeout=0.001)
        ring[unpublished].value = 0
        ring.publish(unpublished)
        publish(ring, [2, 3])
        recorder.wait_for(4)
    assert recorder.values == recorder.sequences == [0, 1, 2, 3]
