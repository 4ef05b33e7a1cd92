"""Faults of the protocol that show in one thread, or in threads that take turns.

Each has the test that finds it.

Faults that show only when two threads meet within an operation are for the exploration of
schedules: for example a newcomer that does not check its starting position a second time.
"""

from tests.faults.consumers import CONSUMER_FAULTS
from tests.faults.fault import Fault
from tests.faults.producers import PRODUCER_FAULTS
from tests.faults.users import USER_FAULTS

#: No fault at all, by the same way as every fault.
NOTHING = Fault(
    "nothing", "sequencer.capacity", "return sequence <= limit", "return sequence <= limit"
)

FAULTS = [*PRODUCER_FAULTS, *CONSUMER_FAULTS, *USER_FAULTS]
