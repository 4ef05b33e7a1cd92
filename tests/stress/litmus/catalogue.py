"""Every race, over every provider of memory."""

import zlib
from collections.abc import Iterator

from tests.stress.litmus import handovers, moves, operations
from tests.stress.litmus.actors import run
from tests.stress.litmus.grades import Litmus, Verdict
from tests.support.memories import memories

#: The longest that one race is run over one memory.
MOST_SECONDS = 30.0
RACES: tuple[Litmus, ...] = (*moves.RACES, *operations.RACES, *handovers.RACES)


def verdicts(seconds: float, seed: int, races: tuple[Litmus, ...] = RACES) -> Iterator[Verdict]:
    """Run every race over every memory, each for its share of the time."""
    providers = memories()
    share = min(MOST_SECONDS, seconds / (len(races) * len(providers)))
    for race in races:
        for name, memory in providers.items():
            yield Verdict(
                race, name, run(race, memory, share, seed ^ zlib.crc32(race.name.encode()))
            )
