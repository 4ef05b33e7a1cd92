"""`SharedRings`: `RingBuffer.create` and `RingBuffer.attach`.

The modules of `ringbuffer.shared` are loaded at the first call: most programs do not need them, and
not every system has what they need.
"""

from typing import TYPE_CHECKING

from ringbuffer.wait import WaitStrategy

if TYPE_CHECKING:
    from ringbuffer.shared import SharedRing


class SharedRings:
    """Base of `RingBuffer`: how to get a ring that several processes share."""

    __slots__ = ()

    @staticmethod
    def create(
        name: str,
        size: int,
        dtype: object,
        *,
        seats: int = 8,
        wait_strategy: WaitStrategy | None = None,
    ) -> "SharedRing":
        """Create a ring of records that other processes can attach to.

        `RingBuffer.create("ticks", 65536, [("price", "f8"), ("amount", "i4")])` makes it. See
        `ringbuffer.shared.create` for the arguments and the errors.
        """
        from ringbuffer.shared import create

        return create(name, size, dtype, seats=seats, wait_strategy=wait_strategy)

    @staticmethod
    def attach(
        name: str, *, wait_strategy: WaitStrategy | None = None, numpy: bool | None = None
    ) -> "SharedRing":
        """Attach to a ring that another process has created.

        See `ringbuffer.shared.attach` for the arguments and the errors.
        """
        from ringbuffer.shared import attach

        return attach(name, wait_strategy=wait_strategy, numpy=numpy)
