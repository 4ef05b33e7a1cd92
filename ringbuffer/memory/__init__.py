"""Padded 64-bit cells, flags and slots: the only place that knows `ctypes` and the `atomics` package."""

from ringbuffer.memory.process import PROCESS_MEMORY, ProcessMemory
from ringbuffer.memory.protocols import (
    Cell,
    CellView,
    Door,
    FlagArray,
    FlagView,
    Memory,
    SlotLayout,
    Slots,
    SlotView,
    Turnstile,
    Word,
)
from ringbuffer.memory.ranges import range_clearer, range_reader, range_writer
from ringbuffer.memory.rows import RowView, rows_of

__all__ = [
    "PROCESS_MEMORY",
    "Cell",
    "CellView",
    "Door",
    "FlagArray",
    "FlagView",
    "Memory",
    "ProcessMemory",
    "RowView",
    "SlotLayout",
    "SlotView",
    "Slots",
    "Turnstile",
    "Word",
    "range_clearer",
    "range_reader",
    "range_writer",
    "rows_of",
]
