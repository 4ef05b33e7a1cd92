"""`Publishing`: the ways to publish, on anything that can give the calling thread a producer."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from ringbuffer.producer.claim import Claim
from ringbuffer.producer.producer import Producer
from ringbuffer.producer.translation import Translator


class Publishing[E](ABC):
    """Publishes from any thread, through the producer that is kept for each calling thread. Any thread.

    A loop should ask for `producer()` itself, once: that saves the search for it in every call.
    """

    @abstractmethod
    def producer(self) -> Producer[E]:
        """The calling thread's own producer."""

    # -- claims -------------------------------------------------------------------------------------------------

    def next(self, n: int = 1, timeout: float | None = None) -> int:
        """Claim `n` slots, waiting for room; the highest sequence claimed. The errors are those of `Next`."""
        return self.producer().next(n, timeout)

    def try_next(self, n: int = 1) -> int:
        """As `next`, but raise `InsufficientCapacityError` rather than wait."""
        return self.producer().try_next(n)

    def publish(self, low: int, high: int | None = None) -> None:
        """Make the claimed sequences from `low` to `high` (default: `low` alone) visible to consumers."""
        self.producer().publish(low, high)

    def skip(self, low: int, high: int | None = None) -> None:
        """Publish the claimed sequences from `low` to `high` so that no handler gets to see them. See `Skip`."""
        self.producer().skip(low, high)

    def claim(self, n: int = 1, timeout: float | None = None) -> Claim[E]:
        """`with ring.claim(n) as batch:` claims at its beginning, publishes at its end, skips if it raises. See `Claim`."""
        return self.producer().claim(n, timeout)

    # -- events -------------------------------------------------------------------------------------------------

    def publish_each[T](self, items: Iterable[T], timeout: float | None = None) -> Iterator[tuple[E, T]]:
        """`for event, item in ring.publish_each(items)`: one event for each item, filled by the body. See `PublishEach`."""
        return self.producer().publish_each(items, timeout)

    def publish_event(self, translator: Translator[E], /, *arguments: object, timeout: float | None = None) -> int:
        """Let `translator(event, sequence, *arguments)` fill an event, and publish it. See `PublishEvent`."""
        return self.producer().publish_event(translator, *arguments, timeout=timeout)

    def try_publish_event(self, translator: Translator[E], /, *arguments: object) -> int:
        """As `publish_event`, but raise `InsufficientCapacityError` rather than wait."""
        return self.producer().try_publish_event(translator, *arguments)

    def publish_events(
        self, translator: Translator[E], /, *columns: Iterable[object], count: int | None = None, timeout: float | None = None
    ) -> range:
        """Fill and publish one event for each row of `columns`, in one claim. See `PublishEvents`."""
        return self.producer().publish_events(translator, *columns, count=count, timeout=timeout)

    def try_publish_events(self, translator: Translator[E], /, *columns: Iterable[object], count: int | None = None) -> range:
        """As `publish_events`, but raise `InsufficientCapacityError` rather than wait."""
        return self.producer().try_publish_events(translator, *columns, count=count)

    # -- values -------------------------------------------------------------------------------------------------

    def publish_value(self, value: Any, timeout: float | None = None) -> int:
        """Publish any object into a ring of values. See `PublishValue`."""
        return self.producer().publish_value(value, timeout)

    def try_publish_value(self, value: Any) -> int:
        """As `publish_value`, but raise `InsufficientCapacityError` rather than wait."""
        return self.producer().try_publish_value(value)

    def publish_values(self, values: Iterable[Any], timeout: float | None = None, chunk: int | None = None) -> int:
        """Publish many objects into a ring of values, a chunk at a time. See `PublishValues`."""
        return self.producer().publish_values(values, timeout, chunk)
