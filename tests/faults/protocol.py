"""Faults of the protocol that show in one thread, or between threads that take turns; each with the test that finds it.

What shows only when two threads meet within an operation, such as a newcomer that does not look a second time where it starts,
is for the exploration of schedules.
"""

from tests.faults.consumers import CONSUMER_FAULTS
from tests.faults.fault import Fault
from tests.faults.producers import PRODUCER_FAULTS

#: No fault at all, by the same way as every fault.
NOTHING = Fault("nothing", "sequencer.capacity", "return sequence <= limit", "return sequence <= limit")

FAULTS = [*PRODUCER_FAULTS, *CONSUMER_FAULTS]
