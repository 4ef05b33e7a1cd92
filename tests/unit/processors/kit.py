"""A ring with recording handlers, for tests of processors."""

import threading
from collections.abc import Callable, Iterable

from ringbuffer import BatchEventProcessor, ProducerType, RingBuffer, WaitStrategy
from tests.support.threads import PATIENCE


class Cell:
    """An event with one number in it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = -1


def new_ring(
    size: int = 8, kind: ProducerType = ProducerType.MULTI, strategy: WaitStrategy | None = None
) -> RingBuffer[Cell]:
    return RingBuffer(size, Cell, kind, strategy)


def publish(ring: RingBuffer[Cell], values: Iterable[int]) -> int:
    """Publish the values one by one; the last sequence."""
    producer, sequence = ring.producer(), -1
    for value in values:
        sequence = producer.next(timeout=PATIENCE)
        producer.get(sequence).value = value
        producer.publish(sequence)
    return sequence


def publish_batch(ring: RingBuffer[Cell], values: list[int]) -> int:
    """Publish the values at once; the last sequence."""
    producer = ring.producer()
    high = producer.next(len(values), PATIENCE)
    for sequence, value in enumerate(values, high - len(values) + 1):
        producer[sequence].value = value
    producer.publish(high - len(values) + 1, high)
    return high


class Recorder:
    """Keeps what it was called with; can be waited for."""

    def __init__(self, react: Callable[[int], object] = lambda sequence: None) -> None:
        self.seen: list[tuple[int, int, bool]] = []
        self.calls: list[str] = []
        self._react = react
        self._changed = threading.Condition()

    def note(self, call: str) -> None:
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    def on_start(self) -> None:
        self.note("start")

    def on_shutdown(self) -> None:
        self.note("shutdown")

    def on_event(self, event: Cell, sequence: int, end_of_batch: bool) -> None:
        self._react(sequence)
        with self._changed:
            self.seen.append((event.value, sequence, end_of_batch))
            self._changed.notify_all()

    @property
    def values(self) -> list[int]:
        return [value for value, _, _ in self.seen]

    @property
    def sequences(self) -> list[int]:
        return [sequence for _, sequence, _ in self.seen]

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), (
                f"seen {self.seen[-3:]}, calls {self.calls[-3:]}"
            )

    def wait_for(self, count: int) -> None:
        self.wait_until(lambda: len(self.seen) >= count)


def wait_for_sequence[E](
    ring: RingBuffer[E], processor: BatchEventProcessor[E], sequence: int
) -> None:
    """Wait until the processor has finished with `sequence`."""
    assert ring.new_barrier(processor.sequence).wait_for(sequence) >= sequence
