"""False sharing: two threads store to their own cells, 128 bytes apart or side by side.

    padded      |<- 56 bytes ->| A |<- 64 bytes ->|     |<- 56 bytes ->| B |<- 64 bytes ->|
    unpadded    | A | B | ...                            both in one cache line

In Python the interpreter costs more than the traffic between caches, so expect little difference.
The padding protects the cells from other data beside them in memory. The rate counts the stores of
both threads.
"""

from collections.abc import Callable

from ringbuffer.memory import PROCESS_MEMORY, Word
from ringbuffer.programs.bench.scenario import Contender, Measurement, Scenario
from ringbuffer.programs.bench.threads import together
from ringbuffer.programs.bench.verify import LostEventsError


def storing(word: Word, index: int, count: int) -> Callable[[], None]:
    """The body of a thread that stores 1 to `count`."""

    def body() -> None:
        for value in range(1, count + 1):
            word[index] = value

    return body


def check(who: str, count: int, *values: int) -> None:
    """Both cells hold what was stored last."""
    if any(value != count for value in values):
        raise LostEventsError(f"{who}: the cells hold {values} instead of {count}")


def padded(count: int) -> Measurement:
    """Two cells of the library."""
    one, other = PROCESS_MEMORY.cell(0), PROCESS_MEMORY.cell(0)
    elapsed = together(storing(one.view().word, 0, count), storing(other.view().word, 0, count))
    check("padded", count, one.load(), other.load())
    return Measurement({"stores": 2 * count / elapsed.seconds})


def unpadded(count: int) -> Measurement:
    """Two neighbours, each thread with its own view."""
    memory = bytearray(128)
    one, other = memoryview(memory).cast("q"), memoryview(memory).cast("q")
    elapsed = together(storing(one, 0, count), storing(other, 1, count))
    check("unpadded", count, one[0], other[1])
    return Measurement({"stores": 2 * count / elapsed.seconds})


def scenario() -> Scenario:
    """With padding, and without."""
    return Scenario(
        "false_sharing",
        __doc__,
        "stores",
        (
            Contender("padded", padded, most=5_000_000),
            Contender("unpadded", unpadded, most=5_000_000),
        ),
        has_cache_figures=True,
    )
