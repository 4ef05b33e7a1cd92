"""Records: slots that are rows of one block of memory, handled as arrays. No numpy is needed here.

Prints:
    1000 readings, average 49.5
    highest: 99.0
"""

from ringbuffer import Disruptor
from ringbuffer.records import PlainRecords, RecordLayout

READING = RecordLayout.of_struct("id", "sensor value")


class Average:
    """Takes all that is available at once: a view of the slots, which no handler can write to."""

    count = 0
    total = highest = 0.0

    def on_batch(self, readings: PlainRecords, first_sequence: int) -> None:
        """Called in this consumer's own thread; the view is valid until it returns."""
        values = readings["value"]  # a column: no copy
        self.count += len(values)
        self.total += sum(values)
        self.highest = max(self.highest, *values)


average = Average()
disruptor: Disruptor = Disruptor.of_records(256, READING)
disruptor.handle_events_with(average)
with disruptor:
    # Copied into the slots, a quarter of the ring at a time
    disruptor.publish_records([(number % 7, float(number % 100)) for number in range(996)])
    # Or filled in place: two pieces, if the claim reaches the end of the ring
    with disruptor.claim(4) as claim:
        for number, reading in enumerate(claim, 996):
            reading["sensor"], reading["value"] = number % 7, float(number % 100)
print(f"{average.count} readings, average {average.total / average.count}")
print("highest:", average.highest)
