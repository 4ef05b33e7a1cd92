"""Translators: functions that fill an event, called between its claim and its publication.

`publish_event(translator, a, b)` calls `translator(event, sequence, a, b)`, or `translator.translate_to(event, sequence, a, b)`
where it has that method (LMAX Disruptor, `EventTranslator`). A translator that raises leaves no hole and shows nothing
half-filled: the claim is skipped, all of it, and the publisher gets the exception.
"""

import inspect
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any, Final, Protocol

from ringbuffer.memory import SlotView
from ringbuffer.sequencer import ProducerBarrier
from ringbuffer.sequencer.sequencer import give_up

#: Stands for an argument that was not given.
NONE_GIVEN: Final = object()


class TranslatorObject[E](Protocol):
    """A translator that is an object."""

    def translate_to(self, event: E, sequence: int, /, *arguments: Any) -> object:
        """Fill `event`, whose number is `sequence`, from the arguments of `publish_event`."""
        ...


type Translator[E] = Callable[..., object] | TranslatorObject[E]


class PublishEvent[E](Protocol):
    """`publish_event(translator, *args, timeout=None)`: claim a slot, fill it, publish it."""

    def __call__(self, translator: Translator[E], /, *arguments: object, timeout: float | None = None) -> int:
        """Publish one event; its sequence is returned.

        Args:
            translator: called as `translator(event, sequence, *arguments)`.
            arguments: for the translator.
            timeout: the longest wait for room, in seconds; None waits without a limit.

        Raises:
            TypeError: `translator` is no translator, or the ring holds values. Nothing was claimed.
            Exception: what the translator raised. The slot is skipped.
        """
        ...


class TryPublishEvent[E](Protocol):
    """`try_publish_event(translator, *args)`: as `publish_event`, but never wait."""

    def __call__(self, translator: Translator[E], /, *arguments: object) -> int:
        """As `PublishEvent`; `InsufficientCapacityError` where there is no room."""
        ...


class PublishEvents[E](Protocol):
    """`publish_events(translator, *columns, count=None, timeout=None)`: one claim for many events."""

    def __call__(
        self, translator: Translator[E], /, *columns: Iterable[object], count: int | None = None, timeout: float | None = None
    ) -> range:
        """Publish one event for each row of `columns`, as `map` would call the translator; their sequences are returned.

        Args:
            translator: called as `translator(event, sequence, *row)`.
            columns: a collection for each argument of the translator, all of one length.
            count: how many events, where there are no columns.
            timeout: the longest wait for room for all of them, in seconds; None waits without a limit.

        Raises:
            ValueError: there are more events than slots, columns of different lengths, or neither columns nor a count.
            TypeError: `translator` is no translator, or the ring holds values.
            Exception: what the translator raised. The whole claim is skipped: no event of it is handled.
        """
        ...


class TryPublishEvents[E](Protocol):
    """`try_publish_events(translator, *columns, count=None)`: as `publish_events`, but never wait."""

    def __call__(self, translator: Translator[E], /, *columns: Iterable[object], count: int | None = None) -> range:
        """As `PublishEvents`; `InsufficientCapacityError` where there is no room for all."""
        ...


class PublishEach[E](Protocol):
    """`for event, item in publish_each(items, timeout=None)`: one event for each item, without a translator."""

    def __call__[T](self, items: Iterable[T], timeout: float | None = None) -> Iterator[tuple[E, T]]:
        """Claim an event for each item, hand both to the body of the loop, and publish it when the body has filled it.

        Each event is claimed and published by itself, as by `next` and `publish`, which cost more. An item is taken before a
        slot is claimed, and an event is visible before the next item is waited for. An event whose turn is left by `break` or
        by an exception is skipped.

        Args:
            items: any iterable, however long.
            timeout: the longest wait for room for one event, in seconds; None waits without a limit.

        Raises:
            TypeError: the ring holds values.
            ValueError: (single producer) something is claimed and not published yet.
            RuntimeError: (single producer) the body claims or publishes in another way: the event of the loop comes first.
            RingBufferError: the errors of `Next`; its `unpublished` holds the item that was taken and not published.
        """
        ...


@dataclass(frozen=True, slots=True)
class EventPublication[E]:
    """A thread's own functions to publish events. Owning thread only."""

    publish_each: PublishEach[E]
    publish_event: PublishEvent[E]
    try_publish_event: TryPublishEvent[E]
    publish_events: PublishEvents[E]
    try_publish_events: TryPublishEvents[E]


