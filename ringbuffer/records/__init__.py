"""Records: slots that are rows of one block of memory, with a fixed layout.

    ring = RingBuffer.of_records(16384, numpy.dtype([("id", "i8"), ("price", "f8")]))

A layout comes from a numpy dtype, a `struct` format, or a ctypes structure. Only a layout of a
dtype needs numpy. No module here imports numpy before such a layout is made.
"""

from ringbuffer.records.block import RecordBlock, Records, RecordStore
from ringbuffer.records.columns import ColumnRecord, ColumnRecords
from ringbuffer.records.layout import RecordField, RecordLayout
from ringbuffer.records.plain import PlainRecord, PlainRecords
from ringbuffer.records.record_slots import RecordFactory, RecordSlots

__all__ = [
    "ColumnRecord",
    "ColumnRecords",
    "PlainRecord",
    "PlainRecords",
    "RecordBlock",
    "RecordFactory",
    "RecordField",
    "RecordLayout",
    "RecordSlots",
    "RecordStore",
    "Records",
]
