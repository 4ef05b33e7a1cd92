"""Faults of rings of records, and the scenario that finds each."""

from typing import Final

from tests.faults.fault import Fault

RECORDS: Final = [
    Fault(
        "records are published before they are copied",
        "producer.records",
        "store(low, piece)\npublish_claimed(low, high)  # release: after the records were copied",
        "publish_claimed(low, high)\nstore(low, piece)",
        "records",
    ),
    Fault(
        "a view goes beyond what is available",
        "processors.record_batches",
        "view: Any = records[start:stop]",
        "view: Any = records[start : stop + 1]",
        "records",
    ),
    Fault(
        "a view of records is not cut at the end of the ring",
        "readers.record_reader",
        "end = low | (size - 1)",
        "end = high",
        "records-wrap",
    ),
]
