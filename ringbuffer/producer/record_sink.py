"""`RecordSink`: the way to publish many records, on anything that can give a thread a producer."""

from abc import ABC, abstractmethod

from ringbuffer.checks import Duration
from ringbuffer.one_process import OneProcess
from ringbuffer.records import Records


class RecordSink(OneProcess, ABC):
    """Publishes records from any thread, see `EventSink`, which has the other ways to publish."""

    __slots__ = ()

    @abstractmethod
    def producer(self) -> "RecordSink":
        """The calling thread's own producer."""

    def publish_records(
        self, records: Records, timeout: Duration | None = None, chunk: int | None = None
    ) -> int:
        """Copy records into a ring of records, and publish them; returns how many.

        Up to `chunk` records are published in one claim: all of them, or none. More are published a
        chunk at a time, so there may be more records than slots. Other producers may publish
        between two chunks.

        Args:
            records: a one-dimensional numpy array of the ring's dtype, or a list of tuples. Without
                numpy: tuples, `PlainRecords`, or packed records as bytes.
            timeout: the longest time in all, in seconds; None sets no limit.
            chunk: the most records to claim at once, 1 to the size of the ring; the default is a
                quarter of the ring.

        Raises:
            TypeError: the ring does not hold records, or these are records of another layout.
                Nothing was published.
            ValueError: they are not whole records, or the array has several dimensions. Nothing was
                published.
            ClaimTimeoutError: there was no free capacity in time. As with any error or interrupt
                that ends the publication, its `published` says how many records were published: the
                first ones.
        """
        return self.producer().publish_records(records, timeout, chunk)
