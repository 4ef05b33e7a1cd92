"""Any graph of consumers: each sees every event once, in order, after all its dependencies."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer, YieldingWaitStrategy
from tests.support.examples import examples
from tests.unit.processors.kit import Cell, publish_batch


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """For each consumer the earlier ones it depends on."""
    size = draw(st.integers(1, 5))
    return [
        draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3)) if number else []
        for number in range(size)
    ]


@settings(max_examples=examples(15, 60), deadline=None)
@given(
    graph=graphs(),
    exponent=st.integers(0, 4),
    kind=st.sampled_from(ProducerType),
    batches=st.lists(st.integers(1, 16), min_size=1, max_size=25),
    max_batch_size=st.none() | st.integers(1, 4),
)
def test_every_consumer_sees_every_event_after_the_ones_before_it(
    graph: list[list[int]],
    exponent: int,
    kind: ProducerType,
    batches: list[int],
    max_batch_size: int | None,
) -> None:
    ring: RingBuffer[Cell] = RingBuffer(1 << exponent, Cell, kind, YieldingWaitStrategy())
    processors: list[BatchEventProcessor[Cell]] = []
    seen: list[list[int]] = [[] for _ in graph]
    early: list[tuple[int, int]] = []
    for number, before in enumerate(graph):

        def handle(
            event: Cell,
            sequence: int,
            end_of_batch: bool,
            number: int = number,
            before: list[int] = before,
        ) -> None:
            early.extend(
                (number, other) for other in before if processors[other].sequence.get() < sequence
            )
            seen[number].append(event.value)

        barrier = ring.new_barrier(*(processors[other].sequence for other in before))
        processors.append(BatchEventProcessor(ring, barrier, handle, max_batch_size=max_batch_size))
    for processor in processors:
        processor.start()
    total = 0
    for batch in batches:
        n = min(batch, ring.buffer_size)
        publish_batch(ring, list(range(total, total + n)))
        total += n
    ring.new_barrier(*(processor.sequence for processor in processors)).wait_for(total - 1)
    assert all(processor.close(30) for processor in processors)
    assert seen == [list(range(total))] * len(graph)
    assert early == []
