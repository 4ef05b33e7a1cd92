"""Translators: functions that fill an event, called between its claim and its publication.

`publish_event(translator, a, b)` calls `translator(event, sequence, a, b)`, or
`translator.translate_to(event, sequence, a, b)` if it has that method (LMAX Disruptor,
`EventTranslator`). If a translator raises, no gap remains and no consumer sees a half-filled event:
the whole claim is skipped, and the publisher gets the exception. The same holds for an interrupt,
also for one that comes while the claim is being skipped.
"""

import inspect
import itertools
from collections.abc import Callable, Collection, Generator, Iterable
from types import MethodType
from typing import Any, Final, NamedTuple, Protocol

from ringbuffer.checks import Duration, check_integer, check_timeout
from ringbuffer.memory import SlotView
from ringbuffer.producer.ops import NONE_GIVEN, ProducerOps
from ringbuffer.producer.refusals import no_capacity


class TranslatorObject[E, *A](Protocol):
    """A translator that is an object."""

    def translate_to(self, event: E, sequence: int, /, *arguments: *A) -> object:
        """Fill `event`, whose number is `sequence`, from the arguments of `publish_event`."""
        ...


#: What fills an event, from arguments of the types `A`.
type Translator[E, *A] = Callable[[E, int, *A], object] | TranslatorObject[E, *A]

#: A translator whose arguments are no longer known.
type AnyTranslator[E] = Translator[E, *tuple[Any, ...]]

type _Column = Iterable[object]
#: The columns of `publish_events`, three or more.
type ManyColumns = tuple[_Column, _Column, _Column, *tuple[_Column, ...]]


class EventPublication(NamedTuple):
    """A thread's own functions to publish events, see `EventSink`. Owning thread only."""

    publish_each: Callable[..., Generator[Any]]
    publish_event: Callable[..., int]
    try_publish_event: Callable[..., int]
    publish_events: Callable[..., range]
    try_publish_events: Callable[..., range]


def event_publication[E](ops: ProducerOps, slots: SlotView[E]) -> EventPublication:
    """The calling thread's own functions, over its own operations and copy of the events."""
    size: Final = len(slots)
    mask: Final = size - 1
    next_, try_next, publish, give_up = ops.next, ops.try_next, ops.publish, ops.give_up
    try_fill: Final = ops.try_fill_into(slots)

    def publish_event(
        translator: AnyTranslator[E],
        argument: object = NONE_GIVEN,
        /,
        *more: object,
        timeout: Duration | None = None,
    ) -> int:
        if timeout is not None:
            check_timeout(timeout)
        sequence = try_fill(translator, argument, more)
        if sequence < 0:
            return fill_next(translator, argument, more, timeout)
        return sequence

    # The ring was full: the claim waits.
    def fill_next(
        translator: AnyTranslator[E],
        argument: object,
        more: tuple[object, ...],
        timeout: Duration | None,
    ) -> int:
        translate = function_of(translator)
        arguments = () if argument is NONE_GIVEN else (argument, *more)
        sequence = next_(1, timeout)
        try:
            result = translate(slots[sequence & mask], sequence, *arguments)
            if result is not None:
                check_has_run(translator, result)
            publish(sequence)
        except BaseException as error:
            try:
                give_up(sequence, sequence, error)
            except BaseException:  # an interrupt, after the translator's error
                give_up(sequence, sequence, error)
                raise
            raise
        return sequence

    def try_publish_event(
        translator: AnyTranslator[E], argument: object = NONE_GIVEN, /, *more: object
    ) -> int:
        sequence = try_fill(translator, argument, more)
        if sequence < 0:
            raise no_capacity(1, size)
        return sequence

    def publish_events(
        translator: AnyTranslator[E],
        /,
        *columns: Iterable[object],
        count: int | None = None,
        timeout: Duration | None = None,
    ) -> range:
        return in_one_claim(lambda n: next_(n, timeout), translator, columns, count)

    def try_publish_events(
        translator: AnyTranslator[E], /, *columns: Iterable[object], count: int | None = None
    ) -> range:
        return in_one_claim(try_next, translator, columns, count)

    def in_one_claim(
        claim: Callable[[int], int],
        translator: AnyTranslator[E],
        columns: tuple[Iterable[object], ...],
        count: int | None,
    ) -> range:
        translate = function_of(translator)
        if count is not None:
            count = check_integer("count", count, what="an integer, or None")
        most = size if count is None else count
        rows = [
            column if isinstance(column, Collection) else list(itertools.islice(column, most + 1))
            for column in columns
        ]
        n = _number_of_events(rows, count, size)
        if n == 0:
            return range(0)
        high = claim(n)
        low = high - n + 1
        try:
            fill(translate, low, high, rows)
            publish(low, high)
        except BaseException as error:
            try:
                give_up(low, high, error)
            except BaseException:  # an interrupt, after the translator's error
                give_up(low, high, error)
                raise
            raise
        return range(low, high + 1)

    def fill(
        translate: Callable[..., object],
        low: int,
        high: int,
        columns: Iterable[Iterable[object]],
    ) -> None:
        for sequence, *row in zip(range(low, high + 1), *columns, strict=True):
            result = translate(slots[sequence & mask], sequence, *row)
            if result is not None:
                check_has_run(translate, result)

    def publish_each[T](
        items: Iterable[T], timeout: Duration | None = None
    ) -> Generator[tuple[E, T]]:
        return ops.publish_each(slots, items, timeout)

    return EventPublication(
        publish_each, publish_event, try_publish_event, publish_events, try_publish_events
    )


def no_event_publication(kind: str) -> EventPublication:
    """The same functions for a ring without events, where each of them raises `TypeError`."""

    def bind_refusal() -> Callable[..., Any]:
        def refuse(*arguments: object, **options: object) -> Any:
            raise TypeError(
                f"this is a ring of {kind}: there are no events to translate into; use "
                f"publish_value(s)"
            )

        return refuse

    return EventPublication(*(bind_refusal() for _ in EventPublication._fields))


def function_of(translator: object) -> Callable[..., object]:
    """The function of a translator.

    Raises:
        TypeError: it is not a translator.
    """
    # Asking a method for `translate_to`, without success, may take longer than the claim.
    if type(translator) is MethodType:
        return translator
    translate = getattr(translator, "translate_to", translator)
    if not callable(translate):
        raise _no_translator(translator)
    return translate


def check_has_run(translator: object, result: object) -> None:
    """Raise `TypeError` if calling the translator has run none of its code."""
    if inspect.iscoroutine(result) or inspect.isgenerator(result):
        result.close()
    elif not inspect.isasyncgen(result):
        return
    raise TypeError(
        f"{translator!r} is a coroutine function or a generator function: calling it filled "
        f"nothing. The event is skipped; give a plain function"
    )


def _no_translator(translator: object) -> TypeError:
    return TypeError(
        f"{translator!r} is not a translator: it must be callable as translator(event, sequence, "
        f"*arguments), or have translate_to. Nothing was claimed"
    )


def _number_of_events(columns: list[Collection[object]], count: int | None, size: int) -> int:
    lengths = {len(column) for column in columns}
    if count is not None:
        lengths.add(count)
    if len(lengths) != 1:
        wrong = (
            f"columns of different lengths, {sorted(lengths)}"
            if lengths
            else "neither columns nor a count"
        )
        raise ValueError(
            f"publish_events got {wrong}; give one value for each event in every column. "
            f"Nothing was claimed"
        )
    n = lengths.pop()
    if not 0 <= n <= size:
        raise ValueError(
            f"cannot publish {n} events at once into a ring of {size} slots; publish up to {size} "
            f"at a time"
        )
    return n
