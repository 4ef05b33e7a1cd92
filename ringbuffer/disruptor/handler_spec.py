"""What can be wired: handlers with their options, processor factories, ready-made processors."""

from dataclasses import dataclass
from typing import Any, Protocol

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.checks import check_at_least_one, check_integer
from ringbuffer.processors import (
    AnyHandler,
    EventProcessor,
    ExceptionHandler,
    RewindStrategy,
    WorkerPool,
)
from ringbuffer.processors.exceptions import check_exception_handler
from ringbuffer.processors.handlers import HandlerHooks, name_of
from ringbuffer.processors.rewind import check_rewind_strategy
from ringbuffer.ring_buffer import RingBuffer


class ProcessorFactory[E](Protocol):
    """Makes a processor as soon as its dependencies are known."""

    def create_processor(
        self, ring: RingBuffer[E], barrier: SequenceBarrier, /
    ) -> EventProcessor[E]:
        """Make a processor that waits at `barrier` and gates `ring`; do not start it."""
        ...


@dataclass(frozen=True, slots=True)
class HandlerSpec[E]:
    """A handler with its own options.

    Attributes:
        handler: any of the forms of `ringbuffer.processors.handlers`; coroutine functions too.
        name: the name of the consumer and of its thread; the default is the handler's.
        cpu: the processor core that its thread is bound to; None leaves the choice to the system.
        max_batch_size: the most events in one batch; None sets no limit. Not for workers, whose
            pool decides.
        exception_handler: decides about this handler's errors; the default is the disruptor's.
        rewind: decides about `RewindBatch`; the default always replays at once.
    """

    handler: AnyHandler[E]
    name: str | None = None
    cpu: int | None = None
    max_batch_size: int | None = None
    exception_handler: ExceptionHandler | None = None
    rewind: RewindStrategy | None = None


#: What `checked` makes of a wirable.
type Wired[E] = HandlerSpec[E] | ProcessorFactory[E] | EventProcessor[E] | WorkerPool[E]

#: What `handle_events_with` takes.
type Wirable[E] = (
    HandlerSpec[E] | AnyHandler[E] | ProcessorFactory[E] | EventProcessor[E] | WorkerPool[E]
)


def checked[E](ring: RingBuffer[E], wirable: Wirable[E]) -> Wired[E]:
    """Return `wirable`; turn a plain handler into a `HandlerSpec`.

    Raises:
        TypeError: it cannot consume.
        ValueError: it is a processor of another ring, or one that does not gate the ring; or the
            process may not use its `cpu`.
    """
    if isinstance(wirable, EventProcessor | WorkerPool):
        _check_processor(ring, wirable)
        return wirable
    if callable(getattr(wirable, "create_processor", None)):
        return wirable  # type: ignore[return-value]
    consumer = (
        wirable
        if isinstance(wirable, HandlerSpec)
        # A plain handler: mypy does not see that the other kinds have been excluded.
        else HandlerSpec(wirable)  # type: ignore[arg-type]
    )
    HandlerHooks(consumer.handler)
    if consumer.name is not None and not isinstance(consumer.name, str):
        raise TypeError(f"name must be a string, not {consumer.name!r}")
    if consumer.exception_handler is not None:
        check_exception_handler(consumer.exception_handler)
    if consumer.rewind is not None:
        check_rewind_strategy(consumer.rewind)
    available = ring.host.available_cpus()
    cpu = consumer.cpu
    if cpu is not None:
        cpu = check_integer(f"cpu of {_name(consumer)!r}", cpu, what="the number of a core")
    if cpu is not None and cpu not in available:
        raise ValueError(
            f"{_name(consumer)!r} cannot be bound to cpu {cpu!r}; "
            f"this process may use {sorted(available)}"
        )
    check_at_least_one(f"max_batch_size of {_name(consumer)!r}", consumer.max_batch_size)
    return consumer


def made[E](
    ring: RingBuffer[E], factory: ProcessorFactory[E], barrier: SequenceBarrier
) -> EventProcessor[E]:
    """Make a processor with a factory, and check it.

    Raises:
        TypeError: the factory returned something other than a processor.
        ValueError: see `checked`; or the processor does not wait at `barrier`.
    """
    gating = ring.gating_sequences
    processor = factory.create_processor(ring, barrier)
    if not isinstance(processor, EventProcessor):
        raise TypeError(
            f"create_processor of {factory!r} must return an EventProcessor, not {processor!r}"
        )
    try:
        _check_processor(ring, processor)
        if processor.barrier is not barrier:
            raise ValueError(
                f"{processor!r}, made by {factory!r}, does not wait at the barrier that "
                f"it was given"
            )
    except BaseException:
        if processor.sequence not in gating:
            ring.remove_gating_sequence(processor.sequence)
        raise
    return processor


def _check_processor[E](ring: RingBuffer[E], processor: EventProcessor[E] | WorkerPool[E]) -> None:
    if processor.ring is not ring:
        raise ValueError(
            f"{processor!r} consumes another ring; make it for this disruptor's `ring`"
        )
    if processor.sequence not in ring.gating_sequences:
        raise ValueError(
            f"{processor!r} does not gate the ring, so producers could overtake it; "
            f"make it with gating=True"
        )


def _name(consumer: HandlerSpec[Any]) -> str:
    return consumer.name or name_of(consumer.handler)
