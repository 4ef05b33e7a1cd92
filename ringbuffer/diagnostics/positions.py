"""`Positions`: where producers and consumers are in a running ring, without stopping a thread.

The reader loads one sequence after the other while other threads advance them, so the values belong
to different moments. They can still be made consistent, because every sequence only grows. At every
moment, for every consumer c that gates the producers:

    minimum <= c <= published <= claimed <= minimum + capacity                             (*)

*Read order.* The reader loads minimum at a moment t0 and the consumers at t1. It loads published at
t2 and claimed at t3, so t0 <= t1 <= t2 <= t3. By (*) and by growth,

    minimum(t0) <= c(t0) <= c(t1) <= published(t1) <= published(t2) <= claimed(t2) <= claimed(t3)

So no difference is negative. Only the last part of (*) may fail, because claimed was loaded after
minimum.

*Clamp.* At t3, claimed - capacity <= minimum(t3) by (*). So minimum, every consumer and published
have passed `floor = claimed - capacity` by t3. To raise each of them to `floor` gives a later
position, not a wrong one, and keeps their order. Then claimed - minimum is at most the capacity.

Values that break (*) are clamped too. A consumer that was removed is shown at the minimum or later.
So is a consumer that is just joining and is held back for a moment. A sequence that its user has
set too high is shown at published. A single producer's claim is an ordinary variable of its thread.
On a machine with weak ordering, another thread may see it later than the publication, so claimed is
raised to published.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ringbuffer.diagnostics.histogram import Distribution
from ringbuffer.sequence import INITIAL_SEQUENCE


@dataclass(frozen=True, slots=True)
class ConsumerPosition:
    """The position of one consumer.

    Attributes:
        name: unique among the consumers of its ring.
        sequence: the last event that it had finished.
        state: its state, such as `RUNNING`; None if it is not known.
        counters: its counts, see `docs/operations.md`; empty without a handler that counts.
        distributions: the distributions of its measured values.
    """

    name: str
    sequence: int
    state: str | None = None
    counters: Mapping[str, float] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Positions:
    """One look at a ring, or at something like a ring. `settle` makes it, so it is consistent.

    Attributes:
        capacity: the number of slots.
        claimed: the last sequence given to a producer.
        published: the last sequence published without a gap.
        minimum: the last sequence that every consumer had finished; published without consumers.
        consumers: the positions of the consumers.
        counters: the counts of the whole.
    """

    capacity: int
    claimed: int
    published: int
    minimum: int
    consumers: tuple[ConsumerPosition, ...]
    counters: Mapping[str, float]


class Observed(Protocol):
    """Something with positions. Any thread.

    Implement it to get metrics of anything that resembles a ring.
    """

    @property
    def name(self) -> str:
        """Its name in metrics."""
        ...

    def read(self) -> Positions:
        """Read all positions."""
        ...


def settle(
    capacity: int,
    minimum: int,
    consumers: Iterable[ConsumerPosition],
    published: int,
    claimed: int,
    counters: Mapping[str, float],
) -> Positions:
    """Make consistent positions from values that were loaded in the order of the arguments.

    The top of this file says how.
    """
    claimed = max(claimed, published, INITIAL_SEQUENCE)
    floor = claimed - capacity
    published = max(published, floor, INITIAL_SEQUENCE)
    minimum = min(max(minimum, floor, INITIAL_SEQUENCE), published)
    settled = tuple(
        ConsumerPosition(
            name,
            min(max(each.sequence, minimum), published),
            each.state,
            each.counters,
            each.distributions,
        )
        for name, each in _with_distinct_names(consumers)
    )
    return Positions(capacity, claimed, published, minimum, settled, counters)


def _with_distinct_names(
    consumers: Iterable[ConsumerPosition],
) -> Iterable[tuple[str, ConsumerPosition]]:
    """Yield each consumer with its name, and with a number if another one has that name."""
    taken: set[str] = set()
    for each in consumers:
        name, number = each.name, 2
        while name in taken:
            name, number = f"{each.name} #{number}", number + 1
        taken.add(name)
        yield name, each
