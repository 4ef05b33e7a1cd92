"""`ThreadProducer`: the producer of each thread that publishes through the ring itself."""

import threading

from ringbuffer.producer.producer import Producer


class ThreadProducer[E](threading.local):
    """What each thread that publishes through a ring needs for itself.

    Attributes:
        producer: the calling thread's own; None before its first call.
    """

    def __init__(self) -> None:
        self.producer: Producer[E] | None = None
