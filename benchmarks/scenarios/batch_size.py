"""How many values to publish at a time, 1P1C.

    P ==> [ ring of values ] ==> C          chunks of 1 to 1024, to `on_batch` or to `on_event`

The cost of a claim and a publication is shared by the values of a chunk. The ring has 4096 slots.
"""

from ringbuffer.cli.bench.events import KeepBatches, keep_value
from ringbuffer.cli.bench.rings import disruptor_of_values, publish_chunks, run
from ringbuffer.cli.bench.scenario import Contender, Run, Scenario
from ringbuffer.cli.bench.verify import payload, verify

CHUNKS = (1, 4, 16, 64, 256, 1024)


def by_batch(count: int, chunk: int) -> Run:
    """One run with `on_batch`."""
    values = payload(count)
    handler = KeepBatches()
    disruptor = disruptor_of_values(1)
    disruptor.handle_events_with(handler)
    measured = run(disruptor, publish_chunks(disruptor.ring, values, chunk), deliveries=count)
    verify("ringbuffer, on_batch", handler.seen, values)
    return measured


def by_event(count: int, chunk: int) -> Run:
    """One run with `on_event`."""
    values = payload(count)
    seen, on_event = keep_value()
    disruptor = disruptor_of_values(1)
    disruptor.handle_events_with(on_event)
    measured = run(disruptor, publish_chunks(disruptor.ring, values, chunk), deliveries=count)
    verify("ringbuffer, on_event", seen, values)
    return measured


def of_chunks(chunk: int) -> tuple[Contender, Contender]:
    """Both kinds of handler."""
    return (
        Contender(
            f"on_batch, chunks of {chunk}",
            lambda count: by_batch(count, chunk),
            series="on_batch",
            x=chunk,
            most=20_000_000,
        ),
        Contender(f"on_event, chunks of {chunk}", lambda count: by_event(count, chunk), series="on_event", x=chunk),
    )


def scenario() -> Scenario:
    """Every length."""
    return Scenario("batch_size", __doc__, "rate", tuple(contender for chunk in CHUNKS for contender in of_chunks(chunk)))
