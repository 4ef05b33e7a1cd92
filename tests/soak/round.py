"""`Round`: three lanes at once, their faults, and the account."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol

from ringbuffer.host import SYSTEM_HOST
from ringbuffer.programs.stress.watch import until
from tests.soak.bus_lane import BusLane
from tests.soak.ledger import Account
from tests.soak.plan import FaultPlan, Plan
from tests.soak.ring_lane import RingLane
from tests.soak.samples import descriptors

#: Between two turns of the controller, in seconds.
TICK: Final = 0.05
#: How long threads may take to be gone that have done their last, in seconds.
LEAVING: Final = 30.0


class Lane(Protocol):
    """One of the things that run side by side in a round."""

    @property
    def name(self) -> str: ...
    @property
    def counts(self) -> Counter[str]: ...
    @property
    def details(self) -> list[str]: ...
    @property
    def published(self) -> int: ...
    @property
    def backlog(self) -> int: ...
    def do(self, fault: FaultPlan) -> None: ...
    def tick(self) -> None: ...
    def stop(self) -> None: ...
    def finish(self) -> Account: ...


class Round:
    """One round. Controller's thread only.

    Args:
        plan: what it does.
        seconds: how much of it there is time for.

    Attributes:
        accounts: of each lane, when it has finished.
        counts: what was done, of each lane.
        details: of handlers that have faults in their accounts.
    """

    def __init__(self, plan: Plan, seconds: float) -> None:
        self.accounts: Final[dict[str, Account]] = {}
        self.counts: Final[dict[str, Counter[str]]] = {}
        self.details: Final[list[str]] = []
        self._plan: Final = plan
        self._seconds: Final = seconds
        self._lanes: Final[list[Lane]] = []

    @property
    def published(self) -> int:
        return sum(lane.published for lane in self._lanes)

    @property
    def backlog(self) -> int:
        return sum(lane.backlog for lane in self._lanes)

    def run(self, each_tick: Callable[["Round"], None]) -> None:
        """Run it to its end; `each_tick` is called repeatedly while there is load.

        Raises:
            Stuck: something did not end.
            BaseException: whatever was not raised on purpose.
        """
        plan = self._plan
        clock, pause = SYSTEM_HOST.monotonic, SYSTEM_HOST.event()
        threads, opened = threading.active_count(), descriptors()
        faults = list(reversed(plan.faults))
        self._lanes.extend([*map(BusLane, plan.buses), RingLane(plan.ring)])
        by_name = {lane.name: lane for lane in self._lanes}
        started = clock()
        # Ends when the time is over, or what a round carries is published.
        while (
            done := max((clock() - started) / plan.seconds, self.published / plan.most)
        ) < self._seconds / plan.seconds:
            while faults and faults[-1].at <= done:
                fault = faults.pop()
                by_name[fault.lane].do(fault)
            for lane in self._lanes:
                lane.tick()
            each_tick(self)
            pause.wait(TICK)
        for lane in self._lanes:
            lane.stop()
        # Faults that there was no time for are left out: each waits for what it does.
        for lane in self._lanes:
            lane.counts["faults left out for lack of time"] += sum(
                fault.lane == lane.name for fault in faults
            )
            self.accounts[lane.name] = lane.finish()
            self.counts[lane.name] = lane.counts
            self.details.extend(lane.details)
        until(
            lambda: threading.active_count() <= threads,
            f"the {threads} threads of before: {_names()}",
            LEAVING,
        )
        until(lambda: descriptors() <= opened, f"the {opened} descriptors of before", LEAVING)


def _names() -> str:
    return ", ".join(sorted(thread.name for thread in threading.enumerate()))
