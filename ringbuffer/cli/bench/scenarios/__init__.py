"""What `ringbuffer bench` measures, one topology a file; each file has a function `scenario(peers)`."""

from collections.abc import Callable, Sequence
from typing import Final

from ringbuffer.cli.bench.peers import Peer
from ringbuffer.cli.bench.scenario import Scenario
from ringbuffer.cli.bench.scenarios import (
    multicast,
    multicast_batch,
    ping_pong,
    two_producers,
    two_producers_batch,
    unicast,
    unicast_batch,
)

#: All of them, from the simplest on: each makes its scenario, beside the peers that it is given.
SCENARIOS: Final[dict[str, Callable[[Sequence[Peer]], Scenario]]] = {
    "unicast": unicast.scenario,
    "unicast_batch": unicast_batch.scenario,
    "two_producers": two_producers.scenario,
    "two_producers_batch": two_producers_batch.scenario,
    "multicast": multicast.scenario,
    "multicast_batch": multicast_batch.scenario,
    "ping_pong": ping_pong.scenario,
}
