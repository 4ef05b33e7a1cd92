"""Padded 64-bit cells, flags and slots. Only this package uses `ctypes` and `atomics`."""

from ringbuffer.memory.choice import atomic_operations
from ringbuffer.memory.operations import AtomicOperations
from ringbuffer.memory.process import PROCESS_MEMORY, ProcessMemory
from ringbuffer.memory.protocols import (
    Cell,
    CellView,
    FenceLock,
    FlagArray,
    FlagView,
    Memory,
    MemoryBlock,
    SlotLayout,
    Slots,
    SlotView,
    Word,
)
from ringbuffer.memory.ranges import range_clearer, range_reader, range_writer
from ringbuffer.memory.striped import SlotLists, StripedSlots, rows_of, slot_lists
from ringbuffer.memory.words import WordKind

__all__ = [
    "PROCESS_MEMORY",
    "AtomicOperations",
    "Cell",
    "CellView",
    "FenceLock",
    "FlagArray",
    "FlagView",
    "Memory",
    "MemoryBlock",
    "ProcessMemory",
    "SlotLayout",
    "SlotLists",
    "SlotView",
    "Slots",
    "StripedSlots",
    "Word",
    "WordKind",
    "atomic_operations",
    "range_clearer",
    "range_reader",
    "range_writer",
    "rows_of",
    "slot_lists",
]
