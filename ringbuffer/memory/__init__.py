"""Padded 64-bit cells, flags and slots: the only place that knows `ctypes` and the `atomics` package."""

from ringbuffer.memory.process import PROCESS_MEMORY, ProcessMemory
from ringbuffer.memory.protocols import Cell, CellView, FlagArray, FlagView, Memory, Slots, Word

__all__ = [
    "PROCESS_MEMORY",
    "Cell",
    "CellView",
    "FlagArray",
    "FlagView",
    "Memory",
    "ProcessMemory",
    "Slots",
    "Word",
]
