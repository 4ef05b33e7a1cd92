"""What a ring between processes reports about itself, at one moment."""

from typing import NamedTuple

from ringbuffer.records import RecordLayout


class SeatStatus(NamedTuple):
    """A seat that a consumer has, or died with.

    Attributes:
        name: of the seat.
        process: the number of the process that took it.
        is_alive: whether that process lives, as the kernel knows it.
        position: the last sequence that the consumer has finished.
    """

    name: str
    process: int
    is_alive: bool
    position: int


class SharedRingStatus(NamedTuple):
    """A ring between processes.

    Attributes:
        name: of the ring.
        buffer_size: slots in the ring.
        layout: of a record.
        cursor: the last sequence published.
        is_closed: whether it takes no more claims.
        producer: the number of the process that produces, or died so; 0 if none.
        is_produced: whether that process lives.
        seats: how many seats there are.
        taken: the seats that are taken.
    """

    name: str
    buffer_size: int
    layout: RecordLayout
    cursor: int
    is_closed: bool
    producer: int
    is_produced: bool
    seats: int
    taken: tuple[SeatStatus, ...]
