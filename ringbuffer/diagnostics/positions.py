"""`Positions`: where everybody stood in one ring, read while it runs, without stopping anybody.

Sequences are read one after the other while others advance them, so what is read belongs to different moments. It is still
made to fit together, because every sequence only grows and, at every moment, for every consumer c that gates the producers:

    minimum <= c <= published <= claimed <= minimum + capacity                                                          (*)

*Read order.* minimum at a moment t0, the consumers at t1, published at t2, claimed at t3, t0 <= t1 <= t2 <= t3. Then by (*) and
growth minimum(t0) <= c(t0) <= c(t1) <= published(t1) <= published(t2) <= claimed(t2) <= claimed(t3): nothing is negative.
Only the last part of (*) may be missed, since claimed is younger than minimum.

*Clamp.* At t3, claimed - capacity <= minimum(t3) by (*). So `floor = claimed - capacity` is a place that minimum, every
consumer and published have passed by t3: raising each to it makes it younger, not wrong, and keeps their order. After that
claimed - minimum is at most the capacity.

What breaks (*) is clamped too: a consumer that was removed, or one that is just joining and is held back for a moment, is
shown at the minimum at least; a sequence that its user has set too far, at published at most. A single producer's claim is an
ordinary variable of its thread, so on a machine with weak ordering it may be seen later than the publication: claimed is
published at least.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ringbuffer.diagnostics.histogram import Distribution
from ringbuffer.sequence import INITIAL_SEQUENCE


@dataclass(frozen=True, slots=True)
class ConsumerPosition:
    """How far one consumer was.

    Attributes:
        name: unique among the consumers of its ring.
        sequence: the last event that it had finished.
        state: of its life, where that is known, as `RUNNING`.
        counters: what was counted of it, see `docs/operations.md`; nothing if nobody counts.
        distributions: of what was measured of it.
    """

    name: str
    sequence: int
    state: str | None = None
    counters: Mapping[str, float] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Positions:
    """One look at a ring, or at something like a ring; made by `settle`, so it fits together.

    Attributes:
        capacity: slots.
        claimed: the last sequence given to a producer.
        published: the last sequence published without a gap.
        minimum: the last sequence that every consumer had finished; published where there is none.
        consumers: how far each was.
        counters: what was counted of the whole.
    """

    capacity: int
    claimed: int
    published: int
    minimum: int
    consumers: tuple[ConsumerPosition, ...]
    counters: Mapping[str, float]


class Observed(Protocol):
    """Something with positions. Implement it to have metrics of anything that looks like a ring. Any thread."""

    @property
    def name(self) -> str:
        """What metrics call it."""
        ...

    def read(self) -> Positions:
        """Where everybody is now."""
        ...


def settle(
    capacity: int,
    minimum: int,
    consumers: Iterable[ConsumerPosition],
    published: int,
    claimed: int,
    counters: Mapping[str, float],
) -> Positions:
    """Positions that fit together, from readings made in the order of the arguments; see the top of this file."""
    claimed = max(claimed, published, INITIAL_SEQUENCE)
    floor = claimed - capacity
    published = max(published, floor, INITIAL_SEQUENCE)
    minimum = min(max(minimum, floor, INITIAL_SEQUENCE), published)
    settled = tuple(
        ConsumerPosition(name, min(max(each.sequence, minimum), published), each.state, each.counters, each.distributions)
        for name, each in _with_distinct_names(consumers)
    )
    return Positions(capacity, claimed, published, minimum, settled, counters)


def _with_distinct_names(consumers: Iterable[ConsumerPosition]) -> Iterable[tuple[str, ConsumerPosition]]:
    """Each consumer with its name; where that is taken, with a number behind it."""
    taken: set[str] = set()
    for each in consumers:
        name, number = each.name, 2
        while name in taken:
            name, number = f"{each.name} #{number}", number + 1
        taken.add(name)
        yield name, each
