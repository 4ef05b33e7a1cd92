"""What can be wired: handlers with their options, factories, and processors that are made already."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ringbuffer.barrier import SequenceBarrier
from ringbuffer.checks import check_at_least_one
from ringbuffer.processors import AnyHandler, EventProcessor, ExceptionHandler, RewindStrategy, WorkerPool
from ringbuffer.processors.exceptions import check_exception_handler
from ringbuffer.processors.handlers import HandlerHooks, name_of
from ringbuffer.processors.rewind import check_rewind_strategy
from ringbuffer.ring_buffer import RingBuffer


class ProcessorFactory[E](Protocol):
    """Makes a processor when it is known what it is to wait for."""

    def create_processor(self, ring: RingBuffer[E], barrier: SequenceBarrier, /) -> EventProcessor[E]:
        """A processor of `ring` that waits at `barrier`, not started, and gating."""
        ...


@dataclass(frozen=True, slots=True)
class Consumer[E]:
    """A handler with options of its own.

    Attributes:
        handler: any of the forms of `ringbuffer.processors.handlers`; coroutine functions too.
        name: of the consumer and of its thread; the default is the handler's.
        cpu: the processor core that its thread is bound to; None leaves it to the system.
        max_batch_size: the most events in one batch; None sets no limit. Not for workers, whose pool decides.
        exception_handler: decides about this handler's errors; the default is the disruptor's.
        rewind: decides about `RewindBatch`; the default replays at once, always.
    """

    handler: AnyHandler[E] | Callable[..., Any]
    name: str | None = None
    cpu: int | None = None
    max_batch_size: int | None = None
    exception_handler: ExceptionHandler | None = None
    rewind: RewindStrategy | None = None


#: What a wirable comes down to.
type Wired[E] = Consumer[E] | ProcessorFactory[E] | EventProcessor[E] | WorkerPool[E]

#: What `handle_events_with` takes.
type Wirable[E] = Consumer[E] | AnyHandler[E] | ProcessorFactory[E] | EventProcessor[E] | WorkerPool[E] | Callable[..., Any]


def checked[E](ring: RingBuffer[E], wirable: Wirable[E]) -> Wired[E]:
    """`wirable`, a plain handler made a `Consumer`.

    Raises:
        TypeError: it is nothing that can consume.
        ValueError: it is a processor of another ring, or one that producers do not wait for, or its cpu is not there.
    """
    if isinstance(wirable, EventProcessor | WorkerPool):
        _check_processor(ring, wirable)
        return wirable
    if callable(getattr(wirable, "create_processor", None)):
        return wirable  # type: ignore[return-value]
    consumer = wirable if isinstance(wirable, Consumer) else Consumer(wirable)  # type: ignore[arg-type]
    HandlerHooks(consumer.handler)
    if consumer.name is not None and not isinstance(consumer.name, str):
        raise TypeError(f"name must be a string, not {consumer.name!r}")
    if consumer.exception_handler is not None:
        check_exception_handler(consumer.exception_handler)
    if consumer.rewind is not None:
        check_rewind_strategy(consumer.rewind)
    if consumer.cpu is not None and (isinstance(consumer.cpu, bool) or not isinstance(consumer.cpu, int)):
        raise TypeError(f"cpu of {_name(consumer)!r} must be the number of a core, not {consumer.cpu!r}")
    available = ring.host.available_cpus()
    if consumer.cpu is not None and consumer.cpu not in available:
        raise ValueError(
            f"{_name(consumer)!r} cannot be bound to cpu {consumer.cpu!r}; this process may use {sorted(available)}"
        )
    check_at_least_one(f"max_batch_size of {_name(consumer)!r}", consumer.max_batch_size)
    return consumer


def made[E](ring: RingBuffer[E], factory: ProcessorFactory[E], barrier: SequenceBarrier) -> EventProcessor[E]:
    """What a factory makes.

    Raises:
        TypeError: it made something else than a processor.
        ValueError: see `checked`; or the processor does not wait at `barrier`.
    """
    gating = ring.gating_sequences
    processor = factory.create_processor(ring, barrier)
    if not isinstance(processor, EventProcessor):
        raise TypeError(f"create_processor of {factory!r} must return an EventProcessor, not {processor!r}")
    try:
        _check_processor(ring, processor)
        if processor.barrier is not barrier:
            raise ValueError(f"{processor!r}, made by {factory!r}, does not wait at the barrier that it was given")
    except BaseException:
        if processor.sequence not in gating:
            ring.remove_gating_sequence(processor.sequence)
        raise
    return processor


def _check_processor[E](ring: RingBuffer[E], processor: EventProcessor[E] | WorkerPool[E]) -> None:
    if processor.ring is not ring:
        raise ValueError(f"{processor!r} consumes another ring; make it for this disruptor's `ring`")
    if processor.sequence not in ring.gating_sequences:
        raise ValueError(f"{processor!r} does not gate the ring, so producers could overtake it; make it with gating=True")


def _name(consumer: Consumer[Any]) -> str:
    return consumer.name or name_of(consumer.handler)
