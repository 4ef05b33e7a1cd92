"""How many values to publish at a time, 1P1C.

    P ==> [ ring of values ] ==> C          chunks of 1 to 1024, to `on_batch` or to `on_event`

The values of a chunk share the cost of one claim and one publication. The ring has 4096 slots.
"""

from ringbuffer.programs.bench.scenario import Contender, Scenario
from ringbuffer.programs.bench.scenarios.unicast_batch import ours_by_batch, ours_by_event

CHUNKS = (1, 4, 16, 64, 256, 1024)


def of_chunks(chunk: int) -> tuple[Contender, Contender]:
    """Both kinds of handler."""
    return (
        Contender(
            f"on_batch, chunks of {chunk}",
            lambda count: ours_by_batch(count, chunk),
            series="on_batch",
            x=chunk,
            most=20_000_000,
        ),
        Contender(
            f"on_event, chunks of {chunk}",
            lambda count: ours_by_event(count, chunk),
            series="on_event",
            x=chunk,
        ),
    )


def scenario() -> Scenario:
    """Every length."""
    return Scenario(
        "batch_size",
        __doc__,
        "rate",
        tuple(contender for chunk in CHUNKS for contender in of_chunks(chunk)),
    )