def event_publication[E](barrier: ProducerBarrier, slots: SlotView[E]) -> EventPublication[E]:
    """The calling thread's own functions, over its own barrier and its own copy of the events."""
    size: Final = len(slots)
    mask: Final = size - 1
    next_, try_next, publish = barrier.next, barrier.try_next, barrier.publish
    # What is of these types is called itself: to ask it for `translate_to`, in vain, may take longer than the claim.
    function: Final = FunctionType
    method: Final = MethodType

    def publish_event(
        translator: Translator[E], argument: object = NONE_GIVEN, /, *more: object, timeout: float | None = None
    ) -> int:
        kind = type(translator)
        translate: Any = translator if kind is function or kind is method else _function_of(translator)
        sequence = next_(1, timeout)
        try:
            event = slots[sequence & mask]
            # To unpack the arguments of a call takes longer than the call: so there are none to unpack for up to one.
            if more:
                result = translate(event, sequence, argument, *more)
            elif argument is NONE_GIVEN:
                result = translate(event, sequence)
            else:
                result = translate(event, sequence, argument)
            if result is not None:
                check_has_run(translator, result)
            publish(sequence)
        except BaseException as error:
            give_up(barrier.skip, sequence, sequence, error)
            raise
        return sequence

    def try_publish_event(translator: Translator[E], /, *arguments: object) -> int:
        kind = type(translator)
        translate: Any = translator if kind is function or kind is method else _function_of(translator)
        sequence = try_next()
        try:
            result = translate(slots[sequence & mask], sequence, *arguments)
            if result is not None:
                check_has_run(translator, result)
            publish(sequence)
        except BaseException as error:
            give_up(barrier.skip, sequence, sequence, error)
            raise
        return sequence

    def publish_events(
        translator: Translator[E], /, *columns: Iterable[object], count: int | None = None, timeout: float | None = None
    ) -> range:
        return in_one_claim(lambda n: next_(n, timeout), translator, columns, count)

    def try_publish_events(translator: Translator[E], /, *columns: Iterable[object], count: int | None = None) -> range:
        return in_one_claim(try_next, translator, columns, count)

    def in_one_claim(
        claim: Callable[[int], int], translator: Translator[E], columns: tuple[Iterable[object], ...], count: int | None
    ) -> range:
        translate = _function_of(translator)
        if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
            raise TypeError(f"count must be an integer, or None, not {count!r}. Nothing was claimed")
        most = size if count is None else count
        rows = [column if isinstance(column, Collection) else list(itertools.islice(column, most + 1)) for column in columns]
        n = _number_of_events(rows, count, size)
        if n == 0:
            return range(0)
        high = claim(n)
        fill(translate, high - n + 1, high, rows)
        return range(high - n + 1, high + 1)

    def fill(
        translate: Callable[..., object],
        low: int,
        high: int,
        columns: Iterable[Iterable[object]],
    ) -> None:
        try:
            for sequence, *row in zip(range(low, high + 1), *columns, strict=True):
                result = translate(slots[sequence & mask], sequence, *row)
                if result is not None:
                    check_has_run(translate, result)
            publish(low, high)
        except BaseException as error:
            give_up(barrier.skip, low, high, error)
            raise

    def publish_each[T](items: Iterable[T], timeout: float | None = None) -> Iterator[tuple[E, T]]:
        return barrier.publish_each(slots, items, timeout)

    return EventPublication(publish_each, publish_event, try_publish_event, publish_events, try_publish_events)


def no_event_publication(kind: str) -> EventPublication[Any]:
    """The same for a ring without events, where each of the functions raises."""

    def refuse(*arguments: object, **options: object) -> Any:
        raise TypeError(f"this is a ring of {kind}: there are no events to translate into; use publish_value(s)")

    return EventPublication(refuse, refuse, refuse, refuse, refuse)


def _function_of(translator: object) -> Callable[..., object]:
    translate = getattr(translator, "translate_to", translator)
    if not callable(translate):
        raise _no_translator(translator)
    return translate


def check_has_run(translator: object, result: object) -> None:
    """Raise `TypeError` if calling the translator has run none of it."""
    if inspect.iscoroutine(result) or inspect.isgenerator(result):
        result.close()
    elif not inspect.isasyncgen(result):
        return
    raise TypeError(
        f"{translator!r} is a coroutine function or a generator function: calling it filled nothing. The event is skipped; "
        f"give a plain function"
    )


def _no_translator(translator: object) -> TypeError:
    return TypeError(
        f"{translator!r} is no translator: it must be callable as translator(event, sequence, *arguments), or have "
        f"translate_to. Nothing was claimed"
    )


def _number_of_events(columns: list[Collection[object]], count: int | None, size: int) -> int:
    lengths = {len(column) for column in columns}
    if count is not None:
        lengths.add(count)
    if len(lengths) != 1:
        wrong = f"columns of different lengths, {sorted(lengths)}" if lengths else "neither columns nor a count"
        raise ValueError(f"publish_events got {wrong}; give one value for each event in every column. Nothing was claimed")
    n = lengths.pop()
    if not 0 <= n <= size:
        raise ValueError(f"cannot publish {n} events at once into a ring of {size} slots; publish up to {size} at a time")
    return n
