"""Faults of the thread that handlers of a bus share, and the scenario in which each is found."""

from tests.faults.fault import Fault

BUSES = [
    Fault(
        "a handler that is still behind is not put back",
        "messaging.bus.runners.handler_row",
        "self._waiting.append(done)",
        "pass",
        "bus-asleep",
    ),
    Fault(
        "a handler that is driven stands in the row",
        "messaging.bus.runners.handler_row",
        "if each.at < goal and not each.is_driven and not each.is_stopping",
        "if each.at < goal and not each.is_stopping",
        "bus-blocked",
    ),
    Fault(
        "the gate is as far as what is published",
        "messaging.bus.runners.handler_row",
        "lowest = min(self._counts)",
        "lowest = self.goal",
        "bus-shared",
    ),
    Fault(
        "a thread whose place was taken drives other handlers",
        "messaging.bus.runners.runner_group",
        "before.is_apart = True",
        "pass",
        "bus-blocked",
    ),
    Fault(
        "a handler that blocks keeps the others waiting",
        "messaging.bus.runners.runner_group",
        "self._try_to_start(blocked)",
        "pass",
        "bus-blocked",
    ),
    Fault(
        "the thread is not woken at the end",
        "messaging.bus.runners.runner_group",
        "self.barrier.alert()",
        "pass",
        "bus-asleep",
    ),
]
