"""The cost of the seam to the hot path: none, because a hot loop touches the same objects anyway.

A provider is asked once, when a view is made. What it hands out is a `memoryview`, or a function of
libpatomic with its arguments prepared; a loop that has got it calls no provider any more. Compared
by turns, so that a busy machine slows both:

    load, store      an item of the word that a `Sequence` hands out
                     and of a `memoryview` that is made here by hand
    events           one thread publishes and consumes through a ring with the default providers
                     and through the same ring, whose objects were made with both given by name
"""

import statistics
import timeit
from collections.abc import Callable

from ringbuffer import BusySpinWaitStrategy, ProducerType, RingBuffer, Sequence
from ringbuffer.host import SYSTEM_HOST
from ringbuffer.memory import PROCESS_MEMORY, Word
from ringbuffer.producer import producer_ops

#: Runs of each, and operations in a run.
RUNS, OPERATIONS = 9, 200_000


def by_turns(
    one: Callable[[], float], other: Callable[[], float], runs: int = RUNS
) -> tuple[float, float, float]:
    """The median of each, and of the ratio of two neighbouring runs."""
    pairs = [(one(), other()) for _ in range(runs)]
    return (
        statistics.median(first for first, _ in pairs),
        statistics.median(second for _, second in pairs),
        statistics.median(first / second for first, second in pairs),
    )


def by_hand() -> memoryview:
    """What no provider had a part in."""
    return memoryview(bytearray(8)).cast("q")


def timed(statement: str, word: Word) -> Callable[[], float]:
    """Runs the statement with `word`; nanoseconds for each time."""
    timer = timeit.Timer(statement, globals={"word": word}, setup="here = word")
    return lambda: timer.timeit(OPERATIONS) / OPERATIONS * 1e9


def events(**providers: object) -> Callable[[], float]:
    """Publishes and consumes, one event at a time, in one thread; nanoseconds for each event."""
    ring: RingBuffer[list[int]] = RingBuffer(
        1024,
        list,
        ProducerType.SINGLE,
        BusySpinWaitStrategy(),
        **providers,  # type: ignore[arg-type]
    )
    own = Sequence()
    ring.add_gating_sequences(own)
    barrier, done = ring.new_barrier().view(), own.view().word
    producer = producer_ops(ring.sequencer)
    claim, publish = producer.next, producer.publish
    count = OPERATIONS // 10

    def run() -> None:
        for _ in range(count):
            sequence = claim()
            publish(sequence)
            done[0] = barrier.wait_for(sequence)

    return lambda: timeit.timeit(run, number=1) / count * 1e9


def show() -> int:
    """Print the comparison; exit code 0."""
    through = Sequence(0).view().word
    rows = [
        ("load of a word", timed("here[0]", through), timed("here[0]", by_hand())),
        ("store to a word", timed("here[0] = 1", through), timed("here[0] = 1", by_hand())),
        ("an event", events(), events(memory=PROCESS_MEMORY, host=SYSTEM_HOST)),
    ]
    print(
        f"{'':18} {'seam, ns':>10} {'without, ns':>12} {'ratio':>7}"
        f"   medians of {RUNS} runs by turns"
    )
    for name, one, other in rows:
        through_ns, without_ns, ratio = by_turns(one, other)
        print(f"{name:18} {through_ns:>10.1f} {without_ns:>12.1f} {ratio:>7.3f}")
    return 0
