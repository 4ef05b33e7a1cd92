"""A ring between processes: a consumer is killed, and its successor goes on where it stopped.

Prints:
    the first consumer had 3 records, and was killed
    the second one goes on at 3, and gets [3, 4, 5, 6, 7, 8, 9]
"""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

from ringbuffer import RingBuffer


def consume(name: str, results: Connection, killed_at: int | None) -> None:
    """What a consumer's process does: it tells what it gets, and dies where it is asked to."""
    with RingBuffer.attach(name) as ring, ring.seat("numbers") as seat:
        results.send("ready")
        numbers: list[int] = []
        start = seat.position + 1
        for records, first in seat.batches(limit=1):
            if first == killed_at:
                results.send(numbers)
                os.kill(os.getpid(), signal.SIGKILL)
            numbers += [number for (number,) in records.tolist()]
        results.send((start, numbers))


def main() -> None:
    """Create a ring, and start two consumers, one after the other."""
    name = f"example-{os.getpid()}"
    processes = multiprocessing.get_context("spawn")
    ring = RingBuffer.create(name, 16, "q")
    try:
        told, results = processes.Pipe(duplex=False)
        first = processes.Process(target=consume, args=(name, results, 3))
        first.start()
        assert told.recv() == "ready"
        ring.producer().publish_records([(number,) for number in range(10)])
        ring.close()
        print(f"the first consumer had {len(told.recv())} records, and was killed")
        first.join()

        second = processes.Process(target=consume, args=(name, results, None))
        second.start()
        assert told.recv() == "ready"
        start, numbers = told.recv()
        print(f"the second one goes on at {start}, and gets {numbers}")
        second.join()
    finally:
        ring.unlink()
        ring.detach()


if __name__ == "__main__":
    main()
