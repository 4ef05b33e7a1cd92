"""`EventSink`: the ways to publish, on anything that can give the calling thread a producer.

Here stand the signatures and the documentation of the operations, once. A `RingBuffer` or
`Disruptor` inherits these methods. A `Producer` has its own functions in their place, which are
faster and show the same signature and documentation.
"""

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Unpack, overload

from ringbuffer.checks import Duration
from ringbuffer.producer.record_sink import RecordSink

if TYPE_CHECKING:
    from ringbuffer.producer.claim import Claim
    from ringbuffer.producer.translation import AnyTranslator, ManyColumns, Translator


class EventSink[E](RecordSink):
    """Publishes from any thread, through a producer for each (LMAX Disruptor, `EventSink`).

    A loop should ask for `producer()` once: that avoids looking it up in every call. In
    `publish_event` and `publish_value` of a ring, the look-up costs little.
    """

    __slots__ = ()

    @abstractmethod
    def producer(self) -> "EventSink[E]":
        """The calling thread's own producer."""

    def _after_fork(self, made_in: int) -> None:
        """In a child: let the object's class refuse, not a function of the object's own."""
        own = getattr(self, "__dict__", {})
        own.pop("publish_event", None)
        own.pop("publish_value", None)

    # -- claims ------------------------------------------------------------------------------------

    def next(self, n: int = 1, timeout: Duration | None = None) -> int:
        """Claim `n` slots, waiting while there is no free capacity.

        Args:
            n: slots to claim, 1 to the size of the ring.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            The highest sequence claimed; the lowest is `n - 1` less. All of them must be published.

        Raises:
            ValueError: `n` is out of range.
            ClaimTimeoutError: there was no free capacity in time. Nothing was claimed.
            RingBufferClosedError: the ring is closed. Nothing was claimed.
            DeadlockError: the caller waits for events that it has to consume or publish itself.
                Nothing was claimed.
            ProducerThreadError: the ring has a single producer, and it is not the caller.
        """
        return self.producer().next(n, timeout)

    def try_next(self, n: int = 1) -> int:
        """As `next`, but never wait.

        Raises:
            InsufficientCapacityError: there is no free capacity. Nothing was claimed.
        """
        return self.producer().try_next(n)

    def publish(self, low: int, high: int | None = None) -> None:
        """Make the claimed sequences `low` to `high` (default: `low` alone) visible to consumers.

        Raises:
            ValueError: a sequence was not claimed, is published already, or (single producer) does
                not follow the last published one. Nothing was published.
        """
        self.producer().publish(low, high)

    def skip(self, low: int, high: int | None = None) -> None:
        """Publish the claimed sequences `low` to `high` so that no handler sees them.

        With a single producer, earlier sequences may be claimed and not yet published. The skipped
        ones are then published right after those.

        Raises:
            ValueError: a sequence was not claimed, or is published already. Nothing was skipped.
        """
        self.producer().skip(low, high)

    def claim(self, n: int = 1, timeout: Duration | None = None) -> "Claim[E]":
        """`with ring.claim(n) as batch:` publishes at its end, or skips if it raised."""
        return self.producer().claim(n, timeout)

    # -- events ------------------------------------------------------------------------------------

    def publish_each[T](
        self, items: Iterable[T], timeout: Duration | None = None
    ) -> Generator[tuple[E, T]]:
        """One event for each item, for a loop to fill: `for event, item in …`.

        Claims an event, gives it and the item to the body of the loop, and publishes the event when
        the body has filled it. An item is taken before a slot is claimed, and an event is visible
        before the loop waits for the next item. If a `break` or an exception ends the loop, the
        event of that iteration is skipped. Each event costs less than with `next` and `publish`.

        Args:
            items: any iterable, however long.
            timeout: the longest wait for one event, in seconds; None waits without a limit.

        Raises:
            TypeError: the ring holds values.
            ValueError: (single producer) a sequence is claimed and not published yet.
            RuntimeError: (single producer) the body claims or publishes in another way; the event
                of the loop must be published first.
            RingBufferError: the errors of `next`; its `unpublished` holds the item that was taken
                and not published.
        """
        return self.producer().publish_each(items, timeout)

    def publish_event[*A](
        self, translator: "Translator[E, *A]", /, *arguments: *A, timeout: Duration | None = None
    ) -> int:
        """Claim a slot, let `translator(event, sequence, *arguments)` fill it, and publish it.

        Args:
            translator: a function, or an object with `translate_to`.
            arguments: for the translator. A type checker compares them with its parameters.
            timeout: the longest wait, in seconds; None waits without a limit.

        Returns:
            The sequence of the event.

        Raises:
            TypeError: `translator` is not a translator, or the ring holds values. Nothing was
                claimed.
            Exception: the translator raised it. The slot is skipped.
        """
        return self.producer().publish_event(translator, *arguments, timeout=timeout)

    def try_publish_event[*A](self, translator: "Translator[E, *A]", /, *arguments: *A) -> int:
        """As `publish_event`, but raise `InsufficientCapacityError` rather than wait."""
        return self.producer().try_publish_event(translator, *arguments)

    # No type turns parameters into columns. So the forms of up to two columns are written out.
    @overload
    def publish_events(
        self, translator: "Translator[E]", /, *, count: int, timeout: Duration | None = None
    ) -> range: ...
    @overload
    def publish_events[A](
        self,
        translator: "Translator[E, A]",
        a: Iterable[A],
        /,
        *,
        count: int | None = None,
        timeout: Duration | None = None,
    ) -> range: ...
    @overload
    def publish_events[A, B](
        self,
        translator: "Translator[E, A, B]",
        a: Iterable[A],
        b: Iterable[B],
        /,
        *,
        count: int | None = None,
        timeout: Duration | None = None,
    ) -> range: ...
    @overload
    def publish_events(
        self,
        translator: "AnyTranslator[E]",
        /,
        *columns: "Unpack[ManyColumns]",
        count: int | None = None,
        timeout: Duration | None = None,
    ) -> range: ...
    def publish_events(
        self,
        translator: "AnyTranslator[E]",
        /,
        *columns: Iterable[object],
        count: int | None = None,
        timeout: Duration | None = None,
    ) -> range:
        """Publish one event for each row of `columns`, in one claim.

        Args:
            translator: called as `translator(event, sequence, *row)`.
            columns: a collection for each argument of the translator, all of one length.
            count: how many events, where there are no columns.
            timeout: the longest wait for all of them, in seconds; None waits without a limit.

        Returns:
            The sequences of the events.

        Raises:
            ValueError: there are more events than slots, columns of different lengths, or neither
                columns nor a count.
            TypeError: `translator` is not a translator, or the ring holds values.
            Exception: the translator raised it. The whole claim is skipped: no handler sees any of
                its events.
        """
        own: Callable[..., range] = self.producer().publish_events
        return own(translator, *columns, count=count, timeout=timeout)

    @overload
    def try_publish_events(self, translator: "Translator[E]", /, *, count: int) -> range: ...
    @overload
    def try_publish_events[A](
        self, translator: "Translator[E, A]", a: Iterable[A], /, *, count: int | None = None
    ) -> range: ...
    @overload
    def try_publish_events[A, B](
        self,
        translator: "Translator[E, A, B]",
        a: Iterable[A],
        b: Iterable[B],
        /,
        *,
        count: int | None = None,
    ) -> range: ...
    @overload
    def try_publish_events(
        self,
        translator: "AnyTranslator[E]",
        /,
        *columns: "Unpack[ManyColumns]",
        count: int | None = None,
    ) -> range: ...
    def try_publish_events(
        self,
        translator: "AnyTranslator[E]",
        /,
        *columns: Iterable[object],
        count: int | None = None,
    ) -> range:
        """As `publish_events`, but raise `InsufficientCapacityError` rather than wait."""
        own: Callable[..., range] = self.producer().try_publish_events
        return own(translator, *columns, count=count)

    # -- values ------------------------------------------------------------------------------------

    def publish_value(self, value: E, timeout: Duration | None = None) -> int:
        """Publish any object into a ring of values; returns its sequence.

        Args:
            value: any object.
            timeout: the longest wait, in seconds; None waits without a limit.

        Raises:
            TypeError: the ring has pre-allocated events.
            ClaimTimeoutError: there was no free capacity in time.
            KeyboardInterrupt: or another exception of a signal handler. If the value is published
                anyway, the exception's `published` is 1; otherwise its slot is skipped.
        """
        return self.producer().publish_value(value, timeout)

    def try_publish_value(self, value: E) -> int:
        """As `publish_value`, but raise `InsufficientCapacityError` rather than wait."""
        return self.producer().try_publish_value(value)

    def publish_values(
        self, values: Iterable[E], timeout: Duration | None = None, chunk: int | None = None
    ) -> int:
        """Publish many objects into a ring of values, a chunk at a time; returns how many.

        Takes values from the iterable until it has a chunk, then publishes the chunk. Use `chunk=1`
        for a source that produces them slowly. Other producers may publish between two chunks.

        Args:
            values: any iterable, however long.
            timeout: the longest time in all, in seconds; None sets no limit.
            chunk: the most values to claim at once, 1 to the size of the ring; the default is 256,
                or half the ring.

        Raises:
            TypeError: the ring has pre-allocated events.
            ClaimTimeoutError: there was no free capacity in time. As with any error or interrupt
                that ends the publication, its `published` says how many values were published. Its
                `unpublished` holds the values that were taken from the iterable and not published.
            Exception: the iterable raised it; it has the same two attributes. The values before it
                are published.
        """
        return self.producer().publish_values(values, timeout, chunk)
