"""The scenarios: a few threads each, as small as what they are to show allows."""

from tests.schedules.explore import Scenario
from tests.schedules.scenarios import joining, lives, message_queues, pools, queues, sequencers, values, waiting

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for module in (sequencers, waiting, lives, pools, joining, values, queues, message_queues)
    for scenario in module.SCENARIOS
}
