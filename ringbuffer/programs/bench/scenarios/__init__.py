"""The scenarios of `ringbuffer bench`: one topology a file, with a function `scenario(peers)`."""

from collections.abc import Callable, Sequence
from typing import Final

from ringbuffer.programs.bench.peers import Peer
from ringbuffer.programs.bench.scenario import Scenario
from ringbuffer.programs.bench.scenarios import (
    multicast,
    multicast_batch,
    ping_pong,
    two_producers,
    two_producers_batch,
    unicast,
    unicast_batch,
)

#: All scenarios, the simplest first: each function creates its scenario, with the given peers.
SCENARIOS: Final[dict[str, Callable[[Sequence[Peer]], Scenario]]] = {
    "unicast": unicast.scenario,
    "unicast_batch": unicast_batch.scenario,
    "two_producers": two_producers.scenario,
    "two_producers_batch": two_producers_batch.scenario,
    "multicast": multicast.scenario,
    "multicast_batch": multicast_batch.scenario,
    "ping_pong": ping_pong.scenario,
}
