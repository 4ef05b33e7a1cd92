"""The scenarios: a few threads each, as small as what they are to show allows."""

from tests.schedules.explore import Scenario
from tests.schedules.scenarios import (
    buses,
    ends,
    failures,
    joining,
    lives,
    message_queues,
    pools,
    queues,
    records,
    sequencers,
    values,
    waiting,
)

#: The ones in which threads hand over to each other, and that are small enough to be explored with
#: stores that are delayed.
DELAYED = [
    "hand-over",
    "hand-over-multi",
    "torn",
    "multi-ones",
    "wait-lite",
    "halt-lite",
    "lite-new",
    "halt-again",
    "gate",
    "gate-multi",
    "close-puts",
    "close-put",
    "pool-two",
    "values-once",
    "queue-close",
    "queue-discard",
]
#: The ones that must fail where stores are not released in order.
NEEDED = ["hand-over", "hand-over-multi", "torn", "pool-two", "values-once"]

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for module in (
        sequencers,
        waiting,
        lives,
        ends,
        pools,
        joining,
        values,
        records,
        failures,
        queues,
        message_queues,
        buses,
    )
    for scenario in module.SCENARIOS
}
