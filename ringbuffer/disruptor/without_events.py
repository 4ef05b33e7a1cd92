"""`WithoutEvents`: how a `Disruptor` is made over a ring that has no events of the user's own."""

from abc import ABC, abstractmethod
from typing import Any, Self

from ringbuffer.checks import Duration
from ringbuffer.ending import USUAL_GRACE, Grace
from ringbuffer.host import SYSTEM_HOST, Host
from ringbuffer.memory import PROCESS_MEMORY, Memory
from ringbuffer.ring_buffer import RingBuffer
from ringbuffer.sequencer import ProducerType
from ringbuffer.wait import WaitStrategy


class WithoutEvents[E](ABC):
    """The constructors `Disruptor.of_values` and `Disruptor.of_records`. Any thread."""

    @abstractmethod
    def _set_up(
        self,
        ring: RingBuffer[E],
        producer_type: ProducerType,
        name: str,
        grace: Grace | Duration | None,
        drain_at_exit: Duration | None,
    ) -> None:
        """Set all attributes."""

    @classmethod
    def of_values(
        cls,
        buffer_size: int,
        producer_type: ProducerType = ProducerType.AUTO,
        wait_strategy: WaitStrategy | None = None,
        *,
        name: str = "disruptor",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> Self:
        """Make a disruptor over `RingBuffer.of_values`: slots hold any object.

        The arguments are those of the class. `Disruptor[int].of_values(8)` is one of integers.
        """
        ring: RingBuffer[E] = RingBuffer.of_values(
            buffer_size, producer_type, wait_strategy, memory=memory, host=host
        )
        disruptor = cls.__new__(cls)
        disruptor._set_up(ring, producer_type, name, grace, drain_at_exit)
        return disruptor

    @classmethod
    def of_records(
        cls,
        buffer_size: int,
        dtype: object,
        producer_type: ProducerType = ProducerType.AUTO,
        wait_strategy: WaitStrategy | None = None,
        *,
        layout: str = "rows",
        name: str = "disruptor",
        grace: Grace | Duration | None = USUAL_GRACE,
        drain_at_exit: Duration | None = None,
        memory: Memory = PROCESS_MEMORY,
        host: Host = SYSTEM_HOST,
    ) -> Self:
        """Make a disruptor over `RingBuffer.of_records`: slots are rows of one block of memory.

        Handlers with `on_batch` get a read-only view of all available records; it ends at the end
        of the ring. `dtype` says what a record is: a numpy dtype, a `struct` format, or a ctypes
        structure. `layout` is "rows" or "columns", see `RingBuffer.of_records`. The other
        arguments are those of the class.

        Raises:
            ValueError, TypeError, ImportError: see `RingBuffer.of_records`.
        """
        ring: RingBuffer[Any] = RingBuffer.of_records(
            buffer_size,
            dtype,
            producer_type,
            wait_strategy,
            layout=layout,
            memory=memory,
            host=host,
        )
        disruptor = cls.__new__(cls)
        disruptor._set_up(ring, producer_type, name, grace, drain_at_exit)
        return disruptor
