"""The scenarios: a few threads each, as small as what they are to show allows."""

from tests.schedules.explore import Scenario
from tests.schedules.scenarios import joining, lives, message_queues, pools, sequencers, values, waiting

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for module in (sequencers, waiting, lives, pools, joining, values, message_queues)
    for scenario in module.SCENARIOS
}
